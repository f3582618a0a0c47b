//! Lists of numbered passwords; the count follows from the number.

use unstuff_engine::breached::Sha1Digest;

/// The password with a number.
pub(crate) fn password(number: u64) -> String {
    format!("password{number}")
}

/// The count of a password: 1, 2, …
pub(crate) fn count(number: u64) -> u64 {
    number + 1
}

fn hex(number: u64) -> String {
    hex::encode_upper(Sha1Digest::of(password(number).as_bytes()).as_bytes())
}

/// A list in HIBP's format: `HASH:COUNT`, sorted, CRLF.
pub(crate) fn hibp(numbers: std::ops::Range<u64>) -> String {
    sorted(numbers).iter().map(|(hash, count)| format!("{hash}:{count}\r\n")).collect()
}

/// The same lines in the order of the numbers.
pub(crate) fn shuffled(numbers: std::ops::Range<u64>) -> String {
    numbers.map(|number| format!("{}:{}\n", hex(number), count(number))).collect()
}

/// Hashes and counts, sorted.
pub(crate) fn sorted(numbers: std::ops::Range<u64>) -> Vec<(String, u64)> {
    let mut lines: Vec<_> = numbers.map(|number| (hex(number), count(number))).collect();
    lines.sort();
    lines
}

/// Plain-text passwords.
pub(crate) fn plain(numbers: std::ops::Range<u64>) -> String {
    numbers.map(|number| password(number) + "\n").collect()
}
