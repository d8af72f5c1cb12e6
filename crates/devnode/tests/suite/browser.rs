//! What pages in a browser and signing tools expect, and every form of request that JSON-RPC allows.

use alloy::primitives::{Address, Bytes, Signature, eip191_hash_message};
use alloy_dyn_abi::TypedData;
use plumbline_devnode::{Devnode, DevnodeConfig};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const CHAIN: &str = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#;

/// What came back over HTTP.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.body))
    }
}

async fn http(node: &Devnode, method: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let address = node.http_url().replace("http://", "");
    let host = headers.iter().all(|(name, _)| *name != "Host").then_some(("Host", address.as_str()));
    let headers: String =
        headers.iter().copied().chain(host).map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "{method} / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}Connection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

async fn start(allow_origins: &[&str]) -> Devnode {
    let allow_origins = allow_origins.iter().map(|origin| origin.to_string()).collect();
    Devnode::start(DevnodeConfig { allow_origins, ..DevnodeConfig::default() }).await.unwrap()
}

/// Whether a page of `origin` may ask, by its preflight, its request, and its WebSocket.
async fn let_in(node: &Devnode, origin: &str) -> bool {
    let asked = [
        ("Origin", origin),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type,x-own"),
    ];
    let preflight = http(node, "OPTIONS", &asked, "").await;
    let post = http(node, "POST", &[("Origin", origin)], CHAIN).await;
    let key = "dGhlIHNhbXBsZSBub25jZQ==";
    let upgrade =
        [("Origin", origin), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", key), ("Sec-WebSocket-Version", "13")];
    let socket = handshake(node, &upgrade).await;
    let allowed =
        |answer: &Answer| answer.header("access-control-allow-origin").is_some_and(|by| by == origin || by == "*");
    let answers = [
        allowed(&preflight) && (200..300).contains(&preflight.status),
        allowed(&post) && post.status == 200 && post.json()["result"] == "0x64aba",
        socket,
    ];
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{origin}: {answers:?}");
    if answers[0] {
        assert_eq!(preflight.header("access-control-allow-headers"), Some("content-type,x-own"));
    } else {
        assert_eq!((post.status, allowed(&post)), (403, false), "{origin}");
    }
    answers[0]
}

/// Whether the node takes a WebSocket with these headers.
async fn handshake(node: &Devnode, headers: &[(&str, &str)]) -> bool {
    let address = node.http_url().replace("http://", "");
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    &answer == b"HTTP/1.1 101"
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_this_machine_may_use_the_node_and_others_where_allowed() {
    let node = start(&[]).await;
    for origin in ["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:8080", "https://app.localhost"] {
        assert!(let_in(&node, origin).await, "{origin}");
    }
    for origin in ["https://evil.example", "null", "http://localhost.evil.example:8547"] {
        assert!(!let_in(&node, origin).await, "{origin}");
    }
    let node = start(&["https://app.example"]).await;
    assert!(let_in(&node, "https://app.example").await && !let_in(&node, "http://localhost:3000").await);
    let node = start(&["*"]).await;
    assert!(let_in(&node, "https://anything.example").await && let_in(&node, "null").await);
    let config = DevnodeConfig { allow_origins: vec!["app.example".to_owned()], ..DevnodeConfig::default() };
    assert!(Devnode::start(config).await.unwrap_err().to_string().contains("app.example is no origin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_pointed_here_is_refused() {
    let node = start(&[]).await;
    for host in ["evil.example", "evil.example:8547", "127.0.0.1.evil.example"] {
        let answer = http(&node, "POST", &[("Host", host)], CHAIN).await;
        assert_eq!(answer.status, 403, "{host}");
        assert!(answer.body.contains("no name of this machine"), "{}", answer.body);
    }
    for host in ["localhost:8547", "127.0.0.1", "[::1]:8547", "192.168.1.7:8547"] {
        assert_eq!(http(&node, "POST", &[("Host", host)], CHAIN).await.status, 200, "{host}");
    }
    let node = start(&["https://app.example"]).await;
    assert_eq!(http(&node, "POST", &[("Host", "app.example:8547")], CHAIN).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_id_gets_its_own_answer() {
    let node = start(&[]).await;
    let request = |id: &str| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"eth_chainId","params":[]}}"#);
    let ids = [
        "1",
        "0",
        "null",
        r#""a""#,
        r#""""#,
        "-1",
        "1.5",
        "1e3",
        "18446744073709551615",
        "18446744073709551616",
        "123456789012345678901234567890.5",
    ];
    for id in ids {
        let answer = http(&node, "POST", &[], &request(id)).await;
        assert_eq!(answer.json()["result"], "0x64aba", "{id}: {}", answer.body);
        assert!(answer.body.contains(&format!(r#""id":{id}"#)), "{id}: {}", answer.body);
    }
    let batch = format!("[{}]", ids.map(request).join(","));
    let answer = http(&node, "POST", &[], &batch).await;
    assert_eq!(answer.json().as_array().unwrap().len(), ids.len(), "{}", answer.body);
    assert!(ids.iter().all(|id| answer.body.contains(&format!(r#""id":{id}"#))), "{}", answer.body);
    for id in ["{}", "[1]", "true"] {
        let answer = http(&node, "POST", &[], &request(id)).await.json();
        assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(-32_600), &Value::Null), "{id}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_and_notifications_follow_the_standard() {
    let node = start(&[]).await;
    let notification = r#"{"jsonrpc":"2.0","method":"evm_mine","params":[]}"#;
    // A notification is run, and not answered.
    for (body, blocks) in [(notification.to_owned(), 1), (format!("[{notification},{notification}]"), 2)] {
        let before = node.chain().block_number();
        let answer = http(&node, "POST", &[], &body).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        assert_eq!(node.chain().block_number(), before + blocks);
    }
    let mixed = format!(
        r#"[{notification}, 1, {CHAIN}, {{"foo":"boo"}}, [], {{"jsonrpc":"1.0","id":7,"method":"eth_chainId"}}]"#
    );
    let answers = http(&node, "POST", &[], &mixed).await.json();
    let codes: Vec<_> = answers.as_array().unwrap().iter().map(|answer| answer["error"]["code"].clone()).collect();
    assert_eq!(codes, [json!(-32_600), Value::Null, json!(-32_600), json!(-32_600), json!(-32_600)], "{answers}");
    assert_eq!((&answers[1]["result"], &answers[4]["id"]), (&json!("0x64aba"), &json!(7)));
    for body in ["[]", "1", "\"text\"", "null", "{}", r#"{"id":1}"#] {
        let answer = http(&node, "POST", &[], body).await.json();
        assert_eq!(answer["error"]["code"], -32_600, "{body}: {answer}");
    }
    assert_eq!(http(&node, "POST", &[], "[1]").await.json().as_array().unwrap().len(), 1);
    for body in ["", "{", "[1,", "[{]"] {
        let answer = http(&node, "POST", &[], body).await.json();
        assert_eq!(answer["error"]["code"], -32_700, "{body}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_has_a_field_twice_or_half_a_character_is_none() {
    let node = start(&[]).await;
    let rest = r#""jsonrpc":"2.0","method":"eth_chainId","params":[]"#;
    let wrong = [
        format!(r#"{{"id":1,"id":2,{rest}}}"#),
        format!(r#"{{"id":1,"i\u0064":2,{rest}}}"#),
        format!(r#"{{"id":"\ud800",{rest}}}"#),
        format!(r#"{{"id":1.5,"method":"evm_mine",{rest}}}"#),
        format!(r#"{{"id":-1,{rest},"params":[1]}}"#),
        format!(r#"{{"id":-1,{rest},"jsonrpc":"2.0"}}"#),
        format!(r#"{{{rest},"method":"evm_mine"}}"#),
        r#"{"jsonrpc":"2.0","id":1,"method":"\ud800","params":[]}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":5,"params":[]}"#.to_owned(),
    ];
    let is_invalid = |answer: &Value| answer["error"]["code"] == -32_600 && answer["id"].is_null();
    for body in &wrong {
        let answer = http(&node, "POST", &[], body).await.json();
        assert!(is_invalid(&answer), "{body}: {answer}");
        let answers = http(&node, "POST", &[], &format!("[{CHAIN},{body},{CHAIN}]")).await.json();
        assert_eq!(answers.as_array().unwrap().len(), 3, "{body}: {answers}");
        assert!(is_invalid(&answers[1]), "{body}: {answers}");
        assert!(answers[0]["result"] == "0x64aba" && answers[2]["result"] == "0x64aba", "{body}: {answers}");
    }
    let escaped = format!(r#"{{"i\u0064":"\ud83d\ude00",{rest}}}"#);
    assert_eq!(http(&node, "POST", &[], &escaped).await.json()["id"], "😀");
    assert_eq!(node.chain().block_number(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn development_accounts_sign_messages_and_typed_data() {
    let node = start(&[]).await;
    let account = node.accounts()[2].address();
    let ask = async |method: &str, params: Value| {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        http(&node, "POST", &[], &body).await.json()
    };
    let signer = |answer: &Value, hash| {
        let signature: Bytes = serde_json::from_value(answer["result"].clone()).unwrap_or_else(|_| panic!("{answer}"));
        assert!(signature.len() == 65 && matches!(signature[64], 27 | 28), "{answer}");
        Signature::try_from(signature.as_ref()).unwrap().recover_address_from_prehash(&hash).unwrap()
    };
    let message = Bytes::from_static(b"a message");
    let hash = eip191_hash_message(&message);
    assert_eq!(signer(&ask("personal_sign", json!([message, account])).await, hash), account);
    assert_eq!(signer(&ask("eth_sign", json!([account, message])).await, hash), account);
    // What a Safe asks its owners to sign.
    let typed = json!({
        "types": {
            "EIP712Domain": [{ "name": "chainId", "type": "uint256" }, { "name": "verifyingContract", "type": "address" }],
            "SafeTx": [
                { "name": "to", "type": "address" }, { "name": "value", "type": "uint256" }, { "name": "data", "type": "bytes" },
                { "name": "operation", "type": "uint8" }, { "name": "safeTxGas", "type": "uint256" },
                { "name": "baseGas", "type": "uint256" }, { "name": "gasPrice", "type": "uint256" },
                { "name": "gasToken", "type": "address" }, { "name": "refundReceiver", "type": "address" },
                { "name": "nonce", "type": "uint256" },
            ],
        },
        "primaryType": "SafeTx",
        "domain": { "chainId": 412346, "verifyingContract": Address::repeat_byte(5) },
        "message": {
            "to": account, "value": "0", "data": "0x1234", "operation": 0, "safeTxGas": "0", "baseGas": "0", "gasPrice": "0",
            "gasToken": Address::ZERO, "refundReceiver": Address::ZERO, "nonce": 3,
        },
    });
    let hash = serde_json::from_value::<TypedData>(typed.clone()).unwrap().eip712_signing_hash().unwrap();
    for data in [typed.clone(), json!(typed.to_string())] {
        assert_eq!(signer(&ask("eth_signTypedData_v4", json!([account, data])).await, hash), account);
    }
    let stranger = Address::repeat_byte(9);
    for (method, params) in [
        ("personal_sign", json!([message, stranger])),
        ("eth_sign", json!([stranger, message])),
        ("eth_signTypedData_v4", json!([stranger, typed])),
    ] {
        let answer = ask(method, params).await;
        assert!(answer["error"]["message"].as_str().unwrap().contains("no key for"), "{answer}");
    }
    let mut broken = typed;
    broken["primaryType"] = json!("Nothing");
    assert_eq!(ask("eth_signTypedData_v4", json!([account, broken])).await["error"]["code"], -32_602);
}
