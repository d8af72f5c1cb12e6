//! The rules themselves, one function for each part of a module.

use super::imports::{HOST_MODULE, short, signature};
use super::segment::{Place, Segment};
use super::{ActivationError, Module, Rules};
use crate::vm::{depth, ink};
use std::collections::HashMap;
use wasmparser::{ExternalKind, Operator, Parser, Payload, Validator, WasmFeatures};

/// Bytes of a page of memory.
const PAGE_BYTES: u64 = 64 * 1024;

/// What the WASM validator itself refuses: SIMD, threads, tail calls, reference types, multi-memory, memory64,
/// exceptions, multi-value, saturating conversions, overlong table indices.
pub fn validate(wasm: &[u8], rules: &Rules) -> Result<(), ActivationError> {
    let mut features = WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::BULK_MEMORY_OPT
        | WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES;
    features.set(WasmFeatures::MULTI_VALUE, rules.multi_value);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(Payload::DataCountSection { .. }) => return Err(ActivationError::DataCount),
            Ok(Payload::StartSection { .. }) => return Err(ActivationError::Start),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Validator::new_with_features(features).validate_all(wasm)?;
    Ok(())
}

/// Only functions of `vm_hooks`, each with the one signature it has there.
pub fn imports(module: &Module) -> Result<(), ActivationError> {
    at_most("imports", module.imports.len() as u64, 513)?;
    let mut seen = HashMap::new();
    for import in &module.imports {
        if import.name.starts_with("stylus") {
            return Err(ActivationError::Reserved { name: import.name.to_owned() });
        }
        let unknown =
            || ActivationError::UnknownImport { module: import.module.to_owned(), name: import.name.to_owned() };
        let ty = import.type_index.and_then(|index| module.types.get(index as usize)).ok_or_else(unknown)?;
        let found = short(ty);
        if seen.insert((import.module, import.name), found.clone()).is_some_and(|earlier| earlier != found) {
            return Err(ActivationError::ImportTwice { name: import.name.to_owned() });
        }
        let known = if import.module == HOST_MODULE { signature(import.name) } else { None };
        let expected = known.ok_or_else(unknown)?;
        if found != expected {
            return Err(ActivationError::ImportType {
                name: import.name.to_owned(),
                expected: expected.to_owned(),
                found,
            });
        }
    }
    Ok(())
}

/// `user_entrypoint` and `memory`, with their types; no reserved name.
pub fn exports(module: &Module) -> Result<(), ActivationError> {
    at_most("exports", module.exports.len() as u64, 1_024)?;
    for export in &module.exports {
        // What follows the last "__" counts as a name too.
        let name = export.name.rsplit("__").next().unwrap_or_default();
        if name.starts_with("stylus") {
            return Err(ActivationError::Reserved { name: export.name.to_owned() });
        }
        if module.imports.iter().any(|import| import.name == name) {
            return Err(ActivationError::ExportRepeatsImport { name: export.name.to_owned() });
        }
    }
    let find = |name: &'static str| {
        module.exports.iter().find(|export| export.name == name).ok_or(ActivationError::MissingExport { name })
    };
    if find("memory")?.kind != ExternalKind::Memory {
        return Err(ActivationError::ExportType { name: "memory", expected: "a memory" });
    }
    let entry = find("user_entrypoint")?;
    let ty = if entry.kind == ExternalKind::Func { module.function_type(entry.index).map(short) } else { None };
    if ty.as_deref() != Some("i>i") {
        return Err(ActivationError::ExportType { name: "user_entrypoint", expected: "a function (i32) -> i32" });
    }
    Ok(())
}

/// Functions, globals, tables, segments and pages stay within Nitro's limits; memory that may grow is paid for.
pub fn limits(module: &Module, rules: &Rules) -> Result<(), ActivationError> {
    at_most("memories", module.memories.len() as u64, 1)?;
    at_most("data segments", module.data.len() as u64, 128)?;
    at_most("element segments", module.elements.len() as u64, 128)?;
    at_most("functions", module.functions.len() as u64, 4_096)?;
    at_most("globals", module.globals, 32_768)?;
    at_most("table entries", module.tables.iter().sum(), 4_096)?;
    at_most("element entries", module.elements.iter().map(|segment| segment.len).sum(), 4_096)?;
    let Some(memory) = module.memories.first() else {
        return Err(ActivationError::MissingExport { name: "memory" });
    };
    at_most("memory pages", memory.initial, rules.max_pages.into())?;
    let pays = module.imports.iter().any(|import| import.name == "pay_for_memory_grow");
    if memory.maximum != Some(memory.initial) && !pays {
        return Err(ActivationError::UnpaidMemory);
    }
    Ok(())
}

/// Where data and elements go must be known, and be there.
pub fn segments(module: &Module) -> Result<(), ActivationError> {
    let memory = module.memories.first().map_or(0, |memory| memory.initial * PAGE_BYTES);
    if module.data.iter().any(|segment| !segment.fits(memory)) {
        return Err(ActivationError::OutOfPlace { what: "data" });
    }
    let table = |segment: &Segment| match segment.place {
        Place::At(table, _) => module.tables.get(table as usize).copied().unwrap_or_default(),
        _ => 0,
    };
    if module.elements.iter().any(|segment| !segment.fits(table(segment))) {
        return Err(ActivationError::OutOfPlace { what: "elements" });
    }
    Ok(())
}

/// No floating point, no opcode that Stylus does not price, no frame too large.
pub fn code(module: &Module) -> Result<(), ActivationError> {
    for (function, body) in (module.imports.len() as u32..).zip(&module.functions) {
        let within = |what, got: u64, max: u64| {
            if got > max { Err(ActivationError::TooManyIn { what, function, got, max }) } else { Ok(()) }
        };
        within("locals", body.locals, 348)?;
        if let Some((op, _)) = body.ops.iter().find(|(op, _)| ink::opcode_ink(op, &module.types).is_none()) {
            return Err(refuse(op, function));
        }
        let frame = depth::Frame::of(module, body);
        within("values on the stack", frame.values.into(), depth::FRAME_VALUES.into())?;
        within("words of stack", frame.words.into(), depth::FRAME_WORDS.into())?;
    }
    Ok(())
}

/// The limit of each function's opcodes, which counts them as they are once instrumented.
pub fn opcodes(module: &Module, instrumented: &[u64]) -> Result<(), ActivationError> {
    let max = 65_536;
    match (module.imports.len() as u32..).zip(instrumented).find(|(_, got)| **got > max) {
        Some((function, got)) => {
            Err(ActivationError::TooManyIn { what: "opcodes, instrumentation included,", function, got: *got, max })
        }
        None => Ok(()),
    }
}

fn refuse(op: &Operator, function: u32) -> ActivationError {
    let text = format!("{op:?}");
    let op = text.split([' ', '{']).next().unwrap_or_default().to_owned();
    if op.contains("F32") || op.contains("F64") {
        return ActivationError::Float { op, function };
    }
    ActivationError::Opcode { op, function }
}

/// Refuses what is more than `max`.
pub fn at_most(what: &'static str, got: u64, max: u64) -> Result<(), ActivationError> {
    if got > max { Err(ActivationError::TooMany { what, got, max }) } else { Ok(()) }
}
