//! Registering: with the pledgor's signature, by anyone. An order takes the place of the account's earlier one.
use abi::eip712::{hash_words, typehash};
use abi::escrow::MarginEscrow::{Expired, ReturnOrdered, SubstituteOrdered, TopUpOrdered};
use abi::escrow::order::MOST_TOKENS;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256, keccak256};
use contract_kit::args::Args;
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

impl<'a> Given<'a> {
    fn read(args: &Args<'a>, size: usize, list_at: usize, width: usize, most: usize) -> Self {
        let (words, signature) = (args.tail(0), args.bytes(1));
        let list = words.tail(list_at);
        let count = usize::from(list.u16(0));
        if count > most {
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

    /// The struct hash; `item` is the type of the list's items where they are structs.
    fn hash(&self, of: B256, item: Option<B256>) -> B256 {
        let mut list = Vec::with_capacity(self.count.saturating_mul(32));
        for at in 0..self.count {
            let words = self.list.raw(self.item(at), self.width);
            match item {
                Some(item) => list.extend_from_slice(hash_words(item, words).as_slice()),
                None => list.extend_from_slice(words),
            }
        }
        let after = self.list_at.saturating_add(1);
        let mut words = Vec::with_capacity(self.size.saturating_mul(32));
        words.extend_from_slice(self.words.raw(0, self.list_at));
        words.extend_from_slice(keccak256(list).as_slice());
        words.extend_from_slice(self.words.raw(after, self.size.saturating_sub(after)));
        hash_words(of, &words)
    }

    /// The account, whose pledgor signed; the order's number.
    fn signed(&self, of: B256, item: Option<B256>) -> (Account, u16) {
        let mut account = Account::acting(self.words.u64(0));
        let (valid_until, now) = (self.valid_until(), host::timestamp());
        ensure(now <= valid_until, || Expired { validUntil: valid_until, timestamp: now });
        let pledgor = account.slots.party().pledgor;
        authority::of_pledgor(account.id, pledgor, &self.hash(of, item), self.signature, self.nonce());
        account.terms.mandates = account.terms.mandates.checked_add(1).checked();
        let order = account.terms.mandates;
        (account, order)
    }

    /// The list's tokens: some, each once, all eligible.
    fn assets(&self, account: &Account, field: escrow_ledger::fault::Field) -> Vec<Asset> {
        let (mut assets, mut seen) = (Vec::with_capacity(self.count), 0u16);
        for at in 0..self.count {
            let asset = asset_of(self.list.address(self.item(at)));
            pledge::ensure_eligible(account, &asset);
            require_terms(field, seen & asset.bit() == 0);
            seen |= asset.bit();
            assets.push(asset);
        }
        require_terms(field, seen != 0);
        assets
    }
}

fn tokens(assets: &[Asset]) -> Vec<Address> {
    assets.iter().map(|asset| asset.token).collect()
}

fn list(assets: &[Asset]) -> AssetList {
    let mut list = AssetList::default();
    assets.iter().for_each(|asset| list.push(asset.index));
    list
}

fn topics(account: u64, order: u16) -> [B256; 2] {
    [U256::from(account).into(), U256::from(order).into()]
}

#[inline(never)]
pub fn register_top_up(args: &Args<'_>) {
    let given = Given::read(args, 4, 1, 2, MOST_TOKENS);
    let (mut account, order) = given.signed(typehash::TOP_UP_ORDER, Some(typehash::DAILY_LIMIT));
    let assets = given.assets(&account, field!("limits"));
    let (valid_until, nonce) = (given.valid_until(), given.nonce());
    let (mut limits, mut next) = (Vec::with_capacity(assets.len()), 0);
    for (place, asset) in assets.iter().enumerate().rev() {
        let limit = asset.lots(U256::from(given.list.u128(given.item(place).saturating_add(1))));
        // What it brought under the order before counts: a new one does not open the day anew.
        let daily = Daily { limit, ..account.slots.top_up_step(asset.index).daily };
        account.slots.set_top_up_step(asset.index, &TopUpStep { order, valid_until, next, daily });
        next = asset.index.saturating_add(1);
        limits.insert(0, limit);
    }
    account.terms.top_up_first = next;
    account.save();
    let ordered =
        TopUpOrdered { account: account.id, order, tokens: tokens(&assets), limits, validUntil: valid_until, nonce };
    event::emit_lists(host::ambient(), &ordered, &topics(account.id, order))
}

#[inline(never)]
pub fn register_substitute(args: &Args<'_>) {
    let given = Given::read(args, 8, 5, 1, MOST_TOKENS);
    let (account, order) = given.signed(typehash::SUBSTITUTE_ORDER, None);
    let (outgoing, assets) = (asset_of(given.words.address(1)), given.assets(&account, field!("tokensIn")));
    let apart = assets.iter().all(|asset| asset.index != outgoing.index);
    require_terms(field!("tokensIn"), apart);
    let (haircut, price) = (given.words.u32(2), given.words.u64(3));
    require_terms(field!("haircutLevel"), haircut <= abi::PPM && (haircut != 0 || price != 0));
    let left = outgoing.lots(U256::from(given.words.u128(4)));
    let valid_until = given.valid_until();
    let standing = SubstituteOrder { order, valid_until, haircut, price, left, tokens: list(&assets) };
    account.slots.set_substitute_order(outgoing.index, &standing);
    account.save();
    let ordered = SubstituteOrdered {
        account: account.id,
        order,
        tokenOut: outgoing.token,
        haircutLevel: haircut,
        priceLevel: price,
        limit: left,
        tokensIn: tokens(&assets),
        validUntil: valid_until,
        nonce: given.nonce(),
    };
    let [of, number] = topics(account.id, order);
    event::emit_lists(host::ambient(), &ordered, &[of, number, outgoing.token.into_word()])
}

#[inline(never)]
pub fn register_return(args: &Args<'_>) {
    let given = Given::read(args, 7, 1, 1, MOST_TOKENS);
    let (account, order) = given.signed(typehash::RETURN_ORDER, None);
    let assets = given.assets(&account, field!("tokens"));
    let (ppm, amount, minimum) = (given.words.u32(2), given.words.u64(3), given.words.u64(4));
    require_terms(field!("bufferPpm"), ppm <= abi::PPM);
    // What went back under the order before counts: a new one does not open the day anew.
    let last = account.slots.return_order().last;
    let valid_until = given.valid_until();
    let standing = ReturnOrder { order, valid_until, ppm, amount, minimum, last, tokens: list(&assets) };
    account.slots.set_return_order(&standing);
    account.save();
    let ordered = ReturnOrdered {
        account: account.id,
        order,
        tokens: tokens(&assets),
        bufferPpm: ppm,
        bufferAmount: amount,
        minimum,
        validUntil: valid_until,
        nonce: given.nonce(),
    };
    event::emit_lists(host::ambient(), &ordered, &topics(account.id, order))
}
