//! Each check of `settle`, broken alone, in the order of the architecture page.
mod settle_reverts {
    mod batches;
    mod calldata;
    mod ledger;
    mod mandates;
    mod margin;
    mod set;
    mod signatures;
    mod times;
}
