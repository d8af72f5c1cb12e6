//! Deployment of the system and of the accounts that most tests start from, paid once a process.
use crate::actors::*;
use crate::artifacts;
use crate::fork::{Fork, Pool};
use crate::market::ONE;
use crate::node::Node;
use crate::tokens::{Token, feed};
use crate::world::{Facts, Programs, START, World};
use abi::oracle::PriceOracle::setReportersCall;
use abi::oracle::{Reporter, ReporterSet};
use abi::registry::EligibilityRegistry::{listAssetCall, setParticipantCall};
use abi::registry::{AssetTerms, class, role};
use alloy::primitives::{Address, FixedBytes};
use alloy::sol_types::SolValue;
use std::cell::RefCell;

impl World {
    /// Oracle, registry, escrow and three listed tokens with fresh prices; no accounts.
    #[expect(clippy::new_ret_no_self, reason = "a world is lent")]
    pub fn new() -> Fork {
        static BARE: Pool = Pool::new(deploy);
        BARE.fork()
    }

    /// [`World::new`] with a funded house and the accounts of [`DESKS`]: each holds 200,000 USDC of margin and 100,000 USDC
    /// and USDe of inventory, and has a mandate for the venue.
    pub fn open() -> Fork {
        static OPEN: Pool = Pool::new(open);
        OPEN.fork()
    }

    /// Deploys and lists one more token; it has a price from the next post on.
    pub fn list(&self, name: &str, decimals: u8, terms: AssetTerms) -> Token {
        let address = self.node.deploy(GOVERNOR.address(), stablecoin(name, decimals));
        self.list_deployed(address, decimals, terms)
    }

    /// Lists a token that is there.
    pub fn list_deployed(&self, address: Address, decimals: u8, terms: AssetTerms) -> Token {
        let token =
            self.list_token(Token { address, decimals, index: 0, feed: terms.feed, permissioned: false }, terms);
        self.facts.borrow_mut().prices.insert(token.feed, ONE);
        token
    }

    fn list_token(&self, token: Token, terms: AssetTerms) -> Token {
        let registry = self.registry;
        let terms = AssetTerms { token: token.address, decimals: token.decimals, feed: token.feed, ..terms };
        let index = self.prank(GOVERNOR).send(registry, listAssetCall { terms }).ok().returned;
        let token = Token { index, ..token };
        self.facts.borrow_mut().assets.push(token);
        token
    }

    /// Bits of [`role`]; the legal entity is the actor itself.
    pub fn set_roles(&self, actor: Actor, roles: u8) {
        self.set_lei(actor, lei(actor), roles)
    }

    /// Of the legal entity of this identifier.
    pub fn set_lei(&self, actor: Actor, lei: FixedBytes<20>, roles: u8) {
        let (registry, participant) = (self.registry, actor.address());
        self.prank(GOVERNOR).send(registry, setParticipantCall { participant, lei, roles }).ok();
    }

    /// A calculation agent that is a contract, of an institution of its own.
    pub fn register_agent(&self, participant: Address) {
        let lei = FixedBytes::from_slice(participant.as_slice());
        let call = setParticipantCall { participant, lei, roles: role::CALCULATION_AGENT };
        self.prank(GOVERNOR).send(self.registry, call).ok();
    }

    /// The identifier that [`World::set_roles`] registers an actor under.
    pub fn lei_of(&self, actor: Actor) -> FixedBytes<20> {
        lei(actor)
    }
}

/// Terms of an asset: 1 % haircut in calm and no other bound than `limit`, ppm of the requirement.
pub fn terms(haircut: u32, limit: u32) -> AssetTerms {
    AssetTerms {
        token: Address::ZERO,
        class: 1,
        decimals: 6,
        feed: feed("USD"),
        baseHaircut: haircut,
        floor: haircut / 2,
        cap: 600_000,
        deviationSlope: 500_000,
        dispersionSlope: 1_000_000,
        confidenceSlope: 100_000,
        concentrationLimit: limit,
        priceCap: class::PAR,
    }
}

