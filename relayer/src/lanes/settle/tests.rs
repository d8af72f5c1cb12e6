//! Two rich accounts and a poor one of one house, BTC at 100,000 USD.
use super::plan::plan_settle;
use crate::config::{Keys, Limits, RiskConfig};
use crate::lanes::encode::Stamp;
use crate::lanes::mark::{Choice, MarkPolicy, Seen, candidates, plan_marks};
use crate::lanes::{encode_mark, encode_settle};
use crate::margin::{Draft, Scene, SettlePlan, cover};
use crate::state::fill::{Batch, Fill, FillId};
use crate::state::ledger::prices::Spot;
use crate::state::ledger::{Account, Asset, Balance, Claim, Head, HeldBack, House, Ledger, Prices, Standing, Terms};
use crate::state::settlements::Settlements;
use crate::state::{Books, Reason};
use crate::state::{Flights, Queue};
use abi::escrow::{AccountState, MandateState};
use abi::packed::{Bundle, Set};
use abi::registry::Valuation;
use alloy::primitives::{Address, B256};
use alloy::signers::local::PrivateKeySigner;
use csa::{Demands, Lots, Tranche};
use risk::{Instrument, Price, Quantity, Underlying};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const VENUE: Address = Address::repeat_byte(7);
const TOKEN: Address = Address::repeat_byte(9);
const NOW: u64 = 1_000_000;
const SLOT: u64 = NOW / 10;
const MICRO: u64 = 1_000_000;

struct World {
    ledger: Ledger,
    books: Books,
    prices: Arc<Prices>,
    settlements: Settlements,
    ahead: Flights,
    risk: RiskConfig,
    keys: Keys,
}

fn key(byte: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(byte)).unwrap()
}

fn feed(name: &[u8]) -> B256 {
    B256::right_padding_from(name)
}

fn lots(usd: u64) -> Lots {
    Lots { all: usd * MICRO, stressed: 0 }
}

fn account(id: u64, usd: u64) -> Account {
    let state = AccountState {
        pledgor: Address::repeat_byte(id as u8),
        house: 1,
        history: B256::ZERO,
        sequence: 0,
        requirement: 0,
        cumulativeVariation: 0,
        slot: 0,
        asOf: 0,
        required: 0,
        posted: 0,
        owed: 0,
        houseOwes: 0,
        eligibleAssets: 1,
        heldAssets: 1,
        inDefault: false,
        closed: false,
        takesPledges: false,
    };
    let mut account = Account::new(id, Terms { eligible: 1, ..Terms::default() }, &state);
    account.balances.insert(0, Balance { lots: lots(usd), ..Balance::default() });
    let (cap, valid) = (50_000_000 * MICRO, NOW + 1_000);
    let mandate = MandateState { requirementCap: cap, fillVariationCap: cap, used: 0, day: 0, validUntil: valid };
    account.mandates.insert(VENUE, mandate);
    account
}

fn world() -> World {
    let valuation = Valuation {
        slot: SLOT,
        factor: 1_000_000_000,
        factorNew: 1_000_000_000,
        concentrationLimit: 1_000_000,
        suspended: false,
        priceCap: 100,
    };
    let asset =
        Asset { index: 0, token: TOKEN, decimals: 6, feed: feed(b"USDC-USD"), valuation, ratio: abi::escrow::WHOLE };
    let risk = RiskConfig::default();
    let keys = Keys { relayer: key(1), positions: B256::repeat_byte(2) };
    let house = House {
        id: 1,
        agent: Address::repeat_byte(0xa9),
        second_agent: Address::ZERO,
        secured_party: Address::repeat_byte(2),
        parameters_hash: risk.parameters.version_hash(),
        settlement: 0,
        lots: csa::House { balance: 1_000_000 * MICRO, ..csa::House::default() },
        cumulative_variation: 5,
        version: 0,
    };
    let mut ledger = Ledger { head: Head { number: 1, hash: B256::ZERO, timestamp: NOW }, ..Ledger::default() };
    ledger.assets.insert(0, asset);
    ledger.houses.insert(1, house);
    let mut books = Books::default();
    for (id, usd) in [(1, 1_000_000), (2, 1_000_000), (3, 1_000)] {
        ledger.accounts.insert(id, account(id, usd));
        books.entry(id).known = true;
    }
    let spot = |usd: u64| Spot { price: usd * 100_000_000, confidence: 1_000_000 };
    let feeds = [(feed(b"BTC-USD"), spot(100_000)), (feed(b"ETH-USD"), spot(4_000)), (feed(b"USDC-USD"), spot(1))];
    let prices = Arc::new(Prices { slot: SLOT, feeds: feeds.into() });
    World { ledger, books, prices, settlements: Settlements::default(), ahead: Flights::default(), risk, keys }
}

