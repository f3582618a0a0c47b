//! The folder of range files: read, replaced as a whole, and locked by one fetch at a time.
//!
//! A range is written to a temporary file and renamed, so a reader, or the next run after a
//! `kill -9`, finds either the old file or the new one. Temporary files, the lock and the
//! checkpoint are in `.fetch/`; the next run removes the temporary files. Files are not flushed one
//! by one, because a million flushes cost more than the download: what a power failure damages is
//! detected by [`range_file::inspect`] and fetched again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::SystemTime;

use anyhow::{Context, bail};
use fs4::FileExt;

use super::checkpoint::Checkpoint;
use super::prefix::RangePrefix;
use super::range_file::{self, RangeLabel, StoredRange};

/// The sub-folder of everything that is not a range file.
const OWN: &str = ".fetch";

/// A folder of range files, locked.
pub(super) struct RangeStore {
    root: PathBuf,
    /// Held shared while a file is being written, and exclusively by `close`.
    writing: RwLock<()>,
    /// Numbers the temporary files.
    parts: AtomicU32,
    /// The lock; the system releases it when the process ends.
    _lock: File,
}

impl RangeStore {
    /// Creates the folder if it does not exist, locks it, and removes the temporary files of an
    /// earlier run.
    ///
    /// # Errors
    ///
    /// The folder cannot be created or written, or another fetch has locked it.
    pub(super) fn open(root: &Path) -> anyhow::Result<Self> {
        let own = root.join(OWN);
        fs::create_dir_all(&own).with_context(|| format!("cannot create {}", own.display()))?;
        let path = own.join("lock");
        let lock =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        // Called as the trait's method: the standard library's own needs a newer Rust.
        if let Err(error) = FileExt::try_lock(&lock) {
            match error {
                fs4::TryLockError::WouldBlock => {
                    bail!("another `unstuff fetch` is running in {}", root.display())
                }
                fs4::TryLockError::Error(error) => {
                    bail!("cannot lock {}: {error}", path.display())
                }
            }
        }
        for entry in fs::read_dir(&own)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "part") {
                fs::remove_file(path)?;
            }
        }
        Ok(Self {
            root: root.to_owned(),
            writing: RwLock::new(()),
            parts: AtomicU32::new(0),
            _lock: lock,
        })
    }

    /// The file of a range.
    pub(super) fn path(&self, prefix: RangePrefix) -> PathBuf {
        self.root.join(prefix.file())
    }

    /// The checkpoint of runs in this folder.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint::at(self.root.join(OWN).join("unfinished"))
    }

    /// What is stored for a range; none if there is no whole file.
    ///
    /// # Errors
    ///
    /// The file exists and cannot be read.
    pub(super) fn stored(&self, prefix: RangePrefix) -> io::Result<Option<StoredRange>> {
        range_file::inspect(&self.path(prefix))
    }

    /// Replaces a range. `scratch` is a buffer for the compressed bytes.
    ///
    /// # Errors
    ///
    /// The file cannot be written. The old file is kept.
    pub(super) fn put(
        &self,
        prefix: RangePrefix,
        label: &RangeLabel,
        text: &[u8],
        scratch: &mut Vec<u8>,
    ) -> io::Result<()> {
        range_file::write(label, text, scratch)?;
        // Rarely the same range is written twice at once, so each write has its own file.
        let number = self.parts.fetch_add(1, Ordering::Relaxed);
        let part = self.root.join(OWN).join(format!("{prefix}-{number}.part"));
        let path = self.path(prefix);
        let _writing = self.writing.read().unwrap_or_else(PoisonError::into_inner);
        let put = fs::write(&part, &scratch).and_then(|()| move_into(&part, &path));
        if put.is_err() {
            // Only the first error is reported.
            let _ = fs::remove_file(&part);
        }
        put
    }

    /// Records that the server has just confirmed a range as unchanged.
    ///
    /// # Errors
    ///
    /// The file's time cannot be set.
    pub(super) fn touch(&self, prefix: RangePrefix, now: SystemTime) -> io::Result<()> {
        File::options().write(true).open(self.path(prefix))?.set_modified(now)
    }

    /// Waits until no file is half written, and lets no other write start. After this the process
    /// may end at any moment.
    pub(super) fn close(&self) {
        std::mem::forget(self.writing.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Renames a file, and creates the sub-folder if it is missing.
fn move_into(part: &Path, path: &Path) -> io::Result<()> {
    match fs::rename(part, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::rename(part, path)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_fetch_is_refused_and_temporary_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let store = RangeStore::open(folder.path()).unwrap();
        let error = RangeStore::open(folder.path()).err().unwrap().to_string();
        assert!(error.starts_with("another `unstuff fetch` is running in"), "{error}");
        let part = folder.path().join(".fetch/00000.part");
        fs::write(&part, "half").unwrap();
        drop(store);
        RangeStore::open(folder.path()).unwrap();
        assert!(!part.exists());
    }

    #[test]
    fn failed_write_keeps_the_old_file_and_leaves_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let store = RangeStore::open(folder.path()).unwrap();
        let prefix: RangePrefix = "ABCDE".parse().unwrap();
        // A folder where the file belongs: the rename fails.
        let place = folder.path().join(prefix.file());
        fs::create_dir_all(place.join("in the way")).unwrap();
        let label = RangeLabel { address: "http://mirror/ABCDE".into(), etag: None };
        store.put(prefix, &label, b"text", &mut Vec::new()).unwrap_err();
        assert!(place.join("in the way").exists());
        assert!(!folder.path().join(".fetch/ABCDE-0.part").exists());
    }
}
