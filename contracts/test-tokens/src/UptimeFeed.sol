// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @title UptimeFeed
/// @notice TEST FEED. Keeps a round for each change of the sequencer's status, as Chainlink's ArbitrumSequencerUptimeFeed does:
/// numbered from 1, `startedAt` the time of the change as its sender gives it, zeros for a round that there is not.
contract UptimeFeed {
    /// @notice `Silent` reverts, `Hungry` burns all gas, `Loud` answers as much as its gas allows, `Bursting` reverts with as much,
    /// `Short` leaves the last word out, `Odd` answers 2, `Wide` a time that fits no clock, `Forgetful` knows the latest round alone.
    enum Mood { Calm, Silent, Hungry, Loud, Bursting, Short, Odd, Wide, Forgetful }

    struct Round {
        bool down;
        uint64 startedAt;
    }

    Mood public mood;
    Round[] private rounds;

    constructor() {
        rounds.push(Round(false, uint64(block.timestamp)));
    }

    function setMood(Mood mood_) external {
        mood = mood_;
    }

    /// @notice A status that is the same, or older than the last, is ignored.
    function updateStatus(bool down, uint64 timestamp) external {
        Round storage last = rounds[rounds.length - 1];
        if (last.down == down || last.startedAt > timestamp) return;
        rounds.push(Round(down, timestamp));
    }

    /// @notice A feed that does not keep to its order.
    function pushRound(bool down, uint64 timestamp) external {
        rounds.push(Round(down, timestamp));
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return answer(uint80(rounds.length));
    }

    function getRoundData(uint80 roundId) external view returns (uint80, int256, uint256, uint256, uint80) {
        require(mood != Mood.Forgetful, "No data present");
        return answer(roundId);
    }

    function answer(uint80 id) private view returns (uint80, int256 status, uint256 startedAt, uint256, uint80) {
        Mood now_ = mood;
        require(now_ != Mood.Silent, "silent");
        while (now_ == Mood.Hungry) {}
        if (now_ == Mood.Loud) assembly { return(0, 150000) }
        if (now_ == Mood.Bursting) assembly { revert(0, 150000) }
        if (id != 0 && id <= rounds.length) {
            Round storage round = rounds[id - 1];
            (status, startedAt) = (round.down ? int256(1) : int256(0), round.startedAt);
        }
        if (now_ == Mood.Odd) status = 2;
        if (now_ == Mood.Wide) startedAt += 1 << 64;
        if (now_ == Mood.Short) assembly {
            mstore(0, id)
            mstore(32, status)
            mstore(64, startedAt)
            mstore(96, startedAt)
            return(0, 128)
        }
        return (id, status, startedAt, startedAt, id);
    }
}
