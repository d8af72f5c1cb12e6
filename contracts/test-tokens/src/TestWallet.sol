// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title TestWallet
/// @notice TEST WALLET. A contract whose owner's key signs for it (ERC-1271), in 64 or 65 bytes; by mood also otherwise.
contract TestWallet is IERC1271 {
    address public immutable owner;
    /// @notice 0 answers as it should; 1 reverts; 2 answers another word; 3 burns all gas it is given; 4 answers the right
    /// four bytes and no more; 5 wants the hash again after 65 bytes; 6 approves only if its caller refuses to be called back.
    uint8 public immutable mood;

    constructor(address owner_, uint8 mood_) {
        owner = owner_;
        mood = mood_;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        require(mood != 1, "mood");
        if (mood == 2) return 0xffffffff;
        while (mood == 3) {}
        if (mood == 4) {
            assembly {
                mstore(0, shl(224, 0x1626ba7e))
                return(0, 4)
            }
        }
        if (mood == 5) {
            if (signature.length != 97 || bytes32(signature[65:]) != hash) return 0xffffffff;
            signature = signature[:65];
        }
        if (mood == 6) {
            (bool entered, bytes memory answer) = msg.sender.staticcall(abi.encodeWithSignature("accountCount()"));
            if (entered || bytes4(answer) != bytes4(keccak256("Reentrant()"))) return 0xffffffff;
        }
        (address signer, ECDSA.RecoverError fault,) = signature.length == 64
            ? ECDSA.tryRecover(hash, bytes32(signature[:32]), bytes32(signature[32:]))
            : ECDSA.tryRecover(hash, signature);
        bool approved = fault == ECDSA.RecoverError.NoError && signer == owner;
        return approved ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}
