//! The opening of accounts from agreements that both parties signed.
use abi::eip712::{hash_words, typehash};
use abi::escrow::MarginEscrow::{AccountOpened, AgreementAlreadyOpen, Expired, HouseOpened, MissingRole, VenueIsAgent};
use abi::escrow::{MAX_LATE_INTEREST, MIN_CURE_SECONDS};
use abi::registry::role;
use abi::types::Agreement;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, keccak256};
use contract_kit::args::Args;
use contract_kit::host;
use contract_kit::words::Writer;
use escrow_ledger::authority;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{OrFail, ensure, require_terms};
use escrow_ledger::field;
use escrow_ledger::registry::{self, Participant};
use escrow_ledger::storage::{self, Agents, Counts, HouseSlots, Lost, Party, Slots, Terms};

/// Words of an agreement.
const WORDS: usize = 16;
const STABLECOIN: u8 = 1;
const USD: u64 = 1_000_000;

#[inline(never)]
pub fn open_account(args: &Args<'_>) -> Vec<u8> {
    let agreement = decode(args);
    let (pledgor, secured_party) = (args.bytes(WORDS), args.bytes(WORDS + 1));
    args.ends_after(WORDS + 2, &[pledgor, secured_party]);
    let hash = hash_words(typehash::AGREEMENT, args.raw(0, WORDS));
    let known = storage::account_of_agreement(hash);
    ensure(known == 0, || AgreementAlreadyOpen { account: known.into() });
    let settlement = validate(&agreement);
    let domain = authority::domain();
    authority::signed(&domain, &agreement.pledgor, &hash, pledgor);
    authority::signed(&domain, &agreement.securedParty, &hash, secured_party);
    let account = store(agreement, hash, settlement);
    Writer::default().uint(account).bytes()
}

fn decode(args: &Args<'_>) -> Agreement {
    Agreement {
        pledgor: args.address(0),
        securedParty: args.address(1),
        agent: args.address(2),
        secondAgent: args.address(3),
        defaultManager: args.address(4),
        settlementToken: args.address(5),
        parametersHash: args.word(6),
        threshold: args.u64(7),
        independentAmount: args.u64(8),
        minimumTransferAmount: args.u64(9),
        variationCap: args.u64(10),
        resolutionTime: args.u32(11),
        lateInterest: args.u32(12),
        eligibleAssets: args.u16(13),
        documentHash: args.word(14),
        validUntil: args.u64(15),
    }
}

/// What the signatures cannot make good; the settlement token's index.
fn validate(agreement: &Agreement) -> u8 {
    let Agreement { pledgor, securedParty, agent, secondAgent, validUntil, .. } = *agreement;
    let now = host::timestamp();
    ensure(now <= validUntil, || Expired { validUntil, timestamp: now });
    require_terms(field!("securedParty"), securedParty != pledgor);
    require_terms(field!("agent"), !agent.is_zero() && agent != pledgor);
    require_terms(field!("agent"), !secondAgent.is_zero() || agent != securedParty);
    require_terms(
        field!("secondAgent"),
        secondAgent.is_zero() || ![agent, pledgor, securedParty].contains(&secondAgent),
    );
    require_terms(field!("variationCap"), agreement.variationCap.checked_rem(USD) == Some(0));
    require_terms(field!("resolutionTime"), agreement.resolutionTime >= MIN_CURE_SECONDS);
    require_terms(field!("lateInterest"), agreement.lateInterest <= MAX_LATE_INTEREST);
    parties(agreement);
    let settlement = registry::asset_of(agreement.settlementToken);
    require_terms(field!("settlementToken"), settlement.class == STABLECOIN);
    let eligible = agreement.eligibleAssets;
    require_terms(field!("eligibleAssets"), eligible & !registry::listed() == 0 && eligible & settlement.bit() != 0);
    settlement.index
}

/// Everybody has the role that it takes; a second agent is of another institution than the first, and than the secured party.
fn parties(agreement: &Agreement) {
    let Agreement { securedParty, agent, secondAgent, .. } = *agreement;
    let party = with_role(securedParty, role::SECURED_PARTY);
    let first = agent_of(agent);
    if !secondAgent.is_zero() {
        let second = agent_of(secondAgent);
        require_terms(field!("secondAgent"), ![first.lei, party.lei].contains(&second.lei));
    }
}

fn with_role(participant: Address, role: u8) -> Participant {
    let known = registry::participant(participant);
    ensure(known.roles & role != 0, || MissingRole { participant, role });
    known
}

/// A calculation agent, and no venue.
fn agent_of(agent: Address) -> Participant {
    let known = with_role(agent, role::CALCULATION_AGENT);
    ensure(known.roles & role::VENUE == 0, || VenueIsAgent { venue: agent });
    known
}

fn store(agreement: Agreement, hash: B256, settlement: u8) -> u64 {
    let house = house(&agreement, settlement);
    let counts = Counts::load();
    let account = counts.accounts.checked_add(1).checked();
    Counts { accounts: account, ..counts }.store();
    storage::set_account_of_agreement(hash, account);
    let (slots, pledgor) = (Slots::of(account), agreement.pledgor);
    slots.set_terms(&terms(&agreement, house));
    let Agreement { resolutionTime: resolution_time, lateInterest: late_interest, .. } = agreement;
    slots.set_party(&Party { pledgor, resolution_time, late_interest });
    emit(&AccountOpened { account: account.into(), pledgor, house, agreementHash: hash, agreement });
    account.into()
}

fn terms(agreement: &Agreement, house: u32) -> Terms {
    Terms {
        house,
        eligible: agreement.eligibleAssets,
        held: 0,
        threshold: agreement.threshold,
        independent_amount: agreement.independentAmount,
        minimum_transfer_amount: agreement.minimumTransferAmount,
        variation_cap_usd: agreement.variationCap.checked_div(USD).unwrap_or(0),
        claim_open: false,
        house_owes: false,
        in_default: false,
        disputed: false,
        closed: false,
        takes_pledges: false,
        top_up_first: 0,
        mandates: 0,
    }
}

/// The house of these parties, token and parameters, opened on first use.
fn house(agreement: &Agreement, settlement: u8) -> u32 {
    let Agreement { securedParty, agent, secondAgent, defaultManager, settlementToken, parametersHash, .. } =
        *agreement;
    let parties = Writer::default().address(securedParty).address(agent).address(secondAgent).address(defaultManager);
    let hash = keccak256(parties.address(settlementToken).word(parametersHash).bytes());
    let known = storage::house_of(hash);
    if known != 0 {
        return known;
    }
    let counts = Counts::load();
    let id = counts.houses.checked_add(1).checked();
    Counts { houses: id, ..counts }.store();
    storage::set_house_of(hash, id);
    let (house, parameters_tag) = (HouseSlots::of(id), storage::parameters_tag(&parametersHash));
    house.set_agents(&Agents {
        agent,
        second: secondAgent,
        settlement,
        in_default: false,
        lost: Lost::default(),
        parameters_tag,
    });
    house.set_secured_party(&securedParty);
    house.set_default_manager(&defaultManager);
    house.set_parameters(parametersHash);
    emit(&HouseOpened { house: id, securedParty, agent, secondAgent, defaultManager, settlementToken, parametersHash });
    id
}
