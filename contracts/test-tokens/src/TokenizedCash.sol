// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title TokenizedCash
/// @notice TEST TOKEN, worth nothing. Cash of a permissioned issuer: it is minted to and moves between allowed holders
/// only, so an escrow that is to hold it must be allowed too. Six decimals.
contract TokenizedCash is ERC20, Ownable {
    /// @notice Whether an address may hold the token
    mapping(address holder => bool) public isAllowed;

    /// @notice `holder` may hold the token from now on, or no longer
    event AllowedSet(address indexed holder, bool allowed);

    /// @notice `holder` may neither send nor receive the token
    error HolderNotAllowed(address holder);

    /// @param name_ token name
    /// @param symbol_ token symbol
    constructor(string memory name_, string memory symbol_) ERC20(name_, symbol_) Ownable(msg.sender) {}

    /// @notice Admits or bars `holder`. A barred holder keeps its balance and cannot move it. Only the owner.
    function setAllowed(address holder, bool allowed) external onlyOwner {
        isAllowed[holder] = allowed;
        emit AllowedSet(holder, allowed);
    }

    /// @notice Creates `amount` for `to`, an allowed holder. Only the owner, who deployed the token.
    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @dev Every mint and transfer passes here; the zero address stands for creation.
    function _update(address from, address to, uint256 value) internal override {
        if (from != address(0)) _requireAllowed(from);
        _requireAllowed(to);
        super._update(from, to, value);
    }

    function _requireAllowed(address holder) private view {
        require(isAllowed[holder], HolderNotAllowed(holder));
    }
}
