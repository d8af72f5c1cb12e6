//! Permanent storage behind a cache that belongs to one run, and transient storage.

use super::{Escape, Hook, Host, MODULE, Request, Vm, price};
use alloy::primitives::{U256, map::HashMap};
use wasmi::{Error, Linker};

/// Gas of a cold load.
const COLD_LOAD_GAS: u64 = 2_100;
/// Most gas one access to the cache costs.
const ACCESS_GAS: u64 = 10;
/// Gas that must be left to write.
const STORE_SENTRY_GAS: u64 = 2_300;
/// Gas of a transient load or store.
const TRANSIENT_GAS: u64 = 100;

#[derive(Debug)]
struct Slot {
    value: U256,
    /// Value on chain, if known.
    known: Option<U256>,
}

/// Slots this run has read or written, in the order of first use.
#[derive(Debug, Default)]
pub struct StorageCache {
    slots: HashMap<U256, Slot>,
    order: Vec<U256>,
    reads: u32,
    writes: u32,
}

impl StorageCache {
    fn read(&mut self, key: U256) -> (Option<U256>, u64) {
        self.reads += 1;
        let gas = match self.reads {
            0..=32 => 0,
            33..=128 => 2,
            _ => 10,
        };
        (self.slots.get(&key).map(|slot| slot.value), gas)
    }

    fn write(&mut self, key: U256, value: U256) -> u64 {
        self.writes += 1;
        let order = &mut self.order;
        self.slots.entry(key).and_modify(|slot| slot.value = value).or_insert_with(|| {
            order.push(key);
            Slot { value, known: None }
        });
        match self.writes {
            0..=8 => 0,
            9..=64 => 7,
            _ => 10,
        }
    }

    /// Remembers a value just loaded from the chain.
    pub fn loaded(&mut self, key: U256, value: U256) {
        self.order.push(key);
        self.slots.insert(key, Slot { value, known: Some(value) });
    }

    /// Takes what must be written to the chain; forgets everything when `clear` is set.
    fn flush(&mut self, clear: bool) -> Vec<(U256, U256)> {
        let mut dirty = Vec::new();
        for key in &self.order {
            let Some(slot) = self.slots.get_mut(key) else { continue };
            if slot.known != Some(slot.value) {
                slot.known = Some(slot.value);
                dirty.push((*key, slot.value));
            }
        }
        if clear {
            self.slots.clear();
            self.order.clear();
        }
        dirty
    }
}

pub fn link(linker: &mut Linker<Host>) -> Result<(), Error> {
    linker.func_wrap(MODULE, "storage_load_bytes32", |hook: Hook, key: u32, dest: u32| -> Result<(), Error> {
        Ok(load(Vm::enter(hook, "storage_load_bytes32"), key, dest)?)
    })?;
    linker.func_wrap(MODULE, "storage_cache_bytes32", |hook: Hook, key: u32, value: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, "storage_cache_bytes32");
        vm.buy_ink(price::HOST + 2 * price::POINTER)?;
        vm.require_gas(STORE_SENTRY_GAS + ACCESS_GAS)?;
        let (key, value) = (vm.read_word(key)?, vm.read_word(value)?);
        let gas = vm.host().cache.write(key, value);
        vm.host().storage_gas += gas;
        vm.buy_gas(gas)?;
        vm.args(&[&key.to_be_bytes::<32>(), &value.to_be_bytes::<32>()]);
        vm.outs(&[]);
        Ok(())
    })?;
    linker.func_wrap(MODULE, "storage_flush_cache", |hook: Hook, clear: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, "storage_flush_cache");
        vm.buy_ink(price::HOST + price::API)?;
        vm.require_gas(STORE_SENTRY_GAS)?;
        let slots = vm.host().cache.flush(clear != 0);
        vm.args(&[&[u8::from(clear != 0)]]);
        if !slots.is_empty() {
            return Err(Escape::from(Request::StoreSlots { slots }).into());
        }
        vm.outs(&[]);
        Ok(())
    })?;
    linker.func_wrap(MODULE, "transient_load_bytes32", |hook: Hook, key: u32, dest: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, "transient_load_bytes32");
        pay_transient(&mut vm)?;
        let key = vm.read_word(key)?;
        vm.args(&[&key.to_be_bytes::<32>()]);
        Err(Escape::from(Request::LoadTransient { key, dest }).into())
    })?;
    linker.func_wrap(MODULE, "transient_store_bytes32", |hook: Hook, key: u32, value: u32| -> Result<(), Error> {
        let mut vm = Vm::enter(hook, "transient_store_bytes32");
        pay_transient(&mut vm)?;
        let (key, value) = (vm.read_word(key)?, vm.read_word(value)?);
        vm.args(&[&key.to_be_bytes::<32>(), &value.to_be_bytes::<32>()]);
        Err(Escape::from(Request::StoreTransient { key, value }).into())
    })?;
    Ok(())
}

fn load(mut vm: Vm<Hook>, key: u32, dest: u32) -> Result<(), Escape> {
    vm.buy_ink(price::HOST + 2 * price::POINTER)?;
    vm.require_gas(COLD_LOAD_GAS + ACCESS_GAS + price::API / super::super::ink::INK_PER_GAS)?;
    let key = vm.read_word(key)?;
    vm.args(&[&key.to_be_bytes::<32>()]);
    let (cached, access_gas) = vm.host().cache.read(key);
    match cached {
        Some(value) => {
            vm.buy_gas(access_gas)?;
            vm.host().storage_gas += access_gas;
            vm.write_word(dest, value)?;
            vm.outs(&[&value.to_be_bytes::<32>()]);
            Ok(())
        }
        None => Err(Request::LoadSlot { key, dest, access_gas }.into()),
    }
}

fn pay_transient(vm: &mut Vm<Hook>) -> Result<(), Escape> {
    vm.buy_ink(price::HOST + 2 * price::POINTER + price::API)?;
    vm.host().other_gas += TRANSIENT_GAS;
    vm.buy_gas(TRANSIENT_GAS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flush_takes_only_what_changed() {
        let mut cache = StorageCache::default();
        let [a, b] = [U256::from(1), U256::from(2)];
        cache.loaded(a, U256::ZERO);
        cache.write(a, U256::from(9));
        cache.write(a, U256::ZERO);
        cache.write(b, U256::from(5));
        assert_eq!(cache.flush(false), vec![(b, U256::from(5))]);
        assert_eq!(cache.flush(true), vec![]);
        assert_eq!(cache.read(b).0, None);
    }

    #[test]
    fn accesses_get_dearer() {
        let mut cache = StorageCache::default();
        let writes: u64 = (0..65).map(|i| cache.write(U256::from(i), U256::from(1))).sum();
        assert_eq!(writes, 56 * 7 + 10);
        let reads: u64 = (0..129).map(|_| cache.read(U256::ZERO).1).sum();
        assert_eq!(reads, 96 * 2 + 10);
    }
}
