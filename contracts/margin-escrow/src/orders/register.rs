//! Registering: with the pledgor's signature, by anyone. An order takes the place of the account's earlier one.
use super::lists::{addresses, numbers, offset};
use abi::eip712::{hash_words, typehash};
use abi::escrow::MarginEscrow::{Expired, ReturnOrdered, SubstituteOrdered, TopUpOrdered};
use abi::escrow::order::MOST_TOKENS;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256, keccak256};
use contract_kit::args::Args;
use contract_kit::words::Writer;
use contract_kit::{event, host};
use csa::orders::Daily;
use escrow_ledger::account::Account;
use escrow_ledger::fault::{OrFail, ensure, malformed, require_terms};
use escrow_ledger::registry::{Asset, asset_of};
use escrow_ledger::storage::{AssetList, ReturnOrder, SubstituteOrder, TopUpStep};
use escrow_ledger::{authority, field, pledge};

/// An order in calldata: the account first, a list among its words, then how long it is in force and its nonce.
struct Given<'a> {
    words: Args<'a>,
    /// Words of its head, and the place of the list among them.
    size: usize,
    list_at: usize,
    list: Args<'a>,
    count: usize,
    /// Words of an item.
    width: usize,
    signature: &'a [u8],
}

/// The tokens of an order, which its agreement takes.
struct Named {
    assets: Vec<Asset>,
    /// There are some, and each stands once.
    apart: bool,
}

impl<'a> Given<'a> {
    #[inline(never)]
    fn read(args: &Args<'a>, size: usize, list_at: usize, width: usize) -> Self {
        let (words, signature) = (args.tail(0), args.bytes(1));
        let list = words.tail(list_at);
        let count = usize::from(list.u16(0));
        if count > MOST_TOKENS {
            malformed(list_at.saturating_mul(32))
        }
        let listed = count.saturating_mul(width);
        args.ends_after(listed.saturating_add(size).saturating_add(3), &[signature]);
        Self { words, size, list_at, list, count, width, signature }
    }

    /// A word from the end of the head.
    fn last(&self, from_end: usize) -> u64 {
        self.words.u64(self.size.saturating_sub(from_end))
    }

    fn valid_until(&self) -> u64 {
        self.last(2)
    }

    fn nonce(&self) -> u64 {
        self.last(1)
    }

    fn item(&self, at: usize) -> usize {
        at.saturating_mul(self.width).saturating_add(1)
    }

    /// Words of the struct, in which the hash of what its list holds stands for it.
    #[inline(never)]
    fn encoded(&self, list: &[u8]) -> Vec<u8> {
        let after = self.list_at.saturating_add(1);
        let mut words = Vec::with_capacity(self.size.saturating_mul(32));
        words.extend_from_slice(self.words.raw(0, self.list_at));
        words.extend_from_slice(keccak256(list).as_slice());
        words.extend_from_slice(self.words.raw(after, self.size.saturating_sub(after)));
        words
    }

    /// The items as they lie.
    fn items(&self) -> &'a [u8] {
        self.list.raw(1, self.count.saturating_mul(self.width))
    }

    /// The account, whose pledgor signed; the order's number.
    #[inline(never)]
    fn signed(&self, hash: &B256) -> (Account, u16) {
        let mut account = Account::acting(self.words.u64(0));
        let (valid_until, now) = (self.valid_until(), host::timestamp());
        ensure(now <= valid_until, || Expired { validUntil: valid_until, timestamp: now });
        let pledgor = account.slots.party().pledgor;
        authority::of_pledgor(account.id, pledgor, hash, self.signature, self.nonce());
        account.terms.mandates = account.terms.mandates.checked_add(1).checked();
        let order = account.terms.mandates;
        (account, order)
    }

    #[inline(never)]
    fn named(&self, account: &Account) -> Named {
        let (mut assets, mut seen, mut apart) = (Vec::with_capacity(self.count), 0u16, true);
        for at in 0..self.count {
            let asset = asset_of(self.list.address(self.item(at)));
            pledge::ensure_eligible(account, &asset);
            apart &= seen & asset.bit() == 0;
            seen |= asset.bit();
            assets.push(asset);
        }
        Named { assets, apart: apart && seen != 0 }
    }
}

impl Named {
    fn tokens(&self) -> Vec<Address> {
        self.assets.iter().map(|asset| asset.token).collect()
    }

