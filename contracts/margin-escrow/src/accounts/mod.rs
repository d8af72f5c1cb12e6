//! Margin accounts: what both parties signed, what a venue may bind them to, and how one leaves.
//!
//! * `openAccount`: [`open`]; `registerMandate`, `revokeMandate`, `allowPledges`: [`mandate`]; `migrate`: [`mod@migrate`]; views: [`view`].
//! * Errors: `AgreementAlreadyOpen`, `InvalidTerms`, `MissingRole`, `VenueIsAgent`, `VenueRefusesAsset`, `NoMandate`, `ClaimOpen`,
//!   `HouseOwes`, `MigrationRefused`, and those of signatures and nonces.
//! * Arithmetic: the widths of terms and mandates in `escrow_ledger::storage`; signatures in `escrow_ledger::authority`.
mod mandate;
mod migrate;
mod open;
pub mod view;

pub use mandate::{allow_pledges, register as register_mandate, revoke as revoke_mandate};
pub use migrate::migrate;
pub use open::open_account;
