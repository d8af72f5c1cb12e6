// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

interface ArbWasm {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    function codehashVersion(bytes32 codehash) external view returns (uint16 version);
}

/// Creates, activates and initialises a Stylus program in one transaction, behind the interface that cargo-stylus calls
/// when a contract has a constructor. Where Arbitrum has its own contract, a devnode has this one from the start.
contract StylusDeployer {
    ArbWasm private constant ARB_WASM = ArbWasm(address(0x71));

    event ContractDeployed(address deployedContract);

    error EmptyBytecode();
    error InitValueButNotInitData();
    error ContractDeploymentError(bytes bytecode);
    error ContractInitializationError(address newContract, bytes data);
    error RefundExcessValueError(uint256 excessValue);

    /// `initValue` of the value sent goes to the constructor, the rest pays for activation and what is left comes back.
    /// With a salt, which the constructor's data are hashed into, the address does not depend on the nonce.
    function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt)
        external
        payable
        returns (address created)
    {
        if (bytecode.length == 0) revert EmptyBytecode();
        if (initValue != 0 && initData.length == 0) revert InitValueButNotInitData();
        created = create(bytecode, salt == 0 ? salt : keccak256(abi.encodePacked(salt, initData)));
        if (!isActive(created)) ARB_WASM.activateProgram{value: msg.value - initValue}(created);
        if (initData.length != 0) {
            (bool initialised, bytes memory reason) = created.call{value: initValue}(initData);
            if (!initialised) revert ContractInitializationError(created, reason);
        }
        uint256 excess = address(this).balance;
        if (excess != 0) {
            (bool refunded,) = msg.sender.call{value: excess}("");
            if (!refunded) revert RefundExcessValueError(excess);
        }
        emit ContractDeployed(created);
    }

    /// ArbWasm returns what an activation does not cost.
    receive() external payable {}

    function create(bytes memory bytecode, bytes32 salt) private returns (address created) {
        assembly {
            switch salt
            case 0 { created := create(0, add(bytecode, 32), mload(bytecode)) }
            default { created := create2(0, add(bytecode, 32), mload(bytecode), salt) }
        }
        if (created == address(0)) revert ContractDeploymentError(bytecode);
    }

    /// EVM code needs no activation.
    function isActive(address account) private view returns (bool) {
        bytes memory code = account.code;
        if (code.length < 3 || code[0] != 0xef || code[1] != 0xf0 || code[2] != 0x00) return true;
        try ARB_WASM.codehashVersion(account.codehash) returns (uint16 version) {
            return version != 0;
        } catch {
            return false;
        }
    }
}
