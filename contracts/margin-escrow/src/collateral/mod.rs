//! Collateral: what comes in, moves, counts and leaves.
//!
//! * Inventory: `deposit…`, `withdraw`: [`inventory`]; `withdrawTo`, of a house too: [`withdrawal`]. Pledges from a wallet: `pledge…`: [`mod@pledge`].
//! * A pledgor's instruction: `execute`, `executeWithConsent`: [`instruct`], with [`release`], [`substitute`] and [`transfer`].
//! * `recall`: [`mod@recall`]; `reconcile`: [`mod@reconcile`]; `probe`: [`mod@probe`]; views: [`view`]. [`token`] moves tokens, and nothing else does.
//! * Errors: of tokens (`TokenCallFailed`, `TransferMismatch`, `NotWholeLots`), of what is there (`InventoryShort`, `BalanceShort`,
//!   `AssetImpaired`, `CustodyShort`), of what may leave (`MarginShort`, `InChallengeWindow`, `SubstitutionWeakens`, …).
//! * Arithmetic: `csa::posting` for value and credit, `csa::custody` for shares, `csa::window` for what may leave yet.
mod instruct;
mod inventory;
mod pledge;
mod probe;
mod recall;
mod reconcile;
pub mod release;
pub mod substitute;
pub mod token;
mod transfer;
pub mod view;
mod withdrawal;

pub use instruct::{execute, execute_with_consent};
pub use inventory::{deposit, deposit_with_authorization, deposit_with_permit, deposit_with_signed_permit, withdraw};
pub use pledge::{pledge, pledge_with_authorization, pledge_with_permit, pledge_with_signed_permit};
pub use probe::probe;
pub use recall::recall;
pub use reconcile::reconcile;
pub use withdrawal::withdraw_to;