    fn list(&self) -> AssetList {
        let mut list = AssetList::default();
        self.assets.iter().for_each(|asset| list.push(asset.index));
        list
    }
}

fn topics(account: u64, order: u16) -> [B256; 2] {
    [U256::from(account).into(), U256::from(order).into()]
}

#[inline(never)]
pub fn register_top_up(args: &Args<'_>) {
    let given = Given::read(args, 4, 1, 2);
    let mut items = Vec::with_capacity(given.count.saturating_mul(32));
    for at in 0..given.count {
        items.extend_from_slice(hash_words(typehash::DAILY_LIMIT, given.list.raw(given.item(at), 2)).as_slice());
    }
    let (mut account, order) = given.signed(&hash_words(typehash::TOP_UP_ORDER, &given.encoded(&items)));
    let named = given.named(&account);
    require_terms(field!("limits"), named.apart);
    let (valid_until, nonce) = (given.valid_until(), given.nonce());
    let (mut limits, mut next) = (Vec::with_capacity(named.assets.len()), 0);
    for (place, asset) in named.assets.iter().enumerate().rev() {
        let limit = asset.lots(U256::from(given.list.u128(given.item(place).saturating_add(1))));
        // What it brought under the order before counts: a new one does not open the day anew.
        let daily = Daily { limit, ..account.slots.top_up_step(asset.index).daily };
        account.slots.set_top_up_step(asset.index, &TopUpStep { order, valid_until, next, daily });
        next = asset.index.saturating_add(1);
        limits.insert(0, limit);
    }
    account.terms.top_up_first = next;
    account.save();
    let heads = Writer::default().uint(offset(4, 0)).uint(offset(5, limits.len())).uint(valid_until).uint(nonce);
    let data = numbers(addresses(heads, &named.tokens()), &limits);
    event::emit_data::<TopUpOrdered>(host::ambient(), &topics(account.id, order), &data)
}

#[inline(never)]
pub fn register_substitute(args: &Args<'_>) {
    let given = Given::read(args, 8, 5, 1);
    let hash = hash_words(typehash::SUBSTITUTE_ORDER, &given.encoded(given.items()));
    let (account, order) = given.signed(&hash);
    let (outgoing, named) = (asset_of(given.words.address(1)), given.named(&account));
    let apart = named.apart && named.assets.iter().all(|asset| asset.index != outgoing.index);
    require_terms(field!("tokensIn"), apart);
    let (haircut, price) = (given.words.u32(2), given.words.u64(3));
    require_terms(field!("haircutLevel"), haircut <= abi::PPM && (haircut != 0 || price != 0));
    let left = outgoing.lots(U256::from(given.words.u128(4)));
    let valid_until = given.valid_until();
    let standing = SubstituteOrder { order, valid_until, haircut, price, left, tokens: named.list() };
    account.slots.set_substitute_order(outgoing.index, &standing);
    account.save();
    let levels = Writer::default().uint(haircut).uint(price).uint(left);
    let heads = levels.uint(offset(6, 0)).uint(valid_until).uint(given.nonce());
    let [of, number] = topics(account.id, order);
    let indexed = [of, number, outgoing.token.into_word()];
    event::emit_data::<SubstituteOrdered>(host::ambient(), &indexed, &addresses(heads, &named.tokens()))
}

#[inline(never)]
pub fn register_return(args: &Args<'_>) {
    let given = Given::read(args, 7, 1, 1);
    let (account, order) = given.signed(&hash_words(typehash::RETURN_ORDER, &given.encoded(given.items())));
    let named = given.named(&account);
    require_terms(field!("tokens"), named.apart);
    let (ppm, amount, minimum) = (given.words.u32(2), given.words.u64(3), given.words.u64(4));
    require_terms(field!("bufferPpm"), ppm <= abi::PPM);
    // What went back under the order before counts: a new one does not open the day anew.
    let last = account.slots.return_order().last;
    let valid_until = given.valid_until();
    let standing = ReturnOrder { order, valid_until, ppm, amount, minimum, last, tokens: named.list() };
    account.slots.set_return_order(&standing);
    account.save();
    let buffer = Writer::default().uint(offset(6, 0)).uint(ppm).uint(amount).uint(minimum);
    let data = addresses(buffer.uint(valid_until).uint(given.nonce()), &named.tokens());
    event::emit_data::<ReturnOrdered>(host::ambient(), &topics(account.id, order), &data)
}
