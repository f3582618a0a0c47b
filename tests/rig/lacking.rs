//! End-to-end tests that need what a version of Envoy lacks: `tests/matrix/lacking.txt` is the list.

use std::io::Write;

use crate::envoy;

const LIST: &str = include_str!("../matrix/lacking.txt");

/// Whether the Envoy of this run lacks what a test needs. If so, the reason is printed, and the test
/// has to return.
#[must_use]
pub fn is_lacking(test: &str) -> bool {
    let Some(reason) = reason(&envoy::version(), test) else { return false };
    // The handle is not captured, so this is seen although the test passes.
    writeln!(std::io::stderr(), "skipped with Envoy {}: {test}: {reason}", envoy::version()).ok();
    true
}

/// Why a version cannot run a test.
fn reason(version: &str, test: &str) -> Option<&'static str> {
    entries().find(|it| it.version == version && it.test == test).map(|it| it.reason)
}

/// A line of the list.
pub struct LackingTest {
    /// The version of Envoy.
    pub version: &'static str,
    /// The test as libtest names it.
    pub test: &'static str,
    /// What the version lacks.
    pub reason: &'static str,
}

/// The lines of the list.
///
/// # Panics
///
/// If a line is neither an entry nor a comment.
pub fn entries() -> impl Iterator<Item = LackingTest> {
    let lines = LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let entry = line.split_once(" # ").and_then(|(test, reason)| {
            let (version, test) = test.trim().split_once(' ')?;
            Some(LackingTest { version, test: test.trim(), reason: reason.trim() })
        });
        entry.unwrap_or_else(|| panic!("not an entry of lacking.txt: {line}"))
    })
}

#[cfg(test)]
mod tests {
    use super::{entries, reason};

    #[test]
    fn a_test_is_skipped_with_the_versions_of_its_entries_alone() {
        let mut all = entries().peekable();
        assert!(all.peek().is_some());
        for entry in all {
            assert_eq!(reason(entry.version, entry.test), Some(entry.reason));
            assert_eq!(reason("9.9.9", entry.test), None);
            assert_eq!(reason(entry.version, "another"), None);
        }
    }
}