impl World {
    fn scene(&self) -> Scene<'_> {
        Scene {
            ledger: &self.ledger,
            books: &self.books,
            ahead: &self.ahead,
            house: &self.ledger.houses[&1],
            prices: &self.prices,
            settlements: &self.settlements,
            risk: &self.risk,
            keys: &self.keys,
            as_of: NOW,
        }
    }

    fn perpetual(&mut self, id: u64, bought_at: u64) {
        self.hold(id, "BTC-PERP", 100_000_000, bought_at)
    }

    /// Bought at a price in USD, sold where the quantity is below zero.
    fn hold(&mut self, id: u64, name: &str, quantity: i64, price: u64) {
        let price = Price::from_raw(price * 100_000_000);
        let book = &mut self.books.entry(id).book;
        book.trade(&name.parse().unwrap(), Quantity::from_raw(quantity), price).unwrap();
    }

    fn fund_house(&mut self, usd: u64) {
        self.ledger.houses.get_mut(&1).unwrap().lots.balance = usd * MICRO;
    }

    fn plan(&self, queue: &Queue) -> SettlePlan {
        plan_settle(&self.scene(), VENUE, queue.iter(), &Limits::default())
    }
}

fn demand(amount: u64, deadline: u64) -> Demands {
    Demands { first: Tranche { amount, deadline, cause: abi::escrow::cause::INITIAL }, ..Demands::default() }
}

/// Buyer, seller, hundredths of BTC, price in USD, group.
type Trade = (u64, u64, i64, u64, u16);

fn queue(trades: &[Trade]) -> Queue {
    let fill = |(place, (buyer, seller, quantity, price, group)): (usize, &Trade)| Fill {
        id: FillId { venue: VENUE, sequence: 100 + place as u64 },
        buyer: *buyer,
        seller: *seller,
        matched_at: NOW * 1_000 - place as u64,
        settle_by: NOW * 1_000 + 30_000,
        group: *group,
        salt: B256::repeat_byte(1),
        instrument: Instrument::perpetual(Underlying::BTC),
        quantity: Quantity::from_raw(quantity * 1_000_000),
        price: Price::from_raw(price * 100_000_000),
        accepted_at: 0,
    };
    let fills: Vec<Fill> = trades.iter().enumerate().map(fill).collect();
    let leaves = fills.iter().map(Fill::leaf).collect();
    let batch = Batch {
        venue: VENUE,
        first_sequence: 100,
        previous_batch_hash: B256::ZERO,
        hash: B256::ZERO,
        signature: [3; 64],
        fills,
        leaves,
    };
    let mut queue = Queue::default();
    queue.push(&Arc::new(batch), |_| true);
    queue
}

fn taken(plan: &SettlePlan) -> Vec<u64> {
    plan.fills().map(|fill| fill.id.sequence).collect()
}

#[test]
fn a_fill_away_from_the_mark_pays_variation_at_once() {
    let world = world();
    let plan = world.plan(&queue(&[(1, 2, 100, 101_000, 0)]));
    assert_eq!(taken(&plan), [100]);
    let (buyer, seller) = (&plan.plan.drafts[&1], &plan.plan.drafts[&2]);
    assert_eq!((buyer.paid, seller.paid), (-1_000_000_000, 1_000_000_000));
    assert_eq!(buyer.after.lots(0), 999_000 * MICRO);
    // 22 % of 100,000.
    assert_eq!((buyer.after.requirement, seller.after.requirement), (22_000 * MICRO, 22_000 * MICRO));
    assert_eq!(plan.plan.house_variation(5), Some(5));
}

#[test]
fn a_short_account_waits_with_its_shortfall_and_others_go_on() {
    let world = world();
    let plan = world.plan(&queue(&[(1, 3, 100, 100_000, 0), (1, 2, 100, 100_000, 0)]));
    assert_eq!(taken(&plan), [101]);
    let (id, waiting) = &plan.left[0];
    assert_eq!((id.sequence, waiting.reason, waiting.account), (100, Reason::MarginShort, Some(3)));
    assert_eq!(waiting.shortfall, Some(risk::Usd::from_raw(21_000_000_000)));
}

