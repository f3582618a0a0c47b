//! `--decisions`: each attempt's verdict as a line of JSON, to be joined with its trace.
//!
//! By file and line; what a person reads along is repeated (time, address, user, label),
//! a password or its hash never. The file appears when it is whole.

use std::io::{BufWriter, IntoInnerError, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde::Serialize;
use unstuff_engine::decision::verdict::Cause;
use unstuff_engine::policy::Policy;

use super::engine::Decided;
use super::traces::Place;
use crate::atomic_file::AtomicFile;
use crate::trace::Line;

/// The file that decisions are written to.
pub struct Decisions {
    path: PathBuf,
    file: BufWriter<AtomicFile>,
}

/// One line of it.
#[derive(Serialize)]
struct Row<'a> {
    trace: &'a str,
    line: u64,
    /// Seconds since 1970.
    time: f64,
    ip: std::net::IpAddr,
    user: &'a str,
    label: &'a str,
    endpoint: &'a str,
    verdict: &'static str,
    stopped: bool,
    /// The rule behind the verdict.
    decided: Option<&'a str>,
    /// What of the rule: it holds, its ban stands, or it holds if what is pending has failed.
    cause: &'static str,
    /// All rules that hold.
    matched: Vec<&'a str>,
}

impl Decisions {
    /// Begins the file.
    ///
    /// # Errors
    /// It cannot be created, or would replace a trace that is read.
    pub fn create(path: &Path, traces: &[PathBuf]) -> anyhow::Result<Self> {
        let place = |path: &Path| path.canonicalize().ok();
        ensure!(
            place(path).is_none_or(|own| traces.iter().all(|it| place(it).as_ref() != Some(&own))),
            "--decisions {}: that is a trace; give another file",
            path.display()
        );
        let file = AtomicFile::create(path).context("cannot write decisions")?;
        Ok(Self { path: path.to_owned(), file: BufWriter::with_capacity(1 << 16, file) })
    }

    /// Writes one line.
    ///
    /// # Errors
    /// The disk is full, say.
    pub fn write(
        &mut self,
        place: Place<'_>,
        line: &Line<'_>,
        decided: &Decided,
        policy: &Policy,
    ) -> anyhow::Result<()> {
        let verdict = &decided.decision.verdict;
        let rule = |index: usize| policy.rules.get(index).map(|rule| rule.name.as_str());
        let row = Row {
            trace: place.file,
            line: place.number,
            time: line.time.0 as f64 / 1000.0,
            ip: line.ip,
            user: &line.user,
            label: line.label.as_deref().unwrap_or(Line::LABEL),
            endpoint: policy.endpoints.get(decided.endpoint).map_or("", |it| it.name.as_str()),
            verdict: verdict.action.name(),
            stopped: decided.stopped,
            decided: verdict.decided.and_then(rule),
            cause: match verdict.cause {
                Cause::Rules => "rules",
                Cause::Ban => "ban",
                Cause::Pending => "pending",
                Cause::Upgrade => "upgrade",
                Cause::Passed => "passed",
            },
            matched: verdict.reasons.iter().filter_map(|reason| rule(reason.rule)).collect(),
        };
        let mut write = || -> std::io::Result<()> {
            serde_json::to_writer(&mut self.file, &row)?;
            self.file.write_all(b"\n")
        };
        write().with_context(|| format!("cannot write decisions to {}", self.path.display()))
    }

    /// Sees to it that all is written.
    ///
    /// # Errors
    /// The disk is full, say.
    pub fn finish(self) -> anyhow::Result<()> {
        let output = self.file.into_inner().map_err(IntoInnerError::into_error);
        output
            .with_context(|| format!("cannot write decisions to {}", self.path.display()))?
            .finish()
    }
}
