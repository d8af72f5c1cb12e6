//! Gas of the hot path against the committed snapshot and the design's budgets, and of every other entry that writes.
//!
//! Execution gas with the intrinsic part and calldata, programs cached unless it says otherwise, slots already non-zero where
//! that is the usual case, the parent chain's data fee left out. `UPDATE_SNAPSHOTS=1 cargo test --test gas` writes what it measures.
use alloy::primitives::B256;
use plumbline_tests::books::options;
use plumbline_tests::examiner::{Examiner, reveal};
use plumbline_tests::gas::{Costs, Figures, check, check_bytes, writers};
use plumbline_tests::verifier::{Verifier, pack};
use risk::Parameters;

#[test]
fn gas_is_that_of_the_snapshot() {
    let mut figures = Figures::default();
    let cached = Costs::new(true);
    let two = cached.settle(2, 1, false);
    let fill = marginal(cached.settle(2, 33, false), two, 32);
    figures.budgeted("settle_2_accounts_1_fill", two, 115_000);
    figures.budgeted("settle_marginal_fill", fill, 900);
    figures.budgeted(
        "settle_marginal_account",
        marginal(cached.settle(10, 16, false), cached.settle(2, 16, false), 8),
        30_000,
    );
    figures.budgeted("mark_marginal_account", marginal(cached.mark(10, false), cached.mark(2, false), 8), 30_000);
    figures.budgeted("price_round_5_signers", cached.price_round(), 57_600);

    figures.budgeted("settle_2_accounts_1_fill_with_moves", cached.settle(2, 1, true), 135_000);
    let with_moves = marginal(cached.settle(10, 16, true), cached.settle(2, 16, true), 8);
    figures.budgeted("settle_marginal_account_with_move", with_moves, 42_000);
    figures.budgeted(
        "mark_marginal_account_with_claim",
        marginal(cached.mark(10, true), cached.mark(2, true), 8),
        37_000,
    );
    let topped_up = marginal(cached.mark_topped_up(10), cached.mark_topped_up(2), 8);
    figures.budgeted("mark_marginal_account_top_up", topped_up, 42_000);
    figures.budgeted("standing_substitution", cached.standing_substitution(), 110_000);
    figures.measured("mark_2_accounts", cached.mark(2, false));
    figures.budgeted("slot_9_feeds_5_reporters", cached.slot(9).gas, 220_000);
    figures.measured("registry_sync_3_assets", cached.sync());
    figures.measured("pledge_that_satisfies_a_claim", cached.pledge());
    let uncached = Costs::new(false);
    figures.measured("settle_2_accounts_1_fill_uncached", uncached.settle(2, 1, false));
    figures.entries(cached.entries(), &uncached.entries());
    verifier(&mut figures);
    check(&figures);
}

#[test]
fn bytes_are_those_of_the_snapshot() {
    check_bytes(&Costs::new(true).bytes());
}

#[test]
fn every_entry_that_writes_has_a_snapshot() {
    let measured = Costs::new(true).entries();
    let functions: Vec<_> = measured.keys().filter_map(|entry| entry.split('/').next()).collect();
    let missing: Vec<_> = writers().into_iter().filter(|name| !functions.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "measured by none of tests/src/gas/entries: {missing:?}");
}

/// Options × the 33 scenarios of the reference set, book, marks and parameters in calldata.
fn verifier(figures: &mut Figures) {
    let (verifier, parameters) = (Verifier::deploy(), Parameters::default());
    let gas = |count| {
        let (book, marks) = options(count);
        verifier.gas(&pack(&book, &marks, &parameters))
    };
    figures.measured("evaluate_1_option", gas(1));
    figures.measured("evaluate_8_options", gas(8));
    figures.measured("evaluate_32_options", gas(32));
    figures.budgeted("evaluate_64_options", gas(64), 200_000);
    let (book, marks) = options(64);
    let shown = reveal(&book, &book, &marks, &parameters, B256::ZERO);
    figures.measured("examine_64_options", Examiner::deploy().gas(&shown));
}

fn marginal(many: u64, few: u64, more: u64) -> u64 {
    (many - few).div_ceil(more)
}
