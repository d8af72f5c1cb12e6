//! State, and how it came about.

use super::super::error::ChainError;
use super::super::state::{AccountState, Undo, World};
use alloy::primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, map::HashMap};
use revm::state::{AccountInfo, Bytecode};

type Slots = Vec<(U256, U256)>;

/// Accounts refer to code by its hash, so that each stands here once.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct SavedWorld {
    codes: Vec<Bytes>,
    accounts: Vec<(Address, SavedInfo, Slots)>,
    changes: Vec<SavedChange>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct SavedInfo {
    balance: U256,
    nonce: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<B256>,
}

#[derive(serde::Serialize, serde::Deserialize)]
enum SavedChange {
    Account(Address, Option<SavedInfo>),
    Slot(Address, U256, U256),
    Storage(Address, Slots),
}

impl SavedWorld {
    /// For writing.
    pub fn of(world: &World) -> Self {
        let mut codes: HashMap<B256, Bytes> = HashMap::default();
        let mut save = |info: &AccountInfo| {
            let code = info.code.as_ref().filter(|code| !code.is_empty());
            if let Some(code) = code {
                codes.entry(info.code_hash).or_insert_with(|| code.original_bytes());
            }
            SavedInfo { balance: info.balance, nonce: info.nonce, code: code.map(|_| info.code_hash) }
        };
        let accounts =
            world.accounts().map(|(address, account)| (*address, save(&account.info), slots(&account.storage)));
        let accounts = accounts.collect();
        let changes = world.since(0).iter().map(|change| match change {
            Undo::Account { address, before } => SavedChange::Account(*address, before.as_ref().map(&mut save)),
            Undo::Slot { address, key, before } => SavedChange::Slot(*address, *key, *before),
            Undo::Storage { address, before } => SavedChange::Storage(*address, slots(before)),
        });
        let changes = changes.collect();
        Self { codes: codes.into_values().collect(), accounts, changes }
    }

    /// The state, with every change that led to it.
    pub fn restore(self) -> Result<World, ChainError> {
        let mut codes: HashMap<B256, Bytecode> = HashMap::default();
        for code in self.codes {
            let code = Bytecode::new_raw_checked(code).map_err(super::unreadable)?;
            codes.insert(code.hash_slow(), code);
        }
        let load = |saved: SavedInfo| -> Result<AccountInfo, ChainError> {
            let code = match saved.code {
                Some(hash) => {
                    codes.get(&hash).ok_or_else(|| ChainError::Saved(format!("code {hash} is missing")))?.clone()
                }
                None => Bytecode::default(),
            };
            let code_hash = saved.code.unwrap_or(KECCAK256_EMPTY);
            Ok(AccountInfo {
                balance: saved.balance,
                nonce: saved.nonce,
                code_hash,
                code: Some(code),
                ..Default::default()
            })
        };
        let mut accounts = HashMap::default();
        for (address, info, storage) in self.accounts {
            accounts.insert(address, AccountState { info: load(info)?, storage: storage.into_iter().collect() });
        }
        let mut changes = Vec::with_capacity(self.changes.len());
        for change in self.changes {
            changes.push(match change {
                SavedChange::Account(address, before) => {
                    Undo::Account { address, before: before.map(load).transpose()? }
                }
                SavedChange::Slot(address, key, before) => Undo::Slot { address, key, before },
                SavedChange::Storage(address, before) => {
                    Undo::Storage { address, before: before.into_iter().collect() }
                }
            });
        }
        Ok(World::restore(accounts, changes))
    }
}

fn slots(storage: &HashMap<U256, U256>) -> Slots {
    storage.iter().map(|(key, value)| (*key, *value)).collect()
}
