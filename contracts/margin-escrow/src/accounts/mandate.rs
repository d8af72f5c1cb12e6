//! Mandates: what a pledgor lets a venue bind its account to.
use abi::eip712::{hash_words, typehash};
use abi::escrow::MarginEscrow::{
    Expired, MandateRegistered, MandateRevoked, MissingRole, NoMandate, NotPledgor, PledgesAllowed, TopUpLimitSet,
    VenueIsAgent, VenueRefusesAsset,
};
use abi::registry::role;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, keccak256};
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::account::Account;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{OrFail, ensure, malformed};
use escrow_ledger::registry::{self, Asset, Participant};
use escrow_ledger::storage::{self, HouseSlots, Mandate};
use escrow_ledger::{authority, pledge};

/// Head words of a mandate and the place of its limits among them.
const WORDS: usize = 7;
const LIMITS: usize = 4;
/// As many limits as there can be assets.
const MAX_LIMITS: usize = 16;

/// A mandate in calldata.
struct Given<'a> {
    words: Args<'a>,
    limits: Args<'a>,
    count: usize,
    account: u64,
    venue: Address,
    valid_until: u64,
    nonce: u64,
}

#[inline(never)]
pub fn register(args: &Args<'_>) {
    let (given, signature) = (Given::read(args.tail(0)), args.bytes(1));
    args.ends_after(given.size(), &[signature]);
    let mut account = Account::here(given.account);
    let accepted = ensure_valid(&given, &account);
    authority::of_pledgor(account.id, account.slots.party().pledgor, &given.hash(), signature, given.nonce);
    let id = u32::try_from(account.id).ok().checked();
    let before = storage::mandate(id, &given.venue);
    let serial = if before.serial == 0 { next_serial(&mut account) } else { before.serial };
    let top_ups = set_limits(&mut account, &given, serial, accepted);
    store(id, &given, Mandate { top_ups, serial, ..before });
    account.save();
}

/// A venue's mandate keeps its number when it is given anew.
fn next_serial(account: &mut Account) -> u16 {
    account.terms.mandates = account.terms.mandates.checked_add(1).checked();
    account.terms.mandates
}

impl<'a> Given<'a> {
    fn read(words: Args<'a>) -> Self {
        let limits = words.tail(LIMITS);
        let count = usize::from(limits.u16(0));
        if count > MAX_LIMITS {
            malformed(LIMITS.saturating_mul(32))
        }
        let (account, venue) = (words.u64(0), words.address(1));
        Self { words, limits, count, account, venue, valid_until: words.u64(5), nonce: words.u64(6) }
    }

    /// Words but the signature's: two offsets, the head, the limits' length, the limits.
    fn size(&self) -> usize {
        self.count.saturating_mul(2).saturating_add(WORDS + 3)
    }

    fn limit(&self, at: usize) -> usize {
        at.saturating_mul(2).saturating_add(1)
    }

    fn hash(&self) -> B256 {
        let mut limits = Vec::with_capacity(self.count.saturating_mul(32));
        for at in 0..self.count {
            let words = self.limits.raw(self.limit(at), 2);
            limits.extend_from_slice(hash_words(typehash::TOP_UP_LIMIT, words).as_slice());
        }
        let mut words = Vec::with_capacity(WORDS.saturating_mul(32));
        words.extend_from_slice(self.words.raw(0, LIMITS));
        words.extend_from_slice(keccak256(limits).as_slice());
        words.extend_from_slice(self.words.raw(LIMITS + 1, WORDS - LIMITS - 1));
        hash_words(typehash::MANDATE, &words)
    }
}

/// Bitmap of the assets that the venue accepts.
fn ensure_valid(given: &Given<'_>, account: &Account) -> u16 {
    let (venue, now) = (given.venue, host::timestamp());
    ensure(now <= given.valid_until, || Expired { validUntil: given.valid_until, timestamp: now });
    let agents = HouseSlots::of(account.terms.house).agents();
    ensure(![agents.agent, agents.second].contains(&venue), || VenueIsAgent { venue });
    let Participant { roles, accepted, .. } = registry::participant(venue);
    ensure(roles & role::VENUE != 0, || MissingRole { participant: venue, role: role::VENUE });
    accepted
}

/// Sets the mandate's limits anew for each asset named, which are eligible and accepted; the bitmap of assets.
fn set_limits(account: &mut Account, given: &Given<'_>, serial: u16, accepted: u16) -> u16 {
    let mut assets = 0;
    for at in 0..given.count {
        let asset: Asset = registry::asset_of(given.limits.address(given.limit(at)));
        pledge::ensure_eligible(account, &asset);
        let (venue, token) = (given.venue, asset.token);
        ensure(accepted & asset.bit() != 0, || VenueRefusesAsset { venue, token });
        let amount = given.limits.u128(given.limit(at).saturating_add(1));
        let lots = asset.lots(alloy_primitives::U256::from(amount));
        *account.top_up(asset.index, serial) = lots;
        assets |= asset.bit();
        emit(&TopUpLimitSet { account: account.id, venue, token, lots });
    }
    assets
}

/// What fills cost today stays charged under a new mandate.
fn store(id: u32, given: &Given<'_>, before: Mandate) {
    let Given { account, venue, valid_until, nonce, .. } = *given;
    let (requirement_cap, fill_variation_cap) = (given.words.u64(2), given.words.u64(3));
    let mandate = Mandate { requirement_cap, fill_variation_cap, valid_until, ..before };
    storage::set_mandate(id, &venue, &mandate);
    emit(&MandateRegistered {
        account,
        venue,
        requirementCap: requirement_cap,
        fillVariationCap: fill_variation_cap,
        validUntil: valid_until,
        nonce,
    });
}

#[inline(never)]
pub fn revoke(args: &Args<'_>) {
    let (account, venue, caller) = (Account::here(args.u64(0)).id, args.address(1), host::sender());
    let pledgor = Account::open(account).slots.party().pledgor;
    ensure(caller == pledgor, || NotPledgor { account, caller });
    let id = u32::try_from(account).ok().checked();
    let mandate = storage::mandate(id, &venue);
    ensure(mandate.valid_until != 0, || NoMandate { account, venue });
    let valid_until = mandate.valid_until.min(host::timestamp());
    storage::set_mandate(id, &venue, &Mandate { valid_until, ..mandate });
    emit(&MandateRevoked { account, venue, validUntil: valid_until });
}

/// The pledgor's word whether others may pledge into its account.
pub fn allow_pledges(args: &Args<'_>) {
    let (mut account, allowed, caller) = (Account::here(args.u64(0)), args.u8(1) != 0, host::sender());
    let (id, pledgor) = (account.id, account.slots.party().pledgor);
    ensure(caller == pledgor, || NotPledgor { account: id, caller });
    account.terms.takes_pledges = allowed;
    emit(&PledgesAllowed { account: id, allowed });
    account.save()
}