#[test]
fn a_group_goes_whole_or_not_at_all() {
    let world = world();
    let plan = world.plan(&queue(&[(1, 2, 100, 100_000, 8), (1, 3, 100, 100_000, 8), (2, 1, 10, 100_000, 0)]));
    assert_eq!(taken(&plan), [102]);
    let plan = world.plan(&queue(&[(1, 2, 100, 100_000, 8), (2, 1, 50, 100_000, 8)]));
    assert_eq!(taken(&plan), [100, 101]);
}

#[test]
fn reducing_risk_is_allowed_while_short() {
    let mut world = world();
    let short = world.ledger.accounts.get_mut(&3).unwrap();
    short.requirement = 22_000 * MICRO;
    world.perpetual(3, 100_000);
    let plan = world.plan(&queue(&[(1, 3, 50, 100_000, 0)]));
    assert_eq!(taken(&plan), [100]);
    let plan = world.plan(&queue(&[(3, 1, 50, 100_000, 0)]));
    assert_eq!(plan.left[0].1.reason, Reason::MarginShort);
}

#[test]
fn top_ups_come_from_inventory_within_the_limit() {
    let mut world = world();
    let poor = world.ledger.accounts.get_mut(&3).unwrap();
    poor.top_ups.insert((VENUE, 0), 30_000 * MICRO);
    poor.top_ups.insert((TOKEN, 0), 900_000 * MICRO);
    let holder = poor.pledgor;
    world.ledger.inventory.insert((holder, 0), 100_000 * MICRO);
    let plan = world.plan(&queue(&[(1, 3, 100, 100_000, 0), (1, 3, 100, 100_000, 0)]));
    assert_eq!(taken(&plan), [100], "the limit of this venue's mandate covers one of them");
    let draft = &plan.plan.drafts[&3];
    assert_eq!(draft.moves.len(), 1);
    assert!(draft.posted >= 22_000 * MICRO && draft.moves[0].1 <= 21_001 * MICRO, "{:?}", draft.moves);
    let stamp = Stamp { slot: SLOT, as_of: NOW, valid_until: NOW + 60 };
    let signed = encode_settle(&plan, &world.ledger.houses[&1], stamp).unwrap();
    let bundle = Bundle::decode(&signed.calldata[4..]).unwrap();
    assert_eq!(bundle.moves, [abi::packed::Move { account: 1, asset: 0, lots: draft.moves[0].1 }]);
    assert_eq!(signed.set.topUps, abi::packed::moves_digest(&bundle.moves), "the agents sign for it");
    world.ledger.accounts.get_mut(&3).unwrap().top_ups.clear();
    assert!(world.plan(&queue(&[(1, 3, 100, 100_000, 0)])).groups.is_empty(), "this venue's mandate allows none");
}

#[test]
fn top_ups_are_whole_units_of_the_token() {
    let mut world = world();
    world.ledger.assets.get_mut(&0).unwrap().decimals = 2;
    let unit = 10_000;
    let poor = world.ledger.accounts.get_mut(&3).unwrap();
    poor.top_ups.insert((VENUE, 0), 30_000 * MICRO + unit - 1);
    let holder = poor.pledgor;
    world.ledger.inventory.insert((holder, 0), 100_000 * MICRO);
    let trade = [(1, 3, 100, 100_000, 0)];
    let moved = |world: &World| {
        let plan = world.plan(&queue(&trade));
        assert_eq!(plan.left, []);
        plan.plan.drafts[&3].moves[0].1
    };
    let lots = moved(&world);
    assert!(lots % unit == 0 && lots > 20_000 * MICRO, "rounded up: {lots}");
    world.ledger.inventory.insert((holder, 0), lots + unit - 1);
    assert_eq!(moved(&world), lots);
    for (limit, inventory) in [(lots - 1, lots), (lots, lots - 1)] {
        world.ledger.accounts.get_mut(&3).unwrap().top_ups.insert((VENUE, 0), limit);
        world.ledger.inventory.insert((holder, 0), inventory);
        let mut account = world.ledger.accounts[&3].clone();
        account.requirement = 40_000 * MICRO;
        let moves = cover::top_up(&mut account, &world.scene(), VENUE, |_| inventory);
        assert_eq!(moves, [(0, lots - unit)], "no part of a unit");
    }
}

