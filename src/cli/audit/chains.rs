//! The chains in logs, and the first line that breaks one.
//!
//! Lines are sorted by worker and number, because the lines of several workers, gateways and files stand
//! among each other. A line whose turn it is is checked at once, and held otherwise, so a log in order
//! takes no memory.

use std::collections::BTreeMap;

use unstuff_engine::record::RecordKey;
use unstuff_engine::record::chain::{BEGIN, split};
use unstuff_trace::record;

use super::worker_chain::{HeldLine, LineFront, WorkerChain};

/// The chains that were found.
pub(super) struct Chains {
    keys: Vec<RecordKey>,
    /// Beginnings may be missing.
    partial: bool,
    files: Vec<String>,
    chains: BTreeMap<String, WorkerChain>,
    first_break: Option<ChainBreak>,
    lines: u64,
}

/// What was found.
pub(super) struct VerifiedChains {
    pub chains: Vec<FoundChain>,
    pub first_break: Option<BreakReport>,
    pub lines: u64,
}

/// One worker's chain.
pub(super) struct FoundChain {
    pub worker: String,
    pub first: u64,
    /// The number after its last line.
    pub next: u64,
    pub process: Option<String>,
    pub version: Option<String>,
    /// Seconds since 1970.
    pub times: Option<(f64, f64)>,
    pub is_ended: bool,
    /// It was checked up to its break alone.
    pub is_broken: bool,
    /// Lines in front of the first heartbeat, where the beginning is missing.
    pub unchecked: u64,
}

/// The first break, for people.
pub(super) struct BreakReport {
    pub file: String,
    pub number: u64,
    pub text: String,
}

/// Where a line stands: the file's index, and the line in it.
pub(super) type Position = (usize, u64);

/// A break, at the line that shows it.
#[derive(Clone, Debug)]
pub(super) struct ChainBreak {
    pub at: Position,
    pub text: String,
}

impl Chains {
    pub(super) fn new(keys: Vec<RecordKey>, partial: bool) -> Self {
        let (files, chains) = (Vec::new(), BTreeMap::new());
        Self { keys, partial, files, chains, first_break: None, lines: 0 }
    }

    /// What follows is of this file.
    pub(super) fn begin_file(&mut self, name: &str) {
        self.files.push(name.to_owned());
    }

    /// Takes a line of a log.
    pub(super) fn line(&mut self, number: u64, line: &[u8]) {
        let at = (self.files.len().saturating_sub(1), number);
        let Ok(text) = std::str::from_utf8(line) else {
            if String::from_utf8_lossy(line).contains(BEGIN) {
                self.note(at, "the line is not text any more: it was changed".to_owned());
            }
            return;
        };
        let Some(line) = record::find(text) else { return };
        self.lines += 1;
        let (Some((body, mac)), Some(front)) = (split(line), LineFront::of(line)) else {
            return self.note(at, "the line is not whole: it was changed, or cut".to_owned());
        };
        let chain = self
            .chains
            .entry(front.worker.to_owned())
            .or_insert_with(|| WorkerChain { first: u64::MAX, ..WorkerChain::default() });
        chain.note_order(at, front.number);
        let held = HeldLine { at, text: body.to_owned(), mac };
        if let Some(text) = chain.take(&self.keys, &front, held) {
            let text = format!("worker {}: {text}", front.worker);
            chain.is_broken = true;
            self.note(at, text);
        }
        if let Some(first) = self.first_break_of(front.worker) {
            self.note(first.at, first.text);
        }
    }

    fn first_break_of(&mut self, worker: &str) -> Option<ChainBreak> {
        let chain = self.chains.get_mut(worker)?;
        if chain.is_broken {
            return None;
        }
        let keys = &self.keys;
        let broken = chain.check_held(keys)?;
        chain.is_broken = true;
        Some(ChainBreak { text: format!("worker {worker}: {}", broken.text), ..broken })
    }

