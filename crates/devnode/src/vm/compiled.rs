//! Compiled programs, by code hash, and the engine that runs them. One for the whole process.

use super::host::{self, Host, Vm};
use super::{depth, ink, instrument};
use crate::activation::{ActivationError, Rules, accept};
use crate::code::CodeError;
use alloy::primitives::{B256, map::HashMap};
use parking_lot::Mutex;
use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU64, Ordering},
};
use wasmi::{Config, Engine, Linker, Module, Store, TypedFunc};

/// Why code cannot be made into a running program.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CompileError {
    #[error(transparent)]
    Code(#[from] CodeError),
    #[error(transparent)]
    Activation(#[from] ActivationError),
    #[error("engine refused the instrumented module: {0}")]
    Engine(String),
}

impl From<wasmi::Error> for CompileError {
    fn from(error: wasmi::Error) -> Self {
        Self::Engine(error.to_string())
    }
}

/// A program ready to be instantiated.
#[derive(Debug)]
pub struct Compiled {
    module: Module,
}

/// How often a call found its program compiled, over the whole process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct CacheFigures {
    /// Calls that found it.
    pub hits: u64,
    /// Calls that had to compile it.
    pub misses: u64,
}

/// The WASM engine with its host functions and compiled programs.
#[derive(Debug)]
pub struct Runtime {
    linker: Linker<Host>,
    programs: Mutex<HashMap<B256, Arc<Compiled>>>,
    hits: AtomicU64,
    misses: AtomicU64,
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(Runtime::new);

impl Runtime {
    /// The process's runtime.
    pub fn get() -> &'static Self {
        &RUNTIME
    }

    fn new() -> Self {
        let mut config = Config::default();
        // The program's own stack check is stricter than these.
        config.set_max_recursion_depth(depth::STACK_WORDS as usize);
        config.set_max_stack_height(64 * 1024 * 1024);
        let mut linker = Linker::new(&Engine::new(&config));
        if let Err(error) = host::link(&mut linker) {
            tracing::error!(%error, "host functions could not be defined");
        }
        Self { linker, programs: Mutex::default(), hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// The program with this hash of its WASM, which `read` gives when it is not compiled yet.
    pub fn program<E: From<CompileError>>(
        &self,
        module: B256,
        read: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Arc<Compiled>, E> {
        if let Some(program) = self.programs.lock().get(&module) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(program.clone());
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        let accepted = accept(&read()?, &Rules::PASSED).map_err(CompileError::from)?;
        Ok(self.compile(module, &accepted.instrumented)?)
    }

    /// Compiles an instrumented module, to have it ready for calls.
    pub fn keep(&self, module: B256, instrumented: &[u8]) -> Result<(), CompileError> {
        if self.programs.lock().contains_key(&module) {
            return Ok(());
        }
        self.compile(module, instrumented).map(drop)
    }

    fn compile(&self, module: B256, instrumented: &[u8]) -> Result<Arc<Compiled>, CompileError> {
        let program = Arc::new(Compiled { module: Module::new(self.linker.engine(), instrumented)? });
        self.programs.lock().insert(module, program.clone());
        Ok(program)
    }

    /// Hits and misses of the compile cache.
    pub fn figures(&self) -> CacheFigures {
        CacheFigures { hits: self.hits.load(Ordering::Relaxed), misses: self.misses.load(Ordering::Relaxed) }
    }

    /// A fresh instance with `gas` to spend, and its entry point.
    pub fn instantiate(&self, program: &Compiled, host: Host, gas: u64) -> Result<Instance, wasmi::Error> {
        let mut store = Store::new(self.linker.engine(), host);
        let instance = self.linker.instantiate_and_start(&mut store, &program.module)?;
        let entry = instance.get_typed_func::<u32, u32>(&store, "user_entrypoint")?;
        let host = Host {
            ink: instance.get_global(&store, instrument::INK_LEFT),
            status: instance.get_global(&store, instrument::INK_STATUS),
            stack: instance.get_global(&store, instrument::STACK_LEFT),
            memory: instance.get_memory(&store, "memory"),
            ..std::mem::take(store.data_mut())
        };
        *store.data_mut() = host;
        Vm(&mut store).set_ink(ink::gas_to_ink(gas));
        Ok(Instance { store, entry })
    }
}

/// A program's memory and globals, and where it starts.
#[derive(Debug)]
pub struct Instance {
    /// Memory, globals and the call's state.
    pub store: Store<Host>,
    /// `user_entrypoint`: length of the calldata in, status out.
    pub entry: TypedFunc<u32, u32>,
}
