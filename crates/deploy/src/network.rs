//! `deployments/networks/<name>.toml`: the chain, its governance and what is configured at the start.
use abi::oracle::{Reporter, ReporterSet};
use abi::registry::{AssetTerms, class, role};
use alloy::primitives::{Address, B256, FixedBytes};
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Chains on which tokens are worth something.
const MAINNETS: [(u64, &str); 6] = [
    (1, "Ethereum"),
    (10, "OP"),
    (8_453, "Base"),
    (42_161, "Arbitrum One"),
    (42_170, "Arbitrum Nova"),
    (660_279, "Xai"),
];

/// A network file; `deployments/networks/arbitrum-sepolia.toml` shows every field. Ratios are parts per million.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Of the chain that is meant; a node of another one is refused.
    pub chain_id: u64,
    /// HTTP or WebSocket.
    pub rpc_url: String,
    /// Base URL of a block explorer, for the links that are printed.
    pub explorer: Option<String>,
    /// Who governs oracle and registry once they are handed over.
    pub governance: Governance,
    /// Most wei to bid for a place in the program cache, each contract; what costs more is left out.
    #[serde(default)]
    pub max_cache_bid: u64,
    /// The oracle's reporters; without them nobody can report, until the governor names some.
    pub oracle: Option<Oracle>,
    /// A feed of the sequencer's uptime that contracts may read; without one no outage extends deadlines.
    pub uptime_feed: Option<Address>,
    /// The registry's assets, in the order in which they are listed.
    #[serde(default, rename = "asset")]
    pub assets: Vec<Asset>,
    /// Who gets a role in the registry.
    #[serde(default, rename = "participant")]
    pub participants: Vec<Participant>,
}

/// Either an existing governor (a Safe, say), or a timelock that is deployed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Governance {
    /// The existing governor.
    pub governor: Option<Address>,
    /// Seconds between a decision and its execution.
    pub timelock_delay: Option<u64>,
    /// Who may decide; the deployer where empty.
    #[serde(default)]
    pub proposers: Vec<Address>,
    /// Who may execute what is due; anyone where empty.
    #[serde(default)]
    pub executors: Vec<Address>,
    /// May tighten haircuts, suspend assets and wind them down, alone and at once.
    pub guardian: Option<Address>,
    /// May stop settlement and releases, alone and at once.
    pub pauser: Option<Address>,
}

/// The oracle's first reporter set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oracle {
    /// Votes of source groups that must remain after outliers are dropped.
    pub quorum: u8,
    /// A report further than this from the median is dropped; parts per million.
    pub band_ppm: u32,
    /// How many slots of 10 s a report's slot may lie in the past.
    pub max_age_slots: u16,
    /// All different; the oracle takes 32 at most.
    #[serde(rename = "reporter")]
    pub reporters: Vec<OracleReporter>,
}

/// Who signs prices, and for which source.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OracleReporter {
    /// Address of its key.
    pub signer: Address,
    /// Reporters of one source share a group, and its vote.
    pub group: u16,
}

/// A token as the registry lists it. Ratios are parts per million.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Name in the record.
    pub symbol: String,
    /// The token's contract.
    pub token: Address,
    /// Which rules apply to it.
    pub class: Class,
    /// The token's own; the registry asks the token and refuses another number.
    pub decimals: u8,
    /// Name of the price feed, `USDC-USD`.
    pub feed: String,
    /// Haircut in calm markets, to which it decays.
    pub base_haircut_ppm: u32,
    /// Least haircut.
    pub floor_ppm: u32,
    /// Largest haircut.
    pub cap_ppm: u32,
    /// Haircut at a price of 0 over that at par, in proportion between: ppm × (1 − price). 0 for a fund's shares.
    pub deviation_slope_ppm: u32,
    /// Haircut for what sources differ: ppm × dispersion.
    pub dispersion_slope_ppm: u32,
    /// Haircut for what sources are unsure of: ppm × (1 − confidence).
    pub confidence_slope_ppm: u32,
    /// Largest part of a requirement that it may cover.
    pub concentration_limit_ppm: u32,
    /// Of a fund's shares: the most that one counts for before its haircut, in cents of a USD. 100, 1 USD, of everything else.
    #[serde(default = "par")]
    pub price_cap_cents: u32,
}

const fn par() -> u32 {
    class::PAR
}

/// The registry's classes of assets ([`abi::registry::class`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Counts for 1 USD at most; variation is settled in no other class.
    Stablecoin = 1,
    /// Counts for 1 USD at most.
    TokenizedCash = 2,
    /// Shares of a fund whose price grows: they count up to `price_cap_cents`.
    FundShare = 3,
}

/// A party with its identity and its roles.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// By which the contracts know the party.
    pub address: Address,
    /// Legal entity identifier, 20 characters.
    pub lei: String,
    /// What it may do.
    pub roles: Vec<Role>,
}

