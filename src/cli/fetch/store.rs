//! The folder of range files: read, replaced whole, and locked by one fetch at a time.
//!
//! A range is written beside its place and renamed into it, so that a reader, or the next
//! run after a `kill -9`, finds the old file or the new one. Unfinished files, the lock and the
//! checkpoint of an unfinished run stay in `.fetch/`, which the next run clears. Files are not
//! flushed one by one (a million flushes cost more than the download): what a power failure
//! takes is seen by [`range_file::inspect`] and fetched again.

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

/// Where everything that is not a range file lies.
const OWN: &str = ".fetch";

/// A folder of range files, locked.
pub struct RangeStore {
    root: PathBuf,
    /// Held shared while a file is being written, and exclusively by `close`.
    writing: RwLock<()>,
    /// Numbers the unfinished files.
    parts: AtomicU32,
    /// The lock: it goes with the process, however that ends.
    _lock: File,
}

impl RangeStore {
    /// Makes the folder if need be, locks it, and clears what an earlier run left half done.
    ///
    /// # Errors
    ///
    /// The folder cannot be made or written, or another fetch holds it.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        let own = root.join(OWN);
        fs::create_dir_all(&own).with_context(|| format!("cannot make {}", own.display()))?;
        let path = own.join("lock");
        let lock =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        // By its trait: the standard library's own needs a newer Rust than ours.
        if let Err(error) = FileExt::try_lock(&lock) {
            match error {
                fs4::TryLockError::WouldBlock => {
                    bail!("another `unstuff fetch` is at work in {}", root.display())
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
    pub fn path(&self, prefix: RangePrefix) -> PathBuf {
        self.root.join(prefix.file())
    }

    /// The checkpoint of an unfinished run.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::at(self.root.join(OWN).join("unfinished"))
    }

    /// What is stored of a range; none if nothing whole is.
    ///
    /// # Errors
    ///
    /// There is a file that cannot be read.
    pub fn stored(&self, prefix: RangePrefix) -> io::Result<Option<StoredRange>> {
        range_file::inspect(&self.path(prefix))
    }

    /// Replaces a range. `scratch` is for the compressed bytes.
    ///
    /// # Errors
    ///
    /// The file cannot be written; what was there before still is.
    pub fn put(
        &self,
        prefix: RangePrefix,
        label: &RangeLabel,
        text: &[u8],
        scratch: &mut Vec<u8>,
    ) -> io::Result<()> {
        range_file::write(label, text, scratch)?;
        // Twice the same range at once is rare, not impossible: each has a file of its own.
        let number = self.parts.fetch_add(1, Ordering::Relaxed);
        let part = self.root.join(OWN).join(format!("{prefix}-{number}.part"));
        let path = self.path(prefix);
        let _writing = self.writing.read().unwrap_or_else(PoisonError::into_inner);
        let put = fs::write(&part, &scratch).and_then(|()| move_into(&part, &path));
        if put.is_err() {
            // The first error is the one to report.
            let _ = fs::remove_file(&part);
        }
        put
    }

    /// Notes that the server has just called a range unchanged.
    ///
    /// # Errors
    ///
    /// The file's time cannot be set.
    pub fn touch(&self, prefix: RangePrefix, now: SystemTime) -> io::Result<()> {
        File::options().write(true).open(self.path(prefix))?.set_modified(now)
    }

    /// Waits until no file is half written, and lets no other be begun: the end of the process
    /// may follow at any moment.
    pub fn close(&self) {
        std::mem::forget(self.writing.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Renames, and makes the sub-folder when that is what was missing.
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
    fn one_fetch_at_a_time_and_nothing_half_done_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = RangeStore::open(folder.path()).unwrap();
        let error = RangeStore::open(folder.path()).err().unwrap().to_string();
        assert!(error.starts_with("another `unstuff fetch` is at work in"), "{error}");
        let part = folder.path().join(".fetch/00000.part");
        fs::write(&part, "half").unwrap();
        drop(store);
        RangeStore::open(folder.path()).unwrap();
        assert!(!part.exists());
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_litter() {
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
