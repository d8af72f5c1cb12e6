// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IReceiver} from "./AwkwardToken.sol";

/// @title CallingReceiver
/// @notice TEST RECEIVER. Told that tokens came, it makes a call of its own and keeps what was answered.
contract CallingReceiver is IReceiver {
    address private immutable _target;
    bytes private _call;
    bool public told;
    bool public succeeded;
    bytes public answer;

    constructor(address target, bytes memory call) {
        (_target, _call) = (target, call);
    }

    /// @inheritdoc IReceiver
    function tokensReceived() external {
        told = true;
        (succeeded, answer) = _target.call(_call);
    }
}
