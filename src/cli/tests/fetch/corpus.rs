//! A corpus of generated ranges: the same prefix and version always give the same text.

use std::fmt::Write;

/// Lines of a range: enough for the detection of truncated bodies.
const LINES: u64 = 200;

/// The text of a range, as HIBP writes it: CRLF between lines, none after the last.
pub(crate) fn text(prefix: &str, version: u64) -> String {
    let number = u64::from_str_radix(prefix, 16).unwrap();
    let mut lines: Vec<String> = (0..LINES)
        .map(|line| {
            let seed = (number << 32) | (version << 16) | line;
            let (upper, lower) = (mix(seed), mix(!seed));
            format!("{upper:016X}{lower:016X}{:03X}:{}", line, 1 + lower % 5000)
        })
        .collect();
    lines.sort();
    lines.join("\r\n")
}

/// The ETag of that text.
pub(crate) fn etag(prefix: &str, version: u64) -> String {
    let mut etag = String::from("W/\"0x8D");
    write!(etag, "{prefix}-{version}\"").unwrap();
    etag
}

/// SplitMix64's finaliser: spreads numbers evenly, as a hash would.
fn mix(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
