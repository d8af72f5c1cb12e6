//! The parts of a WASM module that the rules, the prices and the instrumentation look at.

use super::ActivationError;
use super::segment::Segment;
use std::ops::Range;
use wasmparser::{
    BinaryReader, ExternalKind, FuncType, FunctionBody, MemoryType, Operator, Parser, Payload, TypeRef, ValType,
};

/// An imported item; only functions are accepted later.
#[derive(Debug)]
pub struct Import<'a> {
    /// Programs may name `vm_hooks` alone.
    pub module: &'a str,
    /// Of the host function.
    pub name: &'a str,
    /// Index into the types, for a function.
    pub type_index: Option<u32>,
}

/// An exported item.
#[derive(Debug)]
pub struct Export<'a> {
    /// `user_entrypoint` and `memory` are demanded.
    pub name: &'a str,
    /// Function, memory, table or global.
    pub kind: ExternalKind,
    /// Among the items of its kind, imports first.
    pub index: u32,
}

/// A defined function.
#[derive(Debug)]
pub struct Function<'a> {
    /// Into the types.
    pub type_index: u32,
    /// Parameters not counted.
    pub locals: u64,
    /// Bytes of the locals' declaration.
    pub locals_bytes: &'a [u8],
    /// Each opcode with its bytes.
    pub ops: Vec<(Operator<'a>, &'a [u8])>,
}

/// A parsed module; indices are those of the binary.
#[derive(Debug, Default)]
pub struct Module<'a> {
    /// Signatures.
    pub types: Vec<FuncType>,
    /// In order.
    pub imports: Vec<Import<'a>>,
    /// Defined ones, in order; their indices begin after the imported ones.
    pub functions: Vec<Function<'a>>,
    /// In order.
    pub exports: Vec<Export<'a>>,
    /// Sizes in pages of 64 KiB.
    pub memories: Vec<MemoryType>,
    /// How many are defined.
    pub globals: u64,
    /// Entries of each table.
    pub tables: Vec<u64>,
    /// Data segments.
    pub data: Vec<Segment>,
    /// Element segments.
    pub elements: Vec<Segment>,
    /// Sections as they stand, by number.
    pub sections: Vec<(u8, Range<usize>)>,
}

impl<'a> Module<'a> {
    /// Reads a module that already passed validation.
    pub fn parse(wasm: &'a [u8]) -> Result<Self, ActivationError> {
        let mut module = Self::default();
        let mut type_indices = Vec::new();
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            if let Some((id, range)) = payload.as_section() {
                module.sections.push((id, range.start as usize..range.end as usize));
            }
            match payload {
                Payload::DataCountSection { .. } => return Err(ActivationError::DataCount),
                Payload::StartSection { .. } => return Err(ActivationError::Start),
                Payload::FunctionSection(reader) => type_indices = reader.into_iter().collect::<Result<_, _>>()?,
                Payload::CodeSectionEntry(body) => bodies.push(body),
                other => module.section(other)?,
            }
        }
        for (body, type_index) in bodies.into_iter().zip(type_indices) {
            module.functions.push(Function::parse(wasm, &body, type_index)?);
        }
        Ok(module)
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<(), ActivationError> {
        match payload {
            Payload::TypeSection(reader) => {
                self.types = reader.into_iter_err_on_gc_types().collect::<Result<_, _>>()?
            }
            Payload::ImportSection(reader) => {
                for import in reader.into_imports() {
                    let import = import?;
                    let type_index = if let TypeRef::Func(index) = import.ty { Some(index) } else { None };
                    self.imports.push(Import { module: import.module, name: import.name, type_index });
                }
            }
            Payload::TableSection(reader) => {
                for table in reader {
                    self.tables.push(table?.ty.initial);
                }
            }
            Payload::MemorySection(reader) => self.memories = reader.into_iter().collect::<Result<_, _>>()?,
            Payload::GlobalSection(reader) => self.globals = u64::from(reader.count()),
            Payload::ExportSection(reader) => {
                for export in reader {
                    let export = export?;
                    self.exports.push(Export { name: export.name, kind: export.kind, index: export.index });
                }
            }
            Payload::ElementSection(reader) => {
                for element in reader {
                    self.elements.push(Segment::elements(&element?)?);
                }
            }
            Payload::DataSection(reader) => {
                for data in reader {
                    self.data.push(Segment::data(&data?)?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Type of a function by its index, imports first.
    pub fn function_type(&self, index: u32) -> Option<&FuncType> {
        let index = index as usize;
        let type_index = match self.imports.get(index) {
            Some(import) => import.type_index?,
            None => self.functions.get(index - self.imports.len())?.type_index,
        };
        self.types.get(type_index as usize)
    }

    /// Initial pages of the only memory.
    pub fn footprint(&self) -> u16 {
        self.memories.first().map_or(0, |memory| memory.initial.min(u64::from(u16::MAX)) as u16)
    }
}

impl<'a> Function<'a> {
    fn parse(wasm: &'a [u8], body: &FunctionBody<'a>, type_index: u32) -> Result<Self, ActivationError> {
        let mut locals = 0u64;
        for local in body.get_locals_reader()? {
            let (count, _): (u32, ValType) = local?;
            locals += u64::from(count);
        }
        let mut reader = body.get_operators_reader()?;
        let start = reader.original_position();
        let locals_bytes = slice(wasm, body.range().start..start)?;
        let mut ops = Vec::new();
        while !reader.eof() {
            let (op, from) = reader.read_with_offset()?;
            ops.push((op, slice(wasm, from..reader.original_position())?));
        }
        Ok(Self { type_index, locals, locals_bytes, ops })
    }
}

fn slice(wasm: &[u8], range: Range<u64>) -> Result<&[u8], ActivationError> {
    wasm.get(range.start as usize..range.end as usize)
        .ok_or_else(|| ActivationError::Invalid { message: "section ends early".to_owned(), offset: range.start })
}

/// Splits a section into its item count and the items' bytes.
pub fn split_count(section: &[u8]) -> Result<(u32, &[u8]), ActivationError> {
    let mut reader = BinaryReader::new(section, 0);
    let count = reader.read_var_u32()?;
    Ok((count, slice(section, reader.original_position()..section.len() as u64)?))
}
