//! The pages say what there is: links lead somewhere, rules name tests that exist, figures are those of the snapshots.
mod documents {
    mod contracts;
    mod links;
    mod page;
    mod readme;
    mod rules;
}
