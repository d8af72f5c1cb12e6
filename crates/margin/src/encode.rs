//! Errors, events and return values as ABI words.
//!
//! `sol!` can encode them too, but inline at every place: this contract would not fit its limit. The fields are listed
//! here once more, and a test holds every list against the ABI.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{
    AccountState, Agreement, BalanceState, Bounds, ClaimState, CustodyState, DefaultState, DisputeState, HouseState,
    MandateState, Tranche,
};
use alloc::boxed::Box;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, I256, U256};
use alloy_sol_types::{SolError, SolEvent};
use contract_kit::host;
use contract_kit::words::{Out, limbs};

/// Something of one or more static words.
pub trait Put {
    fn put(&self, out: &mut Out);
}

/// An error: ends the call with its revert data.
pub trait Fail {
    fn revert(&self) -> !;
}

/// An event: its topics after the signature, and its words.
pub trait Event {
    const SIGNATURE: [u64; 4];
    const TOPICS: usize;
    fn put(&self, out: &mut Out);
}

#[inline(always)]
pub fn emit<E: Event>(event: &E) {
    let [a, b, c, d] = E::SIGNATURE;
    let out = topic(a, b, c, d);
    event.put(out);
    log(out, E::TOPICS);
}

/// A view's answer.
pub fn words<T: Put>(value: &T) -> Vec<u8> {
    let mut out = Out::default();
    value.put(&mut out);
    out.bytes()
}

/// Words on the heap, never freed: a call is short, and a pointer is all that an event or error needs to carry.
#[inline(never)]
fn begin(selector: u32) -> &'static mut Out {
    Box::leak(Box::new(Out::after(selector.to_be_bytes())))
}

#[inline(never)]
fn topic(a: u64, b: u64, c: u64, d: u64) -> &'static mut Out {
    let out = Box::leak(Box::new(Out::with_room(12)));
    out.push_limbs(a, b, c, d);
    out
}

#[inline(never)]
fn log(out: &Out, topics: usize) {
    host::log_bytes(out.as_slice(), topics);
}

#[cold]
#[inline(never)]
fn end(out: &Out) -> ! {
    host::revert(out.as_slice())
}

macro_rules! puts {
    ($($type:ty: $put:expr;)*) => {
        $(impl Put for $type {
            #[inline(always)]
            fn put(&self, out: &mut Out) {
                let put: fn(&Self, &mut Out) = $put;
                put(self, out)
            }
        })*
    };
}

puts! {
    u8: |value, out| out.push_u64((*value).into());
    u16: |value, out| out.push_u64((*value).into());
    u32: |value, out| out.push_u64((*value).into());
    u64: |value, out| out.push_u64(*value);
    i64: |value, out| out.push_int(*value);
    bool: |value, out| out.push_u64((*value).into());
    U256: |value, out| out.push_u256(value);
    I256: |value, out| out.push_u256(&value.into_raw());
    B256: |value, out| out.push(value);
    Address: |value, out| out.push_address(value);
}

/// Implements `Put` of structs from their fields in order.
macro_rules! structs {
    ($($name:ident($($field:ident),*);)*) => {
        $(impl Put for $name {
            #[inline(never)]
            fn put(&self, out: &mut Out) {
                $(self.$field.put(out);)*
            }
        })*

        #[test]
        fn structs_are_those_of_the_abi() {
            $(tests::is_abi::<$name>(stringify!($name));)*
        }
    };
}

/// Implements `Fail` of errors from their fields in order.
macro_rules! errors {
    ($($name:ident($($field:ident),*);)*) => {
        $(impl Fail for $name {
            #[cold]
            #[inline(never)]
            fn revert(&self) -> ! {
                let out = begin(const { u32::from_be_bytes($name::SELECTOR) });
                $(self.$field.put(out);)*
                end(out)
            }
        })*

        #[test]
        fn errors_are_those_of_the_abi() {
            $(tests::is_error::<$name>(|error, out| {
                let _ = (&error, &out);
                $(error.$field.put(out);)*
            });)*
        }
    };
}

