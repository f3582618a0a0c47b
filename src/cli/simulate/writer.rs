//! A trace file: JSON Lines, gzip where the name ends in `.gz`, whole or not at all.
//!
//! Nobody should replay half of a trace unawares; on standard output (`-`) that is the
//! reader's business.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use unstuff_engine::time::Millis;

use super::attempt::{Attempt, SUCCESS};
use super::people::population::Population;
use super::people::rhythm::BEGIN;
use crate::atomic_file::AtomicFile;
use crate::trace::Line;

/// The host of all attempts: one that is reserved for examples.
const HOST: &str = "example.com";

/// How many attempts of a label there are, and how many of them succeed.
#[derive(Clone, Copy, Default)]
pub struct Tally {
    /// Attempts.
    pub attempts: u64,
    /// Successes.
    pub successes: u64,
}

/// Attempts by label.
pub type Tallies = BTreeMap<&'static str, Tally>;

/// Opens `target`, lets `write` fill it, and puts it in place.
pub fn to_file(
    target: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<Tallies>,
) -> Result<Tallies> {
    if target == Path::new("-") {
        let mut out = BufWriter::new(io::stdout().lock());
        return write(&mut out)
            .and_then(|tallies| out.flush().map(|()| tallies))
            .context("cannot write to standard output");
    }
    let place = || format!("cannot write {}", target.display());
    let output = AtomicFile::create(target)?;
    let mut out = BufWriter::with_capacity(1 << 16, output.file());
    let written = if target.extension().is_some_and(|extension| extension == "gz") {
        let mut gz = GzEncoder::new(&mut out, Compression::default());
        write(&mut gz).and_then(|tallies| gz.finish().map(|_| tallies))
    } else {
        write(&mut out)
    };
    let tallies = written.and_then(|tallies| out.flush().map(|()| tallies)).with_context(place)?;
    drop(out);
    output.finish()?;
    Ok(tallies)
}

/// Writes attempts as lines; `progress` is told the time of every thousandth.
pub fn lines(
    out: &mut dyn Write,
    population: &Population,
    attempts: impl Iterator<Item = Attempt>,
    mut progress: impl FnMut(u64),
) -> io::Result<Tallies> {
    let mut tallies = Tallies::new();
    let mut written = 0_u64;
    for attempt in attempts {
        let tally = tallies.entry(attempt.label).or_default();
        tally.attempts += 1;
        tally.successes += u64::from(attempt.status == SUCCESS);
        serde_json::to_writer(&mut *out, &line(population, &attempt))?;
        out.write_all(b"\n")?;
        written += 1;
        if written % 1000 == 0 {
            progress(attempt.at);
        }
    }
    Ok(tallies)
}

/// An attempt as a line. Every line has the same fields, whoever made it; only `client` is
/// absent where no cookies are kept.
fn line<'a>(population: &'a Population, attempt: &'a Attempt) -> Line<'a> {
    let (user_agent, language) = population.fingerprints.headers(attempt.agent);
    let header = |name, value| (Cow::Borrowed(name), Cow::Borrowed(value));
    Line {
        time: Millis(BEGIN + attempt.at),
        ip: attempt.ip,
        user: Cow::Borrowed(&attempt.user),
        password: None,
        password_sha1: Some(attempt.password.digest()),
        breached: Some(attempt.password.leaked()),
        pair_breached: Some(attempt.pair_leaked),
        headers: vec![header("user-agent", user_agent), header("accept-language", language)],
        host: Some(HOST.into()),
        method: Some(Line::METHOD.into()),
        path: Some(Line::PATH.into()),
        status: attempt.status,
        response_ms: attempt.response_ms,
        client: attempt.client.map(|client| format!("c-{client:016x}").into()),
        known_device: attempt.known_device,
        solves: Some(attempt.solves),
        label: Some(attempt.label.into()),
        unknown: None,
    }
}
