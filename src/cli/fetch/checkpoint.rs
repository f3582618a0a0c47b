//! The checkpoint of an unfinished run: what makes the next one go on where it was.
//!
//! It is a small file that names the server and whose age says when the run began. It stays
//! until a run has dealt with every range it was asked for. As long as it is there, a range
//! written or validated since is not asked for again; past a day it is no longer one run, and
//! everything is validated anew. All times are the file system's.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// A run that was broken off longer ago than this is not continued.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// The place of the checkpoint.
pub struct Checkpoint(PathBuf);

impl Checkpoint {
    /// The checkpoint in this file.
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Begins a run against this server, or goes on with the unfinished one: then the result
    /// is when that began.
    ///
    /// # Errors
    ///
    /// The checkpoint cannot be written.
    pub fn begin(&self, server: &str, now: SystemTime) -> io::Result<Option<SystemTime>> {
        let same = fs::read_to_string(&self.0).is_ok_and(|text| text == server);
        let began = fs::metadata(&self.0).and_then(|metadata| metadata.modified()).ok();
        if let Some(began) = began.filter(|_| same) {
            // A checkpoint from the future (the clock was set back) is as good as a stale one.
            if now.duration_since(began).is_ok_and(|age| age < STALE) {
                return Ok(Some(began));
            }
        }
        fs::write(&self.0, server).map(|()| None)
    }

    /// Forgets an unfinished run.
    ///
    /// # Errors
    ///
    /// The checkpoint is there and cannot be removed.
    pub fn clear(&self) -> io::Result<()> {
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
    fn a_run_is_continued_within_a_day_at_the_same_server() {
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
