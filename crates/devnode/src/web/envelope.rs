//! JSON-RPC requests that the server does not take as they are: ids that are no whole number below 2^64, notifications,
//! and what is no request. They go to it under numbers, and come back under their own ids.

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// The fields of an object that has none twice, whatever escapes their names are written with.
#[derive(Default)]
struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = BTreeMap<String, &'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some(name) = entries.next_key::<String>()? {
            if fields.insert(name, entries.next_value()?).is_some() {
                return Err(A::Error::custom("a field is given twice"));
            }
        }
        Ok(fields)
    }
}

/// A subscription has nowhere to speak over HTTP.
const SUBSCRIPTION: &str = r#"{"code":-32004,"message":"subscriptions need WebSocket: ws:// at this address; over HTTP use eth_newFilter, eth_newBlockFilter or eth_newPendingTransactionFilter"}"#;
/// What is no request, in the standard's words.
const INVALID: &str = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid request"}}"#;

enum Entry<'a> {
    /// A request with its id as it came.
    Call(&'a str, Fields<'a>),
    /// A request without an id: it is run and not answered.
    Notification(Fields<'a>),
    /// Asked over HTTP what needs a connection that stays, under this id.
    Subscription(&'a str),
    Invalid,
}

/// One request or a batch.
pub struct Envelope<'a> {
    entries: Vec<Entry<'a>>,
    batch: bool,
}

impl<'a> Envelope<'a> {
    /// The requests in `body`; none if the server can take it as it is, be it to say that it is no JSON.
    pub fn unusual(body: &'a [u8]) -> Option<Self> {
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace())?;
        let (entries, batch) = match first {
            b'[' => (serde_json::from_slice::<Vec<&RawValue>>(body).ok()?, true),
            b'{' => (vec![serde_json::from_slice::<&RawValue>(body).ok()?], false),
            _ => {
                serde_json::from_slice::<IgnoredAny>(body).ok()?;
                return Some(Self { entries: vec![Entry::Invalid], batch: false });
            }
        };
        let entries: Vec<_> = entries.into_iter().map(entry).collect();
        let usual = |entry: &Entry<'_>| matches!(entry, Entry::Call(id, _) if is_usual(id));
        (entries.is_empty() || !entries.iter().all(usual)).then_some(Self { entries, batch })
    }

    /// The same requests under their numbers in the batch; none if there is none.
    pub fn requests(&self) -> Option<String> {
        let numbered = self.entries.iter().enumerate().filter_map(|(number, entry)| match entry {
            Entry::Call(_, fields) | Entry::Notification(fields) => Some(object(&number.to_string(), fields)),
            Entry::Subscription(_) | Entry::Invalid => None,
        });
        let numbered: Vec<_> = numbered.collect();
        (!numbered.is_empty()).then(|| format!("[{}]", numbered.join(",")))
    }

    /// The server's `answers` under the ids that were asked with; none if nothing is to be answered.
    pub fn answer(&self, answers: &[u8]) -> Option<String> {
        if self.entries.is_empty() {
            return Some(INVALID.to_owned());
        }
        let Ok(read) = serde_json::from_slice::<Vec<Fields<'_>>>(answers) else {
            // Not an answer for each: an error for all of them.
            return Some(String::from_utf8_lossy(answers).into_owned());
        };
        let number = |fields: &Fields<'_>| fields.0.get("id")?.get().parse::<usize>().ok();
        let read: BTreeMap<_, _> = read.iter().filter_map(|fields| Some((number(fields)?, fields))).collect();
        let answers = self.entries.iter().enumerate().filter_map(|(number, entry)| match entry {
            Entry::Call(id, _) => read.get(&number).map(|fields| object(id, fields)),
            Entry::Notification(_) => None,
            Entry::Subscription(id) => Some(format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{SUBSCRIPTION}}}"#)),
            Entry::Invalid => Some(INVALID.to_owned()),
        });
        let answers: Vec<_> = answers.collect();
        match answers.as_slice() {
            [] => None,
            [answer] if !self.batch => Some(answer.clone()),
            answers => Some(format!("[{}]", answers.join(","))),
        }
    }
}

fn entry(value: &RawValue) -> Entry<'_> {
    let Ok(mut fields) = serde_json::from_str::<Fields<'_>>(value.get()) else { return Entry::Invalid };
    if !fields.0.get("method").is_some_and(|method| is_text(method.get())) {
        return Entry::Invalid;
    }
    match fields.0.remove("id").map(RawValue::get) {
        None => Entry::Notification(fields),
        Some(id) if id.starts_with(['{', '[', 't', 'f']) => Entry::Invalid,
        Some(id) if id.starts_with('"') && !is_text(id) => Entry::Invalid,
        Some(id) if subscribes(&fields) => Entry::Subscription(id),
        Some(id) => Entry::Call(id, fields),
    }
}

fn subscribes(fields: &Fields<'_>) -> bool {
    let method = fields.0.get("method").and_then(|method| serde_json::from_str::<String>(method.get()).ok());
    matches!(method.as_deref(), Some("eth_subscribe" | "eth_unsubscribe"))
}

/// Whether `json` is text: half of a surrogate pair is none.
fn is_text(json: &str) -> bool {
    serde_json::from_str::<String>(json).is_ok()
}

/// Text, null, or a number that the server can hold.
fn is_usual(id: &str) -> bool {
    id.starts_with(['"', 'n']) || id.parse::<u64>().is_ok()
}

/// `fields` under another id.
fn object(id: &str, fields: &Fields<'_>) -> String {
    #[derive(Serialize)]
    struct Object<'a> {
        id: &'a RawValue,
        #[serde(flatten)]
        rest: BTreeMap<&'a str, &'a RawValue>,
    }
    let rest = fields.0.iter().filter(|(name, _)| *name != "id").map(|(name, value)| (name.as_str(), *value));
    let id = RawValue::from_string(id.to_owned()).unwrap_or_default();
    serde_json::to_string(&Object { id: &id, rest: rest.collect() }).unwrap_or_else(|_| INVALID.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Envelope;
    use serde_json::{Value, json};

    #[test]
    fn a_subscription_over_http_is_refused_with_what_to_do() {
        let body = br#"[{"jsonrpc":"2.0","id":7,"method":"eth_subscribe","params":["newHeads"]},
            {"jsonrpc":"2.0","id":"a","method":"eth_chainId"}]"#;
        let envelope = Envelope::unusual(body).unwrap();
        assert!(!envelope.requests().unwrap().contains("eth_subscribe"));
        let answer = envelope.answer(br#"[{"jsonrpc":"2.0","id":1,"result":"0x1"}]"#).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((&answer[0]["id"], &answer[0]["error"]["code"]), (&json!(7), &json!(-32_004)));
        assert!(answer[0]["error"]["message"].as_str().unwrap().contains("WebSocket"));
        assert_eq!(answer[1], json!({ "jsonrpc": "2.0", "id": "a", "result": "0x1" }));
    }
}