#[test]
fn mandates_bind() {
    let mut world = world();
    world.ledger.accounts.get_mut(&2).unwrap().mandates.get_mut(&VENUE).unwrap().requirementCap = 1;
    let trade = [(1, 2, 100, 100_000, 0)];
    assert_eq!(world.plan(&queue(&trade)).left[0].1.reason, Reason::RequirementCapExceeded);
    world.ledger.accounts.get_mut(&2).unwrap().mandates.clear();
    assert_eq!(world.plan(&queue(&trade)).left[0].1.reason, Reason::NoMandate);
    world.ledger.accounts.insert(2, account(2, 1_000_000));
    world.ledger.accounts.get_mut(&2).unwrap().claim = Claim { number: 1, open: true, demands: demand(1, NOW - 1) };
    assert_eq!(taken(&world.plan(&queue(&trade))), [100], "who is covered may do anything");
    world.books.entry(2).known = false;
    assert_eq!(world.plan(&queue(&trade)).left[0].1.reason, Reason::PositionsUnknown);
}

#[test]
fn a_house_without_means_takes_no_winner() {
    let mut world = world();
    world.fund_house(0);
    world.perpetual(1, 90_000);
    let plan = world.plan(&queue(&[(1, 2, 1, 100_000, 0)]));
    assert_eq!(plan.left[0].1.reason, Reason::HouseUncovered);
    assert_eq!(plan.left[0].1.shortfall, Some(risk::Usd::from_raw(10_000_000_000)));
}

#[test]
fn calldata_holds_what_was_signed() {
    let world = world();
    let plan = world.plan(&queue(&[(1, 3, 100, 100_000, 0), (1, 2, 100, 100_500, 0), (2, 1, 30, 99_000, 4)]));
    let stamp = Stamp { slot: SLOT, as_of: NOW, valid_until: NOW + 60 };
    let signed = encode_settle(&plan, &world.ledger.houses[&1], stamp).unwrap();
    let bundle = Bundle::decode(&signed.calldata[4..]).unwrap();
    let batch = &bundle.batches[0];
    assert_eq!((bundle.venue, batch.first_sequence, batch.count), (VENUE, 100, 3));
    // The leaves rebuilt from calldata are those the venue committed to.
    let accounts: Vec<u64> = bundle.set.statements.iter().map(|statement| u64::from(statement.account)).collect();
    let mut digests: BTreeMap<u64, B256> = BTreeMap::new();
    let mut leaves = Vec::new();
    for (place, fill) in &batch.fills {
        let (buyer, seller) = (accounts[usize::from(fill.buyer)], accounts[usize::from(fill.seller)]);
        let leaf = abi::packed::fill_hash(&fill.leaf(batch, *place, buyer, seller).unwrap());
        for account in [buyer, seller] {
            let digest = digests.entry(account).or_default();
            *digest = abi::packed::fills_digest(*digest, leaf);
        }
        leaves.push(leaf);
    }
    let root = abi::merkle::pruned_root(3, &|place| batch.takes(place), &leaves, &batch.hashes);
    assert_eq!(root, Some(abi::merkle::root(&plan.groups[0].batch.leaves)));
    assert_eq!(signed.set.statements.iter().map(|s| s.fillsDigest).collect::<Vec<_>>(), [digests[&1], digests[&2]]);
    // Agents rebuild the set from the call, as the contract does.
    let known = |id: u64| world.ledger.accounts.get(&id).map(|account| (account.sequence, account.history));
    assert_eq!(signed.call.typed(known), Some(signed.set.clone()));
    let terms: Vec<B256> = signed.terms.iter().map(|of| of.hash(&of.instrument().unwrap())).collect();
    assert_eq!(terms, batch.fills.iter().map(|(_, fill)| fill.terms_hash).collect::<Vec<_>>());
    let variation: i64 = signed.set.statements.iter().map(|statement| statement.cumulativeVariation).sum();
    assert_eq!(variation + signed.set.houseCumulativeVariation - 5, 0, "the set sums to zero, house included");
}

static NOBODY: BTreeSet<u64> = BTreeSet::new();

const fn every_slot() -> Choice<'static> {
    Choice { policy: MarkPolicy::EverySlot, asked: &NOBODY, most: 100 }
}

#[test]
fn a_mark_pays_what_it_can_and_owes_the_rest() {
    let mut world = world();
    world.perpetual(3, 110_000);
    let mut seen = Seen::default();
    let due = candidates(&world.ledger.accounts, &world.books, 1, SLOT, &seen);
    assert_eq!(due, [3], "accounts without positions need none");
    let plan = plan_marks(&world.scene(), &due, &every_slot(), &mut seen);
    let draft = &plan.drafts[&3];
    assert_eq!((draft.change(), draft.paid, draft.after.owed), (-10_000_000_000, -1_000_000_000, 9_000_000_000));
    assert_eq!(draft.new_root, B256::ZERO, "positions do not move");
    let stamp = Stamp { slot: SLOT, as_of: NOW, valid_until: NOW + 60 };
    let signed = encode_mark(&plan, &world.ledger.houses[&1], stamp).unwrap();
    assert_eq!(Set::decode(&signed.calldata[4..]).unwrap().house_cumulative_variation, 5 + 10_000_000_000);
}