/// The registry's roles ([`abi::registry::role`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Signs fills.
    Venue,
    /// Holds margin against desks.
    SecuredParty,
    /// Signs statements.
    CalculationAgent,
}

impl Network {
    /// Reads and checks a network file.
    ///
    /// # Errors
    /// No such file, or as [`Self::parse`]; the file is named.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("no network file {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("network file {}", path.display()))
    }

    /// Reads and checks the text of one.
    ///
    /// # Errors
    /// Not TOML, an unknown or missing field, or one that contradicts another: the field is named, and what it must be.
    pub fn parse(text: &str) -> Result<Self> {
        let network: Self = toml::from_str(text)?;
        network.validate()?;
        Ok(network)
    }

    /// The mainnet's name, if it is one.
    pub fn mainnet(&self) -> Option<&'static str> {
        MAINNETS.iter().find(|(id, _)| *id == self.chain_id).map(|(_, name)| *name)
    }

    fn validate(&self) -> Result<()> {
        match (self.governance.governor, self.governance.timelock_delay) {
            (Some(_), Some(_)) | (None, None) => {
                bail!("governance: give either `governor` or `timelock_delay`")
            }
            (Some(governor), None) => {
                ensure!(!governor.is_zero(), "governance.governor: the zero address governs nothing")
            }
            (None, Some(delay)) => ensure!(delay > 0, "governance.timelock_delay: 0 seconds is no delay"),
        }
        if let Some(oracle) = &self.oracle {
            let set = oracle.set();
            ensure!(abi::packed::reporter_set_hash(&set).is_some(), "oracle.reporter: more than 255 reporters");
            let mut groups: Vec<_> = oracle.reporters.iter().map(|reporter| reporter.group).collect();
            groups.sort_unstable();
            groups.dedup();
            let reachable = (1..=groups.len()).contains(&usize::from(oracle.quorum));
            ensure!(reachable, "oracle.quorum: {} of {} source groups can never agree", oracle.quorum, groups.len());
        }
        let venue = |signer: &Address| {
            self.participants.iter().any(|given| given.address == *signer && given.roles.contains(&Role::Venue))
        };
        let reporters = self.oracle.iter().flat_map(|oracle| &oracle.reporters);
        if let Some(reporter) = reporters.map(|reporter| &reporter.signer).find(|signer| venue(signer)) {
            bail!("oracle.reporter: {reporter} is a venue, and sources run by a venue never count");
        }
        once("oracle.reporter", self.oracle.iter().flat_map(|oracle| &oracle.reporters).map(|given| given.signer))?;
        once("asset", self.assets.iter().map(|asset| &asset.symbol))?;
        once("asset", self.assets.iter().map(|asset| asset.token))?;
        once("participant", self.participants.iter().map(|participant| participant.address))?;
        self.assets.iter().try_for_each(|asset| asset.terms().map(drop))?;
        self.participants.iter().try_for_each(|participant| participant.lei().map(drop))
    }
}

/// Refuses what a list says a second time, and names both places.
fn once<K: Ord + std::fmt::Display>(list: &str, items: impl Iterator<Item = K>) -> Result<()> {
    let mut places = BTreeMap::new();
    for (index, item) in items.enumerate() {
        if let Some(first) = places.get(&item) {
            bail!("{list}[{index}]: {item} stands already at {list}[{first}], counted from 0");
        }
        places.insert(item, index);
    }
    Ok(())
}

impl Oracle {
    /// As `setReporters` takes it.
    pub fn set(&self) -> ReporterSet {
        let reporter = |given: &OracleReporter| Reporter { signer: given.signer, group: given.group };
        let reporters = self.reporters.iter().map(reporter).collect();
        ReporterSet { quorum: self.quorum, bandPpm: self.band_ppm, maxAgeSlots: self.max_age_slots, reporters }
    }
}

impl Asset {
    /// As `listAsset` takes them.
    ///
    /// # Errors
    /// A feed's name that is empty, longer than 32 bytes or not ASCII; haircuts out of order; a price cap or slope that its class does not allow.
    pub fn terms(&self) -> Result<AssetTerms> {
        let Self { symbol, feed, .. } = self;
        ensure!(
            (1..=32).contains(&feed.len()) && feed.is_ascii(),
            "asset {symbol}: feed {feed:?} is not 1 to 32 ASCII characters"
        );
        let ordered = self.floor_ppm <= self.base_haircut_ppm && self.base_haircut_ppm <= self.cap_ppm;
        ensure!(ordered, "asset {symbol}: floor_ppm ≤ base_haircut_ppm ≤ cap_ppm must hold");
        let share = self.class == Class::FundShare;
        let capped = if share {
            self.price_cap_cents >= class::PAR && self.price_cap_cents <= class::MOST_PRICE
        } else {
            self.price_cap_cents == class::PAR
        };
        ensure!(
            capped,
            "asset {symbol}: price_cap_cents {} must be 100, or 100 to {} of a fund-share",
            self.price_cap_cents,
            class::MOST_PRICE
        );
        ensure!(
            !share || self.deviation_slope_ppm == 0,
            "asset {symbol}: a fund-share has no par, so deviation_slope_ppm must be 0"
        );
        Ok(AssetTerms {
            token: self.token,
            class: self.class as u8,
            decimals: self.decimals,
            feed: B256::right_padding_from(feed.as_bytes()),
            baseHaircut: self.base_haircut_ppm,
            floor: self.floor_ppm,
            cap: self.cap_ppm,
            deviationSlope: self.deviation_slope_ppm,
            dispersionSlope: self.dispersion_slope_ppm,
            confidenceSlope: self.confidence_slope_ppm,
            concentrationLimit: self.concentration_limit_ppm,
            priceCap: self.price_cap_cents,
        })
    }
}

