//! A file that appears whole or not at all.
//!
//! It is written under a temporary name beside its target, flushed to the disk, then
//! renamed. If the command ends before that (an error, a full disk, Ctrl-C, SIGTERM), the old
//! file stays as it was and the new one is removed.

use std::fs::{File, Permissions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use tempfile::NamedTempFile;

use crate::interrupt;

/// The temporary file that is being written, for the signal handler.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// A file being written.
pub(crate) struct AtomicFile {
    file: NamedTempFile,
    target: PathBuf,
}

impl AtomicFile {
    /// Starts a file that will become `target`, and replace it if there is one.
    pub(crate) fn create(target: &Path) -> Result<Self> {
        ensure!(
            target != Path::new("-"),
            "the output cannot be standard output (-o -): it is written under a temporary name \
             and renamed when whole; give a file name"
        );
        if let Ok(found) = target.metadata() {
            ensure!(found.is_file(), "{} is not a regular file; give another", target.display());
        }
        let folder = folder_of(target);
        ensure!(folder.is_dir(), "there is no folder {}; make it first", folder.display());
        interrupt::on_interrupt(remove_and_exit)?;
        let file = tempfile::Builder::new()
            .prefix(".unstuff-")
            .suffix(".part")
            // The umask applies; tempfile's own default is for secrets.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .with_context(|| format!("cannot write in {}", folder.display()))?;
        *unfinished() = Some(file.path().to_owned());
        Ok(Self { file, target: target.to_owned() })
    }

    /// The file to write to.
    pub(crate) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// A writer to the file, whose errors name it.
    pub(crate) fn writer(&self) -> NamedWriter<'_> {
        NamedWriter { file: self.file(), target: &self.target }
    }

    /// Puts the file in its place.
    pub(crate) fn finish(self) -> Result<()> {
        let Self { file, target } = self;
        let place = || format!("cannot write {}", target.display());
        file.as_file().sync_all().with_context(place)?;
        // A signal waits here, so it finds the temporary file or the finished one.
        let mut unfinished = unfinished();
        file.persist(&target).map_err(|error| error.error).with_context(place)?;
        *unfinished = None;
        drop(unfinished);
        // The rename, too, should survive a power cut. Not every file system can.
        let _ = File::open(folder_of(&target)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

/// Writes to an unfinished file. An error names the file that it would become: a full disk says
/// nothing of itself.
pub(crate) struct NamedWriter<'a> {
    file: &'a File,
    target: &'a Path,
}

impl NamedWriter<'_> {
    fn named<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            // Kinds such as `Interrupted` mean something to those who call.
            let kind = error.kind();
            io::Error::new(kind, format!("cannot write {}: {error}", self.target.display()))
        })
    }
}

impl Write for NamedWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        self.named(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.file.flush();
        self.named(flushed)
    }
}

impl Seek for NamedWriter<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let sought = self.file.seek(to);
        self.named(sought)
    }
}

/// The folder that a file is in. Temporary files go there too, because `/tmp` may be small or
/// in memory.
pub(crate) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

fn unfinished() -> MutexGuard<'static, Option<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the unfinished file, then ends the process. (The command may be blocked in a read
/// at that moment, so it cannot do this itself.)
fn remove_and_exit() {
    // Held until the end, so that the file is not renamed while it is removed.
    let unfinished = unfinished();
    if let Some(path) = unfinished.as_ref() {
        let _ = std::fs::remove_file(path);
        eprintln!("unstuff: interrupted; nothing was written");
    }
    std::process::exit(interrupt::EXIT_STATUS.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> usize {
        folder.read_dir().unwrap().count()
    }

    #[test]
    fn unfinished_file_leaves_the_old_one_and_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x");
        std::fs::write(&target, "old").unwrap();
        let output = AtomicFile::create(&target).unwrap();
        output.file().write_all(b"new").unwrap();
        drop(output);
        assert_eq!(std::fs::read(&target).unwrap(), b"old");
        assert_eq!(entries(folder.path()), 1);
    }

    #[test]
    fn finished_file_replaces_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x");
        std::fs::write(&target, "old").unwrap();
        let output = AtomicFile::create(&target).unwrap();
        output.file().write_all(b"new").unwrap();
        output.finish().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
        assert_eq!(entries(folder.path()), 1);
    }

    #[test]
    fn standard_output_and_folders_are_refused() {
        let refused = |path: &Path| AtomicFile::create(path).err().unwrap().to_string();
        assert!(refused(Path::new("-")).contains("renamed when whole"));
        assert!(refused(Path::new(".")).contains("not a regular file"));
        assert!(refused(Path::new("no/such/x")).contains("make it first"));
    }
}
