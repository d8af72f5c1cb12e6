//! `deployments/<chain-id>.json`: what is deployed where, from which source.
use crate::ChainError;
use alloy::primitives::{Address, B256};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor},
};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::Path;

/// Name of the price-oracle in records.
pub const ORACLE: &str = "price-oracle";
/// Name of the eligibility-registry in records.
pub const REGISTRY: &str = "eligibility-registry";
/// Name of the margin-escrow in records.
pub const ESCROW: &str = "margin-escrow";
/// Name of the risk-verifier in records.
pub const VERIFIER: &str = "risk-verifier";
/// Name of the portfolio-examiner in records.
pub const EXAMINER: &str = "portfolio-examiner";

/// What is deployed on one chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// The chain's id, EIP-155.
    pub chain_id: u64,
    /// The commit the contracts were built from; `unknown` outside a repository.
    pub source_revision: String,
    /// By crate name, for example `margin-escrow`.
    #[serde(deserialize_with = "once")]
    pub contracts: BTreeMap<String, ContractRecord>,
    /// Of programs too large for one account, by crate name, in the order of the code. The root is in `contracts`.
    #[serde(default, deserialize_with = "once", skip_serializing_if = "BTreeMap::is_empty")]
    pub fragments: BTreeMap<String, Vec<ContractRecord>>,
    /// By symbol.
    #[serde(deserialize_with = "once")]
    pub tokens: BTreeMap<String, TokenRecord>,
    /// Parties of a local deployment by name, for example `venue-0`.
    #[serde(default, deserialize_with = "once")]
    pub parties: BTreeMap<String, PartyRecord>,
    /// Margin accounts of a local deployment by the desk's name.
    #[serde(default, deserialize_with = "once")]
    pub accounts: BTreeMap<String, u64>,
}

/// A contract, and where it was created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRecord {
    /// Where it is.
    pub address: Address,
    /// `keccak256` of the code as it stands on chain.
    pub code_hash: B256,
    /// Block of its creation.
    pub block: u64,
    /// Transaction of its creation.
    pub tx: B256,
}

/// A listed token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Where it is.
    pub address: Address,
    /// Of the token.
    pub decimals: u8,
    /// Index in the eligibility-registry.
    pub index: u8,
    /// 1 stablecoin, 2 tokenized cash.
    pub class: u8,
    /// Name of its price feed, for example `USDE-USD`.
    pub feed: String,
}

/// Somebody with a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyRecord {
    /// Whose key signs.
    pub address: Address,
    /// `venue`, `desk` or the like.
    pub role: String,
    /// Legal Entity Identifier, ISO 17442; empty where it has none.
    #[serde(default)]
    pub lei: String,
}

