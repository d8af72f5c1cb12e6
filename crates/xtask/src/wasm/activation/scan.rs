//! One pass over the sections of a valid module.

use super::{Report, hostio, instrumented, limits::*};
use std::{collections::BTreeMap, fmt::Display};
use wasmparser::{
    ExternalKind, FuncType, FunctionBody, Import, MemoryType, Operator, Parser, Payload, TypeRef, ValType,
};

#[derive(Default)]
pub struct Scan {
    pub report: Report,
    types: Vec<FuncType>,
    /// Type index of each function, imported ones first
    functions: Vec<u32>,
    imported: Vec<String>,
    exported: BTreeMap<String, (ExternalKind, u32)>,
    may_grow: bool,
}

impl Scan {
    pub fn refuse(&mut self, reason: impl Into<String>) {
        self.report.refusals.push(reason.into());
    }

    pub fn at_most<N: PartialOrd + Display>(&mut self, what: &str, found: N, limit: N) {
        if found > limit {
            self.refuse(format!("{found} {what}, {limit} allowed"));
        }
    }

    pub fn sections(&mut self, wasm: &[u8]) -> wasmparser::Result<()> {
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(types) => {
                    self.types = types.into_iter_err_on_gc_types().collect::<Result<_, _>>()?;
                }
                Payload::ImportSection(imports) => {
                    imports.into_imports().try_for_each(|import| import.map(|import| self.import(import)))?;
                    self.at_most("imports", self.imported.len() as u32, IMPORTS);
                }
                Payload::FunctionSection(functions) => {
                    self.at_most("functions", functions.count(), FUNCTIONS);
                    functions.into_iter().try_for_each(|ty| ty.map(|ty| self.functions.push(ty)))?;
                }
                Payload::TableSection(tables) => {
                    for table in tables {
                        self.at_most("table entries", table?.ty.initial, ENTRIES);
                    }
                }
                Payload::MemorySection(memories) => {
                    memories.into_iter().try_for_each(|memory| memory.map(|memory| self.memory(memory)))?;
                }
                Payload::ExportSection(exports) => {
                    self.at_most("exports", exports.count(), EXPORTS);
                    for export in exports {
                        let export = export?;
                        self.exported.insert(export.name.to_owned(), (export.kind, export.index));
                    }
                }
                Payload::GlobalSection(globals) => self.at_most("globals", globals.count(), GLOBALS),
                Payload::ElementSection(elements) => self.at_most("element segments", elements.count(), SEGMENTS),
                Payload::DataSection(data) => self.at_most("data segments", data.count(), SEGMENTS),
                Payload::DataCountSection { .. } => self.refuse("a DataCount section"),
                Payload::StartSection { .. } => self.refuse("a start function"),
                Payload::CodeSectionEntry(body) => self.function(&body)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn import(&mut self, import: Import<'_>) {
        let (module, name) = (import.module, import.name);
        let ty = match import.ty {
            TypeRef::Func(index) => {
                self.functions.push(index);
                self.types.get(index as usize)
            }
            _ => None,
        };
        let admitted = ty.filter(|_| module == "vm_hooks").and_then(|ty| hostio::admits(name, ty));
        match admitted {
            Some(true) => {}
            Some(false) => self.refuse(format!("the import {module}.{name} has another type on chain")),
            None => self.refuse(format!("the import {module}.{name} is not a host function")),
        }
        self.imported.push(name.to_owned());
    }

    fn memory(&mut self, memory: MemoryType) {
        self.report.pages = memory.initial;
        self.may_grow = memory.maximum != Some(memory.initial);
        self.at_most("pages of memory", memory.initial, PAGES);
    }

    fn function(&mut self, body: &FunctionBody<'_>) -> wasmparser::Result<()> {
        let locals = body.get_locals_reader()?.into_iter().map(|group| group.map(|(count, _)| count));
        let locals = locals.sum::<wasmparser::Result<u32>>()?;
        self.at_most("locals in one function", locals, LOCALS);
        let mut opcodes = instrumented::FUNCTION;
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            opcodes += instrumented::count(&operator);
            if let Some(name) = refused(&operator) {
                self.refuse(format!("the opcode {name}"));
            }
        }
        self.report.longest = self.report.longest.max(opcodes);
        self.at_most("opcodes in one function once it is metered", opcodes, OPCODES);
        Ok(())
    }

    /// What a program must export and may not; last, as it needs all of the above.
    pub fn exports(&mut self) {
        if !matches!(self.exported.get("memory"), Some((ExternalKind::Memory, _))) {
            self.refuse("no memory is exported as `memory`");
        }
        if !self.has_entrypoint() {
            self.refuse("no function (i32) -> i32 is exported as `user_entrypoint`");
        }
        if self.may_grow && !self.imported.iter().any(|name| name == "pay_for_memory_grow") {
            self.refuse("memory may grow, but pay_for_memory_grow is not imported");
        }
        for name in std::mem::take(&mut self.exported).into_keys() {
            if self.imported.contains(&name) {
                self.refuse(format!("the export {name} repeats an import's name"));
            }
            if name.starts_with("stylus") {
                self.refuse(format!("the export {name} has a reserved name"));
            }
        }
    }

    fn has_entrypoint(&self) -> bool {
        let Some((ExternalKind::Func, function)) = self.exported.get("user_entrypoint") else { return false };
        let ty = self.functions.get(*function as usize).and_then(|ty| self.types.get(*ty as usize));
        ty.is_some_and(|ty| ty.params() == [ValType::I32] && ty.results() == [ValType::I32])
    }
}

/// Bulk memory beyond `memory.copy` and `memory.fill`.
fn refused(operator: &Operator<'_>) -> Option<&'static str> {
    Some(match operator {
        Operator::MemoryInit { .. } => "memory.init",
        Operator::DataDrop { .. } => "data.drop",
        Operator::TableInit { .. } => "table.init",
        Operator::TableCopy { .. } => "table.copy",
        Operator::ElemDrop { .. } => "elem.drop",
        _ => return None,
    })
}
