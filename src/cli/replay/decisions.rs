//! `--decisions`: each attempt's verdict as a line of JSON.
//!
//! File and line number join a verdict with its trace. Time, address, user and label are repeated
//! for people who read along; a password or its hash never is. The file appears when it is whole.

use std::io::{BufWriter, IntoInnerError, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde::Serialize;
use unstuff_engine::policy::{Policy, RuleId};

use super::engine::ReplayedDecision;
use super::traces::LinePosition;
use crate::atomic_file::AtomicFile;
use unstuff_trace::TraceLine;

/// The file that decisions are written to.
pub(super) struct DecisionLog {
    path: PathBuf,
    file: BufWriter<AtomicFile>,
}

/// One line of the file.
#[derive(Serialize)]
struct DecisionRow<'a> {
    trace: &'a str,
    line: u64,
    /// Seconds since 1970.
    time: f64,
    ip: std::net::IpAddr,
    user: Option<&'a str>,
    label: &'a str,
    endpoint: &'a str,
    verdict: &'static str,
    /// The verdict in the record, if the trace is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<&'a str>,
    stopped: bool,
    /// The rule that decided the verdict.
    decided: Option<&'a str>,
    /// How the rule decided: it matched, its ban stands, or it matches if pending attempts fail.
    cause: &'static str,
    /// All rules that matched.
    matched: Vec<&'a str>,
}

impl DecisionLog {
    /// Creates the file.
    ///
    /// # Errors
    /// The file cannot be created, or it would replace a trace.
    pub(super) fn create(path: &Path, traces: &[PathBuf]) -> anyhow::Result<Self> {
        let canonical = |path: &Path| path.canonicalize().ok();
        ensure!(
            canonical(path)
                .is_none_or(|own| traces.iter().all(|it| canonical(it).as_ref() != Some(&own))),
            "--decisions {}: that is a trace; give another file",
            path.display()
        );
        let file = AtomicFile::create(path).context("cannot write decisions")?;
        Ok(Self { path: path.to_owned(), file: BufWriter::with_capacity(1 << 16, file) })
    }

    /// Writes one line.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn write(
        &mut self,
        position: LinePosition<'_>,
        line: &TraceLine,
        decided: &ReplayedDecision,
        policy: &Policy,
    ) -> anyhow::Result<()> {
        let verdict = &decided.decision.verdict;
        let rule = |id: RuleId| policy.rule(id).map(|rule| rule.name.as_str());
        let row = DecisionRow {
            trace: position.file,
            line: position.number,
            time: line.time.0 as f64 / 1000.0,
            ip: line.ip,
            user: line.user.as_deref(),
            label: line.label.as_deref().unwrap_or(TraceLine::LABEL),
            endpoint: policy.endpoint(decided.endpoint).map_or("", |it| it.name.as_str()),
            verdict: verdict.action.name(),
            recorded: line.recorded.as_ref().map(|recorded| recorded.verdict.as_str()),
            stopped: decided.stopped,
            decided: verdict.decided.and_then(rule),
            cause: verdict.cause.name(),
            matched: verdict.reasons.iter().filter_map(|reason| rule(reason.rule)).collect(),
        };
        let mut write = || -> std::io::Result<()> {
            serde_json::to_writer(&mut self.file, &row)?;
            self.file.write_all(b"\n")
        };
        write().with_context(|| format!("cannot write decisions to {}", self.path.display()))
    }

    /// Writes the rest and puts the file in its place.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let output = self.file.into_inner().map_err(IntoInnerError::into_error);
        output
            .with_context(|| format!("cannot write decisions to {}", self.path.display()))?
            .finish()
    }
}
