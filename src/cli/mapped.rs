//! A file as bytes in memory, without reading it.
//!
//! The one place of the tool with `unsafe`: a memory map of a file that somebody truncates
//! meanwhile ends the process with SIGBUS. Filters and modules are replaced by renaming
//! (ours always are), which does not touch a file that is mapped.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use memmap2::Mmap;

/// Maps a file.
pub fn map(path: &Path) -> Result<Mmap> {
    let open = || -> Result<Mmap> {
        let file = File::open(path)?;
        ensure!(file.metadata()?.is_file(), "not a regular file");
        // SAFETY: undefined only if the file is changed in place while mapped, see above.
        Ok(unsafe { Mmap::map(&file) }?)
    };
    open().with_context(|| format!("cannot read {}", path.display()))
}
