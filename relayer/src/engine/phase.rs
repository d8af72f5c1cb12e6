//! What the engine does next, and why.
//!
//! ```text
//! TakeIn ─▶ TakeBack ─▶ Follow ─▶ Conclude ─▶ SetAside ─▶ Expire ─▶ Overdue ─▶ Serve ─▶ Idle ─▶ Rest ─▶ TakeIn
//!    │         ▲           │                               │                  ▲ │
//!    ▼         │           │                               └─▶ Rest           └─┘ as long as there is something to send
//! TakeOver ────┘ ◀─────────┘ the chain went back               (paused, held, the node lags, nonces unknown, no lease)
//! ```

/// One step of a turn. Every error ends the turn; the next one begins at [`Phase::TakeIn`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Accepted batches are queued: the journal has them already, so they may be sent.
    TakeIn,
    /// What is in memory does not hold: a start, the chain went back, or this relayer begins or ceases to lead. Everything is taken over from journal and chain before
    /// anything is built on it.
    TakeOver,
    /// Fills that their venues cancel are taken back, but for those in flight. It comes before the node is asked: it is done
    /// while none answers, too.
    TakeBack,
    /// New blocks are absorbed: what is planned next is planned on the newest of them. A relayer that does not lead ends its turn
    /// here: it knows what it is asked for, writes and sends nothing.
    Follow,
    /// Transactions that are over leave the flights, and their lanes hear of it. It comes right after following, since blocks
    /// decide what became of a transaction, and before planning, which builds on what is left in flight.
    Conclude,
    /// Fills whose time is over leave the queue: no later block can settle them.
    SetAside,
    /// Expired positions leave their books, before anything else: their accounts are in no other set until then.
    Expire,
    /// Lapses that have waited too long already go before bundles, so that they have their share.
    Overdue,
    /// Marks and bundles take turns, as many as may be in flight; each bundle is the house's and venue's whose turn it is.
    Serve(Turn),
    /// Nothing is to settle: what gathered for a lapse goes now.
    Idle,
    /// Until a batch comes, the node says something, or it is time to look again.
    Rest,
}

/// Whose turn it is where both have something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Mark,
    Settle,
}

impl Turn {
    pub const fn other(self) -> Self {
        match self {
            Self::Mark => Self::Settle,
            Self::Settle => Self::Mark,
        }
    }
}