/// Implements `Event` of events from their topics and their other fields in order.
macro_rules! events {
    ($($name:ident($($topic:ident),*; $($field:ident),*);)*) => {
        $(impl Event for $name {
            const SIGNATURE: [u64; 4] = limbs(&<$name as SolEvent>::SIGNATURE_HASH);
            const TOPICS: usize = <[&str]>::len(&["signature", $(stringify!($topic)),*]);

            #[inline(never)]
            fn put(&self, out: &mut Out) {
                $(self.$topic.put(out);)*
                $(self.$field.put(out);)*
            }
        })*

        #[test]
        fn events_are_those_of_the_abi() {
            $(tests::is_event::<$name>();)*
        }
    };
}

structs! {
    Agreement(pledgor, securedParty, agent, secondAgent, defaultManager, settlementToken, parametersHash, threshold, independentAmount, minimumTransferAmount, variationCap, resolutionTime, lateInterest, eligibleAssets, documentHash, validUntil);
    AccountState(pledgor, house, history, sequence, requirement, cumulativeVariation, slot, asOf, required, posted, owed, houseOwes, eligibleAssets, heldAssets, inDefault, closed, takesPledges);
    Tranche(amount, deadline, cause);
    ClaimState(number, open, owed, first, second);
    MandateState(requirementCap, fillVariationCap, used, day, validUntil);
    HouseState(securedParty, agent, secondAgent, defaultManager, settlementToken, parametersHash, balance, cumulativeVariation, owed, inDefault);
    BalanceState(lots, stressedLots, lateLots, recallAt, heldBackLots, heldBackUntil);
    DisputeState(open, dispute, subject, amount, history, slot, requirement, cumulativeVariation, opened, until, stake, agentStake, houseStake, owedStake, found, steps, shield, shieldUntil);
    Bounds(settleWithin, stakePpm, leastStake);
    CustodyState(totalLots, ratio);
    DefaultState(at, number, slot, required, posted, owed);
}

errors! {
    AlreadyInitialized();
    Reentrant();
    Malformed(offset);
    Overflow();
    OutOfRange(field);
    InvalidSigner(expected, recovered);
    NotPledgor(account, caller);
    NotSecuredParty(house, caller);
    NotOwner(owner, caller);
    InvalidTerms(field);
    MissingRole(participant, role);
    AgreementAlreadyOpen(account);
    UnknownAccount(account);
    UnknownHouse(house);
    Expired(validUntil, timestamp);
    NonceAlreadyUsed(pledgor, nonce);
    UnknownAction(action);
    UnknownAsset(token);
    NotEligible(account, token);
    NotWholeLots(token, amount);
    TokenCallFailed(token);
    NoWayOut(token);
    TransferMismatch(token, asked, moved);
    RegistryCallFailed();
    InventoryShort(holder, token, asked, held);
    BalanceShort(account, token, asked, held);
    HouseShort(house, asked, held);
    CustodyShort(token, held, booked);
    AssetImpaired(token, ratio);
    NothingToReconcile(token, ratio);
    InChallengeWindow(account, token, asked, free);
    WrongHouse(account, house);
    AccountsNotAscending(account);
    ParametersNotAgreed(agreed, given);
    SlotInFuture(slot, current);
    StaleSlot(slot, oldest);
    StaleValuation(index, slot, oldest);
    AsOfInFuture(asOf, timestamp);
    OutOfOrder(account, asOf, lastAsOf);
    VariationNotZeroSum(sum);
    PositionsMoved(account);
    VariationCapExceeded(account, debit, cap);
    VariationUncovered(account, debit, held);
    HouseUncovered(house, credit, held);
    NoFills();
    AccountNotInSet(index);
    SelfTrade(account);
    FillAlreadyApplied(venue, sequence);
    FillExpired(venue, sequence, settleBy, timestamp);
    FillNotExpired(venue, sequence, settleBy, timestamp);
    FillFromFuture(venue, sequence, matchedAt, timestamp);
    GroupIncomplete(venue, firstSequence, group, taken);
    UnknownCause(cause);
    VenueIsAgent(venue);
    VenueRefusesAsset(venue, token);
    NoMandate(account, venue);
    MandateExpired(account, venue, validUntil, matchedAt);
    RequirementCapExceeded(account, venue, requirement, cap);
    FillVariationCapExceeded(account, venue, used, cap);
    TopUpLimitExceeded(account, token, asked, left);
    MarginShort(account, posted, required);
    ClaimOverdue(account, deadline);
    ClaimOpen(account, number);
    StatementTooOld(account, asOf, oldest);
    AgentsNotSilent(account, asOf, silentFrom);
    SubstitutionWeakens(account, postedBefore, postedAfter, required);
    AccountInDefault(account);
    AccountClosed(account);
    HouseOwes(account, owed);
    MigrationRefused(successor);
    HouseInDefault(house);
    NoClaim(account);
    ClaimNotOverdue(account, deadline, timestamp);
    NotDisputable(account, dispute);
    DisputedAmount(amount, least, most);
    NoDispute(account);
    DisputeHolds(account, amount, until);
    RulingOver(account, until);
    RulingOpen(account, until);
    UnknownSubject(subject);
    NotTheStatement(field, stated, shown);
    ProgramCallFailed(program);
    DisputeOpen(account, dispute);
    NoTopUps();
    NotFrozen(token);
    NotGovernor(caller);
    GasShort(left, needed);
    NoticeTooShort(at, earliest);
    EnforcedPause();
    NotPauser(caller);
    AssetSuspended(token);
}

