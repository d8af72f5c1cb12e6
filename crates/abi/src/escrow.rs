//! margin-escrow: custody, margin accounts, settlement of bundles, claims.

/// The `action` of a `CollateralInstruction`.
pub mod action {
    /// From inventory into an account.
    pub const PLEDGE: u8 = 1;
    /// Out of an account, to the address that is signed.
    pub const RELEASE: u8 = 2;
    /// One token in from inventory, another out to it.
    pub const SUBSTITUTE: u8 = 3;
    /// Between two accounts of the pledgor.
    pub const TRANSFER: u8 = 4;
}

/// The `cause` of a claim's tranche.
pub mod cause {
    /// Variation: the account could not pay it, or paid it with what margin it had.
    pub const VARIATION: u8 = 1;
    /// The requirement rose.
    pub const INITIAL: u8 = 2;
    /// Price or haircut moved.
    pub const HAIRCUT: u8 = 3;
    /// There is enough collateral, but too much of one token counts.
    pub const CONCENTRATION: u8 = 4;
    /// Something recalled counts for nothing any more, and would have covered what is missing.
    pub const RECALL: u8 = 5;
    /// Late interest that the account could not pay.
    pub const INTEREST: u8 = 6;

    /// As the relayer's API and reports say it.
    pub const fn name(cause: u8) -> &'static str {
        match cause {
            VARIATION => "variation",
            INITIAL => "initial",
            HAIRCUT => "haircut",
            CONCENTRATION => "concentration",
            RECALL => "recall",
            INTEREST => "interest",
            _ => "unknown",
        }
    }
}

/// The `cause` of a bundle without fills.
pub mod lifecycle {
    /// An instrument expired or was exercised, at the mark of its settlement.
    pub const EXPIRY: u8 = 1;
    /// A perpetual's funding was paid.
    pub const FUNDING: u8 = 2;
    /// Positions were ported between accounts of the house.
    pub const PORTING: u8 = 3;
    /// An instrument's terms changed.
    pub const ADJUSTMENT: u8 = 4;
    /// A ruling put the book right; no bundle has it.
    pub const CORRECTION: u8 = 6;

    /// Whether it takes the signatures of both parties.
    pub const fn needs_consent(cause: u8) -> bool {
        matches!(cause, PORTING | ADJUSTMENT)
    }
}

/// What a dispute is about.
pub mod subject {
    /// The requirement is too high by the amount that the pledgor names.
    pub const REQUIREMENT: u8 = 1;
    /// The cumulative variation is too low by that amount.
    pub const VARIATION: u8 = 2;
    /// The book is not what its fills and lifecycle events made of it.
    pub const BOOK: u8 = 3;
}

/// How a dispute ended: the `ruling` of `DisputeRuled`.
pub mod ruling {
    /// The pledgor was right.
    pub const UPHELD: u8 = 1;
    /// It was not.
    pub const REJECTED: u8 = 2;
    /// The marks that the figures were computed with were never committed: that counts against the agent.
    pub const MARKS_UNAVAILABLE: u8 = 3;
    /// Nothing was revealed in time: that counts against the pledgor.
    pub const UNPROVEN: u8 = 4;
    /// The oracle was out: nobody could prove anything, and everybody's stake goes back.
    pub const VOID: u8 = 5;
}

/// Where pledged collateral came from: the `source` of `Pledged`.
pub mod source {
    /// From a wallet.
    pub const WALLET: u8 = 1;
    /// From the pledgor's inventory.
    pub const INVENTORY: u8 = 2;
    /// From inventory by a bundle, within the mandate's top-up limit.
    pub const TOP_UP: u8 = 3;
    /// From another account of the pledgor.
    pub const TRANSFER: u8 = 4;
}

/// The `kind` of a standing order.
pub mod order {
    /// From inventory into the account, where a demand would open or is open.
    pub const TOP_UP: u8 = 1;
    /// Out of one token into others, past a level that the pledgor named.
    pub const SUBSTITUTE: u8 = 2;
    /// Excess over a buffer back to inventory.
    pub const RETURN: u8 = 3;

    /// Most tokens that an order may name.
    pub const MOST_TOKENS: usize = 8;
    /// Between two returns under one order at least, in seconds.
    pub const RETURN_SECONDS: u64 = 86_400;

    /// As the relayer's API and reports say it.
    pub const fn name(kind: u8) -> &'static str {
        match kind {
            TOP_UP => "top-up",
            SUBSTITUTE => "substitute",
            RETURN => "return",
            _ => "unknown",
        }
    }
}

/// The ratio of an asset of which the escrow holds all that its books say; an impaired asset's is lower.
pub const WHOLE: u64 = 1_000_000_000;

