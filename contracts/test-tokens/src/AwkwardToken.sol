// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title AwkwardToken
/// @notice TEST TOKEN, worth nothing. An ERC-20 that its owner may give a mood, bar a holder from, or rebase.
contract AwkwardToken is ERC20, Ownable {
    /// @notice Of a transfer: `Paused` reverts, `Hungry` burns all gas, `Loud` moves and answers a megabyte, `Bursting`
    /// moves nothing and reverts with a megabyte, `Hooked` tells a receiver with code (`tokensReceived`), `Taxing` burns a
    /// hundredth of what the receiver gets, `Giving` adds a hundredth to it, `Consuming` burns what the token's own address gets.
    /// Of a balance: `Doubling` answers twice the truth, `Wavering` another at every call, `Stuck` always the same.
    enum Mood { Calm, Paused, Hungry, Loud, Bursting, Hooked, Doubling, Wavering, Stuck, Taxing, Giving, Consuming }

    Mood public mood;
    /// @notice Whom the issuer has barred from sending, and from receiving
    mapping(address holder => bool) public barred;
    mapping(address holder => bool) public closed;
    /// @notice What rebases have added to a balance
    mapping(address holder => int256) public drift;

    uint8 private immutable _decimals;

    /// @notice `holder` may not send the token, or not receive it
    error Barred(address holder);
    /// @notice Nothing moves now
    error Paused();

    constructor(uint8 decimals_) ERC20("Awkward", "AWK") Ownable(msg.sender) {
        _decimals = decimals_;
    }

    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }

    function setMood(Mood mood_) external onlyOwner {
        mood = mood_;
    }

    function bar(address holder, bool barred_) external onlyOwner {
        barSides(holder, barred_, barred_);
    }

    function barSides(address holder, bool sends, bool receives) public onlyOwner {
        (barred[holder], closed[holder]) = (sends, receives);
    }

    /// @notice Adds `change` to what `holder` has. As rebasing tokens do, it emits no `Transfer`.
    function rebase(address holder, int256 change) external onlyOwner {
        drift[holder] += change;
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    /// @inheritdoc ERC20
    function balanceOf(address holder) public view override returns (uint256) {
        if (mood == Mood.Stuck) return 1;
        uint256 has = _has(holder);
        if (mood == Mood.Doubling) return 2 * has;
        return mood == Mood.Wavering ? has + gasleft() : has;
    }

    /// @inheritdoc ERC20
    function transfer(address to, uint256 amount) public override returns (bool) {
        super.transfer(to, amount);
        _answer();
        return true;
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        _answer();
        return true;
    }

    /// @dev Every mint and transfer passes here.
    function _update(address from, address to, uint256 amount) internal override {
        require(mood != Mood.Paused, Paused());
        require(!barred[from], Barred(from));
        require(!closed[to], Barred(to));
        while (mood == Mood.Hungry) {}
        if (mood == Mood.Bursting) assembly { revert(0, 1000000) }
        require(from == address(0) || amount <= _has(from), ERC20InsufficientBalance(from, _has(from), amount));
        super._update(from, to, amount);
        if (mood == Mood.Taxing && from != address(0)) super._update(to, address(0), amount / 100);
        if (mood == Mood.Giving && from != address(0)) super._update(address(0), to, amount / 100);
        if (mood == Mood.Consuming && to == address(this)) super._update(to, address(0), amount);
        if (mood == Mood.Hooked && to.code.length > 0) IReceiver(to).tokensReceived();
    }

    function _has(address holder) private view returns (uint256) {
        return uint256(int256(super.balanceOf(holder)) + drift[holder]);
    }

    function _answer() private view {
        if (mood == Mood.Loud) assembly { mstore(0, 1) return(0, 1000000) }
    }
}

/// @notice What a receiver is told, as by ERC-777
interface IReceiver {
    function tokensReceived() external;
}
