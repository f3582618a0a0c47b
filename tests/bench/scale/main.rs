//! `make scale`: the tables of docs/scale.md.
//!
//! Three sources: what `make bench` measured in Envoy, the sizing of the state, and replays of
//! simulated attacks with states that are too small.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod capacity;
mod cost;
mod forgetting;

use unstuff_tests::bench::write_part;

/// The document.
const PAGE: &str = "docs/scale.md";

fn main() {
    for (part, text) in [
        ("make scale: cost", cost::markdown()),
        ("make scale: capacity", capacity::markdown()),
        ("make scale: accounts", capacity::accounts()),
        ("make scale: forgetting", forgetting::markdown()),
    ] {
        println!("{text}");
        write_part(PAGE, part, &text);
    }
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).expect("digits"))
        .collect();
    groups.join(",")
}

/// Bytes of the host, in the largest unit that is not above them.
fn size(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let (mut number, mut unit) = (bytes as f64, 0);
    while number >= 1024.0 && unit < units.len() - 1 {
        (number, unit) = (number / 1024.0, unit + 1);
    }
    let digits = usize::from(number < 10.0 && number.fract() > 0.05);
    format!("{number:.digits$} {}", units[unit])
}
