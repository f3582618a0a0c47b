//! Breached-password filters in a file: a filter by itself, or filters packed into a module.
//!
//! A filter's file is read in place. A query to a filter of the whole corpus (3.4 GiB) reads
//! the header and one shard. A module is read whole, because finding the filters in it means
//! parsing it, and V8 loads none above 1 GiB.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use unstuff_engine::breached::{Filter, FilterError, FilterKind, ReadAt};

use crate::pack::module::{FILTER_KINDS, FilterModule};

/// The first bytes of every WebAssembly module.
const WASM_MAGIC: &[u8] = b"\0asm";

/// A file that holds filters.
pub(crate) struct FilterFile {
    storage: Storage,
    packed: bool,
    module_version: Option<String>,
    /// Where the filters are, in bytes of the file.
    ranges: Vec<Range<u64>>,
}

enum Storage {
    File(File),
    Memory(Vec<u8>),
}

/// The bytes of one filter in a [`FilterFile`].
#[derive(Clone)]
pub(crate) struct FilterBytes<'f> {
    storage: &'f Storage,
    range: Range<u64>,
}

/// A filter that is read from a [`FilterFile`].
pub(crate) type OpenFilter<'f> = Filter<FilterBytes<'f>>;

impl FilterFile {
    /// Finds the filters in a file.
    ///
    /// # Errors
    /// The file cannot be read, or it is a module that carries no filter or is not ours.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = Self::open_any(path)?;
        ensure!(
            !file.ranges.is_empty(),
            "{}: the module carries no filter; `unstuff pack` puts one in",
            path.display()
        );
        Ok(file)
    }

    /// Finds the filters in a file; a module may carry none.
    ///
    /// # Errors
    /// The file cannot be read, or it is a module that is not ours.
    pub(crate) fn open_any(path: &Path) -> Result<Self> {
        let name = || path.display().to_string();
        let file = open_regular(path)?;
        let mut magic = [0; WASM_MAGIC.len()];
        if file.read_exact_at(&mut magic, 0).is_err() || magic != WASM_MAGIC {
            let len = file.metadata().with_context(name)?.len();
            return Ok(Self {
                storage: Storage::File(file),
                packed: false,
                module_version: None,
                ranges: std::iter::once(0..len).collect(),
            });
        }
        let wasm = read(path)?;
        let module = FilterModule::parse(&wasm).with_context(name)?;
        let ranges = filter_ranges(&module, &wasm);
        let module_version = module.version.map(str::to_owned);
        Ok(Self { storage: Storage::Memory(wasm), packed: true, module_version, ranges })
    }

    /// One filter that is in memory already.
    pub(crate) fn in_memory(bytes: Vec<u8>) -> Self {
        let range = 0..bytes.len() as u64;
        Self {
            storage: Storage::Memory(bytes),
            packed: false,
            module_version: None,
            ranges: std::iter::once(range).collect(),
        }
    }

    /// Whether the filters are in a module.
    pub(crate) fn is_packed(&self) -> bool {
        self.packed
    }

    /// The version of the module that the filters are in, if it carries one.
    pub(crate) fn module_version(&self) -> Option<&str> {
        self.module_version.as_deref()
    }

    /// Opens all filters.
    ///
    /// # Errors
    /// One is not a filter, or its length is not the one that its header promises.
    pub(crate) fn filters(&self) -> Result<Vec<OpenFilter<'_>>, FilterError> {
        let bytes =
            |range: &Range<u64>| FilterBytes { storage: &self.storage, range: range.clone() };
        self.ranges.iter().map(|range| bytes(range).open()).collect()
    }

    /// Opens the filter of one kind; without a kind, the first filter.
    ///
    /// # Errors
    /// There is no such filter, or one in the file is damaged.
    pub(crate) fn filter(&self, kind: Option<FilterKind>) -> Result<OpenFilter<'_>> {
        let mut filters = self.filters()?.into_iter();
        let wanted = |filter: &OpenFilter<'_>| kind.is_none_or(|kind| filter.header().kind == kind);
        let found = filters.find(wanted);
        found.with_context(|| match kind {
            Some(kind) => format!("there is no filter of {kind} in it"),
            None => "there is no filter in it".to_owned(),
        })
    }
}

impl<'f> FilterBytes<'f> {
    /// Opens the filter, once more if need be: each has its own buffer for lookups.
    ///
    /// # Errors
    /// The bytes are not a filter, or not as many as its header promises.
    pub(crate) fn open(self) -> Result<OpenFilter<'f>, FilterError> {
        let len = self.range.end - self.range.start;
        Filter::open(self, len)
    }
}

impl ReadAt for FilterBytes<'_> {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> bool {
        let start = self.range.start.saturating_add(offset);
        if start.saturating_add(into.len() as u64) > self.range.end {
            return false;
        }
        match self.storage {
            Storage::File(file) => file.read_exact_at(into, start).is_ok(),
            Storage::Memory(bytes) => bytes.read_at(start, into),
        }
    }
}

/// Reads a whole file, such as a module or a filter to pack.
///
/// # Errors
/// It is not a regular file, or it cannot be read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    open_regular(path)?;
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn open_regular(path: &Path) -> Result<File> {
    let open = || -> Result<File> {
        let file = File::open(path)?;
        ensure!(file.metadata()?.is_file(), "not a regular file");
        Ok(file)
    };
    open().with_context(|| format!("cannot read {}", path.display()))
}

fn filter_ranges(module: &FilterModule<'_>, wasm: &[u8]) -> Vec<Range<u64>> {
    let filters = FILTER_KINDS.into_iter().filter_map(|kind| module.filter(kind));
    let range = |filter: &[u8]| {
        let start = (filter.as_ptr() as usize - wasm.as_ptr() as usize) as u64;
        start..start + filter.len() as u64
    };
    filters.map(range).collect()
}