/// Oldest slot, in slots before now, that new risk and releases accept.
pub const FRESH_SLOTS: u64 = 6;
/// Oldest slot that `mark` accepts: claims go on at the last valid slot.
pub const MARK_SLOTS: u64 = 360;
/// A release needs a statement at most this old, in seconds.
pub const RELEASE_SECONDS: u64 = 60;
/// Most that late interest may be: 100 % a year, in parts per million.
pub const MAX_LATE_INTEREST: u32 = 1_000_000;
/// Variation credited leaves the account so many seconds later at the earliest, and at twice as many at the latest.
pub const CHALLENGE_SECONDS: u64 = 3_600;
/// Shortest time from a claim to its deadline that an agreement may set, in seconds.
pub const MIN_CURE_SECONDS: u32 = 600;
/// Notice of a recall, in seconds.
pub const RECALL_SECONDS: u64 = 86_400;
/// Enforcement needs a statement at most this old, in seconds.
pub const ENFORCE_SECONDS: u64 = 60;
/// So long after a deadline enforcement waits for such a statement; then the last one counts.
pub const ENFORCE_WAIT_SECONDS: u64 = 3_600;
/// After so many seconds without a statement an account's agents are silent.
pub const SILENCE_SECONDS: u64 = 86_400;
/// An upheld ruling binds so long, and so long a ruling against an agent doubles its next stake.
pub const BINDING_SECONDS: u64 = 86_400;
/// Most doublings of an agent's stake.
pub const MOST_DOUBLINGS: u32 = 16;
/// Most that an agent stakes, in times of the pledgor's stake, where the amount disputed is not more.
pub const MOST_TIMES: u64 = 16;
/// A house that owes less than this, in lots, after paying what it can is not in default.
pub const HOUSE_MINIMUM: u64 = 1_000_000;
/// How long one probe of a token that cannot be moved counts, and most that probes count in 30 days, in seconds.
pub const FROZEN_SECONDS: u64 = 3_600;
/// What may count of a token's freezes within [`FROZEN_WINDOW_SECONDS`].
pub const MOST_FROZEN_SECONDS: u64 = 259_200;
/// A quiet time as long as this lets a token's freezes count anew.
pub const FROZEN_WINDOW_SECONDS: u64 = 2_592_000;
/// From a dispute to the end of what can be revealed, in seconds: shorter where marks leave before, longer after an outage or for an answer.
pub const RULING_SECONDS: u64 = 21_600;
/// Oldest slot of marks that a dispute can need, in slots: they leave the oracle two hours later.
pub const DISPUTE_SLOTS: u64 = crate::oracle::KEPT_SLOTS - 720;
/// A ruling ends so many seconds before marks that it needs leave the oracle.
pub const CLOSING_SECONDS: u64 = ANSWER_SECONDS;
/// What turns a ruling leaves the other side so long to answer.
pub const ANSWER_SECONDS: u64 = 3_600;
/// What a figure may differ from the kernel's without being wrong, in micro-USD.
pub const DISPUTE_TOLERANCE: u64 = 1_000_000;
/// Where the marks of a slot are missing, the oracle was out if none of so many slots before and after it has any.
pub const OUTAGE_SLOTS: u64 = 12;
/// Longest signature, in bytes: a contract wallet's of 126 owners.
pub const MOST_SIGNATURE: usize = 8_192;
/// A margin account accepts at most this many fills in a batch.
pub const MAX_BATCH: usize = 256;

