//! Agreements and mandates, signed by those whom they bind.
use crate::actors::Actor;
use crate::config::{TCASH, Terms, USDC, USDE};
use crate::net::Net;
use abi::escrow::MarginEscrow::{AccountOpened, openAccountCall, registerMandateCall};
use abi::types::{Agreement, Mandate, TopUpLimit};
use alloy::primitives::{Address, keccak256};
use alloy::sol_types::SolEvent;
use anyhow::{Context, Result};

const MICRO: u64 = 1_000_000;
const DAY: u64 = 86_400;
const YEAR: u64 = 365 * DAY;

impl Net {
    /// One account for each desk, each with a mandate for each venue.
    ///
    /// # Errors
    /// The contracts are not deployed, a desk has an account already, or a transaction fails.
    pub async fn open_accounts(&mut self, terms: &Terms) -> Result<()> {
        for desk in self.actors.desk.clone() {
            let agreement = self.agreement(&desk, terms).await?;
            let account = self.open_account(&desk, agreement).await?;
            self.deployment.accounts.insert(desk.name.clone(), account);
            for (nonce, venue) in self.actors.venue.clone().iter().enumerate() {
                let mandate = self.mandate(account, venue, terms, nonce as u64).await?;
                self.register_mandate(&desk, mandate).await?;
            }
        }
        Ok(())
    }

    /// The agreement between a desk and the secured party, not yet signed: for a day of chain time it opens the account.
    ///
    /// # Errors
    /// USDC is not deployed, or the node does not answer.
    pub async fn agreement(&self, desk: &Actor, terms: &Terms) -> Result<Agreement> {
        let eligible = self.deployment.tokens.values().fold(0, |bits, token| bits | 1u16 << token.index);
        Ok(Agreement {
            pledgor: desk.address(),
            securedParty: self.actors.secured_party.address(),
            agent: self.actors.agent.address(),
            secondAgent: Address::ZERO,
            defaultManager: self.actors.default_manager.address(),
            settlementToken: self.deployment.token(USDC)?.address,
            parametersHash: risk::Parameters::default().version_hash(),
            threshold: terms.threshold * MICRO,
            independentAmount: terms.independent_amount * MICRO,
            minimumTransferAmount: terms.minimum_transfer_amount * MICRO,
            variationCap: terms.variation_cap * MICRO,
            resolutionTime: terms.resolution_time,
            lateInterest: terms.late_interest,
            eligibleAssets: eligible,
            documentHash: keccak256("Plumbline test agreement"),
            validUntil: self.time().await? + DAY,
        })
    }

    /// Both parties sign; the operator submits. Returns the account's number.
    ///
    /// # Errors
    /// The escrow is not deployed, or it refuses: the reason is in the error.
    pub async fn open_account(&self, desk: &Actor, agreement: Agreement) -> Result<u64> {
        let digest = self.escrow_domain()?.agreement(&agreement);
        let pledgor = desk.sign(digest).to_vec().into();
        let secured = self.actors.secured_party.sign(digest).to_vec().into();
        let call = openAccountCall { agreement, pledgorSignature: pledgor, securedPartySignature: secured };
        let receipt = self.send(&self.actors.operator, self.deployment.escrow()?, call).await?;
        let opened = receipt.logs().iter().find_map(|log| AccountOpened::decode_log(&log.inner).ok());
        Ok(opened.with_context(|| format!("openAccount of {} left no AccountOpened event", desk.name))?.account)
    }

    /// A mandate for a venue, valid for a year of chain time, not yet signed.
    ///
    /// # Errors
    /// A token of the limits is not deployed, or the node does not answer.
    pub async fn mandate(&self, account: u64, venue: &Actor, terms: &Terms, nonce: u64) -> Result<Mandate> {
        let limit = |(symbol, whole): (&str, u64)| -> Result<TopUpLimit> {
            Ok(TopUpLimit {
                token: self.deployment.token(symbol)?.address,
                amount: self.units(symbol, whole)?.to::<u128>(),
            })
        };
        let limits = [USDC, USDE, TCASH].into_iter().zip(terms.top_up).filter(|(_, whole)| *whole > 0);
        Ok(Mandate {
            account,
            venue: venue.address(),
            requirementCap: terms.requirement_cap * MICRO,
            fillVariationCap: terms.fill_variation_cap * MICRO,
            topUpLimits: limits.map(limit).collect::<Result<_>>()?,
            validUntil: self.time().await? + YEAR,
            nonce,
        })
    }

    /// The desk signs; the operator submits.
    ///
    /// # Errors
    /// The escrow is not deployed, or it refuses: the reason is in the error.
    pub async fn register_mandate(&self, desk: &Actor, mandate: Mandate) -> Result<()> {
        let signature = desk.sign(self.escrow_domain()?.mandate(&mandate)).to_vec().into();
        self.send(&self.actors.operator, self.deployment.escrow()?, registerMandateCall { mandate, signature }).await?;
        Ok(())
    }
}