#[test]
fn a_mark_counts_what_a_standing_order_brings() {
    let mut world = world();
    world.perpetual(3, 110_000);
    let held = world.ledger.accounts.get_mut(&3).unwrap();
    let holder = held.pledgor;
    held.standing = Standing { valid_until: NOW, left: vec![(0, 12_000 * MICRO)] };
    world.ledger.inventory.insert((holder, 0), 50_000 * MICRO);
    let mut seen = Seen::default();
    let plan = plan_marks(&world.scene(), &[3], &every_slot(), &mut seen);
    let draft = &plan.drafts[&3];
    assert_eq!((draft.paid, draft.after.owed, draft.posted), (-1_000_000_000, 0, 0), "what is owed is paid from it");
    let (owed, margin) = (9_000 * MICRO, 3_000 * MICRO);
    assert_eq!(draft.moves, [(0, owed), (0, margin)], "the day's limit is 12,000");
    assert_eq!((draft.after.lots(0), draft.after.standing.left[0].1), (margin, 0));
    world.ledger.accounts.get_mut(&3).unwrap().standing.valid_until = NOW - 1;
    let plan = plan_marks(&world.scene(), &[3], &every_slot(), &mut Seen::default());
    assert_eq!((plan.drafts[&3].after.owed, plan.drafts[&3].moves.len()), (owed, 0), "it has expired");
}

#[test]
fn a_mark_counts_on_nothing_that_is_frozen_or_held_back() {
    let mut world = world();
    world.perpetual(3, 110_000);
    let held = world.ledger.accounts.get_mut(&3).unwrap();
    held.standing = Standing { valid_until: NOW, left: vec![(0, 1_000_000 * MICRO)] };
    let holder = held.pledgor;
    world.ledger.inventory.insert((holder, 0), 50_000 * MICRO);
    let brought = |world: &World| {
        let plan = plan_marks(&world.scene(), &[3], &every_slot(), &mut Seen::default());
        plan.drafts[&3].moves.iter().map(|(_, lots)| *lots).collect::<Vec<_>>()
    };
    let [owed, margin] = brought(&world)[..] else { panic!("what is owed, and the margin") };
    assert_eq!(owed, 9_000 * MICRO);
    let hold = |disputed, ruled| HeldBack { disputed, ruled, until: NOW };
    world.ledger.accounts.get_mut(&3).unwrap().held_back = hold(4_000 * MICRO, 0);
    assert_eq!(brought(&world), [owed - 4_000 * MICRO, margin]);
    world.ledger.accounts.get_mut(&3).unwrap().held_back = hold(0, owed + margin);
    assert!(brought(&world).is_empty(), "what was ruled is not brought for a day");
    world.ledger.accounts.get_mut(&3).unwrap().held_back.until = NOW - 1;
    assert_eq!(brought(&world), [owed, margin]);
    world.ledger.frozen.insert(TOKEN, NOW + 1);
    assert!(brought(&world).is_empty());
    world.ledger.frozen.insert(TOKEN, NOW);
    assert_eq!(brought(&world), [owed, margin], "it can be moved again");
}

#[test]
fn accounts_of_one_pledgor_share_what_its_orders_bring() {
    let mut world = world();
    for id in [1, 3] {
        world.perpetual(id, 110_000);
        let held = world.ledger.accounts.get_mut(&id).unwrap();
        held.pledgor = VENUE;
        held.balances.insert(0, Balance { lots: lots(1_000), ..Balance::default() });
        held.standing = Standing { valid_until: NOW, left: vec![(0, 1_000_000 * MICRO)] };
    }
    world.ledger.inventory.insert((VENUE, 0), 10_000 * MICRO);
    let plan = plan_marks(&world.scene(), &[1, 3], &every_slot(), &mut Seen::default());
    let brought = |id| plan.drafts[&id].moves.iter().map(|(_, lots)| *lots).sum::<u64>();
    assert_eq!(brought(1) + brought(3), 10_000 * MICRO);
    assert!(plan.drafts[&3].after.owed > 0);
}