fn deploy() -> World {
    let node = Node::start(START);
    let governor = GOVERNOR.address();
    let oracle = node.deploy_program(governor, &artifacts::contract("price-oracle"), governor.abi_encode());
    let registry =
        node.deploy_program(governor, &artifacts::contract("eligibility-registry"), (governor, oracle).abi_encode());
    let pure = |name| node.deploy_program(governor, &artifacts::contract(name), Vec::new());
    let programs = Programs { verifier: pure("risk-verifier"), examiner: pure("portfolio-examiner") };
    let escrow = node.deploy_program(governor, &artifacts::contract("margin-escrow"), programs.wires(registry));
    let [usdc, usde, cash] = deploy_tokens(&node);
    let prices = [usdc, usde, cash].map(|token| (token.feed, ONE)).into();
    let facts = RefCell::new(Facts { prices, ..Facts::default() });
    let reporters = reporter_set();
    let mut world = World { node, oracle, registry, programs, escrow, usdc, usde, cash, reporters, facts };
    configure(&mut world);
    world
}

fn configure(world: &mut World) {
    let (oracle, set) = (world.oracle, world.reporters.clone());
    world.prank(GOVERNOR).send(oracle, setReportersCall { set }).ok();
    world.usdc = world.list_token(world.usdc, terms(10_000, 1_000_000));
    world.usde = world.list_token(world.usde, terms(50_000, 600_000));
    world.cash = world.list_token(world.cash, AssetTerms { class: 2, ..terms(20_000, 1_000_000) });
    for (actor, roles) in [
        (VENUE, role::VENUE),
        (OTHER_VENUE, role::VENUE),
        (HOUSE, role::SECURED_PARTY),
        (RIVAL_HOUSE, role::SECURED_PARTY),
        (AGENT, role::CALCULATION_AGENT),
        (SECOND_AGENT, role::CALCULATION_AGENT),
        (RIVAL_AGENT, role::CALCULATION_AGENT),
    ] {
        world.set_roles(actor, roles);
    }
    world.admit(world.cash, world.escrow, true);
    world.post(&[]);
}

fn open() -> World {
    let world = deploy();
    for (nonce, desk) in DESKS.into_iter().enumerate() {
        let agreement = world.agreement(desk);
        world.open_account(desk, agreement);
        let mandate = world.mandate_for(desk, nonce as u64);
        world.register(desk, mandate);
        world.post_margin(desk, world.usdc, world.usdc.whole(200_000));
        world.stock(desk, world.usdc, world.usdc.whole(100_000));
        world.stock(desk, world.usde, world.usde.whole(100_000));
    }
    world.use_house_of(ALICE);
    world.deal(world.usdc, HOUSE, world.usdc.whole(1_000_000));
    world.prank(HOUSE).fund_house(world.usdc.whole(1_000_000)).ok();
    world
}

fn deploy_tokens(node: &Node) -> [Token; 3] {
    let deploy = |init, decimals, feed_name, permissioned| {
        let address = node.deploy(GOVERNOR.address(), init);
        Token { address, index: 0, decimals, feed: feed(feed_name), permissioned }
    };
    [
        deploy(stablecoin("USDC", 6), 6, "USDC-USD", false),
        deploy(stablecoin("USDe", 18), 18, "USDE-USD", false),
        deploy(cash("CASH"), 6, "CASH-USD", true),
    ]
}

fn stablecoin(name: &str, decimals: u8) -> Vec<u8> {
    [artifacts::token("TestStablecoin"), (name, name, u16::from(decimals)).abi_encode_params()].concat()
}

fn cash(name: &str) -> Vec<u8> {
    [artifacts::token("TokenizedCash"), (name, name).abi_encode_params()].concat()
}

/// Five reporters of five sources, three must agree within 2 %.
fn reporter_set() -> ReporterSet {
    let reporter = |(group, actor): (usize, Actor)| Reporter { signer: actor.address(), group: group as u16 + 1 };
    ReporterSet {
        quorum: 3,
        bandPpm: 20_000,
        maxAgeSlots: 6,
        reporters: REPORTERS.into_iter().enumerate().map(reporter).collect(),
    }
}

fn lei(actor: Actor) -> FixedBytes<20> {
    let text = format!("{:0<20}", actor.0.to_uppercase().replace('-', ""));
    FixedBytes::from_slice(&text.as_bytes()[..20])
}
