//! What the contracts call on tokens, ERC-20, ERC-2612 and ERC-3009, and on wallets, ERC-1271.

solidity! {
    interface Token {
        function balanceOf(address holder) external view returns (uint256);
        function transfer(address to, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
        function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;
        function decimals() external view returns (uint8);
        function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
    }

    /// Permits of contract wallets, as USDC has them since version 2.2.
    interface SignedPermit {
        function permit(address owner, address spender, uint256 value, uint256 deadline, bytes signature) external;
    }

    interface Wallet {
        /// Answers its own selector where it approves.
        function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
    }
}
