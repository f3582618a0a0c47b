//! Filters wherever they are: a filter's file, or packed into a module.
//!
//! Both are mapped, not read: of a filter of the whole corpus (3.4 GiB) a query touches the
//! header and one shard.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail};
use memmap2::Mmap;
use unstuff_engine::breached::{Filter, FilterError, Kind};

use crate::mapped;
use crate::pack::module::{KINDS, Module};

/// A mapped file that holds filters.
pub struct Filters {
    map: Mmap,
    packed: bool,
    /// Where in the file they are.
    at: Vec<Range<usize>>,
}

impl Filters {
    /// Finds the filters in a file.
    pub fn find(path: &Path) -> Result<Self> {
        let map = mapped::map(path)?;
        let packed = map.starts_with(b"\0asm");
        let mut at = Vec::new();
        if packed {
            let module = Module::parse(&map).with_context(|| path.display().to_string())?;
            for filter in KINDS.into_iter().filter_map(|kind| module.filter(kind)) {
                let start = filter.as_ptr() as usize - map.as_ptr() as usize;
                at.push(start..start + filter.len());
            }
            if at.is_empty() {
                bail!(
                    "{}: the module carries no filter; `unstuff pack` puts one in",
                    path.display()
                );
            }
        } else {
            at.push(0..map.len());
        }
        Ok(Self { map, packed, at })
    }

    /// Whether they are in a module.
    pub fn packed(&self) -> bool {
        self.packed
    }

    /// Opens all of them.
    pub fn open(&self) -> Result<Vec<Filter<&[u8]>>, FilterError> {
        self.slices().map(|bytes| Filter::open(bytes, bytes.len() as u64)).collect()
    }

    /// The bytes of each.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        self.at.iter().filter_map(|range| self.map.get(range.clone()))
    }

    /// Opens the one of this kind, or without a preference the only or first one.
    pub fn open_one(&self, kind: Option<Kind>) -> Result<Filter<&[u8]>> {
        let mut filters = self.open()?.into_iter();
        let wanted = |filter: &Filter<_>| kind.is_none_or(|kind| filter.header().kind == kind);
        let found = filters.find(wanted);
        found.with_context(|| match kind {
            Some(kind) => format!("there is no filter of {kind} in it"),
            None => "there is no filter in it".to_owned(),
        })
    }
}
