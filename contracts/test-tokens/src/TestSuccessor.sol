// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title TestSuccessor
/// @notice TEST SUCCESSOR. Takes over accounts of one predecessor and holds what came for each pledgor; by mood also not.
contract TestSuccessor {
    struct MigratedAccount {
        uint64 account;
        bytes32 agreementHash;
        address pledgor;
        address securedParty;
        bytes32 history;
        uint64 sequence;
        uint64 requirement;
        int64 cumulativeVariation;
        uint64 slot;
        uint64 asOf;
    }

    address public immutable predecessor;
    /// @notice 0 takes over; 1 reverts; 2 answers another word; 3 calls its caller back first.
    uint8 public immutable mood;
    /// @notice What the predecessor answered to a call back
    bytes public answer;
    /// @notice Of each token, what has been booked
    mapping(address token => uint256) public booked;
    mapping(address pledgor => mapping(address token => uint256)) public credit;
    /// @notice An account as it came, ABI-encoded
    mapping(uint64 account => bytes) public accounts;

    constructor(address predecessor_, uint8 mood_) {
        (predecessor, mood) = (predecessor_, mood_);
    }

    function acceptMigration(MigratedAccount calldata account, address[] calldata tokens, uint256[] calldata amounts)
        external
        returns (bytes4)
    {
        require(msg.sender == predecessor && mood != 1, "refused");
        if (mood == 2) return 0xffffffff;
        if (mood == 3) (, answer) = msg.sender.call(abi.encodeWithSignature("accountCount()"));
        for (uint256 i = 0; i < tokens.length; ++i) {
            booked[tokens[i]] += amounts[i];
            require(IERC20(tokens[i]).balanceOf(address(this)) >= booked[tokens[i]], "nothing came");
            credit[account.pledgor][tokens[i]] += amounts[i];
        }
        accounts[account.account] = abi.encode(account);
        return this.acceptMigration.selector;
    }
}
