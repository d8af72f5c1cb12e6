//! What the contracts call on tokens: ERC-20 and ERC-3009.
use alloy_sol_types::sol;

sol! {
    interface Token {
        function balanceOf(address holder) external view returns (uint256);
        function transfer(address to, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
        function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;
    }
}
