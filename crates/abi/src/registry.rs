//! eligibility-registry: which token counts, with which haircut; who takes part in which role.

/// Roles of a participant, as bits.
pub mod role {
    /// Submits fills.
    pub const VENUE: u8 = 1;
    /// Holds margin and pays variation.
    pub const SECURED_PARTY: u8 = 2;
    /// States requirement and variation.
    pub const CALCULATION_AGENT: u8 = 4;
}

/// Classes of assets.
pub mod class {
    /// Priced at 1 USD at most, and the only one that variation is settled in.
    pub const STABLECOIN: u8 = 1;
    /// Priced at 1 USD at most.
    pub const TOKENIZED_CASH: u8 = 2;
    /// Shares of a fund whose price grows: it counts up to the asset's `priceCap`. It has no par, so no deviation from one.
    pub const FUND_SHARE: u8 = 3;
    /// 1 USD, as a `priceCap`.
    pub const PAR: u32 = 100;
    /// Most that a `priceCap` may be.
    pub const MOST_PRICE: u32 = 10_000_000;
}

/// Clocks of the haircut, by rule and not by parameter.
pub mod clock {
    /// Existing collateral: at most 5 points an hour upwards.
    pub const TIGHTEN_PPM_PER_HOUR: u64 = 50_000;
    /// At most 0.5 points in 3 days downwards.
    pub const LOOSEN_PPM: u64 = 5_000;
    /// Seconds in which a haircut loosens by [`LOOSEN_PPM`] at most.
    pub const LOOSEN_SECONDS: u64 = 259_200;
}

/// Whether an asset takes new pledges: the `status` of `StatusSet`.
pub mod status {
    /// It may be pledged.
    pub const ACTIVE: u8 = 0;
    /// No new pledges; what is pledged keeps its value.
    pub const SUSPENDED: u8 = 1;
    /// The same, and from its time on it counts for nothing.
    pub const WINDING_DOWN: u8 = 2;
    /// Notice of a wind-down, in seconds.
    pub const WIND_DOWN_SECONDS: u64 = 86_400;
}

/// How far an outage of the sequencer extends deadlines, by rule and not by parameter.
pub mod grace {
    /// Of one outage its first hour counts, at most.
    pub const OUTAGE_SECONDS: u64 = 3_600;
    /// Most that counts of all outages in any [`WINDOW_SECONDS`], and most that one deadline is extended by.
    pub const MOST_SECONDS: u64 = 14_400;
    /// 30 days. An outage younger than that is never overwritten.
    pub const WINDOW_SECONDS: u64 = 2_592_000;
    /// Outages kept.
    pub const OUTAGES: usize = 8;
    /// While an outage counts, valuations stop being fresh, but fall no further behind than this, in slots: half of what marks accept.
    pub const TRAIL_SLOTS: u64 = crate::escrow::MARK_SLOTS / 2;
    /// Most gas that one question to the uptime feed may cost.
    pub const FEED_GAS: u64 = 100_000;
    /// A call that asks the feed needs so much gas left: with less, whoever sends it could make the feed fail.
    pub const GAS_TO_ASK: u64 = 110_000;
}

