//! Submit: from calldata to the chain, several transactions at a time.
//!
//! ```text
//! simulated ──refused──▶ a revert action: an offender is left out, or back off
//!     │       ──too large──▶ less of it
//!     │ passes, or builds on what is in flight   (a key that cannot pay asks no agent and signs nothing)
//! asked      ──not signed──▶ what the agents name waits; an earlier set of theirs goes first
//!     │ signed by the house's agents
//! intended   journaled with nonce, hash and raw bytes before anything is sent
//!     │ sent
//! in flight ──a receipt of status 0──▶ reverted: its fills queue again
//!     │     ──refused, and no block has it──▶ gone: its fills queue again
//!     │     ──no receipt for long──▶ signed again with the same nonce for a higher fee
//!     │ an absorbed block has its events
//! included   its fills are settled
//! ```
//! A process that dies anywhere leaves either nothing or intents. The next one asks the chain what became of each, and sends the
//! same bytes again where it knows nothing: one nonce, so one of them at most.
//!
//! What the node says about a nonce or a refusal is not enough: it may have taken the transaction and lost the answer, or have no
//! receipt yet. The blocks absorbed decide.
mod ask;
mod call;
mod conclude;
mod cost;
mod dispatch;
mod sender;

pub use call::{Call, Dispatch, Outcome, Unsigned, notes};
pub use sender::Sender;

use crate::agents::Agents;
use crate::error::EngineError;
use crate::hub::Hub;
use crate::journal::OpenBundle;
use crate::state::Flight;
use crate::state::flights::{Copy, Progress};
use alloy::primitives::{Address, B256};
use chain::intent::Sent;
use conclude::LAST_LOOK;
use cost::Paid;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// What the tasks that talk to the node bring back.
enum Heard {
    Sent(B256, Sent),
    Paid(Paid),
}

/// Sends, and follows up what was sent.
pub struct Submitter {
    pub sender: Sender,
    agents: Agents,
    ears: mpsc::UnboundedReceiver<Heard>,
    tell: mpsc::UnboundedSender<Heard>,
    /// Heard and not looked at yet.
    news: VecDeque<Heard>,
    /// The nonce here is not the chain's: nothing is sent until it is taken from there.
    off_count: bool,
    /// When the key's balance was last read for the operator.
    looked: Option<Instant>,
}

/// Between two looks at what the key holds.
const BALANCE: Duration = Duration::from_secs(30);

impl Submitter {
    pub fn new(sender: Sender, agents: Agents) -> Self {
        let (tell, ears) = mpsc::unbounded_channel();
        Self { sender, agents, ears, tell, news: VecDeque::new(), off_count: true, looked: None }
    }

    /// Waits until the node has said something about a transaction.
    pub async fn listen(&mut self) {
        match self.ears.recv().await {
            Some(heard) => self.news.push_back(heard),
            None => std::future::pending().await,
        }
    }

    /// Takes over what an earlier process, or this one before the chain went back, has in flight.
    pub fn adopt(&mut self, hub: &mut Hub, open: &[OpenBundle]) {
        self.off_count = true;
        for bundle in open {
            tracing::info!(bundle = bundle.id, tx = %bundle.tx, nonce = bundle.nonce, "an intent without outcome");
            let copy = Copy { bundle: bundle.id, tx: bundle.tx, raw: bundle.raw.clone(), max_fee: u128::MAX };
            if let Some(flight) = hub.flights.iter_mut().find(|flight| flight.nonce == bundle.nonce) {
                flight.copies.push(copy);
                continue;
            }
            let mut progress = Progress::new(LAST_LOOK);
            progress.said = Some(Sent::Unknown("not asked yet".to_owned()));
            hub.flights.push(Flight {
                kind: bundle.kind,
                digest: Default::default(),
                nonce: bundle.nonce,
                copies: vec![copy],
                house: bundle.house,
                venue: Address::ZERO,
                prices: Arc::new(bundle.prices.clone()),
                accounts: Default::default(),
                house_after: None,
                fills: Vec::new(),
                count: bundle.fills,
                calldata: Vec::new(),
                bytes: bundle.bytes,
                gas_limit: 0,
                inherited: true,
                landed: None,
                progress,
            });
        }
    }

    /// Sends what was adopted again, in the order of nonces.
    pub fn resend_adopted(&self, hub: &mut Hub) {
        let mut letters = Vec::new();
        for flight in hub.flights.iter_mut().filter(|flight| flight.inherited) {
            flight.progress.said = None;
            letters.extend(flight.copies.iter().map(|copy| (copy.tx, copy.raw.clone())));
        }
        self.post(hub, letters);
    }

    /// Sends bytes one after the other while the engine goes on. Nothing goes out once the lease has run out: a process that stood
    /// still finds that out here.
    fn post(&self, hub: &Hub, letters: Vec<(B256, Vec<u8>)>) {
        let (provider, tell, journal) = (self.sender.provider().clone(), self.tell.clone(), hub.journal.clone());
        tokio::spawn(async move {
            for (tx, raw) in letters {
                let sent = if journal.leads_still() {
                    chain::intent::send_raw(&provider, &raw).await
                } else {
                    Sent::Unknown("the lease has run out".to_owned())
                };
                // Nobody listens any more where the process ends.
                let _ = tell.send(Heard::Sent(tx, sent));
            }
        });
    }

    /// Tells the operator now and then what the key holds.
    pub async fn watch_balance(&mut self, hub: &Hub) {
        if self.looked.is_some_and(|looked| looked.elapsed() < BALANCE) {
            return;
        }
        self.looked = Some(Instant::now());
        match self.sender.holds().await {
            Ok(balance) => hub.pulse.holds(balance),
            Err(error) => tracing::debug!(%error, "no answer about the key's balance"),
        }
    }

    /// Takes the nonce from the chain, where nothing is in flight.
    pub async fn count_again(&mut self, hub: &Hub) -> Result<bool, EngineError> {
        if self.off_count && hub.flights.is_empty() {
            self.sender.refresh_nonce().await?;
            self.off_count = false;
        }
        Ok(!self.off_count)
    }
}
