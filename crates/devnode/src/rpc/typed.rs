//! Typed data (EIP-712) as wallets are asked to sign them: all that is in them is signed, or they are refused.

use super::error;
use super::fields::{object, only};
use super::unique::Unique;
use alloy::primitives::B256;
use alloy_dyn_abi::{DynSolType, TypedData};
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::Value;

/// Most characters that a refusal shows of a value.
const LONGEST: usize = 80;
const DOMAIN: &str = "EIP712Domain";
/// Fields that a domain may have, in the order of the standard, and their types.
const DOMAIN_FIELDS: [(&str, &str); 5] = [
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
];

/// The hash that is signed. Typed data come as an object or as its text.
pub fn hash(given: &Value) -> Result<B256, ErrorObjectOwned> {
    let data = match given {
        Value::String(text) => {
            let Unique(data) = serde_json::from_str(text).map_err(wrong)?;
            data
        }
        data => data.clone(),
    };
    if !data.is_object() {
        return Err(wrong("not an object"));
    }
    only(&data, &["types", "primaryType", "domain", "message"], "typed data")?;
    types(&data["types"])?;
    domain(&data)?;
    let primary = data["primaryType"].as_str().ok_or_else(|| wrong("primaryType is no text"))?;
    if primary == DOMAIN {
        only(&data["message"], &[], "typed data: the domain alone is signed: message")?;
    } else {
        message(&data["types"], primary, &data["message"], "message")?;
    }
    let data: TypedData = serde_json::from_value(data).map_err(wrong)?;
    data.eip712_signing_hash().map_err(wrong)
}

fn wrong(why: impl std::fmt::Display) -> ErrorObjectOwned {
    error::params(format!("invalid parameter 1, typed data: {why}"))
}

/// Declarations: names and types, no name twice in one type.
fn types(types: &Value) -> Result<(), ErrorObjectOwned> {
    for (name, fields) in object(types, "typed data: types")? {
        let Value::Array(fields) = fields else { return Err(wrong(format!("type {name} is no list of fields"))) };
        for (index, field) in fields.iter().enumerate() {
            only(field, &["name", "type"], &format!("typed data: type {name}"))?;
            if fields.iter().take(index).any(|earlier| earlier["name"] == field["name"]) {
                return Err(wrong(format!("type {name} has field {} twice", field["name"])));
            }
        }
    }
    Ok(())
}

/// The domain has the fields of the standard, and those that the types declare where they declare it.
fn domain(data: &Value) -> Result<(), ErrorObjectOwned> {
    let domain = &data["domain"];
    only(domain, &DOMAIN_FIELDS.map(|(name, _)| name), "typed data: domain")?;
    let Some(declared) = data["types"].get(DOMAIN).and_then(Value::as_array) else { return Ok(()) };
    let text = |field: &Value, key: &str| field[key].as_str().unwrap_or_default().to_owned();
    let declared: Vec<_> = declared.iter().map(|field| (text(field, "name"), text(field, "type"))).collect();
    let is_there = |name: &str| domain.get(name).is_some_and(|value| !value.is_null());
    if let Some((name, _)) = declared.iter().find(|(name, _)| !is_there(name)) {
        return Err(wrong(format!("{DOMAIN} declares {name}, which the domain lacks")));
    }
    let expected: Vec<_> = DOMAIN_FIELDS
        .iter()
        .filter(|(name, _)| is_there(name))
        .map(|(name, kind)| (name.to_string(), kind.to_string()))
        .collect();
    if let Some((name, _)) = expected.iter().find(|(name, _)| !declared.iter().any(|(known, _)| known == name)) {
        return Err(wrong(format!("the domain has {name}, which {DOMAIN} does not declare")));
    }
    if declared != expected {
        return Err(wrong(format!("{DOMAIN} has other types, or another order, than the standard")));
    }
    Ok(())
}

/// Whether `value` is one of Solidity's own type `kind`. A name that is no type is left to the hash.
fn plain(kind: &str, value: &Value, place: &str) -> Result<(), ErrorObjectOwned> {
    let Ok(of) = DynSolType::parse(kind) else { return Ok(()) };
    let written = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let short = || written().chars().take(LONGEST).collect::<String>();
    of.coerce_json(value).map(drop).map_err(|_| wrong(format!("{place}: {} is no {kind}", short())))
}

/// Whether `value`, of type `kind`, has the declared fields and no others, all the way down.
fn message(types: &Value, kind: &str, value: &Value, place: &str) -> Result<(), ErrorObjectOwned> {
    if let Some((item, _)) = kind.strip_suffix(']').and_then(|kind| kind.rsplit_once('[')) {
        let Value::Array(values) = value else { return Err(wrong(format!("{place} is no list"))) };
        return values.iter().try_for_each(|value| message(types, item, value, place));
    }
    // A type that is not declared is one of Solidity's own.
    let Some(declared) = types.get(kind).and_then(Value::as_array) else { return plain(kind, value, place) };
    let Value::Object(fields) = value else { return Err(wrong(format!("{place} is no object of type {kind}"))) };
    let text = |field: &'_ Value, key: &str| field[key].as_str().unwrap_or_default().to_owned();
    if let Some(name) = fields.keys().find(|name| !declared.iter().any(|field| field["name"] == name.as_str())) {
        return Err(wrong(format!("{place} has {name}, which {kind} does not declare")));
    }
    for field in declared {
        let (name, kind) = (text(field, "name"), text(field, "type"));
        let place = format!("{place}.{name}");
        let value = fields.get(&name).ok_or_else(|| wrong(format!("{place} is missing")))?;
        message(types, &kind, value, &place)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::hash;
    use serde_json::{Value, json};

    #[test]
    fn a_value_of_another_type_is_refused_with_its_place() {
        let data = |kind: &str, value: Value| {
            json!({
                "types": { "Order": [{ "name": "n", "type": kind }] },
                "primaryType": "Order", "domain": {}, "message": { "n": value },
            })
        };
        let said = |kind: &str, value: Value| hash(&data(kind, value)).unwrap_err().message().to_owned();
        assert!(said("uint256", json!("-5")).ends_with("message.n: -5 is no uint256"));
        assert!(said("address", json!("0x12")).ends_with("message.n: 0x12 is no address"));
        assert!(said("bool[]", json!([true, 3])).ends_with("message.n: 3 is no bool"));
        for (kind, value) in
            [("uint256", json!("5")), ("uint8", json!(5)), ("bytes", json!("0x")), ("string", json!("a"))]
        {
            assert!(hash(&data(kind, value)).is_ok(), "{kind}");
        }
    }
}
