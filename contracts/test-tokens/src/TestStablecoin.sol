// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title TestStablecoin
/// @notice TEST TOKEN, worth nothing. A freely transferable stablecoin that can be moved by allowance, by permit
/// (ERC-2612) and by signed authorization (ERC-3009, random nonces). Six decimals make it behave like USDC, eighteen
/// like USDe.
contract TestStablecoin is ERC20Permit, ERC3009, Ownable {
    uint8 private immutable _decimals;

    /// @param name_ token name, also that of the EIP-712 domain (version "1")
    /// @param symbol_ token symbol
    /// @param decimals_ decimal places of one unit
    constructor(string memory name_, string memory symbol_, uint8 decimals_)
        ERC20(name_, symbol_)
        ERC20Permit(name_)
        Ownable(msg.sender)
    {
        _decimals = decimals_;
    }

    /// @notice Creates `amount` for `to`. Only the owner, who deployed the token.
    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}
