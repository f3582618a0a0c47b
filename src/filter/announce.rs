//! What the module says when it is configured: once a process, not once a worker.
//!
//! Envoy configures a canary and then every worker, each a VM of its own; eight workers
//! would say everything nine times. The first to write the configuration's hash to shared
//! data speaks. Problems are not said here: every refusal is logged.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;
use unstuff_engine::config::{Notice, Severity};
use unstuff_engine::state::{Expected, Store};

use crate::VERSION;
use crate::host::{self, Level};
use crate::shared::SharedData;

/// Where the hash of the configuration is that was announced last.
const KEY: &str = "unstuff/announced";

/// The configuration's lines for the log.
#[derive(Default)]
pub(crate) struct Announcement(Vec<(Level, String)>);

impl Announcement {
    /// Adds a line.
    pub(crate) fn say(&mut self, level: Level, line: impl Into<String>) {
        self.0.push((level, line.into()));
    }

    /// Adds the notices of a configuration, each at the level of its severity.
    pub(crate) fn say_all(&mut self, notices: &[Notice]) {
        for notice in notices {
            let level = match notice.severity {
                Severity::Info | Severity::Reminder => Level::Info,
                Severity::Warning => Level::Warn,
            };
            self.say(level, notice.to_string());
        }
    }

    /// Logs the lines, unless another worker has for the same configuration.
    pub(crate) fn publish(self, configuration: &[u8; 8]) {
        if is_news(KEY, configuration) {
            self.0.iter().for_each(|(level, line)| host::log(*level, line));
        }
    }
}

/// A configuration's hash. Another version under the same configuration is another one: shared data
/// outlives a module.
pub(crate) fn hash_of(configuration: &[u8]) -> [u8; 8] {
    let mut hasher = SipHasher13::new();
    hasher.write(VERSION.as_bytes());
    hasher.write(configuration);
    hasher.finish().to_le_bytes()
}

/// Logs a warning about an endpoint, unless another worker has under the same configuration.
pub(crate) fn warn_once(endpoint: &str, configuration: &[u8; 8], line: &str) {
    // Endpoints are few and named by the configuration.
    if is_news(&format!("{KEY}/{endpoint}"), configuration) {
        host::log(Level::Warn, line);
    }
}

/// Logs an error, unless another worker has since this number last changed.
pub(crate) fn shout(period: u64, line: &str) {
    if is_news(&format!("{KEY}//refused"), &period.to_le_bytes()) {
        host::log(Level::Error, line);
    }
}

/// Whether the hash under a key is another one; from now on it is this one.
fn is_news(key: &str, hash: &[u8; 8]) -> bool {
    let expected = match SharedData.read(key) {
        Ok(Some((announced, _))) if announced == hash => return false,
        Ok(Some((_, version))) => Expected::Version(version),
        Ok(None) => Expected::Absent,
        // Rather said too often than never.
        Err(_) => return true,
    };
    SharedData.write(key, hash, expected).is_ok()
}
