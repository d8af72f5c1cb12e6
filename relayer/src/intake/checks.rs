//! What a batch must be beyond its shape: by the venue, between accounts that exist.
use super::Intake;
use crate::config::Config;
use crate::http::problem::{FieldError, Problem};
use crate::state::fill::{Batch, Fill};
use crate::state::ledger::House;
use crate::state::ledger::prices::feed_name;
use std::collections::BTreeSet;

/// How far a venue's clock may be ahead of ours, seconds.
const AHEAD: u64 = 15;

/// Whether the agents of a house can be asked, under parameters that are computed with here.
pub fn serves(config: &Config, house: &House) -> bool {
    config.agents.sign_for(house) && house.parameters_hash == config.risk.parameters.version_hash()
}

impl Intake {
    pub(super) async fn check(&self, batch: &Batch) -> Result<(), Problem> {
        self.check_signature(batch)?;
        self.check_venue(batch)?;
        self.check_accounts(batch)?;
        match self.check_time(batch) {
            Ok(()) => self.check_marks(batch)?,
            // Sent again for a journal that lost it: time and marks are the past's.
            Err(late) => self.check_settled(batch, late).await?,
        }
        self.check_first(batch).await
    }

    fn check_signature(&self, batch: &Batch) -> Result<(), Problem> {
        let digest = self.domain.batch(&batch.typed_data());
        let signer = chain::sign::recover(digest, &batch.signature);
        if signer == Some(batch.venue) {
            return Ok(());
        }
        let signer = signer.map_or("nobody".to_owned(), |signer| signer.to_string());
        Err(Problem::forbidden("invalid-signature", "Not the venue's signature")
            .detail(format!(
                "the signature over FillBatch (digest {digest}) is {signer}'s, venue is {}; check the EIP-712 domain \
                 (chain {}, escrow {}) and the fills' encoding",
                batch.venue, self.config.contracts.chain_id, self.config.contracts.escrow
            ))
            .field("/signature"))
    }

    fn check_venue(&self, batch: &Batch) -> Result<(), Problem> {
        let venue = batch.venue;
        if self.world.read().knows_venue(venue) {
            return Ok(());
        }
        Err(Problem::forbidden("unknown-venue", "Unknown venue")
            .detail(format!("{venue} has no role VENUE at the eligibility-registry and no account's mandate"))
            .field("/venue"))
    }

    fn check_accounts(&self, batch: &Batch) -> Result<(), Problem> {
        // Once for all fills: it hashes the risk parameters.
        let served: BTreeSet<u32> = {
            let world = self.world.read();
            world.ledger.houses.values().filter(|house| serves(&self.config, house)).map(|house| house.id).collect()
        };
        let wrong = batch.fills.iter().enumerate().flat_map(|(place, fill)| self.wrong_accounts(place, fill, &served));
        let wrong: Vec<FieldError> = wrong.collect();
        if wrong.is_empty() {
            return Ok(());
        }
        Err(Problem::unprocessable("unknown-account", "An account cannot take the fill")
            .detail("an account does not exist, or its house is not served here; see errors")
            .errors(wrong))
    }

    fn wrong_accounts(&self, place: usize, fill: &Fill, served: &BTreeSet<u32>) -> Vec<FieldError> {
        let world = self.world.read();
        let house = |account: u64| world.ledger.house_of(account);
        let sides = [("buyerAccount", fill.buyer), ("sellerAccount", fill.seller)];
        let mut wrong: Vec<FieldError> = sides
            .into_iter()
            .filter_map(|(field, account)| {
                let detail = match house(account) {
                    None => format!("account {account} is not open at this escrow"),
                    Some(house) if !served.contains(&house.id) => {
                        format!(
                            "account {account} is of house {}, whose agent or parameters are not served here",
                            house.id
                        )
                    }
                    Some(_) => return None,
                };
                Some(FieldError { pointer: format!("/fills/{place}/{field}"), detail })
            })
            .collect();
        let houses = (house(fill.buyer).map(|house| house.id), house(fill.seller).map(|house| house.id));
        if wrong.is_empty() && houses.0 != houses.1 {
            let detail = "buyer and seller belong to different houses; a bundle has one".to_owned();
            wrong.push(FieldError { pointer: format!("/fills/{place}/sellerAccount"), detail });
        }
        wrong
    }

