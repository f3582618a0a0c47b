//! A file that appears whole or not at all.
//!
//! It is written under a temporary name beside its target, flushed to the disk, then
//! renamed. Whatever ends the command before that (an error, a full disk, Ctrl-C, SIGTERM)
//! leaves the old file as it was and removes the new one.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use tempfile::NamedTempFile;

/// The temporary file of the output being written, for the signal handler.
static PENDING: Mutex<Option<PathBuf>> = Mutex::new(None);

/// A file being written.
pub struct AtomicFile {
    file: NamedTempFile,
    target: PathBuf,
}

impl AtomicFile {
    /// Starts a file that is to replace `target`, or to be it.
    pub fn create(target: &Path) -> Result<Self> {
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
        install_handler()?;
        let file = tempfile::Builder::new()
            .prefix(".unstuff-")
            .suffix(".part")
            // The umask applies; tempfile's own default is for secrets.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .with_context(|| format!("cannot write in {}", folder.display()))?;
        *pending() = Some(file.path().to_owned());
        Ok(Self { file, target: target.to_owned() })
    }

    /// The file to write to.
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Puts the file in its place.
    pub fn finish(self) -> Result<()> {
        let Self { file, target } = self;
        let place = || format!("cannot write {}", target.display());
        file.as_file().sync_all().with_context(place)?;
        // A signal waits, so that it finds the temporary file or the finished one.
        let mut pending = pending();
        file.persist(&target).map_err(|error| error.error).with_context(place)?;
        *pending = None;
        drop(pending);
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

/// The folder that a file is in; also where its temporary files go, since `/tmp` may be
/// small, or memory.
pub fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

fn pending() -> std::sync::MutexGuard<'static, Option<PathBuf>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the temporary file on a signal, then leaves with the shell's code for Ctrl-C.
/// (Main may be blocked in a read at that moment, so it cannot be asked to.)
fn install_handler() -> Result<()> {
    static INSTALLED: Once = Once::new();
    let mut result = Ok(());
    INSTALLED.call_once(|| {
        result = ctrlc::set_handler(|| {
            // Held until the end, so that nothing is renamed while it is removed.
            let pending = pending();
            if let Some(path) = pending.as_ref() {
                let _ = std::fs::remove_file(path);
                eprintln!("unstuff: interrupted; nothing was written");
            }
            std::process::exit(130);
        });
    });
    match result {
        Err(error) => bail!("cannot watch for Ctrl-C: {error}"),
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> usize {
        folder.read_dir().unwrap().count()
    }

    #[test]
    fn an_unfinished_output_leaves_the_old_file_and_no_litter() {
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
    fn a_finished_output_replaces_the_old_file() {
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