solidity! {
    /// CSA terms, signed by pledgor and secured party; opens one margin account. Amounts in micro-USD.
    #[derive(Debug, PartialEq, Eq)]
    struct Agreement {
        address pledgor;
        address securedParty;
        /// Signs statements. Neither a venue nor, when alone, the secured party.
        address agent;
        /// Zero, or a second agent: then both sign every set.
        address secondAgent;
        address defaultManager;
        /// Token in which variation is paid; a listed stablecoin.
        address settlementToken;
        /// Hash of the risk parameters that the agents compute requirements with.
        bytes32 parametersHash;
        uint64 threshold;
        uint64 independentAmount;
        uint64 minimumTransferAmount;
        /// Largest sum of variation debits in one UTC day.
        uint64 variationCap;
        /// Seconds from a claim's issue to its deadline.
        uint32 resolutionTime;
        /// Simple interest on each part delivered after its demand's deadline, and on what a lost dispute named: parts per million a year of 365 days, at most 1,000,000.
        uint32 lateInterest;
        /// Bit i set: the registry's asset i is eligible collateral.
        uint16 eligibleAssets;
        bytes32 documentHash;
        /// The signatures open the account until then.
        uint64 validUntil;
    }

    /// Most that a relayer may top up from inventory, in the token's units, over the mandate's life.
    #[derive(Debug, PartialEq, Eq)]
    struct TopUpLimit {
        address token;
        uint128 amount;
    }

    /// The pledgor's bounded permission for a venue to bind its account to fills.
    #[derive(Debug, PartialEq, Eq)]
    struct Mandate {
        uint64 account;
        address venue;
        /// Bound on the account's whole requirement after a bundle, across venues.
        uint64 requirementCap;
        /// Bound on the variation that fills may cost the account in one UTC day.
        uint64 fillVariationCap;
        TopUpLimit[] topUpLimits;
        uint64 validUntil;
        uint64 nonce;
    }

    /// A collateral action that anyone may submit and only the pledgor can sign.
    #[derive(Debug, PartialEq, Eq)]
    struct CollateralInstruction {
        uint64 account;
        /// 1 pledge from inventory, 2 release, 3 substitution, 4 transfer between accounts: see [`crate::escrow::action`].
        uint8 action;
        /// What is pledged or released; for a substitution, what comes in from inventory.
        address token;
        uint128 amount;
        /// For a transfer between accounts; zero otherwise.
        uint64 toAccount;
        /// Where a release goes: zero for the pledgor's inventory, else a wallet.
        address to;
        /// For a substitution, what goes out to inventory.
        address tokenOut;
        uint128 amountOut;
        uint64 nonce;
        uint64 validUntil;
    }

    /// Most of a token that a standing top-up may bring within any 24 hours, in the token's units.
    #[derive(Debug, PartialEq, Eq)]
    struct DailyLimit {
        address token;
        uint128 amount;
    }

    /// Standing order: from the pledgor's inventory into the account where a demand would open or is open; the first token first.
    #[derive(Debug, PartialEq, Eq)]
    struct TopUpOrder {
        uint64 account;
        /// In the pledgor's order: 1 to 8, each token once.
        DailyLimit[] limits;
        uint64 validUntil;
        uint64 nonce;
    }

    /// Standing order: out of one token into others, once its haircut or its price has reached a level.
    #[derive(Debug, PartialEq, Eq)]
    struct SubstituteOrder {
        uint64 account;
        address tokenOut;
        /// Parts per million: the haircut, in force or as it is heading, is as high; zero: no such level.
        uint32 haircutLevel;
        /// 1e-8 USD: the price that the registry values with is as low; zero: no such level.
        uint64 priceLevel;
        /// Most that goes out under the order, in the token's units.
        uint128 amount;
        /// What comes in for it, in the pledgor's order: 1 to 8, each once.
        address[] tokensIn;
        uint64 validUntil;
        uint64 nonce;
    }

    /// Standing order: what exceeds `C·(1 + bufferPpm) + bufferAmount` goes back to inventory, once in 24 hours.
    #[derive(Debug, PartialEq, Eq)]
    struct ReturnOrder {
        uint64 account;
        /// In the pledgor's order: 1 to 8, each once.
        address[] tokens;
        /// Of what is required: at most 1,000,000.
        uint32 bufferPpm;
        /// Micro-USD.
        uint64 bufferAmount;
        /// Micro-USD: where less would go back nothing does.
        uint64 minimum;
        uint64 validUntil;
        uint64 nonce;
    }

    /// What leaves an inventory or a house for a receiver: anyone may submit it and only its owner can sign.
    #[derive(Debug, PartialEq, Eq)]
    struct Withdrawal {
        /// The holder of the inventory, or the house's secured party.
        address owner;
        /// Zero: from the owner's inventory; else from this house, in its settlement token.
        uint32 house;
        address token;
        uint128 amount;
        address to;
        /// Of the owner's, as those of its instructions.
        uint64 nonce;
        uint64 validUntil;
    }

    /// The second agent's word on what is disputed, where the pledgor does not show its book.
    #[derive(Debug, PartialEq, Eq)]
    struct DisputeRuling {
        uint64 account;
        /// The account's disputes are numbered from 1.
        uint32 dispute;
        /// What the dispute is about, see [`crate::escrow::subject`].
        uint8 subject;
        /// What should have been stated: requirement, cumulative variation, or root of the book; a number as an ABI word.
        bytes32 found;
        uint64 validUntil;
    }

    /// Both parties' word that an account's positions change without a fill: porting, or an adjustment of terms.
    #[derive(Debug, PartialEq, Eq)]
    struct PositionChange {
        uint64 account;
        /// See [`crate::escrow::lifecycle`].
        uint8 cause;
        bytes32 reference;
        bytes32 previousHistory;
        bytes32 newRoot;
        uint64 validUntil;
    }

    /// An account leaves for `successor`, signed by pledgor and secured party; the nonce is the pledgor's.
    #[derive(Debug, PartialEq, Eq)]
    struct Migration {
        uint64 account;
        /// EIP-712 struct hash of its agreement.
        bytes32 agreementHash;
        /// A contract that answers [`crate::successor::Successor`].
        address successor;
        uint64 validUntil;
        uint64 nonce;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct AccountState {
        address pledgor;
        uint32 house;
        /// What its book became by which fills and events, see [`crate::history`]; its lowest bit is 0 where it has no positions.
        bytes32 history;
        uint64 sequence;
        uint64 requirement;
        int64 cumulativeVariation;
        uint64 slot;
        uint64 asOf;
        /// `C`: max(0, requirement + independentAmount − threshold).
        uint64 required;
        /// `P` at the registry's present valuations.
        uint64 posted;
        /// Variation and interest that a claim demands.
        uint64 owed;
        /// Variation that the house could not pay yet.
        uint64 houseOwes;
        uint16 eligibleAssets;
        /// Bit i set: the account holds asset i.
        uint16 heldAssets;
        /// Frozen until it is closed out.
        bool inDefault;
        /// It has left for a successor.
        bool closed;
        /// Others than the pledgor may pledge into it.
        bool takesPledges;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct Tranche {
        /// What is still to be delivered; zero: no such tranche.
        uint64 amount;
        uint64 deadline;
        uint8 cause;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct ClaimState {
        /// Claims ever issued to the account; the open one, if any, has this number.
        uint16 number;
        bool open;
        uint64 owed;
        Tranche first;
        Tranche second;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct MandateState {
        uint64 requirementCap;
        uint64 fillVariationCap;
        /// Fill variation charged in `day` (days since 1970).
        uint64 used;
        uint16 day;
        uint64 validUntil;
    }

    /// A standing top-up in force; `order` zero where there is none.
    #[derive(Debug, PartialEq, Eq)]
    struct TopUpOrderState {
        uint16 order;
        uint64 validUntil;
        address[] tokens;
        /// Lots that each may bring within 24 hours, and what is left of that now.
        uint64[] limits;
        uint64[] left;
    }

    /// A standing substitution in force; `order` zero where there is none.
    #[derive(Debug, PartialEq, Eq)]
    struct SubstituteOrderState {
        uint16 order;
        uint64 validUntil;
        uint32 haircutLevel;
        uint64 priceLevel;
        /// Lots that may still go out.
        uint64 left;
        address[] tokensIn;
    }

    /// A standing return in force; `order` zero where there is none.
    #[derive(Debug, PartialEq, Eq)]
    struct ReturnOrderState {
        uint16 order;
        uint64 validUntil;
        uint32 bufferPpm;
        uint64 bufferAmount;
        uint64 minimum;
        /// Seconds since 1970: when something went back last; zero: never.
        uint64 last;
        address[] tokens;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct HouseState {
        address securedParty;
        address agent;
        address secondAgent;
        address defaultManager;
        address settlementToken;
        bytes32 parametersHash;
        /// Lots of the settlement token.
        uint64 balance;
        int64 cumulativeVariation;
        /// Sum of what it owes accounts.
        uint64 owed;
        /// It missed a claim on it: no new fills.
        bool inDefault;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct BalanceState {
        uint64 lots;
        /// The part pledged while the haircut for new pledges was the higher one; valued with that.
        uint64 stressedLots;
        /// The part that came in while a claim was open and it had no price: it shields from no enforcement. Whole tokens, rounded up.
        uint64 lateLots;
        /// From then on it counts for nothing; zero: not recalled.
        uint64 recallAt;
        /// Of the settlement token: what variation brought within the challenge window and may not leave yet, in lots.
        uint64 heldBackLots;
        /// When nothing of it is held back any more; zero: nothing is.
        uint64 heldBackUntil;
    }

    /// An asset in the escrow as its books have it.
    #[derive(Debug, PartialEq, Eq)]
    struct CustodyState {
        /// Lots in all accounts, inventories, houses and stakes.
        uint64 totalLots;
        /// What a lot is paid with and counts for, in 1e-9; below 1e9 the asset is impaired.
        uint64 ratio;
    }

    /// What was at the moment of default.
    #[derive(Debug, PartialEq, Eq)]
    struct DefaultState {
        uint64 at;
        /// The claim that failed.
        uint16 number;
        uint64 slot;
        uint64 required;
        uint64 posted;
        uint64 owed;
    }

    /// A dispute of an account, and what was on the books when it was opened.
    #[derive(Debug, PartialEq, Eq)]
    struct DisputeState {
        bool open;
        uint32 dispute;
        /// See [`subject`].
        uint8 subject;
        /// What the pledgor says is wrong; held back until the ruling.
        uint64 amount;
        bytes32 history;
        uint64 slot;
        uint64 requirement;
        int64 cumulativeVariation;
        uint64 opened;
        /// End of the ruling.
        uint64 until;
        /// Lots that the pledgor staked, and that the agent, its house, and its house's debt stand for.
        uint64 stake;
        uint64 agentStake;
        uint64 houseStake;
        uint64 owedStake;
        /// What stands until the window is over, and by how many steps of the book it was found.
        bytes32 found;
        uint32 steps;
        /// What upheld rulings found wrong: no default rests on it until then.
        uint64 shield;
        uint64 shieldUntil;
    }

    /// Governed bounds.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct Bounds {
        /// A fill settles at most so many seconds after it was matched: 30 to 600.
        uint16 settleWithin;
        /// Each side's stake in a dispute, in parts per million of the amount named: 100 to 20,000.
        uint32 stakePpm;
        /// The least stake, in lots of the settlement token: at most 1,000,000 tokens.
        uint64 leastStake;
    }

    interface MarginEscrow {
        /// Followed by `abi.encode(registry, verifier, examiner)`; once.
        function stylus_constructor() external;

        // Accounts and mandates. A signature is 64 (EIP-2098) or 65 bytes, or what a contract wallet takes (ERC-1271): at most
        // [`MOST_SIGNATURE`] bytes.
        function openAccount(Agreement agreement, bytes pledgorSignature, bytes securedPartySignature) external returns (uint64 account);
        function registerMandate(Mandate mandate, bytes signature) external;
        /// By the pledgor. Binds fills matched later.
        function revokeMandate(uint64 account, address venue) external;
        /// By the pledgor: whether others may pledge into the account.
        function allowPledges(uint64 account, bool allowed) external;

        // Standing orders, signed by the pledgor. A new one takes the place of an account's earlier one of its kind; of substitutions
        // an account has one for each token that goes out.
        function registerTopUpOrder(TopUpOrder order, bytes signature) external;
        function registerSubstituteOrder(SubstituteOrder order, bytes signature) external;
        function registerReturnOrder(ReturnOrder order, bytes signature) external;
        /// By the pledgor, at once. `token` is what goes out of a substitution, and zero of the other kinds, see [`order`].
        function revokeOrder(uint64 account, uint8 kind, address token) external;
        /// Anyone: carries out a substitution or a return that is due. Top-ups are carried out by `mark` and `issueClaim`.
        function executeOrder(uint64 account, uint8 kind, address token) external;

        // Inventory: amounts in the token's own units.
        function deposit(address token, uint256 amount) external;
        /// ERC-3009; credits `from` alone. The authorization's nonce is `keccak256(abi.encode(from, uint8(0), salt))`.
        function depositWithAuthorization(address token, address from, uint256 amount, uint256 validAfter, uint256 validBefore, bytes32 salt, uint8 v, bytes32 r, bytes32 s) external;
        /// ERC-2612, by the caller, for `amount` or for the largest number; a permit that somebody has used before does not matter, the
        /// allowance does.
        function depositWithPermit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
        /// The same with a permit for `value`. 65 bytes (r, s, v) are a key's; any other length goes to the token as it is, for a
        /// contract wallet (ERC-1271), where the token takes such permits.
        function depositWithSignedPermit(address token, uint256 amount, uint256 value, uint256 deadline, bytes signature) external;
        function withdraw(address token, uint256 amount) external;
        /// Anyone, with the owner's signature; the owner without one. `to` gets the amount, or nothing moves.
        function withdrawTo(Withdrawal withdrawal, bytes signature) external;

        // The house's ledger, in units of its settlement token.
        function fundHouse(uint32 house, uint256 amount) external;
        /// By the secured party, to itself (`withdrawTo`: to another); never what the house owes.
        function withdrawHouse(uint32 house, uint256 amount) external;
        /// Anyone: pays an account what its house owes it; where the house holds less than it owes, the account's share of that.
        function payHouseClaim(uint64 account) external;

        // Claims. Anyone may issue one that is due, and enforce one whose deadline has passed.
        /// At the last statement's requirement and the registry's present valuations.
        function issueClaim(uint64 account) external;
        /// By the secured party, unless it is disputed: gives up a claim; what is owed is claimed again at once, with a full cure.
        function cancelClaim(uint64 account) external;
        /// After the deadline, with what outages of the sequencer and a frozen settlement token add to it, and a statement not older
        /// than 60 s, or none for an hour after the deadline. It takes what is there: what the house owes the account, and what the
        /// account can pay. Where something is still overdue the account is frozen in default; where it is whole, the claim ends.
        function enforce(uint64 account) external;
        /// After the deadline of what the house owes the account, likewise: the house pays, and takes no new fills where it cannot.
        function enforceHouse(uint64 account) external;
        /// By the secured party, with a day's notice: from `at` on the token counts for nothing in this account. Zero withdraws it.
        function recall(uint64 account, address token, uint64 at) external;

        // Disputes, on stakes: one at a time.
        /// By the pledgor: what is stated is wrong by `amount`, see [`subject`]. Holds back that and no more. `stated` zero, or the
        /// figure objected to as a word (requirement, cumulative variation, history): it reverts where another stands.
        function dispute(uint64 account, uint8 subject, uint64 amount, bytes32 stated) external;
        /// The kernel decides, on packed evidence that follows: see [`crate::packed`]. By the pledgor alone; where it has shown its
        /// book's steps, or the second agent rules for it, by the agents and the secured party too.
        function revealPortfolio(uint64 account) external;
        /// The second agent's signed [`DisputeRuling`], by anyone: within the amount named, and unless the kernel decides otherwise in the window.
        function ruleDispute(DisputeRuling ruling, bytes signature) external;
        /// Anyone, after the ruling's end.
        function closeDispute(uint64 account) external;

        /// Anyone, with both parties' signatures, paused or not: all the account holds goes to the successor, which must accept it;
        /// the account is closed here for good. Nothing may be open between its parties, but the claim of an account in default.
        function migrate(Migration migration, bytes pledgorSignature, bytes securedPartySignature) external;

        /// Anyone: tries to move the token. Where that is impossible, deadlines of what can be paid in it alone wait for an hour.
        function probe(address token) external;
        /// By the registry's owner.
        function setBounds(Bounds bounds) external;
        function bounds() external view returns (Bounds);

        /// By the registry's pauser: stops settlement and releases. The pauser or the registry's owner ends it.
        function pause() external;
        function unpause() external;
        function paused() external view returns (bool);

        /// Anyone: asks the token what the escrow holds. Less than the books say: the asset is impaired, every holder of it
        /// bears the same share. As much again: it is whole.
        function reconcile(address token) external;

        // The hot path: followed by packed calldata, see [`crate::packed`].
        function settle() external;
        function mark() external;
        /// Anyone: followed by [`crate::packed::Lapse`]; fills past their `settleBy` can never settle again.
        function lapse() external;

        /// From the caller's wallet (allowance), for anyone's account.
        function pledge(uint64 account, address token, uint256 amount) external;
        /// The same with a permit, as `depositWithPermit`.
        function pledgeWithPermit(uint64 account, address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
        /// As `depositWithSignedPermit`.
        function pledgeWithSignedPermit(uint64 account, address token, uint256 amount, uint256 value, uint256 deadline, bytes signature) external;
        /// ERC-3009, by anyone, for the account that `from` signed. The authorization's nonce is
        /// `keccak256(abi.encode(from, uint8(1), account, salt))`.
        function pledgeWithAuthorization(uint64 account, address token, address from, uint256 amount, uint256 validAfter, uint256 validBefore, bytes32 salt, uint8 v, bytes32 r, bytes32 s) external;
        /// A pledgor's signed instruction; an empty signature where the caller is the pledgor.
        function execute(CollateralInstruction instruction, bytes signature) external;
        /// The same where the agents have been silent for a day, or the account is in default: the secured party's signature over the
        /// instruction stands in for the statement that a release needs.
        function executeWithConsent(CollateralInstruction instruction, bytes signature, bytes consent) external;

        function account(uint64 account) external view returns (AccountState);
        function balance(uint64 account, address token) external view returns (BalanceState);
        function inventory(address holder, address token) external view returns (uint256 amount);
        function claim(uint64 account) external view returns (ClaimState);
        /// What a relayer may still top up under the venue's mandate, in lots.
        function topUp(uint64 account, address venue, address token) external view returns (uint64 lots);
        function mandate(uint64 account, address venue) external view returns (MandateState);
        function topUpOrder(uint64 account) external view returns (TopUpOrderState);
        function substituteOrder(uint64 account, address tokenOut) external view returns (SubstituteOrderState);
        function returnOrder(uint64 account) external view returns (ReturnOrderState);
        function house(uint32 house) external view returns (HouseState);
        function custody(address token) external view returns (CustodyState);
        function defaultOf(uint64 account) external view returns (DefaultState);
        function disputeOf(uint64 account) external view returns (DisputeState);
        function accountCount() external view returns (uint64);
        function accountByAgreement(bytes32 agreementHash) external view returns (uint64);
        function sequenceApplied(address venue, uint64 sequence) external view returns (bool);
        function nonceUsed(address pledgor, uint64 nonce) external view returns (bool);
        function registry() external view returns (address);
        /// The risk-verifier and the portfolio-examiner, which rule disputes.
        function verifier() external view returns (address);
        function examiner() external view returns (address);

        event HouseOpened(uint32 indexed house, address indexed securedParty, address agent, address secondAgent, address defaultManager, address settlementToken, bytes32 parametersHash);
        event AccountOpened(uint64 indexed account, address indexed pledgor, uint32 indexed house, bytes32 agreementHash, Agreement agreement);
        event MandateRegistered(uint64 indexed account, address indexed venue, uint64 requirementCap, uint64 fillVariationCap, uint64 validUntil, uint64 nonce);
        event TopUpLimitSet(uint64 indexed account, address indexed venue, address indexed token, uint64 lots);
        event PledgesAllowed(uint64 indexed account, bool allowed);
        event MandateRevoked(uint64 indexed account, address indexed venue, uint64 validUntil);
        event NonceUsed(address indexed pledgor, uint64 nonce);
        /// Standing orders in force from now on, each in place of the account's earlier one. `order` numbers them with the account's
        /// mandates; limits in lots.
        event TopUpOrdered(uint64 indexed account, uint16 indexed order, address[] tokens, uint64[] limits, uint64 validUntil, uint64 nonce);
        event SubstituteOrdered(uint64 indexed account, uint16 indexed order, address indexed tokenOut, uint32 haircutLevel, uint64 priceLevel, uint64 limit, address[] tokensIn, uint64 validUntil, uint64 nonce);
        event ReturnOrdered(uint64 indexed account, uint16 indexed order, address[] tokens, uint32 bufferPpm, uint64 bufferAmount, uint64 minimum, uint64 validUntil, uint64 nonce);
        event OrderRevoked(uint64 indexed account, uint8 indexed kind, uint16 indexed order);
        /// From the pledgor's inventory by its standing order; `stressedLots` after it.
        event ToppedUp(uint64 indexed account, address indexed token, uint16 indexed order, uint256 amount, uint64 stressedLots);
        /// The `Substituted` or `Released` that follow are what it moved.
        event OrderCarriedOut(uint64 indexed account, uint8 indexed kind, uint16 indexed order);

        event Deposited(address indexed holder, address indexed token, uint256 amount);
        event Withdrawn(address indexed holder, address indexed token, address indexed to, uint256 amount);
        event HouseFunded(uint32 indexed house, address indexed from, uint256 amount);
        event HouseWithdrawn(uint32 indexed house, address indexed to, uint256 amount);

        /// `stressedLots` after the pledge; INVENTORY and TOP_UP come from the pledgor's inventory, WALLET from `from`; of a TOP_UP `from` is the venue
        /// whose mandate allowed it.
        event Pledged(uint64 indexed account, address indexed token, address indexed from, uint256 amount, uint8 source, uint64 stressedLots);
        /// To the pledgor's inventory where `to` is zero.
        event Released(uint64 indexed account, address indexed token, address indexed to, uint256 amount, uint64 stressedLots);
        /// The token refused the receiver of the `Released` before it, or is impaired: the amount went to the pledgor's inventory.
        event ReturnedToInventory(uint64 indexed account, address indexed token, address indexed to, uint256 amount);
        event Substituted(uint64 indexed account, address tokenIn, uint256 amountIn, uint64 stressedLotsIn, address tokenOut, uint256 amountOut, uint64 stressedLotsOut);

        /// One for each statement applied. `paid` is what moved between account and house in this step (positive: received);
        /// `posted` is P after it; `root` is zero where positions did not move.
        event MarginStated(uint64 indexed account, uint64 sequence, bytes32 root, bytes32 history, uint64 requirement, int64 cumulativeVariation, int64 fillVariation, int64 paid, uint64 posted, uint64 slot, uint64 asOf);
        /// The house's side of a set, where it moved.
        event HouseStated(uint32 indexed house, int64 cumulativeVariation, uint64 balance);
        /// Bit i of `taken`: the fill with sequence `firstSequence + i` was applied.
        event FillsSettled(address indexed venue, uint64 indexed firstSequence, bytes32 batchHash, uint256 taken);
        /// Positions of a set moved without fills: cause of [`lifecycle`], hash of what the agents applied.
        event LifecycleSettled(uint32 indexed house, uint8 indexed cause, bytes32 reference);
        /// Bit i of `taken`: the fill with sequence `firstSequence + i` was not applied in its time and never will be.
        event FillsLapsed(address indexed venue, uint64 indexed firstSequence, bytes32 batchHash, uint256 taken);

        /// A claim, or its second tranche. `owed` is the variation in it.
        event ClaimIssued(uint64 indexed account, uint16 indexed number, uint8 tranche, uint8 cause, uint64 amount, uint64 owed, uint64 deadline);
        /// What was delivered, or found wrong, is asked for no more: what is left of both tranches. An empty first one leaves its place to the second.
        event DemandsReduced(uint64 indexed account, uint16 indexed number, uint64 first, uint64 second);
        event ClaimSatisfied(uint64 indexed account, uint16 indexed number, bool late);
        /// On what was delivered late, or on what a rejected dispute held back: lots of the settlement token, set off against what the
        /// house owes, paid as far as the account holds it (`OwedPaid`), the rest claimed.
        event LateInterestCharged(uint64 indexed account, uint16 indexed number, uint64 amount);
        /// What an account owes changed outside a statement: it paid the house from what it holds.
        event OwedPaid(uint64 indexed account, uint32 indexed house, uint64 amount, uint64 owed);
        event HouseClaimIssued(uint32 indexed house, uint64 indexed account, uint64 amount, uint64 owed);
        event HouseClaimPaid(uint32 indexed house, uint64 indexed account, uint64 amount, uint64 owed);

        event ClaimCancelled(uint64 indexed account, uint16 indexed number);
        /// A claim failed: the account is frozen. What the close-out needs is here and in `defaultOf`.
        event AccountDefaulted(uint64 indexed account, uint16 indexed number, uint64 slot, uint64 requirement, uint64 required, uint64 posted, uint64 owed);
        /// The stakes have left the pledgor's inventory, the agent's, and the house's balance; `owedStake` the house will owe.
        event DisputeOpened(uint64 indexed account, uint32 indexed dispute, uint8 subject, uint64 amount, bytes32 history, uint64 slot, uint64 requirement, int64 cumulativeVariation, uint64 until, uint64 stake, uint64 agentStake, uint64 houseStake, uint64 owedStake);
        /// What stands unless more is shown within the window; `steps` zero: the second agent's word.
        event DisputeFound(uint64 indexed account, uint32 indexed dispute, bytes32 found, uint32 steps);
        /// The oracle was out; the window is longer.
        event DisputeExtended(uint64 indexed account, uint32 indexed dispute, uint64 until);
        /// As [`ruling`] says; `found` is what the kernel or the second agent found, zero where nobody computed it. `stakes` went to
        /// the inventory of `winner`; of a void dispute each stake went back.
        event DisputeRuled(uint64 indexed account, uint32 indexed dispute, uint8 ruling, bytes32 found, address winner, uint64 stakes);
        /// The account's requirement is now the one that a ruling found.
        event RequirementCorrected(uint64 indexed account, uint64 requirement);
        /// The account's book is now the one that a ruling found.
        event BookCorrected(uint64 indexed account, bytes32 root, bytes32 history);
        /// The account's cumulative variation is now the one that a ruling found: `paid` moved now (positive: received), the rest was
        /// set off or is owed. The `HouseStated` that follows has the house's side.
        event VariationCorrected(uint64 indexed account, int64 cumulativeVariation, int64 paid);
        event HouseCured(uint32 indexed house);
        /// The token could not be moved, from when to when that counts, and how much counts in 30 days; `until` of now: it can be moved again.
        event Probed(address indexed token, bool frozen, uint64 from, uint64 until, uint64 used);
        event BoundsSet(uint16 settleWithin, uint32 stakePpm, uint64 leastStake);
        event HouseDefaulted(uint32 indexed house, uint64 indexed account, uint64 owed);
        event Recalled(uint64 indexed account, address indexed token, uint64 at);
        /// Out of `account`; the `Pledged` that follows brings it into `toAccount`.
        event Transferred(uint64 indexed account, uint64 indexed toAccount, address indexed token, uint256 amount, uint64 stressedLots);
        /// The token says the escrow holds `held` units; the books say `totalLots`. `ratio` in 1e-9, rounded down; 1e9: whole.
        event Reconciled(address indexed token, uint256 held, uint64 totalLots, uint64 ratio);
        /// Of the `amount` that the `Withdrawn`, `HouseWithdrawn` or `Released` before it took off the books `paid` left: the asset is impaired.
        event PaidProRata(address indexed token, address indexed to, uint256 amount, uint256 paid);
        /// The account's last state; the `Released` of its transaction took what it held to `successor`.
        event Migrated(uint64 indexed account, address indexed successor, bytes32 agreementHash, bytes32 history, uint64 sequence, uint64 requirement, int64 cumulativeVariation, uint64 slot, uint64 asOf);
        event Paused(address by);
        event Unpaused(address by);

        error AlreadyInitialized();
        error Reentrant();
        /// Calldata that ends early, goes on too long, or pads with anything but zeros; where.
        error Malformed(uint256 offset);
        error Overflow();
        /// A figure that the ledger has no room for.
        error OutOfRange(bytes32 field);
        error InvalidSigner(address expected, address recovered);
        error NotPledgor(uint64 account, address caller);
        error NotSecuredParty(uint32 house, address caller);
        /// Without a signature the owner itself calls.
        error NotOwner(address owner, address caller);
        error InvalidTerms(bytes32 field);
        error MissingRole(address participant, uint8 role);
        error AgreementAlreadyOpen(uint64 account);
        error UnknownAccount(uint64 account);
        error UnknownHouse(uint32 house);
        error Expired(uint64 validUntil, uint64 timestamp);
        error NonceAlreadyUsed(address pledgor, uint64 nonce);
        error UnknownAction(uint8 action);
        error UnknownOrder(uint8 kind);
        /// None in force of that kind and token.
        error NoOrder(uint64 account, uint8 kind, address token);
        /// Neither haircut nor price has reached the level that the pledgor named.
        error LevelNotReached(uint64 account, address token, uint32 haircut, uint64 price);
        /// Something went back within the last 24 hours.
        error ReturnedAlready(uint64 account, uint64 next);
        /// Of what the order names nothing may move now; of a return, less than its minimum.
        error NothingToMove(uint64 account, uint8 kind);

        error UnknownAsset(address token);
        error NotEligible(uint64 account, address token);
        error NotWholeLots(address token, uint256 amount);
        error TokenCallFailed(address token);
        /// The token lets the escrow send nothing, not even to itself: what comes in could not leave.
        error NoWayOut(address token);
        /// The token moved another amount than asked, at the escrow or at the receiver: fees on transfer and rebasing are refused. To
        /// the escrow itself and to the token's own address nothing moves.
        error TransferMismatch(address token, uint256 asked, uint256 moved);
        error RegistryCallFailed();
        error InventoryShort(address holder, address token, uint256 asked, uint256 held);
        error BalanceShort(uint64 account, address token, uint256 asked, uint256 held);
        error HouseShort(uint32 house, uint256 asked, uint256 held);
        /// Variation credited within the challenge window may not leave yet.
        error InChallengeWindow(uint64 account, address token, uint256 asked, uint256 free);

        /// The token says that the escrow holds less than is booked, at the ratio on record: `reconcile` comes first.
        error CustodyShort(address token, uint256 held, uint256 booked);
        /// None of it comes in, and nothing leaves for nothing, while the escrow holds less than its books say.
        error AssetImpaired(address token, uint64 ratio);
        /// The ratio on record is that of now.
        error NothingToReconcile(address token, uint64 ratio);

        error WrongHouse(uint64 account, uint32 house);
        error AccountsNotAscending(uint64 account);
        error ParametersNotAgreed(bytes32 agreed, bytes32 given);
        error SlotInFuture(uint64 slot, uint64 current);
        error StaleSlot(uint64 slot, uint64 oldest);
        /// A valuation of an asset the account holds is too old.
        error StaleValuation(uint8 index, uint64 slot, uint64 oldest);
        error AsOfInFuture(uint64 asOf, uint64 timestamp);
        /// `asOf` or `slot` goes back.
        error OutOfOrder(uint64 account, uint64 asOf, uint64 lastAsOf);
        error VariationNotZeroSum(int256 sum);
        /// A root without fills or a lifecycle event, or a fill variation without fills.
        error PositionsMoved(uint64 account);
        error VariationCapExceeded(uint64 account, uint64 debit, uint64 cap);
        error VariationUncovered(uint64 account, uint64 debit, uint64 held);
        error HouseUncovered(uint32 house, uint64 credit, uint64 held);

        error NoFills();
        error AccountNotInSet(uint256 index);
        error SelfTrade(uint64 account);
        error FillAlreadyApplied(address venue, uint64 sequence);
        error FillExpired(address venue, uint64 sequence, uint64 settleBy, uint64 timestamp);
        /// It can still settle.
        error FillNotExpired(address venue, uint64 sequence, uint64 settleBy, uint64 timestamp);
        error FillFromFuture(address venue, uint64 sequence, uint64 matchedAt, uint64 timestamp);
        /// A group's fills settle together: its number's high byte says how many they are.
        error GroupIncomplete(address venue, uint64 firstSequence, uint16 group, uint16 taken);
        error UnknownCause(uint8 cause);
        error VenueIsAgent(address venue);
        /// The venue does not accept the token in top-ups.
        error VenueRefusesAsset(address venue, address token);
        error NoMandate(uint64 account, address venue);
        error MandateExpired(uint64 account, address venue, uint64 validUntil, uint64 matchedAt);
        error RequirementCapExceeded(uint64 account, address venue, uint64 requirement, uint64 cap);
        error FillVariationCapExceeded(uint64 account, address venue, uint64 used, uint64 cap);
        error TopUpLimitExceeded(uint64 account, address token, uint256 asked, uint256 left);
        /// After everything, P < C; the shortfall is what is missing.
        error MarginShort(uint64 account, uint64 posted, uint64 required);
        /// The account has a claim past its deadline: no new fills.
        error ClaimOverdue(uint64 account, uint64 deadline);
        /// Nothing leaves an account while a claim is open.
        error ClaimOpen(uint64 account, uint16 number);
        error StatementTooOld(uint64 account, uint64 asOf, uint64 oldest);
        /// There is a statement of the last day: the agents' word is to be had.
        error AgentsNotSilent(uint64 account, uint64 asOf, uint64 silentFrom);
        /// A substitution may not leave the account short and worse than before.
        error SubstitutionWeakens(uint64 account, uint64 postedBefore, uint64 postedAfter, uint64 required);
        /// Frozen: only its close-out goes on.
        error AccountInDefault(uint64 account);
        /// It has left for a successor.
        error AccountClosed(uint64 account);
        /// What the house owes the account is paid first.
        error HouseOwes(uint64 account, uint64 owed);
        /// It did not answer as one that takes the account over.
        error MigrationRefused(address successor);
        /// No new fills: the secured party missed a claim on it.
        error HouseInDefault(uint32 house);
        error NoClaim(uint64 account);
        /// `deadline` with what outages of the sequencer add.
        error ClaimNotOverdue(uint64 account, uint64 deadline, uint64 timestamp);
        /// Another dispute is open; or a deadline has passed and no upheld ruling binds; or, for the second agent, something is found already.
        error NotDisputable(uint64 account, uint32 dispute);
        /// More than the tolerance, and no more than is stated; of a book, anything.
        error DisputedAmount(uint64 amount, uint64 least, uint64 most);
        error NoDispute(uint64 account);
        /// Nothing but what is disputed, or was found wrong, is overdue: enforcement waits.
        error DisputeHolds(uint64 account, uint64 amount, uint64 until);
        error RulingOver(uint64 account, uint64 until);
        error RulingOpen(uint64 account, uint64 until);
        error UnknownSubject(uint8 subject);
        /// What was shown is not what was stated, named by its field.
        error NotTheStatement(bytes32 field, bytes32 stated, bytes32 shown);
        /// The verifier, the examiner or the oracle did not answer.
        error ProgramCallFailed(address program);
        /// The account is disputed: its claim cannot be given up, and it cannot leave.
        error DisputeOpen(uint64 account, uint32 dispute);
        /// A lifecycle event tops up nothing.
        error NoTopUps();
        /// The token can be moved, and nothing says that it could not.
        error NotFrozen(address token);
        error NotGovernor(address caller);
        /// Too little gas is left to ask the token.
        error GasShort(uint64 left, uint64 needed);
        error NoticeTooShort(uint64 at, uint64 earliest);
        /// The registry takes no new pledges of it.
        error AssetSuspended(address token);
        error EnforcedPause();
        error NotPauser(address caller);
    }
}
