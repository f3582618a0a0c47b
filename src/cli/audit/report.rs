//! What a verification found, for a terminal.

use std::fmt::Write as _;

use unstuff_engine::time::Millis;

use super::chains::{BreakReport, FoundChain, VerifiedChains};
use crate::replay::report::utc;

/// A line for each chain, and one that says whether all are sound.
pub(super) fn text(found: &VerifiedChains) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for chain in &found.chains {
        let _ = writeln!(text, "{}", line(chain));
    }
    let workers = found.chains.len();
    let _ = match &found.first_break {
        None => writeln!(
            text,
            "sound: {} lines in {workers} chain{}",
            found.lines,
            if workers == 1 { "" } else { "s" }
        ),
        Some(BreakReport { number: 0, text: what, .. }) => writeln!(text, "broken: {what}"),
        Some(BreakReport { file, number, text: what }) => {
            writeln!(text, "broken: {file}:{number}: {what}")
        }
    };
    text
}

fn line(chain: &FoundChain) -> String {
    let FoundChain { worker, first, next, .. } = chain;
    if *next == 0 {
        return format!("worker {worker}: no line could be checked");
    }
    let first = (*first).min(*next);
    let mut line = format!("worker {worker}: lines {first} to {}", next.saturating_sub(1));
    if let Some((first, last)) = chain.times {
        let _ = write!(line, ", {} to {}", at(first), at(last));
    }
    if let Some(version) = &chain.version {
        let _ = write!(line, ", version {version}");
    }
    if let Some(process) = &chain.process {
        let _ = write!(line, ", process {process}");
    }
    line.push_str(if chain.is_broken {
        "; not checked further"
    } else if chain.is_ended {
        ", ended"
    } else {
        ", without an end: it runs, was killed, or its tail was cut (--expect tells)"
    });
    if chain.unchecked > 0 {
        let _ = write!(
            line,
            "; its beginning is missing, so its first {} lines could not be checked",
            chain.unchecked
        );
    }
    line
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn at(seconds: f64) -> String {
    utc(Millis((seconds * 1_000.0) as u64))
}