#[test]
fn a_level_that_was_stated_is_not_paid_again() {
    let mut world = world();
    world.perpetual(3, 110_000);
    world.ledger.accounts.get_mut(&3).unwrap().cumulative_variation = -10_000_000_001;
    let plan = plan_marks(&world.scene(), &[3], &every_slot(), &mut Seen::default());
    assert_eq!((plan.drafts[&3].change(), plan.drafts[&3].paid), (1, 1), "what was wrong is put right");
}

#[test]
fn a_house_that_cannot_pay_all_gains_pays_the_same_part_of_each() {
    let mut world = world();
    world.fund_house(6_000);
    world.perpetual(1, 90_000);
    world.perpetual(2, 95_000);
    let plan = plan_marks(&world.scene(), &[1, 2], &every_slot(), &mut Seen::default());
    let of = |id| (plan.drafts[&id].paid, plan.drafts[&id].after.house_owes);
    assert_eq!((of(1), of(2)), ((4_000_000_000, 6_000_000_000), (2_000_000_000, 3_000_000_000)));
}

#[test]
fn collateral_without_a_price_blocks_nobody_whom_the_rest_covers() {
    let mut world = world();
    let stale = Asset { index: 1, token: Address::repeat_byte(4), ..world.ledger.assets[&0].clone() };
    let valuation = Valuation { slot: SLOT - 100, ..stale.valuation.clone() };
    world.ledger.assets.insert(1, Asset { valuation, ..stale });
    for id in [2, 3] {
        let account = world.ledger.accounts.get_mut(&id).unwrap();
        account.balances.insert(1, Balance { lots: lots(500_000), ..Balance::default() });
    }
    assert_eq!(taken(&world.plan(&queue(&[(1, 2, 100, 100_000, 0)]))), [100]);
    let plan = world.plan(&queue(&[(1, 3, 100, 100_000, 0)]));
    assert_eq!(plan.left[0].1.reason, Reason::PricesStale, "it counts for nothing new");
}

#[test]
fn past_a_deadline_only_fills_that_cure_go_on() {
    let mut world = world();
    let short = world.ledger.accounts.get_mut(&3).unwrap();
    short.requirement = 22_000 * MICRO;
    short.claim = Claim { number: 1, open: true, demands: demand(21_000 * MICRO, NOW - 1) };
    world.perpetual(3, 100_000);
    assert_eq!(taken(&world.plan(&queue(&[(1, 3, 50, 100_000, 0)]))), [100]);
    let both = queue(&[(3, 1, 1, 100_000, 0x200), (1, 3, 1, 100_000, 0x200)]);
    let plan = world.plan(&both);
    assert_eq!(plan.left[0].1.reason, Reason::ClaimOverdue, "as short as before");
}

#[test]
fn a_plan_keeps_to_its_limits() {
    let world = world();
    let queue = queue(&[(1, 2, 1, 100_000, 0); 20]);
    let limits = Limits { fills_in_bundle: 7, ..Limits::default() };
    assert_eq!(plan_settle(&world.scene(), VENUE, queue.iter(), &limits).fills().count(), 7);
    let limits = Limits { accounts_in_set: 1, ..Limits::default() };
    assert!(plan_settle(&world.scene(), VENUE, queue.iter(), &limits).groups.is_empty());
}

/// 30 days ahead.
const EXPIRY: &str = "19700211";

/// A forward of 100,500 at 5 %, volatilities of 0.8 at 80,000 and 0.5 at 125,000.
fn world_with_options() -> World {
    let mut world = world();
    let expiry = EXPIRY.parse().unwrap();
    let strikes = ["80000", "125000"].map(|strike| strike.parse().unwrap()).to_vec();
    world.risk.markets[0].expiries.push(crate::market::ListedExpiry { expiry, strikes, listed: Vec::new() });
    let mut prices = (*world.prices).clone();
    let quotes =
        [("", 100_500 * 100_000_000), ("-R", 105_000_000), ("-80000-V", 80_000_000), ("-125000-V", 50_000_000)];
    for (name, price) in quotes {
        let name = format!("BTC-{EXPIRY}{name}");
        prices.feeds.insert(feed(name.as_bytes()), Spot { price, confidence: 1_000_000 });
    }
    world.prices = Arc::new(prices);
    world
}

fn option_queue(name: &str, trades: &[Trade]) -> Queue {
    let mut batch = (*queue(trades).iter().next().unwrap().batch).clone();
    batch.fills.iter_mut().for_each(|fill| fill.instrument = name.parse().unwrap());
    batch.leaves = batch.fills.iter().map(Fill::leaf).collect();
    let mut queue = Queue::default();
    queue.push(&Arc::new(batch), |_| true);
    queue
}

