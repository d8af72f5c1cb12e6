//! The signing page and its test vectors are those of the types: `UPDATE_DOCS=1` writes both.
mod messages;
mod venue;

use alloy::primitives::{Address, B256, address, b256, hex, keccak256};
use alloy::signers::local::PrivateKeySigner;
use messages::{Message, messages};
use plumbline_chain::sign::{self, Domain};
use serde_json::{Map, Value, json};
use std::path::Path;

pub const CHAIN: u64 = 412_346;
pub const ESCROW: Address = address!("5fbdb2315678afecb367f032d93f642f64180aa3");
pub const ORACLE: Address = address!("e7f1725e7734ce288f8367e1bb143e90bb3f0512");
/// Of the development mnemonic: the first venue's key on a local network.
const KEY: B256 = b256!("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a");
const PAGE: &str = "docs/signing.md";
const VECTORS: &str = "docs/signing-vectors.json";

pub fn key() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&KEY).expect("a key")
}

/// `digest` with both forms of the venue's signature.
pub fn signed(digest: B256) -> Value {
    let full = sign::signature(&key(), digest).expect("a local key signs").as_bytes();
    let compact = sign::sign(&key(), digest);
    assert_eq!(sign::recover(digest, &compact), Some(key().address()));
    json!({ "digest": digest, "signature": hex::encode_prefixed(full), "compact": hex::encode_prefixed(compact) })
}

#[test]
fn page_has_every_definition() {
    for domain in ["escrow", "relayer", "oracle", "token"] {
        let of_domain = messages().into_iter().filter(|message| message.domain == domain);
        let mut text = String::new();
        for message in of_domain {
            let (name, by, kind) = (message.name, message.by, &message.encoded);
            text += &format!("### `{name}`\n{by}\n\n```\n{kind}\n```\ntype hash `{}`\n\n", keccak256(kind));
        }
        doc_tables::check(PAGE, &format!("types:{domain}"), &text);
    }
}

#[test]
fn vectors_are_those_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(VECTORS);
    let text = serde_json::to_string_pretty(&vectors()).expect("JSON") + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, text).expect("the vectors are written");
        return;
    }
    let held = std::fs::read_to_string(&path).expect("the vectors are there");
    assert!(held == text, "{VECTORS} is not what the types make; UPDATE_DOCS=1 writes it");
}

fn vectors() -> Value {
    let messages = messages();
    let types = messages.iter().map(|message| (message.name.to_owned(), message.definition()));
    json!({
        "key": KEY,
        "address": key().address(),
        "domains": {
            "escrow": domain(abi::eip712::ESCROW, ESCROW, Domain::escrow(CHAIN, ESCROW)),
            "oracle": domain(abi::eip712::ORACLE, ORACLE, Domain::oracle(CHAIN, ORACLE)),
            "relayer": domain(plumbline_chain::requests::RELAYER, ESCROW, Domain::relayer(CHAIN, ESCROW)),
        },
        "types": types.collect::<Map<_, _>>(),
        "messages": messages.iter().filter(|message| message.domain != "token").map(Message::vector).collect::<Vec<_>>(),
        "roots": venue::roots(),
        "batches": venue::batches(),
    })
}

fn domain(name: &str, contract: Address, domain: Domain) -> Value {
    json!({
        "name": name, "version": "1", "chainId": CHAIN, "verifyingContract": contract, "separator": domain.separator(),
    })
}