events! {
    HouseOpened(house, securedParty; agent, secondAgent, defaultManager, settlementToken, parametersHash);
    AccountOpened(account, pledgor, house; agreementHash, agreement);
    MandateRegistered(account, venue; requirementCap, fillVariationCap, validUntil, nonce);
    TopUpLimitSet(account, venue, token; lots);
    PledgesAllowed(account; allowed);
    MandateRevoked(account, venue; validUntil);
    NonceUsed(pledgor; nonce);
    Deposited(holder, token; amount);
    Withdrawn(holder, token, to; amount);
    HouseFunded(house, from; amount);
    HouseWithdrawn(house, to; amount);
    Pledged(account, token, from; amount, source, stressedLots);
    Released(account, token, to; amount, stressedLots);
    ReturnedToInventory(account, token, to; amount);
    Substituted(account; tokenIn, amountIn, stressedLotsIn, tokenOut, amountOut, stressedLotsOut);
    MarginStated(account; sequence, root, history, requirement, cumulativeVariation, fillVariation, paid, posted, slot, asOf);
    HouseStated(house; cumulativeVariation, balance);
    FillsSettled(venue, firstSequence; batchHash, taken);
    FillsLapsed(venue, firstSequence; batchHash, taken);
    LifecycleSettled(house, cause; reference);
    ClaimIssued(account, number; tranche, cause, amount, owed, deadline);
    DemandsReduced(account, number; first, second);
    ClaimSatisfied(account, number; late);
    LateInterestCharged(account, number; amount);
    OwedPaid(account, house; amount, owed);
    HouseClaimIssued(house, account; amount, owed);
    HouseClaimPaid(house, account; amount, owed);
    ClaimCancelled(account, number;);
    AccountDefaulted(account, number; slot, requirement, required, posted, owed);
    DisputeOpened(account, dispute; subject, amount, history, slot, requirement, cumulativeVariation, until, stake, agentStake, houseStake, owedStake);
    DisputeFound(account, dispute; found, steps);
    DisputeExtended(account, dispute; until);
    DisputeRuled(account, dispute; ruling, found, winner, stakes);
    RequirementCorrected(account; requirement);
    BookCorrected(account; root, history);
    VariationCorrected(account; cumulativeVariation, paid);
    HouseDefaulted(house, account; owed);
    HouseCured(house;);
    Probed(token; frozen, from, until, used);
    BoundsSet(; settleWithin, stakePpm, leastStake);
    Recalled(account, token; at);
    Transferred(account, toAccount, token; amount, stressedLots);
    Reconciled(token; held, totalLots, ratio);
    PaidProRata(token, to; amount, paid);
    Migrated(account, successor; agreementHash, history, sequence, requirement, cumulativeVariation, slot, asOf);
    Paused(; by);
    Unpaused(; by);
}

#[cfg(test)]
mod tests;
