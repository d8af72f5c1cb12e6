//! Nodes with faults: a proxy before the local chain that hangs, errs, loses answers, and lags as several nodes behind one
//! address do.
use super::Result;
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What befalls calls of one method.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection stays open, and nothing comes.
    Hang,
    /// The node gets the call so much later, whoever asked then.
    Late(Duration),
    /// This error instead of the answer; with `taken`, the node gets the call first.
    Error { message: &'static str, taken: bool },
}

#[derive(Default)]
struct Faults {
    /// By method, with how often.
    methods: HashMap<String, (Fault, usize)>,
    /// Blocks that each of the nodes is behind; the next one answers the next call. None: the node itself answers.
    lags: Vec<u64>,
    calls: HashMap<String, usize>,
}

pub struct Proxy {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    node: String,
    http: reqwest::Client,
    faults: Mutex<Faults>,
    turn: AtomicUsize,
}

impl Proxy {
    pub async fn start(node: &str) -> Result<Self> {
        let (http, faults, turn) = (reqwest::Client::new(), Mutex::default(), AtomicUsize::new(0));
        let shared = Arc::new(Shared { node: node.to_owned(), http, faults, turn });
        let app = Router::new().route("/", post(pass)).with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { url, shared })
    }

    /// The next `times` calls of a method meet a fault.
    pub fn fault(&self, method: &str, fault: Fault, times: usize) {
        self.shared.faults.lock().unwrap().methods.insert(method.to_owned(), (fault, times));
    }

    pub fn lag(&self, lags: &[u64]) {
        self.shared.faults.lock().unwrap().lags = lags.to_vec();
    }

    /// How often a method was called.
    pub fn calls(&self, method: &str) -> usize {
        self.shared.faults.lock().unwrap().calls.get(method).copied().unwrap_or(0)
    }
}

async fn pass(State(shared): State<Arc<Shared>>, body: String) -> String {
    let asked: Value = serde_json::from_str(&body).unwrap_or_default();
    let method = asked["method"].as_str().unwrap_or_default().to_owned();
    let (fault, lag) = {
        let mut faults = shared.faults.lock().unwrap();
        *faults.calls.entry(method.clone()).or_default() += 1;
        let fault = faults.methods.get_mut(&method).filter(|(_, left)| *left > 0);
        let fault = fault.map(|(fault, left)| {
            *left -= 1;
            fault.clone()
        });
        let turn = shared.turn.fetch_add(1, Ordering::Relaxed);
        let lag = faults.lags.get(turn % faults.lags.len().max(1)).copied().unwrap_or(0);
        (fault, lag)
    };
    match fault {
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Late(pause)) => {
            // Whether or not anybody waits for the answer.
            let forward = async move {
                tokio::time::sleep(pause).await;
                shared.forward(&asked).await.to_string()
            };
            tokio::spawn(forward).await.unwrap_or_default()
        }
        Some(Fault::Error { message, taken }) => {
            if taken {
                shared.forward(&asked).await;
            }
            refusal(&asked, message)
        }
        None if lag > 0 => shared.behind(asked, lag).await,
        None => shared.forward(&asked).await.to_string(),
    }
}

fn refusal(asked: &Value, message: &str) -> String {
    json!({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32000, "message": message}}).to_string()
}

fn number(hex: &Value) -> Option<u64> {
    u64::from_str_radix(hex.as_str()?.strip_prefix("0x")?, 16).ok()
}

impl Shared {
    async fn forward(&self, asked: &Value) -> Value {
        let request = self.http.post(&self.node).header("content-type", "application/json").body(asked.to_string());
        let Ok(answer) = request.send().await else { return Value::Null };
        answer.json().await.unwrap_or_default()
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        let asked = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.forward(&asked).await["result"].clone()
    }

    /// The answer of a node that lacks the last blocks.
    async fn behind(&self, mut asked: Value, lag: u64) -> String {
        let head = number(&self.ask("eth_blockNumber", json!([])).await).unwrap_or(0).saturating_sub(lag);
        let newest = json!(format!("{head:#x}"));
        match asked["method"].as_str().unwrap_or_default() {
            "eth_blockNumber" => asked = json!({"id": asked["id"], "result": newest}),
            "eth_getBlockByNumber" => {
                let wanted = asked["params"][0].clone();
                if number(&wanted).is_some_and(|wanted| wanted > head) {
                    return json!({"jsonrpc": "2.0", "id": asked["id"], "result": null}).to_string();
                }
                if number(&wanted).is_none() {
                    asked["params"][0] = newest;
                }
            }
            "eth_getLogs" => {
                let filter = asked["params"][0].clone();
                if filter["blockHash"].is_string() {
                    if self.lacks(&filter["blockHash"], head).await {
                        return refusal(&asked, "unknown block");
                    }
                } else if number(&filter["fromBlock"]).is_some_and(|from| from > head) {
                    return json!({"jsonrpc": "2.0", "id": asked["id"], "result": []}).to_string();
                } else if number(&filter["toBlock"]).is_none_or(|to| to > head) {
                    asked["params"][0]["toBlock"] = newest;
                }
            }
            "eth_call" | "eth_getTransactionCount" | "eth_getBalance" => {
                let at = asked["params"][1].clone();
                let hash = if at.is_object() { at["blockHash"].clone() } else { at.clone() };
                if hash.as_str().is_some_and(|hash| hash.len() == 66) {
                    if self.lacks(&hash, head).await {
                        return refusal(&asked, "header not found");
                    }
                } else {
                    asked["params"][1] = newest;
                }
            }
            "eth_getTransactionReceipt" => {
                let mut answer = self.forward(&asked).await;
                if number(&answer["result"]["blockNumber"]).is_some_and(|block| block > head) {
                    answer["result"] = Value::Null;
                }
                return answer.to_string();
            }
            _ => {}
        }
        if asked["method"].is_null() { asked.to_string() } else { self.forward(&asked).await.to_string() }
    }

    async fn lacks(&self, hash: &Value, head: u64) -> bool {
        number(&self.ask("eth_getBlockByHash", json!([hash, false])).await["number"]).is_none_or(|block| block > head)
    }
}
