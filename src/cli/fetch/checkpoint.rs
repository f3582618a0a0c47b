//! The checkpoint of an unfinished run, from which the next run continues.
//!
//! It is a small file that names the server; its modification time is the start of the run. It
//! stays until a run has finished every range. While it exists, a range that was written or
//! validated since is not requested again. After a day it is stale, and everything is validated
//! again. All times are the file system's.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// The age from which an unfinished run is not continued.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// The checkpoint's file.
pub(super) struct Checkpoint(PathBuf);

impl Checkpoint {
    /// The checkpoint in this file, whether it exists or not.
    pub(super) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Starts a run against this server, or continues the unfinished one: then the result is the
    /// start of that one.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(super) fn begin(&self, server: &str, now: SystemTime) -> io::Result<Option<SystemTime>> {
        let same = fs::read_to_string(&self.0).is_ok_and(|text| text == server);
        let began = fs::metadata(&self.0).and_then(|metadata| metadata.modified()).ok();
        if let Some(began) = began.filter(|_| same) {
            // A checkpoint from the future (the clock was set back) counts as stale.
            if now.duration_since(began).is_ok_and(|age| age < STALE) {
                return Ok(Some(began));
            }
        }
        fs::write(&self.0, server).map(|()| None)
    }

    /// Removes the checkpoint, if there is one.
    ///
    /// # Errors
    ///
    /// The file exists and cannot be removed.
    pub(super) fn clear(&self) -> io::Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_is_continued_within_a_day_at_the_same_server() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = Checkpoint::at(folder.path().join("unfinished"));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
        let set = |age| {
            let file = fs::File::options().write(true).open(&checkpoint.0).unwrap();
            file.set_modified(now - age).unwrap();
        };
        assert_eq!(checkpoint.begin("http://a/", now).unwrap(), None);
        set(Duration::from_secs(3600));
        let began = Some(now - Duration::from_secs(3600));
        assert_eq!(checkpoint.begin("http://a/", now).unwrap(), began);
        assert_eq!(checkpoint.begin("http://b/", now).unwrap(), None, "another server");
        set(STALE);
        assert_eq!(checkpoint.begin("http://b/", now).unwrap(), None, "too long ago");
        checkpoint.clear().unwrap();
        checkpoint.clear().unwrap();
        assert_eq!(checkpoint.begin("http://b/", now).unwrap(), None, "finished");
    }
}
