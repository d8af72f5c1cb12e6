//! Prices and eligibility: reporters, listed assets, participants, the first round.
use crate::config::{TCASH, USDC, USDE};
use crate::net::Net;
use abi::oracle::PriceOracle::setReportersCall;
use abi::oracle::{Reporter, ReporterSet};
use abi::registry::EligibilityRegistry::{listAssetCall, setParticipantCall};
use abi::registry::{AssetTerms, role};
use alloy::primitives::{B256, FixedBytes};
use anyhow::{Context, Result};
use chain::deployment::PartyRecord;
use reporter::{Poster, Quote, Quotes, Source, Sources, feed};
use std::collections::BTreeMap;

/// Haircuts and limits of one asset, ppm.
struct Listing {
    symbol: &'static str,
    base: u32,
    floor: u32,
    cap: u32,
    dispersion_slope: u32,
    concentration: u32,
}

const LISTINGS: [Listing; 3] = [
    Listing {
        symbol: USDC,
        base: 5_000,
        floor: 2_500,
        cap: 200_000,
        dispersion_slope: 250_000,
        concentration: 1_000_000,
    },
    Listing {
        symbol: USDE,
        base: 40_000,
        floor: 20_000,
        cap: 600_000,
        dispersion_slope: 500_000,
        concentration: 600_000,
    },
    Listing {
        symbol: TCASH,
        base: 10_000,
        floor: 5_000,
        cap: 300_000,
        dispersion_slope: 250_000,
        concentration: 1_000_000,
    },
];

impl Net {
    /// Five reporters of five sources; three must agree within 2 %.
    pub fn reporter_set(&self) -> ReporterSet {
        let reporters = self.actors.reporters.iter().zip(1u16..);
        let reporters = reporters.map(|(actor, group)| Reporter { signer: actor.address(), group }).collect();
        ReporterSet { quorum: 3, bandPpm: 20_000, maxAgeSlots: 6, reporters }
    }

    /// Gives the oracle [`Self::reporter_set`].
    ///
    /// # Errors
    /// The oracle is not deployed, or the transaction fails.
    pub async fn set_reporters(&self) -> Result<()> {
        let set = self.reporter_set();
        self.send(&self.actors.operator, self.deployment.oracle()?, setReportersCall { set }).await?;
        Ok(())
    }

    /// Lists the tokens; their indices go into the deployment.
    ///
    /// # Errors
    /// Registry or a token is not deployed, or the registry refuses an asset.
    pub async fn list_assets(&mut self) -> Result<()> {
        for (index, listing) in LISTINGS.iter().enumerate() {
            let terms = self.asset_terms(listing)?;
            self.send(&self.actors.operator, self.deployment.registry()?, listAssetCall { terms }).await?;
            let token = self.deployment.tokens.get_mut(listing.symbol).context("token is not deployed")?;
            token.index = u8::try_from(index)?;
        }
        Ok(())
    }

    fn asset_terms(&self, listing: &Listing) -> Result<AssetTerms> {
        let token = self.deployment.token(listing.symbol)?;
        Ok(AssetTerms {
            token: token.address,
            class: token.class,
            decimals: token.decimals,
            feed: feed::feed(&token.feed)?,
            baseHaircut: listing.base,
            floor: listing.floor,
            cap: listing.cap,
            deviationSlope: 1_000_000,
            dispersionSlope: listing.dispersion_slope,
            confidenceSlope: 100_000,
            concentrationLimit: listing.concentration,
            priceCap: abi::registry::class::PAR,
        })
    }

    /// Identity and roles of venues, secured party and agent.
    ///
    /// # Errors
    /// The registry is not deployed, or a transaction fails.
    pub async fn set_participants(&mut self) -> Result<()> {
        let actors = self.actors.clone();
        let venues = actors.venue.iter().map(|venue| (venue, role::VENUE));
        let house = [(&actors.secured_party, role::SECURED_PARTY), (&actors.agent, role::CALCULATION_AGENT)];
        for (actor, roles) in venues.chain(house) {
            let lei = FixedBytes::from_slice(actor.lei().as_bytes());
            let call = setParticipantCall { participant: actor.address(), lei, roles };
            self.send(&actors.operator, self.deployment.registry()?, call).await?;
        }
        for actor in actors.all() {
            let party = PartyRecord { address: actor.address(), role: actor.role.to_owned(), lei: actor.lei() };
            self.deployment.parties.insert(actor.name.clone(), party);
        }
        Ok(())
    }

    /// Posts rounds as the operator, signed by sources named `reporter-0` to `reporter-4`.
    ///
    /// # Errors
    /// Oracle or registry is not deployed, or the node does not answer.
    pub async fn poster(&self) -> Result<Poster> {
        self.poster_of(&self.actors.reporters.each_ref().map(|actor| actor.name.as_str())).await
    }

    /// The same with names of one's own for the five sources, in the set's order.
    ///
    /// # Errors
    /// As [`Self::poster`].
    pub async fn poster_of(&self, names: &[&str; 5]) -> Result<Poster> {
        let source =
            |(actor, name): (&crate::Actor, &&str)| Source { name: (*name).to_owned(), key: actor.key.clone() };
        let sources = self.actors.reporters.iter().zip(names).map(source).collect();
        let sources = Sources::new(self.reporter_set(), sources)?;
        Poster::new(self.provider.clone(), &self.deployment, self.actors.operator.address(), sources).await
    }

    /// One round of constant prices in the latest block's slot.
    ///
    /// # Errors
    /// A name or price that is none, or the oracle refuses the round.
    pub async fn post_prices(&self, prices: &[(&str, &str)]) -> Result<()> {
        let poster = self.poster().await?;
        let slot = abi::slot_at(poster.chain_time().await?);
        poster.post(slot, &constant_quotes(prices)?).await?;
        Ok(())
    }
}

/// The quotes of a round in which every source says the same, by feed; `prices` are names and decimal USD.
///
/// # Errors
/// A feed's name that is not 1 to 32 printable ASCII characters, or a price that is no decimal number above 0.
pub fn constant_quotes(prices: &[(&str, &str)]) -> Result<BTreeMap<B256, Quotes>> {
    let quotes = |(name, price): &(&str, &str)| {
        let quote = Quote::of(feed::price(price)?);
        Ok((feed::feed(name)?, [(reporter::round::EVERY_SOURCE.to_owned(), quote)].into()))
    };
    prices.iter().map(quotes).collect()
}
