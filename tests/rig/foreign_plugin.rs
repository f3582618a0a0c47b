//! A plugin of somebody else in the same proxy.
//!
//! For each request it writes to the shared data of its `vm_id`, under a key of its own or under ours,
//! and adds a header so that a test sees that it ran. It is assembled here, because it needs neither
//! an SDK nor a compiler.

use std::fs;

use tempfile::TempDir;
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, ImportSection, MemorySection, MemoryType, Module, TypeSection, ValType,
};

use crate::envoy::ModuleBuild;

/// The header that it adds, with this text as its value.
pub const FOREIGN_HEADER: &str = "x-foreign";

/// The key that it writes by default.
const KEY: &str = "requests";

/// The value of an entry or a header of it.
pub const FOREIGN_VALUE: &str = "1";

/// Signatures, by their index in the type section.
const SET_SHARED_DATA: u32 = 0;
const ON_HEADERS: u32 = 1;
const MARK: u32 = 2;
const ALLOCATE: u32 = 3;

/// The foreign plugin. Dropping the value deletes the file.
pub struct ForeignPlugin(TempDir);

impl ForeignPlugin {
    /// Assembles it.
    pub fn assemble() -> Self {
        Self::writing(&[KEY])
    }

    /// Assembles one that writes under these keys.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn writing(keys: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("foreign.wasm"), module(keys)).expect("a file");
        Self(folder)
    }

    /// The module.
    pub fn module(&self) -> ModuleBuild {
        ModuleBuild::At(self.0.path().join("foreign.wasm"))
    }
}

/// A text in the memory of the module: its address and its length.
fn place(data: &str, text: &str) -> (i32, i32) {
    let at = data.find(text).expect("a text of the module");
    let convert = |number| i32::try_from(number).expect("a small number");
    (convert(at), convert(text.len()))
}

fn module(keys: &[&str]) -> Vec<u8> {
    // The memory from its beginning.
    let texts = format!("{FOREIGN_HEADER} {FOREIGN_VALUE} {}", keys.join(" "));
    assert!(texts.len() < 4096, "behind the texts there is room for what the host writes");
    let mut types = TypeSection::new();
    let number = |count| vec![ValType::I32; count];
    types.ty().function(number(5), number(1));
    types.ty().function(number(3), number(1));
    types.ty().function([], []);
    types.ty().function(number(1), number(1));

    let mut imports = ImportSection::new();
    for name in ["proxy_set_shared_data", "proxy_add_header_map_value"] {
        imports.import("env", name, EntityType::Function(SET_SHARED_DATA));
    }
    let mut functions = FunctionSection::new();
    functions.function(ON_HEADERS).function(MARK).function(ALLOCATE);
    let mut memories = MemorySection::new();
    let one_page = MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    };
    memories.memory(one_page);
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("proxy_on_request_headers", ExportKind::Func, 2);
    exports.export("proxy_abi_version_0_2_1", ExportKind::Func, 3);
    exports.export("proxy_on_memory_allocate", ExportKind::Func, 4);

    let mut codes = CodeSection::new();
    codes.function(&on_headers(&texts, keys));
    codes.function(&returning(None));
    // The host writes nothing that this module keeps: behind the texts there is room.
    codes.function(&returning(Some(4096)));
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0), texts.bytes());

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&memories);
    module.section(&exports).section(&codes).section(&data);
    module.finish()
}

/// Writes the entries, adds the header, and lets the request go on.
fn on_headers(texts: &str, keys: &[&str]) -> Function {
    let [header, value] = [FOREIGN_HEADER, FOREIGN_VALUE].map(|text| place(texts, text));
    let mut function = Function::new([]);
    let mut write = function.instructions();
    for key in keys {
        let key = place(texts, key);
        write.i32_const(key.0).i32_const(key.1).i32_const(value.0).i32_const(value.1);
        // Whatever version the entry has.
        write.i32_const(0).call(0).drop();
    }
    // To the headers of the request.
    write.i32_const(0);
    write.i32_const(header.0).i32_const(header.1).i32_const(value.0).i32_const(value.1);
    write.call(1).drop().i32_const(0).end();
    function
}

fn returning(constant: Option<i32>) -> Function {
    let mut function = Function::new([]);
    let mut instructions = function.instructions();
    if let Some(constant) = constant {
        instructions.i32_const(constant);
    }
    instructions.end();
    function
}
