//! What a running program carries, and how it leaves its run.

use super::super::hostio::Recorder;
use super::super::pages::Pages;
use super::storage::StorageCache;
use alloy::primitives::{Address, B256, Bytes, U256};
use parking_lot::Mutex;
use wasmi::{Global, Memory};

/// Facts of the call and its block that cannot change during the call.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Wei for one gas.
    pub basefee: U256,
    /// The block's.
    pub coinbase: Address,
    /// The block's.
    pub gas_limit: u64,
    /// The parent chain's block number.
    pub number: u64,
    /// Seconds.
    pub timestamp: u64,
    /// The chain's.
    pub chain_id: u64,
    /// Whose storage is used: in a delegate call the caller's.
    pub contract: Address,
    /// Who calls.
    pub sender: Address,
    /// Wei.
    pub value: U256,
    /// Wei for one gas, as the transaction pays.
    pub gas_price: U256,
    /// Who sent the transaction.
    pub origin: Address,
    /// Whether the contract runs already further out.
    pub reentrant: bool,
}

/// State of one program's run.
#[derive(Debug, Default)]
pub struct Host {
    /// The instrumentation's global of ink left.
    pub ink: Option<Global>,
    /// 1 once the ink ran out.
    pub status: Option<Global>,
    /// Words of stack left.
    pub stack: Option<Global>,
    /// The program's.
    pub memory: Option<Memory>,
    /// Facts of the call.
    pub env: Environment,
    /// Calldata.
    pub args: Bytes,
    /// What `write_result` left.
    pub result: Vec<u8>,
    /// Of the last call or creation.
    pub return_data: Bytes,
    /// Slots read and written, as Stylus keeps them until a flush.
    pub cache: StorageCache,
    /// Code read last by `account_code` or `account_code_size`: reading it again is free.
    pub last_code: Option<(Address, Bytes)>,
    /// Memory that the transaction has opened.
    pub pages: Pages,
    /// Ink taken by host functions for themselves (not EVM gas).
    pub host_ink: u64,
    /// Gas taken for storage access.
    pub storage_gas: u64,
    /// Gas taken for calls and creations.
    pub call_gas: u64,
    /// The part of it that is the calls' own price.
    pub call_price: u64,
    /// Gas taken for anything else the EVM prices: logs, accounts, transient storage, pages.
    pub other_gas: u64,
    /// Present when host functions are to be recorded.
    pub recorder: Option<Box<Recorder>>,
}

/// A sub-call as the program asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubCall {
    /// `call_contract`.
    Call,
    /// `delegate_call_contract`.
    Delegate,
    /// `static_call_contract`.
    Static,
}

/// What the chain is asked for while the program is suspended.
#[derive(Debug)]
pub enum Request {
    /// The slot's word goes to `dest`; `access_gas` is the cache's own price.
    LoadSlot { key: U256, dest: u32, access_gas: u64 },
    /// What a flush of the cache writes.
    StoreSlots { slots: Vec<(U256, U256)> },
    /// EIP-1153.
    LoadTransient { key: U256, dest: u32 },
    /// EIP-1153.
    StoreTransient { key: U256, value: U256 },
    /// The length of what comes back goes to `len_out`.
    Call { kind: SubCall, to: Address, input: Bytes, value: U256, gas: u64, len_out: u32 },
    /// With a salt it is `CREATE2`.
    Create { code: Bytes, value: U256, salt: Option<U256>, address_out: u32, len_out: u32 },
    /// Up to four topics.
    Log { topics: Vec<B256>, data: Bytes },
    /// Wei, as a word at `dest`.
    Balance { account: Address, dest: u32 },
    /// Zero of an account that does not exist.
    Codehash { account: Address, dest: u32 },
    /// A part of the account's code, to `dest`.
    Code { account: Address, offset: u32, size: u32, dest: u32 },
    /// Bytes of it.
    CodeSize { account: Address },
}

/// How a host function ends the program's run.
#[derive(Debug)]
pub enum Escape {
    /// No ink left: the frame's gas is gone.
    OutOfInk,
    /// `exit_early`.
    Exit(u32),
    /// The program did what it may not: it reverts without data.
    Failure(String),
    /// Suspended until the chain answers; taken out by [`Escape::take_request`].
    Request(Mutex<Option<Box<Request>>>),
}

impl Escape {
    /// The request, once.
    pub fn take_request(&self) -> Option<Box<Request>> {
        if let Self::Request(request) = self { request.lock().take() } else { None }
    }
}

impl std::fmt::Display for Escape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl wasmi::errors::HostError for Escape {}

impl From<Escape> for wasmi::Error {
    fn from(escape: Escape) -> Self {
        Self::host(escape)
    }
}

impl From<Request> for Escape {
    fn from(request: Request) -> Self {
        Self::Request(Mutex::new(Some(Box::new(request))))
    }
}