impl Participant {
    /// The identifier as bytes (ISO 17442).
    ///
    /// # Errors
    /// Not 20 capital letters and digits. The check digits are not verified.
    pub fn lei(&self) -> Result<FixedBytes<20>> {
        let valid = self.lei.len() == 20 && self.lei.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        ensure!(valid, "participant {}: {:?} is no LEI: 20 letters and digits", self.address, self.lei);
        Ok(FixedBytes::from_slice(self.lei.as_bytes()))
    }

    /// As bits of [`abi::registry::role`].
    pub fn roles(&self) -> u8 {
        let bit = |given: &Role| match given {
            Role::Venue => role::VENUE,
            Role::SecuredParty => role::SECURED_PARTY,
            Role::CalculationAgent => role::CALCULATION_AGENT,
        };
        self.roles.iter().fold(0, |bits, role| bits | bit(role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "chain_id = 42161\nrpc_url = \"http://127.0.0.1:1\"\n[governance]\ntimelock_delay = 60\n";

    fn refusal(text: &str) -> String {
        format!("{:#}", Network::parse(text).unwrap_err())
    }

    #[test]
    fn a_mainnet_is_known_by_its_id() {
        assert_eq!(Network::parse(LEAST).unwrap().mainnet(), Some("Arbitrum One"));
        assert_eq!(Network::parse(&LEAST.replace("42161", "421614")).unwrap().mainnet(), None);
    }

    #[test]
    fn what_is_misspelt_is_named_with_its_line() {
        let message = refusal(&format!("{LEAST}proposer = []\n"));
        assert!(message.contains("line 5") && message.contains("unknown field `proposer`"), "{message}");
    }

    #[test]
    fn governance_is_one_or_the_other() {
        assert!(refusal(&LEAST.replace("timelock_delay = 60", "")).contains("governance"));
        assert!(refusal(&LEAST.replace("= 60", "= 0")).contains("no delay"));
    }

    #[test]
    fn a_quorum_that_no_sources_reach_is_refused() {
        let oracle = "[oracle]\nquorum = 2\nband_ppm = 20000\nmax_age_slots = 6\n[[oracle.reporter]]\ngroup = 1\n\
                      signer = \"0x0000000000000000000000000000000000000001\"\n";
        assert!(refusal(&format!("{LEAST}{oracle}")).contains("2 of 1 source groups"));
    }

    #[test]
    fn a_venue_is_no_reporter() {
        let who = "0x0000000000000000000000000000000000000001";
        let oracle = format!(
            "[oracle]\nquorum = 1\nband_ppm = 20000\nmax_age_slots = 6\n[[oracle.reporter]]\ngroup = 1\nsigner = \"{who}\"\n"
        );
        let venue =
            format!("[[participant]]\naddress = \"{who}\"\nlei = \"TESTVENUE00000000000\"\nroles = [\"venue\"]\n");
        assert!(refusal(&format!("{LEAST}{oracle}{venue}")).contains("sources run by a venue never count"));
    }

    #[test]
    fn what_a_list_says_twice_is_refused_with_both_places() {
        let who = "0x0000000000000000000000000000000000000001";
        let venue =
            format!("[[participant]]\naddress = \"{who}\"\nlei = \"TESTVENUE00000000000\"\nroles = [\"venue\"]\n");
        let twice = refusal(&format!("{LEAST}{venue}{venue}"));
        assert_eq!(twice, format!("participant[1]: {who} stands already at participant[0], counted from 0"));
        let reporter = format!("[[oracle.reporter]]\ngroup = 1\nsigner = \"{who}\"\n");
        let oracle = format!("[oracle]\nquorum = 1\nband_ppm = 20000\nmax_age_slots = 6\n{reporter}{reporter}");
        assert!(refusal(&format!("{LEAST}{oracle}")).starts_with("oracle.reporter[1]: "));
        assert!(refusal(&format!("{LEAST}[governance]\ntimelock_delay = 61\n")).contains("duplicate key"));
    }

    #[test]
    fn every_committed_network_file_parses() {
        let folder = crate::workspace().join("deployments/networks");
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(files.len() >= 2);
        for file in files {
            Network::load(&file).unwrap();
        }
    }
}
