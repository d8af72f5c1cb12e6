/// Why a module cannot be activated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum ActivationError {
    #[error("invalid WASM: {message} (at offset {offset:#x})")]
    Invalid { message: String, offset: u64 },
    #[error("a DataCount section is not accepted: strip it")]
    DataCount,
    #[error("a start function is not accepted")]
    Start,
    #[error("floating point is not accepted: {op} in function {function}")]
    Float { op: String, function: u32 },
    #[error("opcode not accepted: {op} in function {function}")]
    Opcode { op: String, function: u32 },
    #[error("import {module}.{name} is unknown: programs may import only the functions of vm_hooks")]
    UnknownImport { module: String, name: String },
    #[error("import {name} has the wrong type: expected {expected}, found {found}")]
    ImportType { name: String, expected: String, found: String },
    #[error("import {name} is declared with two signatures")]
    ImportTwice { name: String },
    #[error("export {name} repeats the name of an import")]
    ExportRepeatsImport { name: String },
    #[error("name {name} is reserved: names must not start with \"stylus\"")]
    Reserved { name: String },
    #[error("export {name} is missing")]
    MissingExport { name: &'static str },
    #[error("export {name} has the wrong type: expected {expected}")]
    ExportType { name: &'static str, expected: &'static str },
    #[error("memory may grow, but pay_for_memory_grow is not imported")]
    UnpaidMemory,
    #[error("{what} outside of the memory or table they are for, or at an offset that is no constant")]
    OutOfPlace { what: &'static str },
    #[error("too many {what}: {got}, at most {max}")]
    TooMany { what: &'static str, got: u64, max: u64 },
    #[error("too many {what} in function {function}: {got}, at most {max}")]
    TooManyIn { what: &'static str, function: u32, got: u64, max: u64 },
}

impl From<wasmparser::BinaryReaderError> for ActivationError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Invalid { message: error.message().to_owned(), offset: error.offset() }
    }
}
