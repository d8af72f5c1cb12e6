//! The world state: accounts, storage, and how to go back.

use alloy::primitives::{Address, KECCAK256_EMPTY, U256, map::HashMap};
use revm::state::{AccountInfo, Bytecode, EvmState};

/// An account with its storage.
#[derive(Debug, Clone, Default)]
pub struct AccountState {
    /// Balance, nonce and code.
    pub info: AccountInfo,
    /// Slots that are not zero.
    pub storage: HashMap<U256, U256>,
}

/// One change, as what stood there before it.
#[derive(Debug, Clone)]
pub enum Undo {
    /// An account's info; `before` is nothing where it did not exist.
    Account { address: Address, before: Option<AccountInfo> },
    /// A slot's value.
    Slot { address: Address, key: U256, before: U256 },
    /// All of an account's storage, which was cleared.
    Storage { address: Address, before: HashMap<U256, U256> },
}

/// Accounts and storage at the tip, and every change that led there.
#[derive(Debug, Clone, Default)]
pub struct World {
    accounts: HashMap<Address, AccountState>,
    undo: Vec<Undo>,
}

impl World {
    /// A world as it was, with the changes that led there.
    pub fn restore(accounts: HashMap<Address, AccountState>, undo: Vec<Undo>) -> Self {
        Self { accounts, undo }
    }

    /// All that exist.
    pub fn accounts(&self) -> impl Iterator<Item = (&Address, &AccountState)> {
        self.accounts.iter()
    }

    /// Nothing where it does not exist.
    pub fn account(&self, address: Address) -> Option<&AccountInfo> {
        self.accounts.get(&address).map(|account| &account.info)
    }

    /// Zero where nothing was written.
    pub fn slot(&self, address: Address, key: U256) -> U256 {
        self.accounts.get(&address).and_then(|account| account.storage.get(&key)).copied().unwrap_or_default()
    }

    /// Number of changes so far: a point to go back to.
    pub fn mark(&self) -> usize {
        self.undo.len()
    }

    /// Changes made since `mark`, oldest first.
    pub fn since(&self, mark: usize) -> &[Undo] {
        self.undo.get(mark..).unwrap_or_default()
    }

    /// Goes back to `mark`.
    pub fn rewind(&mut self, mark: usize) {
        while self.undo.len() > mark {
            match self.undo.pop() {
                Some(Undo::Account { address, before: Some(info) }) => {
                    self.accounts.entry(address).or_default().info = info
                }
                Some(Undo::Account { address, before: None }) => drop(self.accounts.remove(&address)),
                Some(Undo::Slot { address, key, before }) => self.put(address, key, before),
                Some(Undo::Storage { address, before }) => self.accounts.entry(address).or_default().storage = before,
                None => return,
            }
        }
    }

    fn put(&mut self, address: Address, key: U256, value: U256) {
        let storage = &mut self.accounts.entry(address).or_default().storage;
        if value.is_zero() {
            storage.remove(&key)
        } else {
            storage.insert(key, value)
        };
    }

    /// Notes a change only where there is one.
    pub fn set_account(&mut self, address: Address, info: AccountInfo) {
        let before = self.account(address).cloned();
        if before.as_ref() != Some(&info) {
            self.undo.push(Undo::Account { address, before });
            self.accounts.entry(address).or_default().info = info;
        }
    }

    /// Notes a change only where there is one.
    pub fn set_slot(&mut self, address: Address, key: U256, value: U256) {
        let before = self.slot(address, key);
        if before != value {
            if !self.accounts.contains_key(&address) {
                self.set_account(address, AccountInfo::default());
            }
            self.undo.push(Undo::Slot { address, key, before });
            self.put(address, key, value);
        }
    }

    /// Changes an account's info, creating the account if need be.
    pub fn edit(&mut self, address: Address, change: impl FnOnce(&mut AccountInfo)) {
        let mut info = self.account(address).cloned().unwrap_or_default();
        change(&mut info);
        self.set_account(address, info);
    }

    /// Code as stored; what revm refuses becomes none.
    pub fn set_code(&mut self, address: Address, code: &[u8]) {
        let code = Bytecode::new_raw_checked(code.to_vec().into()).unwrap_or_default();
        self.edit(address, |info| {
            info.code_hash = if code.is_empty() { KECCAK256_EMPTY } else { code.hash_slow() };
            info.code = Some(code);
        });
    }

    fn clear_storage(&mut self, address: Address) {
        let Some(account) = self.accounts.get_mut(&address) else { return };
        if !account.storage.is_empty() {
            let before = std::mem::take(&mut account.storage);
            self.undo.push(Undo::Storage { address, before });
        }
    }

    fn remove(&mut self, address: Address) {
        self.clear_storage(address);
        if let Some(account) = self.accounts.remove(&address) {
            self.undo.push(Undo::Account { address, before: Some(account.info) });
        }
    }

    /// Takes over what a transaction changed.
    pub fn apply(&mut self, changes: EvmState) {
        for (address, account) in changes {
            if !account.is_touched() {
                continue;
            }
            if account.is_selfdestructed() {
                self.remove(address);
                continue;
            }
            if account.is_created() {
                self.clear_storage(address);
            }
            let written = account
                .storage
                .iter()
                .filter(|(_, slot)| slot.is_changed())
                .map(|(key, slot)| (*key, slot.present_value));
            let written: Vec<_> = written.collect();
            if account.info.is_empty() && written.is_empty() {
                if self.accounts.get(&address).is_some_and(|known| known.storage.is_empty()) {
                    self.remove(address);
                }
                continue;
            }
            let mut info = account.info;
            if info.code.is_none() {
                info.code = self.account(address).and_then(|known| known.code.clone());
            }
            self.set_account(address, info);
            for (key, value) in written {
                self.set_slot(address, key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewind_restores_everything() {
        let mut world = World::default();
        let [a, b] = [Address::repeat_byte(1), Address::repeat_byte(2)];
        world.edit(a, |info| info.balance = U256::from(5));
        world.set_slot(a, U256::from(1), U256::from(7));
        let mark = world.mark();
        world.edit(a, |info| info.nonce = 9);
        world.set_slot(a, U256::from(1), U256::ZERO);
        world.set_slot(b, U256::from(1), U256::from(3));
        world.remove(a);
        assert_eq!((world.account(a), world.slot(b, U256::from(1))), (None, U256::from(3)));
        world.rewind(mark);
        assert_eq!(world.account(a).map(|info| (info.balance, info.nonce)), Some((U256::from(5), 0)));
        assert_eq!(world.slot(a, U256::from(1)), U256::from(7));
        assert_eq!(world.account(b), None);
    }
}