/// The same marks, put together by hand.
fn marks_by_hand(forward: &str, vol_of_100000: &str) -> risk::Marks {
    let full = risk::Ppm::ONE;
    let price = |text: &str| risk::Mark::new(text.parse().unwrap(), full).unwrap();
    let mut marks = risk::Marks::new(SLOT * 10, "1".parse().unwrap()).unwrap();
    marks.set_spot(Underlying::BTC, price("100000"));
    marks.set_mark(format!("BTC-{EXPIRY}").parse().unwrap(), price(forward));
    marks.set_rate(Underlying::BTC, EXPIRY.parse().unwrap(), "0.05".parse().unwrap());
    let vol = risk::VolMark::new(vol_of_100000.parse().unwrap(), full).unwrap();
    marks.set_vol(format!("BTC-{EXPIRY}-100000-C").parse().unwrap(), vol);
    marks
}

/// 0.8 − 0.3 · ln(100,000 / 80,000) / ln(125,000 / 80,000): the geometric mean of both strikes.
const MIDDLE: &str = "0.65";

#[test]
fn an_option_fill_pays_its_premium_and_calls_for_the_kernels_margin() {
    let world = world_with_options();
    let name = format!("BTC-{EXPIRY}-100000-C");
    let plan = world.plan(&option_queue(&name, &[(1, 2, 200, 7_000, 0)]));
    assert_eq!(plan.left, []);
    let (instrument, marks) = (name.parse().unwrap(), marks_by_hand("100500", MIDDLE));
    let mark = marks.price(&instrument).unwrap();
    for (id, quantity) in [(1, 200_000_000), (2, -200_000_000)] {
        let mut book = risk::Book::new();
        book.apply(&instrument, Quantity::from_raw(quantity)).unwrap();
        let needed = risk::requirement(&book, &marks, &world.risk.parameters).unwrap().initial;
        let draft = &plan.plan.drafts[&id];
        assert_eq!((draft.after.requirement as i64).abs_diff(needed.raw()) / 10, 0, "{id}: {needed}");
    }
    let [bought, sold] = [1, 2].map(|id| plan.plan.drafts[&id].filled);
    let expected = (mark.raw() as i64 - 7_000 * 100_000_000) / 50;
    assert!(bought.abs_diff(expected) <= 1, "{bought} {expected}");
    assert_eq!([1, 2].map(|id| plan.plan.drafts[&id].change()), [bought, sold], "nothing else moves the level");
    assert_eq!(plan.plan.house_variation(5).unwrap() - 5, -bought - sold);
}

#[test]
fn options_and_futures_mark_to_market_and_sum_to_zero_with_the_house() {
    let mut world = world_with_options();
    let (option, future) = (format!("BTC-{EXPIRY}-100000-C"), format!("BTC-{EXPIRY}"));
    for (id, quantity) in [(1, 100_000_000), (2, -100_000_000)] {
        world.hold(id, &option, quantity, 7_000);
        world.hold(id, &future, quantity, 99_000);
    }
    let plan = plan_marks(&world.scene(), &[1, 2], &every_slot(), &mut Seen::default());
    let value = marks_by_hand("100500", MIDDLE).price(&option.parse().unwrap()).unwrap().raw() as i64;
    let expected = value / 100 - 7_000 * MICRO as i64 + 1_500 * MICRO as i64;
    let [long, short] = [1, 2].map(|id| plan.drafts[&id].change());
    assert!(long.abs_diff(expected) <= 2, "{long} {expected}");
    assert_eq!(plan.house_variation(5), Some(5 - long - short));
    assert!((-1..=0).contains(&(long + short)));
}

#[test]
fn a_silent_feed_leaves_the_option_waiting_and_perpetuals_go_on() {
    let mut world = world_with_options();
    let mut prices = (*world.prices).clone();
    prices.feeds.remove(&feed(format!("BTC-{EXPIRY}-125000-V").as_bytes()));
    world.prices = Arc::new(prices);
    let plan = world.plan(&option_queue(&format!("BTC-{EXPIRY}-100000-C"), &[(1, 2, 100, 7_000, 0)]));
    let waiting = &plan.left[0].1;
    assert_eq!(waiting.reason, Reason::PricesStale);
    assert!(waiting.detail.starts_with(&format!("feed BTC-{EXPIRY}-125000-V has no price")), "{}", waiting.detail);
    assert_eq!(taken(&world.plan(&queue(&[(1, 2, 100, 100_000, 0)]))), [100]);
}

