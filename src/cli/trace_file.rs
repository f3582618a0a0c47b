//! A trace that a command writes: a file that appears whole or not at all, gzip if its name ends in
//! `.gz`, or standard output (`-`).

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::atomic_file::AtomicFile;

/// Opens `target`, lets `lines` fill it, and puts it in place. On standard output, what was written
/// before an error stays.
///
/// # Errors
/// The trace cannot be written.
pub(crate) fn write<T>(
    target: &Path,
    lines: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> Result<T> {
    if target == Path::new("-") {
        let mut out = BufWriter::new(io::stdout().lock());
        return lines(&mut out)
            .and_then(|written| out.flush().map(|()| written))
            .context("cannot write to standard output");
    }
    let context = || format!("cannot write {}", target.display());
    let output = AtomicFile::create(target)?;
    let mut out = BufWriter::with_capacity(1 << 16, output.file());
    let written = if target.extension().is_some_and(|extension| extension == "gz") {
        let mut gz = GzEncoder::new(&mut out, Compression::default());
        lines(&mut gz).and_then(|written| gz.finish().map(|_| written))
    } else {
        lines(&mut out)
    };
    let written = written.and_then(|it| out.flush().map(|()| it)).with_context(context)?;
    drop(out);
    output.finish()?;
    Ok(written)
}

/// Whether the reader of standard output has closed it.
pub(crate) fn is_closed(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    kind == Some(io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_write_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("trace.jsonl");
        let fails = write(&target, |out| {
            out.write_all(b"half")?;
            Err::<(), _>(io::Error::other("disk full"))
        });
        assert!(format!("{:#}", fails.err().unwrap()).contains("trace.jsonl: disk full"));
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
