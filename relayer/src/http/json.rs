//! Bodies: from bytes to a type, with the place of what is wrong.
use super::problem::{FieldError, Problem};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

/// # Errors
/// 400 with line and column where it is no JSON, 422 with a JSON pointer where it is not what is expected.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Whether it is JSON at all comes first, whatever else is wrong with it.
    serde_json::from_slice::<IgnoredAny>(body).map_err(|error| problem(&error, String::new()))?;
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        problem(error.inner(), pointer)
    })?;
    deserializer.end().map_err(|error| problem(&error, String::new()))?;
    Ok(value)
}

fn problem(error: &serde_json::Error, pointer: String) -> Problem {
    match error.classify() {
        Category::Data => Problem::invalid_fields(vec![FieldError { pointer, detail: without_place(error) }]),
        Category::Syntax | Category::Eof | Category::Io => Problem::bad_request("malformed-json", "Malformed JSON")
            .detail(format!("line {}, column {}: {}", error.line(), error.column(), without_place(error))),
    }
}

/// The message without the ` at line 1 column 2` that serde adds.
fn without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or(&message).to_owned()
}

/// RFC 6901.
fn pointer(path: &Path) -> String {
    let segments = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    segments.fold(String::new(), |pointer, segment| format!("{pointer}/{segment}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::FillBatchRequest;

    #[test]
    fn broken_json_names_line_and_column() {
        let problem = parse::<FillBatchRequest>(b"{\n  \"venue\": ,").unwrap_err();
        assert_eq!((problem.status, problem.code()), (400, "malformed-json"));
        assert!(problem.detail.contains("line 2, column 12"), "{}", problem.detail);
        assert_eq!(parse::<FillBatchRequest>(b"").unwrap_err().status, 400);
    }

    #[test]
    fn a_float_is_refused_where_it_stands() {
        let body = br#"{"venue":"0x0000000000000000000000000000000000000001","firstSequence":1,
            "previousBatchHash":"0x0000000000000000000000000000000000000000000000000000000000000000","signature":"0x",
            "fills":[{"buyerAccount":1,"sellerAccount":2,"matchedAt":1,"settleBy":2,
            "salt":"0x0000000000000000000000000000000000000000000000000000000000000000","instrument":"BTC-PERP","quantity":1.5,"price":"1"}]}"#;
        let problem = parse::<FillBatchRequest>(body).unwrap_err();
        assert_eq!(problem.status, 422);
        assert_eq!(problem.errors[0].pointer, "/fills/0/quantity");
    }

    #[test]
    fn what_follows_the_value_is_malformed() {
        assert_eq!(parse::<u64>(b"1 x").unwrap_err().status, 400);
    }
}
