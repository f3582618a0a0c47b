//! The parsed module: its sections, its stubs, and the filters that are packed already.
//!
//! Everything borrows from the bytes of the file; nothing large is copied.

use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use unstuff_engine::breached::FilterKind;
use wasmparser::{
    BinaryReader, ExternalKind, FuncType, FunctionBody, Operator, Parser, Payload, TypeRef, ValType,
};

/// The kinds of filters that a module can carry, in the order of their segments.
pub(crate) const FILTER_KINDS: [FilterKind; 2] = [FilterKind::Passwords, FilterKind::Pairs];

/// The custom section in which a module carries its version.
pub(crate) const VERSION_SECTION: &str = "unstuff.version";

/// A section: its id and its contents.
pub(crate) struct Section<'a> {
    /// The section's id, as in the WebAssembly specification.
    pub id: u8,
    /// The bytes after id and size.
    pub contents: &'a [u8],
}

/// A data segment in the data section.
pub(crate) struct DataSegment<'a> {
    /// Mode, offset and payload.
    pub entry: &'a [u8],
    /// The payload alone.
    pub payload: &'a [u8],
}

/// The stubs of one filter, as indices into the code section.
#[derive(Clone, Copy, Default)]
pub(crate) struct Stubs {
    /// `unstuff_…_read(into, offset, len)`.
    pub read: usize,
    /// `unstuff_…_len() -> bytes`.
    pub len: usize,
}

/// A module that has the four stubs.
pub(crate) struct FilterModule<'a> {
    /// All sections in order.
    pub sections: Vec<Section<'a>>,
    /// Function bodies, without their sizes.
    pub bodies: Vec<&'a [u8]>,
    /// Data segments other than packed filters.
    pub segments: Vec<DataSegment<'a>>,
    /// The stubs of each of [`FILTER_KINDS`].
    pub stubs: [Stubs; 2],
    /// The filter packed for each of [`FILTER_KINDS`].
    pub packed: [Option<&'a [u8]>; 2],
    /// The module's version; old modules carry none.
    pub version: Option<&'a str>,
}

/// The parts of any module, before it is known to be ours.
#[derive(Default)]
struct ModuleParts<'a> {
    sections: Vec<Section<'a>>,
    bodies: Vec<&'a [u8]>,
    segments: Vec<DataSegment<'a>>,
    types: Vec<FuncType>,
    imported_functions: usize,
    /// Type of each function of the code section.
    signatures: Vec<usize>,
    /// Exported functions by name.
    exports: Vec<(&'a str, usize)>,
    version: Option<&'a str>,
}

impl<'a> FilterModule<'a> {
    /// Parses a module.
    ///
    /// # Errors
    /// It is not a WebAssembly module, or not one that this project built.
    pub(crate) fn parse(wasm: &'a [u8]) -> Result<Self> {
        ensure!(wasm.starts_with(b"\0asm"), "not a WebAssembly module");
        let parts = ModuleParts::read(wasm).context("not a WebAssembly module that can be read")?;
        let mut stubs = [Stubs::default(); 2];
        for (stubs, kind) in stubs.iter_mut().zip(FILTER_KINDS) {
            let into_offset_len = [ValType::I32; 3];
            stubs.read = parts.stub(&format!("unstuff_{kind}_read"), &into_offset_len, &[])?;
            stubs.len = parts.stub(&format!("unstuff_{kind}_len"), &[], &[ValType::I32])?;
        }
        let [passwords, pairs] = stubs;
        let mut all = [passwords.read, passwords.len, pairs.read, pairs.len];
        all.sort_unstable();
        ensure!(
            all.windows(2).all(|two| two.first() != two.last()),
            "the module's stubs have been merged, so that they cannot be replaced one by one; \
             use the module as `make build` leaves it, not optimised further"
        );

        // Packed filters are the last segments, and the stubs read them.
        let mut segments = parts.segments;
        let mut packed = [None; 2];
        for (packed, stubs) in packed.iter_mut().zip(stubs).rev() {
            let Some(index) = segment_read_by(parts.bodies.get(stubs.read).copied())? else {
                continue;
            };
            ensure!(
                index + 1 == segments.len(),
                "the packed module has been changed since; pack the original again"
            );
            *packed = segments.pop().map(|segment| segment.payload);
        }
        let ModuleParts { sections, bodies, version, .. } = parts;
        Ok(Self { sections, bodies, segments, stubs, packed, version })
    }

    /// The filter packed for a kind.
    pub(crate) fn filter(&self, kind: FilterKind) -> Option<&'a [u8]> {
        FILTER_KINDS.iter().zip(self.packed).find(|(found, _)| **found == kind)?.1
    }
}

impl<'a> ModuleParts<'a> {
    fn read(wasm: &'a [u8]) -> Result<Self> {
        let mut parts = Self::default();
        let bytes = |range: Range<u64>| {
            let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
            wasm.get(range).context("a section out of the file")
        };
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            if let Some((id, range)) = payload.as_section() {
                parts.sections.push(Section { id, contents: bytes(range)? });
            }
            match payload {
                Payload::TypeSection(types) => {
                    for ty in types.into_iter_err_on_gc_types() {
                        parts.types.push(ty?);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let is_function = matches!(import?.ty, TypeRef::Func(_));
                        parts.imported_functions += usize::from(is_function);
                    }
                }
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        parts.signatures.push(ty? as usize);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            parts.exports.push((export.name, export.index as usize));
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => parts.bodies.push(body.as_bytes()),
                Payload::DataSection(segments) => {
                    for segment in segments {
                        let segment = segment?;
                        let entry = bytes(segment.range)?;
                        parts.segments.push(DataSegment { entry, payload: segment.data });
                    }
                }
                Payload::CustomSection(custom) if custom.name() == VERSION_SECTION => {
                    // It is printed on terminals.
                    let text = std::str::from_utf8(custom.data()).ok();
                    parts.version =
                        text.filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
                }
                _ => {}
            }
        }
        Ok(parts)
    }

    /// The code index of an exported function with this signature.
    fn stub(&self, name: &str, params: &[ValType], results: &[ValType]) -> Result<usize> {
        let export = self.exports.iter().find(|(exported, _)| *exported == name);
        let Some((_, function)) = export else {
            bail!(
                "not an Unstuff module: it does not export {name}; give the .wasm that \
                 `make build` leaves in target/"
            )
        };
        let code = function.checked_sub(self.imported_functions);
        let ty = code
            .and_then(|code| self.signatures.get(code))
            .and_then(|signature| self.types.get(*signature));
        match (code, ty) {
            (Some(code), Some(ty)) if ty.params() == params && ty.results() == results => Ok(code),
            _ => bail!("not a module of this version: its {name} has another signature"),
        }
    }
}

/// The data segment that a stub reads with `memory.init`; `None` if it has not been replaced.
fn segment_read_by(body: Option<&[u8]>) -> Result<Option<usize>> {
    let body = body.context("a function without a body")?;
    for operator in FunctionBody::new(BinaryReader::new(body, 0)).get_operators_reader()? {
        match operator? {
            Operator::MemoryInit { data_index, .. } => return Ok(Some(data_index as usize)),
            // The linker wraps every export of a module that does not call `__wasm_call_ctors`.
            // Calls from inside the module would not reach the replaced body.
            Operator::Call { .. } => bail!(
                "the module's stubs have been wrapped by the linker: its `_initialize` must \
                 call `__wasm_call_ctors`"
            ),
            _ => {}
        }
    }
    Ok(None)
}
