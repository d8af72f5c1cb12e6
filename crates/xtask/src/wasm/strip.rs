//! Leaves out what costs bytes and never runs: custom sections, and the DataCount section, which activation refuses.

use anyhow::{Context, Result};
use wasm_encoder::{Module, RawSection};
use wasmparser::{Parser, Payload};

pub fn module(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut kept = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.context("not a WebAssembly module")?;
        if matches!(payload, Payload::CustomSection(_) | Payload::DataCountSection { .. }) {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let data = wasm.get(range.start as usize..range.end as usize).context("a section ends too late")?;
            kept.section(&RawSection { id, data });
        }
    }
    Ok(kept.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(wasm: &[u8]) -> Vec<u8> {
        let payloads = Parser::new(0).parse_all(wasm).map(|payload| payload.expect("a valid module"));
        payloads.filter_map(|payload| payload.as_section().map(|(id, _)| id)).collect()
    }

    #[test]
    fn custom_and_data_count_sections_go() {
        let text = r#"(module (memory 1) (@custom "note" "x") (func $f (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0))) (data "y"))"#;
        let wasm = wat::parse_str(text).expect("the test module parses");
        const CUSTOM: u8 = 0;
        const DATA_COUNT: u8 = 12;
        assert!(sections(&wasm).contains(&CUSTOM) && sections(&wasm).contains(&DATA_COUNT));
        let kept: Vec<_> = sections(&wasm).into_iter().filter(|id| ![CUSTOM, DATA_COUNT].contains(id)).collect();
        assert_eq!(sections(&module(&wasm).expect("it can be stripped")), kept);
    }
}
