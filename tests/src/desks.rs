//! Agreements, mandates and instructions, as desks and secured parties sign them.
use crate::actors::*;
use crate::tokens::{Token, usd};
use crate::world::{START, World};
use abi::escrow::{Agreement, CollateralInstruction, Mandate, TopUpLimit, Withdrawal, action};
use alloy::primitives::{Address, B256, U256, keccak256};

/// Seconds.
pub const DAY: u64 = 86_400;

impl World {
    /// Terms between a desk and the first house: no threshold, MTA 100 USD, an hour to answer a claim,
    /// 8 % a year on late ones, all three tokens eligible.
    pub fn agreement(&self, desk: Actor) -> Agreement {
        Agreement {
            pledgor: desk.address(),
            securedParty: HOUSE.address(),
            agent: AGENT.address(),
            secondAgent: Address::ZERO,
            defaultManager: DEFAULT_MANAGER.address(),
            settlementToken: self.usdc.address,
            parametersHash: parameters_hash(),
            threshold: 0,
            independentAmount: 0,
            minimumTransferAmount: usd(100),
            variationCap: usd(500_000),
            resolutionTime: 3_600,
            lateInterest: 80_000,
            eligibleAssets: self.tokens().iter().map(Token::bit).sum(),
            documentHash: keccak256("credit support annex"),
            validUntil: START + 365 * DAY,
        }
    }

    /// Both parties sign; the account is known by the desk's name from now on.
    pub fn open_account(&self, desk: Actor, agreement: Agreement) -> u64 {
        let securer = if agreement.securedParty == RIVAL_HOUSE.address() { RIVAL_HOUSE } else { HOUSE };
        let digest = self.domain().agreement(&agreement);
        self.open_account_with(desk, agreement, desk.sign(digest).to_vec(), securer.sign(digest).to_vec())
    }

    /// The same with signatures that no key has to have made.
    pub fn open_account_with(
        &self,
        desk: Actor,
        agreement: Agreement,
        pledgor: Vec<u8>,
        secured_party: Vec<u8>,
    ) -> u64 {
        let account = self.prank(RELAYER).open_account(agreement, pledgor, secured_party).ok().returned;
        self.facts.borrow_mut().accounts.insert(desk, account);
        account
    }

    /// A mandate for the venue: requirement up to 1,000,000 USD, 50,000 USD of fill variation a day,
    /// top-ups of 50,000 in each of two stablecoins, for 30 days.
    pub fn mandate_for(&self, desk: Actor, nonce: u64) -> Mandate {
        let limit = |token: Token| TopUpLimit { token: token.address, amount: token.whole(50_000).to() };
        Mandate {
            account: self.account(desk),
            venue: VENUE.address(),
            requirementCap: usd(1_000_000),
            fillVariationCap: usd(50_000),
            topUpLimits: vec![limit(self.usdc), limit(self.usde)],
            validUntil: self.now() + 30 * DAY,
            nonce,
        }
    }

    /// The desk signs and anyone registers.
    pub fn register(&self, desk: Actor, mandate: Mandate) {
        let signature = self.sign_mandate(desk, &mandate);
        self.prank(RELAYER).register_mandate(mandate, signature).ok();
    }

    /// The desk's signature over a mandate of the escrow's domain.
    pub fn sign_mandate(&self, desk: Actor, mandate: &Mandate) -> Vec<u8> {
        desk.sign(self.domain().mandate(mandate)).to_vec()
    }

    /// The desk's signature over an instruction of the escrow's domain.
    pub fn sign_instruction(&self, desk: Actor, instruction: &CollateralInstruction) -> Vec<u8> {
        desk.sign(self.domain().instruction(instruction)).to_vec()
    }

    /// Tokens into the desk's inventory.
    pub fn stock(&self, desk: Actor, token: Token, amount: U256) {
        self.deal(token, desk, amount);
        self.prank(desk).deposit(token, amount).ok();
    }

    /// Tokens into the desk's margin account, from its wallet.
    pub fn post_margin(&self, desk: Actor, token: Token, amount: U256) {
        self.deal(token, desk, amount);
        self.prank(desk).pledge(desk, token, amount).ok();
    }

    /// An instruction to pledge from inventory.
    pub fn pledge_instruction(&self, desk: Actor, token: Token, amount: U256, nonce: u64) -> CollateralInstruction {
        CollateralInstruction {
            action: action::PLEDGE,
            token: token.address,
            amount: amount.to(),
            ..self.instruction(desk, nonce)
        }
    }

    /// An instruction to release, to inventory.
    pub fn release_instruction(&self, desk: Actor, token: Token, amount: U256, nonce: u64) -> CollateralInstruction {
        CollateralInstruction {
            action: action::RELEASE,
            token: token.address,
            amount: amount.to(),
            ..self.instruction(desk, nonce)
        }
    }

    /// Out of the owner's inventory to another address, good for a minute; no two have the same nonce.
    pub fn withdrawal(
        &self,
        owner: impl Into<Address>,
        token: Token,
        amount: U256,
        to: impl Into<Address>,
    ) -> Withdrawal {
        let owner = owner.into();
        Withdrawal {
            owner,
            house: 0,
            token: token.address,
            amount: amount.to(),
            to: to.into(),
            nonce: 10_000 + self.reserve_sequences(owner),
            validUntil: self.now() + 60,
        }
    }

    /// An instruction to substitute: in from inventory, out to inventory.
    pub fn substitution(
        &self,
        desk: Actor,
        (token_in, amount_in): (Token, U256),
        (token_out, amount_out): (Token, U256),
        nonce: u64,
    ) -> CollateralInstruction {
        CollateralInstruction {
            action: action::SUBSTITUTE,
            token: token_in.address,
            amount: amount_in.to(),
            tokenOut: token_out.address,
            amountOut: amount_out.to(),
            ..self.instruction(desk, nonce)
        }
    }

    fn instruction(&self, desk: Actor, nonce: u64) -> CollateralInstruction {
        CollateralInstruction {
            account: self.account(desk),
            action: 0,
            token: Address::ZERO,
            amount: 0,
            toAccount: 0,
            to: Address::ZERO,
            tokenOut: Address::ZERO,
            amountOut: 0,
            nonce,
            validUntil: self.now() + 600,
        }
    }
}

/// What the agents of the first house compute requirements with.
pub fn parameters_hash() -> B256 {
    risk::Parameters::default().version_hash()
}
