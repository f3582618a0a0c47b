//! Tests with a small module; the end-to-end tests pack the real one.

use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, ImportSection, MemorySection, MemoryType, TypeSection, ValType,
};

use super::rewrite::{rewrite, total_len};
use super::*;

/// The properties of a test's module.
struct ModuleFixture {
    name: &'static str,
    merged: bool,
    wrapped: bool,
    data: bool,
    version: &'static str,
}

const GOOD: ModuleFixture =
    ModuleFixture { name: "unstuff", merged: false, wrapped: false, data: true, version: "1.2.3" };

/// A module with an import, the stubs, a data segment of its own and a custom section.
fn module(given: &ModuleFixture) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([ValType::I32; 3], []);
    types.ty().function([], [ValType::I32]);
    let mut imports = ImportSection::new();
    imports.import("env", "log", EntityType::Function(0));
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    for (index, (name, ty)) in
        [("passwords_read", 1), ("passwords_len", 2), ("pairs_read", 1), ("pairs_len", 2)]
            .into_iter()
            .enumerate()
    {
        functions.function(ty);
        let index = u32::try_from(index).unwrap() + 1;
        let exported = if given.merged { (index + 1) % 2 + 1 } else { index };
        exports.export(&format!("{}_{name}", given.name), ExportKind::Func, exported);
        let mut body = Function::new([(1, ValType::I64)]);
        if given.wrapped {
            body.instructions().call(0);
        }
        if ty == 2 {
            body.instructions().i32_const(0);
        }
        body.instructions().end();
        code.function(&body);
    }
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut wasm = wasm_encoder::Module::new();
    wasm.section(&types).section(&imports).section(&functions).section(&memories);
    wasm.section(&exports).section(&code);
    if given.data {
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(8), *b"its own");
        wasm.section(&data);
    }
    wasm.section(&CustomSection { name: "kept".into(), data: b"as it is".into() });
    let version = given.version.as_bytes().into();
    wasm.section(&CustomSection { name: module::VERSION_SECTION.into(), data: version });
    wasm.finish()
}

fn packed(wasm: &[u8], filters: [Option<&[u8]>; 2]) -> Vec<u8> {
    let module = FilterModule::parse(wasm).unwrap();
    let pieces = rewrite(&module, filters);
    let bytes = pieces.concat();
    assert_eq!(bytes.len() as u64, total_len(&pieces));
    bytes
}

fn refused(wasm: &[u8]) -> String {
    format!("{:#}", FilterModule::parse(wasm).err().expect("it is refused"))
}

#[test]
fn packed_filters_are_found() {
    for given in [&GOOD, &ModuleFixture { data: false, ..GOOD }] {
        let bare = module(given);
        let both = packed(&bare, [Some(b"passwords"), Some(b"pairs")]);
        let found = FilterModule::parse(&both).unwrap();
        assert_eq!(found.filter(FilterKind::Passwords), Some(&b"passwords"[..]));
        assert_eq!(found.filter(FilterKind::Pairs), Some(&b"pairs"[..]));
        let one = packed(&bare, [None, Some(b"pairs")]);
        let found = FilterModule::parse(&one).unwrap();
        assert_eq!(
            (found.filter(FilterKind::Passwords), found.filter(FilterKind::Pairs).is_some()),
            (None, true)
        );
    }
}

#[test]
fn packing_again_replaces_the_filters_without_a_trace() {
    let bare = module(&GOOD);
    let once = packed(&bare, [Some(b"new"), None]);
    let twice = packed(&packed(&bare, [Some(b"passwords"), Some(b"pairs")]), [Some(b"new"), None]);
    assert_eq!(once, twice);
    assert_eq!(packed(&once, [None, None]), packed(&bare, [None, None]));
}

#[test]
fn rest_of_the_module_stays() {
    let wasm = packed(&module(&GOOD), [Some(b"passwords"), None]);
    let found = FilterModule::parse(&wasm).unwrap();
    assert_eq!(
        found.segments.iter().map(|segment| segment.payload).collect::<Vec<_>>(),
        [b"its own"]
    );
    assert!(found.sections.iter().any(|section| section.contents.ends_with(b"keptas it is")));
    wasmparser::validate(&wasm).unwrap();
}

#[test]
fn packing_leaves_the_version() {
    let wasm = packed(&module(&GOOD), [Some(b"passwords"), None]);
    assert_eq!(FilterModule::parse(&wasm).unwrap().version, Some("1.2.3"));
    // It is printed on terminals.
    let strange = module(&ModuleFixture { version: "1\x1b[2J", ..GOOD });
    assert_eq!(FilterModule::parse(&strange).unwrap().version, None);
}

#[test]
fn other_modules_are_refused_with_the_reason() {
    for (wasm, reason) in [
        (b"no module".to_vec(), "not a WebAssembly module"),
        (b"\0asm\x01\0\0\0\x01".to_vec(), "not a WebAssembly module that can be read"),
        (
            module(&ModuleFixture { name: "other", ..GOOD }),
            "does not export unstuff_passwords_read",
        ),
        (module(&ModuleFixture { merged: true, ..GOOD }), "have been merged"),
        (module(&ModuleFixture { wrapped: true, ..GOOD }), "wrapped by the linker"),
    ] {
        let refused = refused(&wasm);
        assert!(refused.contains(reason), "{refused}");
    }
    // The exports are there, with other signatures.
    let mut wasm = module(&GOOD);
    let at = wasm.windows(3).position(|three| three == [0x60, 0, 1]).unwrap();
    wasm[at + 3] = 0x7e;
    assert!(refused(&wasm).contains("another signature"));
}

#[test]
fn module_too_large_for_v8_is_refused_and_for_istio_gives_a_warning() {
    assert!(check_size(V8_LIMIT + 1).unwrap_err().to_string().contains("1.0 GiB"));
    assert!(check_size(ISTIO_LIMIT + 1).unwrap().unwrap().contains("256.0 MiB"));
    assert_eq!(check_size(ISTIO_LIMIT).unwrap(), None);
    assert!(check_size(V8_LIMIT).is_ok());
}
