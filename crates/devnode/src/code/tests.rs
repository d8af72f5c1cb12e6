use super::*;

const MAX: u32 = 128 * 1024;

fn no_fragments(address: Address) -> Result<Bytes, CodeError> {
    panic!("{address} was read")
}

#[test]
fn compress_round_trips() {
    let wasm = vec![7u8; 50_000];
    let code = compress(&wasm);
    assert!(is_program(&code, ArbosVersion::V51) && code.len() < 100);
    assert_eq!(decompress(&code, MAX), Ok(wasm));
}

#[test]
fn decompress_names_what_is_wrong() {
    assert_eq!(decompress(&[], MAX), Err(CodeError::NotStylus));
    assert_eq!(decompress(&[0xEF, 0xF0, 1, 0], MAX), Err(CodeError::Fragment));
    assert_eq!(decompress(&[0xEF, 0xF0, 0, 1, 2], MAX), Err(CodeError::Dictionary(1)));
    assert!(matches!(decompress(&[0xEF, 0xF0, 0, 0, 0xFF, 0xFF], MAX), Err(CodeError::Brotli(_))));
    let large = compress(&vec![0; MAX as usize + 1]);
    assert_eq!(decompress(&large, MAX), Err(CodeError::TooLarge { got: u64::from(MAX) + 1, max: MAX }));
}

#[test]
fn prelude_is_43_bytes() {
    assert_eq!(init_code(&[1, 2, 3]).len(), 46);
}

#[test]
fn fragments_and_their_root_round_trip() {
    let wasm: Vec<u8> = (0..5_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let parts = split(&compress(&wasm), 9_000);
    let names: Vec<_> = (1..=parts.len() as u8).map(Address::repeat_byte).collect();
    let root = Root::new(wasm.len() as u32, names.clone());
    assert_eq!(Root::parse(&root.code()), Ok(root.clone()));
    let read = |name: Address| Ok::<_, CodeError>(parts[usize::from(name[0]) - 1].clone().into());
    assert_eq!(assemble(&root.code(), MAX, 3, read), Ok(wasm));
    let many = CodeError::TooManyFragments { got: 3, max: 2 };
    assert_eq!(assemble(&root.code(), MAX, 2, no_fragments), Err(many));
    // A version without fragments knows no root.
    assert_eq!(assemble(&root.code(), MAX, 0, no_fragments), Err(CodeError::NotStylus));
}

#[test]
fn roots_run_and_fragments_are_kept_from_arbos_60_on() {
    let (root, fragment) = (Root::new(5, vec![Address::ZERO]).code(), [0xEF, 0xF0, 1, 7]);
    assert!(!is_program(&root, ArbosVersion::V51) && !is_component(&fragment, ArbosVersion::V51));
    assert!(is_program(&root, ArbosVersion::V60) && is_component(&fragment, ArbosVersion::V60));
    assert!(!is_program(&fragment, ArbosVersion::V61));
    // A prefix alone is nothing.
    assert!(!is_component(&[0xEF, 0xF0, 0], ArbosVersion::V61));
}