solidity! {
    /// The sequencer was down, as a feed said. Times in seconds; zeros: no outage.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct Outage {
        uint64 from;
        /// Its end, or as far as it has been recorded.
        uint64 until;
        /// Of it, the first so many seconds extend deadlines.
        uint64 counted;
    }

    /// A Chainlink sequencer uptime feed: a round for each change of the sequencer's status, numbered one after the other.
    interface UptimeFeed {
        /// `answer` 0: up, 1: down, since `startedAt`.
        function latestRoundData() external view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
        function getRoundData(uint80 roundId) external view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
    }

    #[derive(Debug, PartialEq, Eq)]
    struct AssetTerms {
        address token;
        /// See [`crate::registry::class`].
        uint8 class;
        uint8 decimals;
        bytes32 feed;
        /// Haircut in calm, and the bounds it never leaves; ppm, floor ≤ base ≤ cap < 1,000,000.
        uint32 baseHaircut;
        uint32 floor;
        uint32 cap;
        /// Target haircut = base + deviationSlope·(1 − price) + dispersionSlope·dispersion + confidenceSlope·(1 − confidence); ppm per 1,
        /// each term rounded up.
        uint32 deviationSlope;
        uint32 dispersionSlope;
        uint32 confidenceSlope;
        /// Largest share of the requirement that this asset may cover, ppm.
        uint32 concentrationLimit;
        /// The most that a token is priced at, before its haircut: cents of a USD. 100 of classes 1 and 2.
        uint32 priceCap;
    }

    /// What the escrow values an asset with; one storage word.
    #[derive(Debug, PartialEq, Eq)]
    struct Valuation {
        uint64 slot;
        /// price·(1 − haircut), 1e-9 USD a token, which is 1e-9 micro-USD a lot; for collateral already pledged.
        uint64 factor;
        /// The same with the haircut that new pledges take at once; never above `factor`.
        uint64 factorNew;
        uint32 concentrationLimit;
        /// No new pledges.
        bool suspended;
        /// The most that a token was priced at, whatever its price: cents of a USD, below 2^24.
        uint32 priceCap;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct HaircutState {
        /// In force for collateral already pledged, ppm.
        uint32 haircut;
        /// Where the round of `slot` and the one before it let it go, ppm: up, to what both call for; down, to what the last one calls for.
        uint32 target;
        /// What the round of `slot` alone calls for, ppm.
        uint32 signal;
        uint64 slot;
        /// Time of the last sync: what the clock allows counts from here.
        uint64 movedAt;
        /// The guardian's floor under the target, ppm; zero: none.
        uint32 tightened;
        /// See [`crate::registry::status`].
        uint8 status;
        /// When a wind-down takes effect.
        uint64 countsUntil;
    }

    /// What the owner may change of a listed asset; as in `AssetTerms`.
    #[derive(Debug, PartialEq, Eq)]
    struct HaircutRule {
        uint32 baseHaircut;
        uint32 floor;
        uint32 cap;
        uint32 deviationSlope;
        uint32 dispersionSlope;
        uint32 confidenceSlope;
        uint32 concentrationLimit;
        uint32 priceCap;
    }

    interface EligibilityRegistry {
        /// Followed by `abi.encode(owner, oracle)`; once.
        function stylus_constructor() external;
        /// Owner only. Lists an asset under the next index (at most 16). The token itself must answer `decimals` with those of the terms:
        /// at most 100,000 gas are spent on its answer. `setRule` and `resume` ask again.
        function listAsset(AssetTerms terms) external returns (uint8 index);
        /// Owner only. Identity (LEI, 20 ASCII bytes) and roles.
        function setParticipant(address participant, bytes20 lei, uint8 roles) external;
        /// By a venue, for itself. Bit i set: mandates may let top-ups under it bring asset i, listed now or later. A venue that
        /// never said so accepts all.
        function accept(uint16 assets) external;
        /// Owner only. In force from the next sync on; the haircut in force must lie within the new bounds, and moves by its clock.
        function setRule(uint8 index, HaircutRule rule) external;
        /// Owner only; zero is nobody.
        function setGuardian(address guardian) external;
        function setPauser(address pauser) external;
        /// Owner only. A feed of the sequencer's uptime that contracts may read ([`crate::registry::UptimeFeed`]); zero: none.
        /// What has been recorded stays.
        function setUptimeFeed(address feed) external;
        /// Guardian only. A floor under the target haircut, at most the cap and not below an earlier one; the clock stays the same.
        function tighten(uint8 index, uint32 haircut) external;
        /// Guardian only. No new pledges of the asset.
        function suspend(uint8 index) external;
        /// Guardian only. No new pledges, and in a day it counts for nothing.
        function windDown(uint8 index) external;
        /// Owner only. Lifts the guardian's floor, suspension and wind-down; the haircut then loosens by its clock.
        function resume(uint8 index) external;
        /// Anyone, once a wind-down's time has come and no sync has.
        function applyWindDown(uint8 index) external;
        function transferOwnership(address newOwner) external;
        function acceptOwnership() external;
        /// Anyone. Takes the oracle's round of `slot` for the assets of the bitmap; moves haircuts by their rule and clock.
        /// What tightens is also called for by the feed's round before it, synced or not; one that is more than 360 slots older
        /// confirms nothing. Time since the last sync counts, no more than the two rounds span.
        /// Assets already at that round or a later one are passed over, and so are those of whose feed the slot has no round; where all are,
        /// `NoRound` if one has none, else `SlotNotNewer`. A round that has been superseded since is taken again.
        /// While the feed says that the sequencer is down, and the outage counts, the slot of a valuation stays where it stands, at most
        /// [`crate::registry::grace::TRAIL_SLOTS`] behind.
        function sync(uint64 slot, uint16 assets) external;
        /// Followed by the packed [`crate::packed::SignedSlot`] and a bitmap of assets, 16 bits. Anyone. Has the oracle take the slot, and
        /// takes its rounds for the assets, as `sync` does. Where neither brings anything the call reverts with the oracle's reason.
        /// `taken` as of the oracle's `submit`; `moved`: the assets that follow the slot now.
        function submitAndSync() external returns (uint256 taken, uint16 moved);
        /// Anyone. Records the outage that the feed shows, or as much of it as has passed; a later call extends it.
        /// `NoOutage` where it shows nothing new, also where it fails or answers anything but a round.
        function recordOutage() external;

        /// One word for each set bit, lowest first, without offset or length: see [`crate::packed::valuation`].
        function valuations(uint16 assets) external view;
        /// The words of `valuations`, then one of roles: those of `agent` in its lowest byte, those of `secondAgent` in the next. The
        /// zero address has none.
        function standing(uint16 assets, address agent, address secondAgent) external view;
        function valuation(uint8 index) external view returns (Valuation);
        function haircut(uint8 index) external view returns (HaircutState);
        function assetCount() external view returns (uint8);
        function assetAt(uint8 index) external view returns (AssetTerms);
        /// Reverts `UnknownAsset` for a token that is not listed.
        function assetOf(address token) external view returns (uint8 index, uint8 decimals, uint8 class);
        /// `accepted`: what a venue accepts, as of `accept`.
        function roles(address participant) external view returns (uint8 roles, bytes20 lei, uint16 accepted);
        function acceptedBy(address venue) external view returns (uint16 assets);
        function oracle() external view returns (address);
        function owner() external view returns (address);
        function guardian() external view returns (address);
        /// Who may pause the escrow; zero: nobody.
        function pauser() external view returns (address);
        function uptimeFeed() external view returns (address);
        /// The outages recorded, in no order.
        function outages() external view returns (Outage[8]);
        /// What outages between two times add to a deadline: recorded ones, and what the feed shows now and nobody has recorded.
        /// At most [`crate::registry::grace::MOST_SECONDS`].
        function graceBetween(uint64 from, uint64 to) external view returns (uint64);

        event AssetListed(uint8 indexed index, address indexed token, uint8 class, uint8 decimals, bytes32 feed, uint32 baseHaircut, uint32 floor, uint32 cap, uint32 deviationSlope, uint32 dispersionSlope, uint32 confidenceSlope, uint32 concentrationLimit, uint32 priceCap);
        event ParticipantSet(address indexed participant, bytes20 lei, uint8 roles);
        /// Bit i set: the venue accepts asset i in top-ups from now on.
        event VenueAccepts(address indexed venue, uint16 assets);
        /// `price` is the one valued with: at most `priceCap`.
        event Valued(uint8 indexed index, uint64 indexed slot, uint64 price, uint64 factor, uint64 factorNew, uint32 concentrationLimit, uint32 priceCap);
        event HaircutMoved(uint8 indexed index, uint64 indexed slot, uint32 previous, uint32 current, uint32 target, uint8 cause);
        /// The limit moved between two rounds: a wind-down took effect, or was lifted.
        event LimitMoved(uint8 indexed index, uint32 previous, uint32 current);
        event RuleSet(uint8 indexed index, uint32 baseHaircut, uint32 floor, uint32 cap, uint32 deviationSlope, uint32 dispersionSlope, uint32 confidenceSlope, uint32 concentrationLimit, uint32 priceCap);
        event GuardianSet(address indexed previous, address indexed current);
        event PauserSet(address indexed previous, address indexed current);
        event UptimeFeedSet(address indexed previous, address indexed current);
        /// An outage, or more of the one that began at `from`. Its first `counted` seconds extend deadlines.
        event OutageRecorded(uint64 indexed from, uint64 until, uint64 counted);
        event Tightened(uint8 indexed index, uint32 previous, uint32 current);
        event StatusSet(uint8 indexed index, uint8 previous, uint8 current, uint64 countsUntil);
        event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
        event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

        error NotOwner(address caller);
        error NotGuardian(address caller);
        error NotVenue(address caller);
        /// A guardian only tightens.
        error NotTighter(uint8 index, uint32 haircut, uint32 held);
        error NotWoundDown(uint8 index, uint64 countsUntil, uint64 timestamp);
        error AlreadyInitialized();
        error Malformed(uint256 offset);
        error InvalidTerms(address token);
        /// The token says other decimals than it is listed with.
        error DecimalsDiffer(address token, uint8 listed, uint256 said);
        /// The token does not answer `decimals` with one word.
        error NoDecimals(address token);
        error AssetAlreadyListed(address token);
        error TooManyAssets();
        error UnknownAsset(address token);
        error UnknownIndex(uint256 index);
        error NoRound(bytes32 feed, uint64 slot);
        error SlotNotNewer(uint64 slot, uint64 held);
        error OracleCallFailed();
        /// The feed shows no outage that is not recorded.
        error NoOutage();
        /// The oldest outage kept ended less than 30 days before this one began.
        error OutagesFull(uint64 oldestUntil);
        /// Too little gas is left to ask the feed, or the token.
        error GasShort(uint64 left, uint64 needed);
    }
}

/// Why a haircut moved: the `cause` of `HaircutMoved`.
pub mod cause {
    /// It rose with the oracle.
    pub const TIGHTENED: u8 = 1;
    /// It fell.
    pub const LOOSENED: u8 = 2;
    /// Tightened by the guardian's floor.
    pub const GUARDIAN: u8 = 3;
}
