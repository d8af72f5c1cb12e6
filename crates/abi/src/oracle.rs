//! price-oracle: redundant, governed prices, one round per feed and slot.

/// Slots that rounds and roots of marks are kept for: a day.
pub const KEPT_SLOTS: u64 = 8_640;

solidity! {
    #[derive(Debug, PartialEq, Eq)]
    struct Reporter {
        address signer;
        /// Reporters that share a source share a group; a group has one vote.
        uint16 group;
    }

    /// The governed configuration; the chain keeps its hash, `keccak256(abi.encodePacked(…))` as [`crate::packed`] lays it out.
    #[derive(Debug, PartialEq, Eq)]
    struct ReporterSet {
        /// Votes that must remain after outliers are dropped.
        uint8 quorum;
        /// A report further than this from the median is dropped.
        uint32 bandPpm;
        /// A report's slot may lie at most this many slots in the past; less than a day's 8,640.
        uint16 maxAgeSlots;
        Reporter[] reporters;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct Round {
        uint64 slot;
        /// Median of the votes within the band, 1e-8 USD; 0 when the slot has no round.
        uint64 price;
        /// Median of their confidences, ppm; of an even number the lower of the middle two.
        uint32 confidence;
        /// Largest distance from the median among **all** votes, dropped ones included, ppm of the median, rounded up;
        /// `type(uint32).max` stands for all that is more.
        uint32 dispersion;
        /// Votes counted, and votes not counted: together the reports that the round rests on.
        uint8 votes;
        uint8 dropped;
    }

    interface PriceOracle {
        /// Followed by `abi.encode(owner)`; once.
        function stylus_constructor() external;
        /// Owner only. Emits `ReportersSet`.
        function setReporters(ReporterSet set) external;
        /// Owner only, two steps.
        function transferOwnership(address newOwner) external;
        function acceptOwnership() external;
        /// Followed by the packed [`crate::packed::SignedSlot`]; anyone may post. Takes of one slot what is new: rounds of feeds, and the
        /// root of its wider mark set, which a quorum of source groups signed and the first of which stands. A feed without a quorum in
        /// the band is passed over, and so is one whose round already rests on as many reports. More reports without a quorum leave a
        /// slot's round its price and raise its dispersion. Where nothing is new the call reverts with why the last part was not:
        /// `NoQuorum`, `NotSuperseding`, `NoMarksQuorum` or `MarksAlreadyCommitted`.
        /// Where feeds are asked for, the answer goes on with the two rounds of `roundAndPrevious` of each, and a call that brings nothing
        /// does not revert: it ends its answer with the error.
        /// `taken`: bit *i*, the round of the *i*th feed was kept; bit 255, the root was.
        function submit() external returns (uint256 taken);

        function round(bytes32 feed, uint64 slot) external view returns (Round);
        /// That round, and the newest of the feed in the 360 slots before it; all zero where there is none, or no round of `slot`.
        function roundAndPrevious(bytes32 feed, uint64 slot) external view returns (Round round, Round previous);
        /// The newest round at most `maxAgeSlots` (and 360) old; reverts `NoRound`, with the current slot, where there is none.
        function latest(bytes32 feed, uint64 maxAgeSlots) external view returns (Round);
        /// The root committed for the slot; zero where there is none, or a day of later slots has taken its place.
        function marksRoot(uint64 slot) external view returns (bytes32);
        function reporterSetHash() external view returns (bytes32);
        function owner() external view returns (address);

        event ReportersSet(bytes32 indexed setHash, uint8 quorum, uint32 bandPpm, uint16 maxAgeSlots, address[] signers, uint16[] groups);
        /// `taken` is a packed [`crate::packed::TakenSlot`]: every vote, the rounds that were kept, the root that was committed.
        event SlotTaken(uint64 indexed slot, bytes taken);
        event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
        event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

        error NotOwner(address caller);
        error AlreadyInitialized();
        error Malformed(uint256 offset);
        /// The set in calldata is not the governed one.
        error WrongReporterSet(bytes32 expected, bytes32 given);
        error InvalidReporterSet();
        /// A signature that is not of the reporter it names; `expected` is zero for a place outside the set.
        error InvalidSigner(address expected, address recovered);
        error DuplicateGroup(uint16 group);
        error SlotInFuture(uint64 slot, uint64 current);
        error SlotTooOld(uint64 slot, uint64 oldest);
        error InvalidPrice(bytes32 feed);
        error NoQuorum(bytes32 feed, uint256 votes, uint256 quorum);
        /// The slot already has a round of at least as many reports.
        error NotSuperseding(bytes32 feed, uint64 slot, uint256 reports, uint256 held);
        /// Fewer source groups than the quorum signed the root.
        error NoMarksQuorum(uint64 slot, uint256 votes, uint256 quorum);
        /// The slot has a root, and keeps it.
        error MarksAlreadyCommitted(uint64 slot, bytes32 root);
        error NoRound(bytes32 feed, uint64 slot);
    }
}

impl Round {
    /// Reports that the round rests on, counted or not.
    pub fn reports(&self) -> usize {
        usize::from(self.votes).saturating_add(usize::from(self.dropped))
    }
}
