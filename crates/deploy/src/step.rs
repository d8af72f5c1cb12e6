//! The list of what is to be done, in order.
use crate::Artifacts;
use crate::network::Network;
use anyhow::Result;
use chain::deployment::{ESCROW, EXAMINER, ORACLE, REGISTRY, VERIFIER};

/// The Stylus programs, each after those its constructor names.
pub const PROGRAMS: [&str; 5] = [ORACLE, REGISTRY, VERIFIER, EXAMINER, ESCROW];
/// Those that keep nothing and have no constructor.
pub const PURE: [&str; 2] = [VERIFIER, EXAMINER];
/// Those that the governor owns.
pub const OWNED: [&str; 2] = [ORACLE, REGISTRY];

/// One thing to do. Programs go by name; assets and participants by place in the network file, from 0 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Of a program too large for one account, from 0 on.
    Fragment(&'static str, usize),
    /// The account that is called: the program itself, or the root of its fragments.
    Create(&'static str),
    /// `ArbWasm.activateProgram`, for a fee.
    Activate(&'static str),
    /// A bid for a place in the chain's cache of programs.
    Cache(&'static str),
    /// The program's constructor, once it is active.
    Construct(&'static str),
    /// The oracle's reporter set.
    Reporters,
    /// An asset of the registry.
    List(usize),
    /// Identity and roles of a participant.
    Participant(usize),
    /// Names the registry's guardian.
    Guardian,
    /// Names the registry's pauser.
    Pauser,
    /// Names the feed of the sequencer's uptime.
    UptimeFeed,
    /// Creates the timelock.
    Timelock,
    /// Ownership to the governor, which must accept.
    Offer(&'static str),
    /// The timelock decides to accept.
    Schedule,
    /// The timelock accepts, once its delay is over.
    Accept,
}

/// All steps of a network, in the order in which they are done.
///
/// # Errors
/// A contract's build is missing.
pub fn steps(network: &Network, artifacts: &Artifacts) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for name in PROGRAMS {
        steps.extend((0..artifacts.fragments(name)?.len()).map(|at| Step::Fragment(name, at)));
        steps.extend([Step::Create(name), Step::Activate(name), Step::Cache(name), Step::Construct(name)]);
    }
    steps.retain(|step| PURE.iter().all(|name| *step != Step::Construct(name)));
    steps.extend(network.oracle.as_ref().map(|_| Step::Reporters));
    steps.extend((0..network.assets.len()).map(Step::List));
    steps.extend((0..network.participants.len()).map(Step::Participant));
    steps.extend(network.governance.guardian.map(|_| Step::Guardian));
    steps.extend(network.governance.pauser.map(|_| Step::Pauser));
    steps.extend(network.uptime_feed.map(|_| Step::UptimeFeed));
    let timelock = network.governance.timelock_delay.is_some();
    steps.extend(timelock.then_some(Step::Timelock));
    steps.extend(OWNED.map(Step::Offer));
    if timelock {
        steps.extend([Step::Schedule, Step::Accept]);
    }
    Ok(steps)
}

impl Step {
    /// The program whose answer tells whether it is done.
    pub const fn asks(&self) -> Option<&'static str> {
        match *self {
            Self::Construct(name) | Self::Offer(name) => Some(name),
            Self::Reporters | Self::Schedule | Self::Accept => Some(ORACLE),
            Self::List(_) | Self::Participant(_) | Self::Guardian | Self::Pauser | Self::UptimeFeed => Some(REGISTRY),
            Self::Fragment(..) | Self::Create(_) | Self::Activate(_) | Self::Cache(_) | Self::Timelock => None,
        }
    }

    /// For people: what it does, and to what.
    pub fn title(&self, network: &Network) -> String {
        match *self {
            Self::Fragment(name, at) => format!("create fragment {} of {name}", at.saturating_add(1)),
            Self::Create(name) => format!("create {name}"),
            Self::Activate(name) => format!("activate {name}"),
            Self::Cache(name) => format!("cache {name}"),
            Self::Construct(name) => format!("construct {name}"),
            Self::Reporters => "set the oracle's reporters".to_owned(),
            Self::List(at) => format!("list {}", network.assets.get(at).map_or("?", |asset| &asset.symbol)),
            Self::Participant(at) => match network.participants.get(at) {
                Some(participant) => format!("set the roles of {}", participant.address),
                None => "set roles".to_owned(),
            },
            Self::Guardian => "name the guardian".to_owned(),
            Self::Pauser => "name the pauser".to_owned(),
            Self::UptimeFeed => "name the feed of the sequencer's uptime".to_owned(),
            Self::Timelock => "create the timelock".to_owned(),
            Self::Offer(name) => format!("offer {name} to the governor"),
            Self::Schedule => "schedule the timelock's acceptance".to_owned(),
            Self::Accept => "the timelock accepts".to_owned(),
        }
    }
}
