//! The module rewritten with other filters.
//!
//! Only the bodies of the four stubs, the data segments and their count change. Every other byte
//! stays. So names and custom sections survive, and packing a packed module gives the same bytes
//! as packing the original. The filters are borrowed, never copied: they may have 900 MiB.

use std::borrow::Cow;

use wasm_encoder::{Encode, Function, SectionId};

use super::module::{FilterModule, Stubs};

/// The pieces of a file, in order.
pub(super) type ModulePieces<'a> = Vec<Cow<'a, [u8]>>;

/// The number of bytes in all pieces.
pub(super) fn total_len(pieces: &ModulePieces<'_>) -> u64 {
    pieces.iter().map(|piece| piece.len() as u64).sum()
}

/// The module with these filters (one for each of `FILTER_KINDS`) and no others.
pub(super) fn rewrite<'a>(
    module: &FilterModule<'a>,
    filters: [Option<&'a [u8]>; 2],
) -> ModulePieces<'a> {
    let contents = ChangedSections::new(module, filters);
    let mut out = vec![Cow::Borrowed(b"\0asm\x01\0\0\0".as_slice())];
    let (mut counted, mut has_data) = (false, false);
    for section in &module.sections {
        let code = section.id == SectionId::Code as u8;
        let data = section.id == SectionId::Data as u8;
        let count = section.id == SectionId::DataCount as u8;
        // `memory.init` needs the number of segments before the code. Some linkers leave it out of
        // modules that have none. It belongs right before the code.
        if (code || count) && !counted {
            push_section(&mut out, SectionId::DataCount as u8, contents.data_count());
            counted = true;
        }
        if code {
            push_section(&mut out, section.id, contents.code());
        } else if data {
            push_section(&mut out, section.id, contents.data());
            has_data = true;
        } else if !count {
            // A custom section may follow the code where there is no data section yet.
            push_section(&mut out, section.id, vec![Cow::Borrowed(section.contents)]);
        }
    }
    if !has_data {
        push_section(&mut out, SectionId::Data as u8, contents.data());
    }
    out
}

/// The contents of the changed sections.
struct ChangedSections<'a, 'm> {
    module: &'m FilterModule<'a>,
    filters: [Option<&'a [u8]>; 2],
}

impl<'a, 'm> ChangedSections<'a, 'm> {
    fn new(module: &'m FilterModule<'a>, filters: [Option<&'a [u8]>; 2]) -> Self {
        Self { module, filters }
    }

    fn segment_count(&self) -> usize {
        self.module.segments.len() + self.filters.iter().flatten().count()
    }

    fn data_count(&self) -> ModulePieces<'a> {
        vec![Cow::Owned(encoded(self.segment_count()))]
    }

    fn code(&self) -> ModulePieces<'a> {
        let mut segment = self.module.segments.len();
        let mut replaced: Vec<(usize, Vec<u8>)> = Vec::new();
        for (stubs, filter) in self.module.stubs.iter().zip(self.filters) {
            replaced.extend(bodies(*stubs, filter.map(|filter| (segment, filter.len()))));
            segment += usize::from(filter.is_some());
        }
        let mut out = vec![Cow::Owned(encoded(self.module.bodies.len()))];
        for (index, body) in self.module.bodies.iter().enumerate() {
            match replaced.iter().find(|(replaced, _)| *replaced == index) {
                Some((_, body)) => out.push(Cow::Owned(body.clone())),
                None => out.extend([Cow::Owned(encoded(body.len())), Cow::Borrowed(*body)]),
            }
        }
        out
    }

    fn data(&self) -> ModulePieces<'a> {
        const PASSIVE: u8 = 1;
        let mut out = vec![Cow::Owned(encoded(self.segment_count()))];
        out.extend(self.module.segments.iter().map(|segment| Cow::Borrowed(segment.entry)));
        for filter in self.filters.into_iter().flatten() {
            let mut mode_and_len = vec![PASSIVE];
            filter.len().encode(&mut mode_and_len);
            out.extend([Cow::Owned(mode_and_len), Cow::Borrowed(filter)]);
        }
        out
    }
}

/// The bodies of a filter's stubs, sizes included, for a segment with this index and length, or
/// for no filter.
fn bodies(stubs: Stubs, packed: Option<(usize, usize)>) -> [(usize, Vec<u8>); 2] {
    let (segment, len) = packed.unzip();
    let mut read = Function::new([]);
    let mut body = read.instructions();
    if let Some(segment) = segment {
        body.local_get(0).local_get(1).local_get(2).memory_init(0, index(segment));
    }
    body.end();
    let mut len_of = Function::new([]);
    // The instruction is signed and the length is not. `pack` refuses lengths above V8's limit.
    len_of.instructions().i32_const(index(len.unwrap_or(0)) as i32).end();
    [(stubs.read, encoded(read)), (stubs.len, encoded(len_of))]
}

fn index(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn encoded(value: impl Encode) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes);
    bytes
}

fn push_section<'a>(out: &mut ModulePieces<'a>, id: u8, contents: ModulePieces<'a>) {
    let mut head = vec![id];
    contents.iter().map(|piece| piece.len()).sum::<usize>().encode(&mut head);
    out.push(Cow::Owned(head));
    out.extend(contents);
}