impl Deployment {
    /// # Errors
    /// [`ChainError::File`] naming the path, where it cannot be read or is not a deployment.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ChainError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| file(path, error))?;
        serde_json::from_str(&text).map_err(|error| file(path, error))
    }

    /// Writes the file whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ChainError> {
        let path = path.as_ref();
        let text = serde_json::to_string_pretty(self).map_err(|error| file(path, error))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| file(path, error))?;
        }
        let draft = path.with_extension("json.draft");
        std::fs::write(&draft, text + "\n").map_err(|error| file(path, error))?;
        std::fs::rename(&draft, path).map_err(|error| file(path, error))
    }

    /// Address of a contract by its crate name.
    ///
    /// # Errors
    /// A contract that is not recorded; the error names those that are.
    pub fn address(&self, name: &str) -> Result<Address, ChainError> {
        let found = self.contracts.get(name).map(|record| record.address);
        found.ok_or_else(|| self.unknown("contract", name, self.contracts.keys()))
    }

    /// Addresses of a program's fragments, in order; none where it stands in one account.
    pub fn fragments(&self, name: &str) -> Vec<Address> {
        self.fragments.get(name).into_iter().flatten().map(|record| record.address).collect()
    }

    /// A token by its symbol.
    ///
    /// # Errors
    /// A token that is not recorded; the error names those that are.
    pub fn token(&self, symbol: &str) -> Result<&TokenRecord, ChainError> {
        self.tokens.get(symbol).ok_or_else(|| self.unknown("token", symbol, self.tokens.keys()))
    }

    /// A desk's margin account.
    ///
    /// # Errors
    /// A desk that is not recorded; the error names those that are.
    pub fn account(&self, desk: &str) -> Result<u64, ChainError> {
        self.accounts.get(desk).copied().ok_or_else(|| self.unknown("account", desk, self.accounts.keys()))
    }

    /// Address of the price-oracle.
    ///
    /// # Errors
    /// It is not recorded.
    pub fn oracle(&self) -> Result<Address, ChainError> {
        self.address(ORACLE)
    }

    /// Address of the eligibility-registry.
    ///
    /// # Errors
    /// It is not recorded.
    pub fn registry(&self) -> Result<Address, ChainError> {
        self.address(REGISTRY)
    }

    /// The block of the first contract; no event of ours lies before it.
    pub fn first_block(&self) -> u64 {
        self.contracts.values().map(|record| record.block).min().unwrap_or_default()
    }

    /// Address of the margin-escrow.
    ///
    /// # Errors
    /// It is not recorded.
    pub fn escrow(&self) -> Result<Address, ChainError> {
        self.address(ESCROW)
    }

    fn unknown<'a>(&self, kind: &'static str, name: &str, known: impl Iterator<Item = &'a String>) -> ChainError {
        let known = known.map(String::as_str).collect::<Vec<_>>().join(", ");
        ChainError::Unknown { chain_id: self.chain_id, kind, name: name.to_owned(), known }
    }
}

/// A map in which no key stands twice: the later of two records would replace the earlier in silence.
fn once<'de, D: Deserializer<'de>, V: Deserialize<'de>>(deserializer: D) -> Result<BTreeMap<String, V>, D::Error> {
    deserializer.deserialize_map(Once(PhantomData))
}

struct Once<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Once<V> {
    type Value = BTreeMap<String, V>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut entries: M) -> Result<Self::Value, M::Error> {
        let mut map = BTreeMap::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(M::Error::custom(format!("{key:?} stands twice")));
            }
            map.insert(key, entries.next_value()?);
        }
        Ok(map)
    }
}

fn file(path: &Path, error: impl std::fmt::Display) -> ChainError {
    ChainError::File { path: path.display().to_string(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Deployment {
        let record = ContractRecord {
            address: Address::repeat_byte(1),
            code_hash: B256::repeat_byte(2),
            block: 3,
            tx: B256::repeat_byte(4),
        };
        Deployment { chain_id: 412_346, contracts: [(ESCROW.to_owned(), record)].into(), ..Deployment::default() }
    }

    #[test]
    fn file_survives_the_round_trip() {
        let path = std::env::temp_dir().join(format!("plumbline-{}.json", std::process::id()));
        sample().save(&path).unwrap();
        assert_eq!(Deployment::load(&path).unwrap(), sample());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_record_that_stands_twice_is_refused_by_name() {
        let text = serde_json::to_string(&sample()).unwrap();
        let record = text.split_once(r#""contracts":{"#).and_then(|(_, rest)| rest.split_once("},")).unwrap().0;
        let twice = text.replacen(record, &format!("{record},{record}"), 1);
        let reason = serde_json::from_str::<Deployment>(&twice).unwrap_err().to_string();
        assert!(reason.starts_with(r#""margin-escrow" stands twice at line 1"#), "{reason}");
        assert_eq!(serde_json::from_str::<Deployment>(&text).unwrap(), sample());
    }

    #[test]
    fn unknown_name_lists_what_there_is() {
        let message = sample().address("margin-escro").unwrap_err().to_string();
        assert!(message.contains("margin-escro;") && message.contains("it has: margin-escrow"), "{message}");
    }
}
