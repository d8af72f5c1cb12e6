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
    pub basefee: U256,
    pub coinbase: Address,
    pub gas_limit: u64,
    /// The parent chain's block number.
    pub number: u64,
    pub timestamp: u64,
    pub chain_id: u64,
    pub contract: Address,
    pub sender: Address,
    pub value: U256,
    pub gas_price: U256,
    pub origin: Address,
    pub reentrant: bool,
}

/// State of one program's run.
#[derive(Debug, Default)]
pub struct Host {
    pub ink: Option<Global>,
    pub status: Option<Global>,
    pub stack: Option<Global>,
    pub memory: Option<Memory>,
    pub env: Environment,
    pub args: Bytes,
    pub result: Vec<u8>,
    pub return_data: Bytes,
    pub cache: StorageCache,
    /// Code read last by `account_code` or `account_code_size`: reading it again is free.
    pub last_code: Option<(Address, Bytes)>,
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
    Call,
    Delegate,
    Static,
}

/// What the chain is asked for while the program is suspended.
#[derive(Debug)]
pub enum Request {
    LoadSlot { key: U256, dest: u32, access_gas: u64 },
    StoreSlots { slots: Vec<(U256, U256)> },
    LoadTransient { key: U256, dest: u32 },
    StoreTransient { key: U256, value: U256 },
    Call { kind: SubCall, to: Address, input: Bytes, value: U256, gas: u64, len_out: u32 },
    Create { code: Bytes, value: U256, salt: Option<U256>, address_out: u32, len_out: u32 },
    Log { topics: Vec<B256>, data: Bytes },
    Balance { account: Address, dest: u32 },
    Codehash { account: Address, dest: u32 },
    Code { account: Address, offset: u32, size: u32, dest: u32 },
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