/// A future that settled at 101,000: bought at 100,000 by accounts 1 and 3, sold by account 2, who pays 3,000 in all.
fn expired() -> World {
    let mut world = world();
    let expiry = risk::Expiry::from_day(11).unwrap();
    let future = Instrument::future(Underlying::BTC, expiry);
    world.risk.markets[0].expiries = vec![crate::ListedExpiry { expiry, strikes: Vec::new(), listed: Vec::new() }];
    for (id, quantity) in [(1, 2), (2, -3), (3, 1)] {
        world.hold(id, &future.to_string(), quantity * 100_000_000, 100_000);
    }
    let settlement =
        crate::state::settlements::Settlement { feed: future.id(), slot: 97_920, price: "101000".parse().unwrap() };
    world.settlements.insert(Underlying::BTC, expiry, settlement);
    world
}

#[test]
fn an_expiry_pays_what_is_settled_and_empties_the_books() {
    let world = expired();
    let expiry = crate::lanes::expire::plan_expiry(&world.scene(), &[1, 2, 3], 10);
    let paid: Vec<_> = expiry.plan.drafts.values().map(|draft| draft.paid / MICRO as i64).collect();
    assert_eq!((paid, expiry.left.len()), (vec![2_000, -3_000, 1_000], 0));
    for (id, draft) in &expiry.plan.drafts {
        let cash = risk::Cash::from_raw(i128::from(draft.paid) * 10_000_000_000);
        let left = risk::book_root(&risk::Book::new().with_cash(cash), world.keys.of_account(*id));
        assert_eq!((draft.new_root, draft.after.requirement, draft.filled), (left, 0, 0));
    }
    assert_eq!(expiry.plan.house_variation(5), Some(5));
}

#[test]
fn who_pays_for_an_expiry_goes_before_who_is_paid() {
    let mut world = expired();
    world.fund_house(0);
    let plan = |most| crate::lanes::expire::plan_expiry(&world.scene(), &[1, 2, 3], most).plan.drafts;
    assert_eq!(plan(1).into_keys().collect::<Vec<_>>(), [2]);
    let paid: Vec<_> = plan(10).values().map(|draft| draft.paid / MICRO as i64).collect();
    assert_eq!(paid, [2_000, -3_000, 1_000], "what one pays covers the others");
}

#[test]
fn an_expiry_that_nobody_can_pay_is_owed() {
    let mut world = expired();
    world.fund_house(0);
    world.ledger.accounts.get_mut(&2).unwrap().balances.clear();
    let drafts = crate::lanes::expire::plan_expiry(&world.scene(), &[1, 2, 3], 10).plan.drafts;
    let owed = |id: u64| (drafts[&id].paid, drafts[&id].after.owed / MICRO, drafts[&id].after.house_owes / MICRO);
    assert_eq!([1, 2, 3].map(owed), [(0, 0, 2_000), (0, 3_000, 0), (0, 0, 1_000)]);
}

#[test]
fn what_has_expired_is_marked_no_more() {
    let world = expired();
    let mut seen = Seen::default();
    assert!(plan_marks(&world.scene(), &[1, 2, 3], &every_slot(), &mut seen).drafts.is_empty());
    let marked = Draft::mark(&world.scene(), 2).err();
    assert_eq!(marked.map(|waiting| waiting.reason), Some(Reason::PositionsExpired));
}

#[test]
fn an_expiry_waits_for_its_price() {
    let mut world = expired();
    world.settlements = Settlements::default();
    let expiry = crate::lanes::expire::plan_expiry(&world.scene(), &[1], 10);
    let left: Vec<_> = expiry.left.iter().map(|(id, waiting)| (*id, waiting.reason)).collect();
    assert_eq!((left, expiry.plan.drafts.len()), (vec![(1, Reason::PositionsExpired)], 0));
}

#[test]
fn an_account_takes_no_fill_before_its_expired_positions_have_left() {
    let mut world = expired();
    let queue = queue(&[(1, 2, 1, 100_000, 0)]);
    let reason = |settle: SettlePlan| settle.left.first().map(|(_, waiting)| waiting.reason);
    assert_eq!(reason(world.plan(&queue)), Some(Reason::PositionsExpired));
    world.settlements = Settlements::default();
    assert_eq!(reason(world.plan(&queue)), Some(Reason::PositionsExpired), "nor while its price is not fixed");
}
