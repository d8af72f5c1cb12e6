//! A chain with everything deployed, forked for each test.
use crate::actors::Actor;
use crate::node::{Node, Point};
use crate::outcome::{Done, Outcome};
use crate::tokens::{TestToken, Token};
use abi::oracle::ReporterSet;
use abi::slot_at;
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::{SolCall, SolValue};
use chain::sign::Domain;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// 2025-10-10 09:00 UTC, the start of every world.
pub const START: u64 = 1_760_086_800;

/// A chain with the whole system, and what the harness remembers of it.
pub struct World {
    /// The chain and its time.
    pub node: Node,
    /// price-oracle.
    pub oracle: Address,
    /// eligibility-registry.
    pub registry: Address,
    /// Those that keep nothing.
    pub programs: Programs,
    /// margin-escrow.
    pub escrow: Address,
    /// A stablecoin with 6 decimals, in which the house settles.
    pub usdc: Token,
    /// A stablecoin with 18 decimals.
    pub usde: Token,
    /// Tokenized cash, for allowed holders.
    pub cash: Token,
    /// As the oracle has it.
    pub reporters: ReporterSet,
    pub(crate) facts: RefCell<Facts>,
}

/// The programs that the escrow asks.
#[derive(Clone, Copy)]
pub struct Programs {
    /// risk-verifier.
    pub verifier: Address,
    /// portfolio-examiner.
    pub examiner: Address,
}

impl Programs {
    /// In the order of the escrow's constructor.
    pub fn all(self) -> [Address; 2] {
        [self.verifier, self.examiner]
    }

    /// What the escrow is constructed with.
    pub fn wires(self, registry: Address) -> Vec<u8> {
        (registry, self.all()).abi_encode()
    }
}

/// What the harness remembers of a chain.
#[derive(Clone, Default)]
pub(crate) struct Facts {
    /// The house that tests speak of.
    pub house: u32,
    /// Every listed token.
    pub assets: Vec<Token>,
    pub accounts: BTreeMap<Actor, u64>,
    pub prices: BTreeMap<B256, u64>,
    /// First sequence that no draft has used, by venue.
    pub sequences: BTreeMap<Address, u64>,
}

/// A point that a world can go back to, once.
pub struct Snapshot {
    facts: Facts,
    point: Point,
}

/// The caller of the next transaction.
pub struct Prank<'w> {
    pub(crate) world: &'w World,
    from: Address,
}

impl World {
    /// Seconds.
    pub fn now(&self) -> u64 {
        self.node.timestamp()
    }

    /// The oracle slot of now.
    pub fn slot(&self) -> u64 {
        slot_at(self.now())
    }

    /// Time passes, and nothing else happens.
    pub fn warp(&self, seconds: u64) {
        self.node.warp_to(self.now() + seconds);
    }

    /// The next transaction comes from `actor`.
    pub fn prank(&self, actor: impl Into<Address>) -> Prank<'_> {
        Prank { from: actor.into(), world: self }
    }

    /// Gives `who` fresh tokens in its wallet; a permissioned token also admits it.
    pub fn deal(&self, token: Token, who: impl Into<Address>, amount: U256) {
        let to = who.into();
        if token.permissioned {
            self.admit(token, to, true);
        }
        self.prank(crate::actors::GOVERNOR).send(token.address, TestToken::mintCall { to, amount }).ok();
    }

    /// The issuer of a permissioned token admits or bars a holder.
    pub fn admit(&self, token: Token, holder: impl Into<Address>, allowed: bool) {
        let call = TestToken::setAllowedCall { holder: holder.into(), allowed };
        self.prank(crate::actors::GOVERNOR).send(token.address, call).ok();
    }

    /// Keeps the present for [`World::revert`].
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { facts: self.facts.borrow().clone(), point: self.node.keep() }
    }

    /// Everything is as it was.
    pub fn revert(&self, snapshot: Snapshot) {
        *self.facts.borrow_mut() = snapshot.facts;
        self.node.return_to(snapshot.point);
    }

    /// The margin account of a desk.
    #[track_caller]
    pub fn account(&self, desk: Actor) -> u64 {
        let account = self.facts.borrow().accounts.get(&desk).copied();
        account.unwrap_or_else(|| panic!("{} has no account", desk.0))
    }

    /// The house that tests speak of: that of the first accounts.
    pub fn house(&self) -> u32 {
        self.facts.borrow().house
    }

    /// From now on tests speak of the house of this desk.
    pub fn use_house_of(&self, desk: Actor) {
        let house = self.state(desk).house;
        self.facts.borrow_mut().house = house;
    }

    /// Reads a view function.
    #[track_caller]
    pub fn view<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        let output = self.node.call(to, call.abi_encode());
        let output =
            output.unwrap_or_else(|data| panic!("{} reverted: {}", C::SIGNATURE, chain::Revert::decode(&data)));
        C::abi_decode_returns(&output).expect("returns what the ABI says")
    }

    /// The escrow's EIP-712 domain.
    pub fn domain(&self) -> Domain {
        Domain::escrow(self.node.chain_id(), self.escrow)
    }

    /// Every listed token.
    pub fn assets(&self) -> Vec<Token> {
        self.facts.borrow().assets.clone()
    }

    /// The three that every world has.
    pub fn tokens(&self) -> [Token; 3] {
        [self.usdc, self.usde, self.cash]
    }
}

impl<'w> Prank<'w> {
    /// A call, mined at once.
    pub fn send<C: SolCall>(self, to: Address, call: C) -> Outcome<C> {
        self.send_raw(to, call.abi_encode())
    }

    /// With calldata that `C` cannot express.
    pub fn send_raw<C: SolCall>(self, to: Address, data: Vec<u8>) -> Outcome<C> {
        let mined = self.world.node.transact(self.from, to, data);
        Outcome {
            reverted: !mined.success,
            output: mined.output,
            logs: mined.logs,
            gas: mined.gas_used,
            call: PhantomData,
        }
    }

    /// Whoever sends.
    pub fn address(&self) -> Address {
        self.from
    }

    /// Approves, then sends: both from this caller.
    pub fn approved<C: SolCall>(self, token: Token, amount: U256, call: C) -> Outcome<C> {
        let (escrow, from) = (self.world.escrow, self.from);
        let approve = TestToken::approveCall { spender: escrow, amount };
        let _: Done<bool> = self.world.prank(from).send(token.address, approve).ok();
        self.world.prank(from).send(escrow, call)
    }
}