    /// The newest block's time is behind the next one's, so what is late now is late for certain. What is matched later than
    /// any clock says was not matched yet, or in another unit.
    fn check_time(&self, batch: &Batch) -> Result<(), Problem> {
        let (now, latest, within) = {
            let world = self.world.read();
            let latest = world.latest_time().saturating_add(AHEAD);
            (
                world.ledger.head.timestamp.saturating_mul(1_000),
                latest.saturating_mul(1_000),
                world.ledger.settle_within,
            )
        };
        let wrong = batch.fills.iter().enumerate().filter_map(|(place, fill)| {
            let (field, detail) = if fill.settles_by(within) < now {
                let ended = fill.settles_by(within);
                let detail = format!(
                    "{ended} has passed, the earlier of settleBy and {within} s after matchedAt: the chain is at {now}"
                );
                ("settleBy", detail)
            } else if fill.matched_at > latest {
                let detail = format!(
                    "{} lies ahead: milliseconds since 1970 are expected, at most {latest} now",
                    fill.matched_at
                );
                ("matchedAt", detail)
            } else {
                return None;
            };
            Some(FieldError { pointer: format!("/fills/{place}/{field}"), detail })
        });
        let wrong: Vec<FieldError> = wrong.collect();
        if wrong.is_empty() { Ok(()) } else { Err(Problem::invalid_fields(wrong)) }
    }

    /// What is late is taken where the chain has it already.
    async fn check_settled(&self, batch: &Batch, late: Problem) -> Result<(), Problem> {
        if !self.journal.knows_venue(batch.venue).await? {
            return Err(late);
        }
        for sequence in [batch.first_sequence, batch.next_sequence().saturating_sub(1)] {
            if !self.reader.sequence_applied(batch.venue, sequence).await? {
                return Err(late);
            }
        }
        Ok(())
    }

    /// A dated instrument needs forward, rate and volatilities now; without them the fill would only wait.
    fn check_marks(&self, batch: &Batch) -> Result<(), Problem> {
        let missing: Vec<FieldError> =
            batch.fills.iter().enumerate().filter_map(|(place, fill)| self.missing_mark(place, fill)).collect();
        if missing.is_empty() { Ok(()) } else { Err(Problem::marks_stale(missing)) }
    }

    fn missing_mark(&self, place: usize, fill: &Fill) -> Option<FieldError> {
        let instrument = fill.instrument;
        let listed = self.config.risk.listed(&instrument).ok().flatten()?;
        let world = self.world.read();
        let held = world.ledger.prices.holding(abi::slot_at(world.ledger.head.timestamp));
        let silent = listed.feeds(instrument.underlying).find(|feed| !held.feeds.contains_key(feed))?;
        let detail = format!(
            "{instrument}: feed {} of expiry {} has no price in slot {} or the {} before it; have the reporters post it",
            feed_name(silent),
            listed.expiry,
            held.slot,
            abi::escrow::FRESH_SLOTS
        );
        Some(FieldError { pointer: format!("/fills/{place}/instrument"), detail })
    }

    /// A venue new to the journal may have settled through another relayer.
    async fn check_first(&self, batch: &Batch) -> Result<(), Problem> {
        if self.journal.knows_venue(batch.venue).await? {
            return Ok(());
        }
        let last = batch.next_sequence().saturating_sub(1);
        for sequence in [batch.first_sequence, last] {
            if self.reader.sequence_applied(batch.venue, sequence).await? {
                return Err(Problem::conflict("sequence-replayed", "Sequence already settled on chain")
                    .detail(format!("the escrow applied sequence {sequence} of {} before", batch.venue))
                    .field("/firstSequence"));
            }
        }
        Ok(())
    }
}
