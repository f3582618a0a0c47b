//! A file of lines: plain, gzip (by its name) or standard input (`-`).

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use anyhow::Context as _;

use super::gzip::GzipMembers;

/// Bytes per read of a compressed file.
const READ: usize = 1 << 16;

/// An open file of lines.
pub struct LineFile {
    /// The name in errors.
    pub name: String,
    /// What is in it, decompressed.
    pub reader: Box<dyn Read + Send>,
    /// Its length in bytes, where reading all of it means reading so many.
    pub bytes: Option<u64>,
}

impl LineFile {
    /// Opens the file at `path`. `what` it is completes the error: `the trace`.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path, what: &str) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            let name = "(standard input)".to_owned();
            return Ok(Self { name, reader: Box::new(io::stdin()), bytes: None });
        }
        let name = path.display().to_string();
        let file = File::open(path).with_context(|| format!("cannot open {what} {name}"))?;
        if path.extension().is_some_and(|extension| extension == "gz") {
            let reader = GzipMembers::new(BufReader::with_capacity(READ, file));
            return Ok(Self { name, reader: Box::new(reader), bytes: None });
        }
        let bytes = file.metadata().ok().map(|it| it.len()).filter(|bytes| *bytes > 0);
        Ok(Self { name, reader: Box::new(file), bytes })
    }
}