    /// Notes a break, if it is the first.
    fn note(&mut self, at: Position, text: String) {
        if self.first_break.as_ref().is_none_or(|first| at < first.at) {
            self.first_break = Some(ChainBreak { at, text });
        }
    }

    /// What was found, after the last line. `expected`: the lines of the latest process.
    pub(super) fn finish(mut self, expected: Option<u64>) -> VerifiedChains {
        let mut breaks = Vec::new();
        for (worker, chain) in &mut self.chains {
            if let Some(swapped) = chain.swapped.take().filter(|_| chain.writes_to_log) {
                let text = format!("worker {worker}: {}", swapped.text);
                breaks.push(ChainBreak { text, ..swapped });
            }
            if chain.is_broken {
                continue;
            }
            if let Some(broken) = chain.finish(&self.keys, self.partial) {
                chain.is_broken = true;
                let text = format!("worker {worker}: {}", broken.text);
                breaks.push(ChainBreak { text, ..broken });
            }
        }
        breaks.extend(self.silent());
        breaks.extend(expected.and_then(|expected| self.missing(expected)));
        breaks.into_iter().for_each(|it| self.note(it.at, it.text));
        if self.lines == 0 {
            let text = format!(
                "no line of a record in {}: does the configuration have `record`, and does Envoy's log \
                 have level info, or is the record in the access log?",
                self.files.join(", ")
            );
            self.note((0, 0), text);
        }
        let first_break = self.first_break.as_ref().map(|broken| BreakReport {
            file: self.files.get(broken.at.0).cloned().unwrap_or_default(),
            number: broken.at.1,
            text: broken.text.clone(),
        });
        let chains = self.chains.into_iter().map(|(worker, chain)| FoundChain {
            worker,
            first: chain.first,
            next: chain.next,
            process: chain.process,
            version: chain.version,
            times: chain.times,
            is_ended: chain.is_ended,
            is_broken: chain.is_broken,
            unchecked: chain.unchecked,
        });
        VerifiedChains { chains: chains.collect(), first_break, lines: self.lines }
    }

    /// A worker that falls silent while another one of its process goes on: each writes a heartbeat a
    /// minute.
    fn silent(&self) -> Option<ChainBreak> {
        const SILENT_SECONDS: f64 = 150.0;
        let latest = |process: &Option<String>| {
            let of = self.chains.values().filter(|it| it.process == *process);
            of.filter_map(|it| it.times).map(|(_, last)| last).fold(0.0, f64::max)
        };
        let is_silent = |chain: &&WorkerChain| {
            let last = chain.times.map_or(f64::MAX, |(_, last)| last);
            chain.writes_to_log
                && !chain.is_ended
                && !chain.is_broken
                && latest(&chain.process) - last > SILENT_SECONDS
        };
        let (worker, chain) = self.chains.iter().find(|(_, chain)| is_silent(chain))?;
        Some(ChainBreak {
            at: chain.last,
            text: format!(
                "worker {worker}: line {} is the last, while other workers of its process go on: the tail \
                 was cut",
                chain.next.saturating_sub(1)
            ),
        })
    }

    /// Fewer lines of the latest process than it has written.
    fn missing(&self, expected: u64) -> Option<ChainBreak> {
        let begin = |chain: &&WorkerChain| chain.times.map_or(0.0, |(first, _)| first);
        let latest = self.chains.values().max_by(|a, b| begin(a).total_cmp(&begin(b)))?;
        let of_process = self.chains.values().filter(|chain| chain.process == latest.process);
        let (mut found, mut at) = (0, (0, 0));
        for chain in of_process {
            found += chain.next;
            at = at.max(chain.last);
        }
        (found < expected).then(|| ChainBreak {
            at,
            text: format!(
                "the latest process has written {expected} lines and {found} are here: the tail was cut, or \
                 a worker's lines are missing"
            ),
        })
    }
}

#[cfg(test)]
mod tests;
