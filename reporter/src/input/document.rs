//! A price, and its time, in a JSON document.
use super::config::Place;
use super::strict::Strict;
use crate::feed::{self, FeedError};
use crate::round::Quote;
use crate::time::Moment;
use serde_json::Value;

/// What a document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Price and confidence.
    pub quote: Quote,
    /// When the source says that it was so.
    pub time: Option<Moment>,
}

/// Why a document is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Nothing stands at this pointer.
    #[error("the document has nothing at {0}")]
    Nothing(String),
    /// It is about something else.
    #[error("the document is of something else: {0}")]
    Another(String),
    /// What stands at this pointer is no price.
    #[error("at {0}: {1}")]
    Price(String, FeedError),
    /// What stands at this pointer is no time.
    #[error("at {0}: {1}")]
    Time(String, String),
    /// Seconds by which its time lies ahead.
    #[error("its time is {0} s ahead of this machine's clock")]
    Ahead(u64),
    /// The body is not JSON.
    #[error("not JSON: {0}")]
    Json(String),
}

/// The document of a body. A key that stands twice in an object is refused, at any depth.
///
/// # Errors
/// Where it is not JSON.
pub fn parse(body: &[u8]) -> Result<Value, DocumentError> {
    serde_json::from_slice(body)
        .map(|Strict(document)| document)
        .map_err(|error| DocumentError::Json(error.to_string()))
}

impl Place {
    /// Reads a document.
    ///
    /// # Errors
    /// [`DocumentError::Another`] and [`DocumentError::Nothing`] where it is about something else, as many messages of a stream are.
    pub fn read(&self, document: &Value) -> Result<Said, DocumentError> {
        if let Some((at, _)) = self.wanted.iter().find(|(at, wanted)| document.pointer(at) != Some(wanted)) {
            return Err(DocumentError::Another(at.clone()));
        }
        let at = |pointer: &String| document.pointer(pointer).ok_or_else(|| DocumentError::Nothing(pointer.clone()));
        let found = at(&self.price)?;
        let price = price(found).map_err(|error| DocumentError::Price(self.price.clone(), error))?;
        let time = match &self.time {
            None => None,
            Some((pointer, spelling)) => {
                let refused = |reason: String| DocumentError::Time(pointer.clone(), reason);
                let found = at(pointer)?;
                let text = text(found).ok_or_else(|| refused(format!("{} is not a time", short(found))))?;
                Some(spelling.read(&text).map_err(|error| refused(error.to_string()))?)
            }
        };
        Ok(Said { quote: Quote { price, confidence: self.confidence }, time })
    }
}

/// In 1e-8 USD. A JSON number is read by its value, so an exponent there is only a way to write it.
fn price(value: &Value) -> Result<u64, FeedError> {
    match value {
        Value::String(text) => feed::price(text),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            // Never with an exponent, unlike JSON's own.
            Some(float) => feed::price(&float.to_string()),
            None => feed::price(&number.to_string()),
        },
        _ => Err(FeedError::Price(short(value))),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 40 { text } else { text.chars().take(40).chain("…".chars()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Spelling;
    use serde_json::json;
    use std::time::Duration;

    fn place() -> Place {
        Place {
            price: "/data/0/price".to_owned(),
            time: Some(("/at".to_owned(), Spelling::Millis)),
            wanted: [("/s".to_owned(), json!("BTC"))].into(),
            max_age: Duration::from_secs(1),
            confidence: 900_000,
        }
    }

    #[test]
    fn price_and_time_are_read_where_they_stand() {
        let said = place()
            .read(&json!({ "s": "BTC", "at": 1_760_133_270_000u64, "data": [{ "price": "113000.5" }] }))
            .unwrap();
        assert_eq!(said.quote, Quote { price: 11_300_050_000_000, confidence: 900_000 });
        assert_eq!(said.time.map(Moment::seconds), Some(1_760_133_270));
    }

    #[test]
    fn prices_are_read_exactly() {
        for (value, units) in [
            (json!(1), 100_000_000),
            (json!(0.99), 99_000_000),
            (json!(113000.12345678), 11_300_012_345_678),
            (json!("0.000000005"), 1),
            (json!(1e-8), 1),
            (json!(1.5e3), 150_000_000_000),
            (json!("0.99999999999999"), 100_000_000),
            (json!(format!("0.{}", "9".repeat(28))), 100_000_000),
            (json!(format!("0.{}", "9".repeat(29))), 100_000_000),
            (json!(format!("0.{}", "9".repeat(76))), 100_000_000),
        ] {
            assert_eq!(price(&value), Ok(units), "{value}");
        }
        let none = [
            json!(null),
            json!(true),
            json!(0),
            json!(-1),
            json!("0.000000001"),
            json!(""),
            json!("NaN"),
            json!("1,5"),
            json!("1_5"),
            json!("1_000"),
            json!("1__"),
            json!("1.5e3"),
            json!(" 1"),
        ];
        let more =
            [json!("inf"), json!(1e300), json!("184467440738"), json!([1]), json!({}), json!("0x10"), json!("1e-400")];
        for value in none.into_iter().chain(more) {
            assert!(price(&value).is_err(), "{value}");
        }
        let long = price(&json!("9".repeat(1_000_000))).unwrap_err().to_string();
        assert!(long.contains("1000000 characters"), "{long}");
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_at_any_depth() {
        for (body, key) in [
            (r#"{"price":1,"price":2}"#, "price"),
            (r#"{"price":1,"other":0,"pri\u0063e":1}"#, "price"),
            (r#"{"data":[{"price":1,"price":1}]}"#, "price"),
            (r#"{"data":{"a":[[{"b":{"last":null,"last":1}}]]}}"#, "last"),
        ] {
            let reason = parse(body.as_bytes()).unwrap_err().to_string();
            assert!(reason.contains(&format!("{key:?} stands twice")) && reason.contains("line 1"), "{reason}");
        }
        let plain = r#"{"a":{"price":-1,"x":[1.5,"t",null,true,18446744073709551615]},"b":{"price":[]}}"#;
        assert_eq!(parse(plain.as_bytes()).unwrap(), serde_json::from_str::<Value>(plain).unwrap());
        assert!(parse(b"{} {}").is_err() && parse(b"{").is_err());
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn another_document_says_nothing() {
        let read = |document: Value| place().read(&document).unwrap_err();
        assert_eq!(read(json!({ "s": "ETH", "data": [{ "price": 1 }] })), DocumentError::Another("/s".to_owned()));
        assert_eq!(read(json!([])), DocumentError::Another("/s".to_owned()));
        assert_eq!(read(json!({ "s": "BTC", "data": [] })), DocumentError::Nothing("/data/0/price".to_owned()));
        let late = read(json!({ "s": "BTC", "at": "2025-10-10", "data": [{ "price": 1 }] }));
        assert!(late.to_string().contains("2025-10-10"), "{late}");
        assert!(read(json!({ "s": "BTC", "at": 1, "data": [{ "price": {} }] })).to_string().contains("{}"));
    }
}
