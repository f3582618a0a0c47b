//! The chains in logs, and the first line that breaks one.
//!
//! Lines are sorted by worker and number, because the lines of several workers, gateways and files stand
//! among each other. A line whose turn it is is checked at once, and held otherwise, so a log in order
//! takes no memory.

use std::collections::BTreeMap;

use unstuff_engine::record::RecordKey;
use unstuff_engine::record::chain::{BEGIN, ChainKey, MAC_BYTES, WORKER_BYTES, split};
use unstuff_trace::record;

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
type Position = (usize, u64);

/// A break, at the line that shows it.
#[derive(Clone, Debug)]
struct ChainBreak {
    at: Position,
    text: String,
}

/// A line of a record.
struct HeldLine {
    at: Position,
    text: String,
    mac: [u8; MAC_BYTES],
}

#[derive(Default)]
struct WorkerChain {
    /// The key of the line whose turn it is; none before the first.
    key: Option<ChainKey>,
    before: [u8; MAC_BYTES],
    first: u64,
    next: u64,
    last: Position,
    held: BTreeMap<u64, HeldLine>,
    /// The file of the last line that was read, and its number.
    in_file: Option<(usize, u64)>,
    /// The first line that stands behind a later one.
    swapped: Option<ChainBreak>,
    is_broken: bool,
    is_ended: bool,
    process: Option<String>,
    version: Option<String>,
    writes_to_log: bool,
    times: Option<(f64, f64)>,
    unchecked: u64,
}

/// The front of a line, read without its rest.
struct LineFront<'a> {
    worker: &'a str,
    number: u64,
    kind: &'a str,
}

impl<'a> LineFront<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let (worker, rest) = line.strip_prefix(BEGIN)?.split_once("\",\"line\":")?;
        let (number, rest) = rest.split_once(",\"kind\":\"")?;
        let (kind, _) = rest.split_once('"')?;
        Some(Self { worker, number: number.parse().ok()?, kind })
    }
}

/// A member of a line with this name, whose value is a word or a number.
fn member<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(&format!(",\"{name}\":"))?;
    let rest = rest.strip_prefix('"').unwrap_or(rest);
    rest.split([',', '"', '}']).next()
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
            self.note((0, 0), "no line of a record was found".to_owned());
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

impl WorkerChain {
    /// Notes a line that stands in its file behind a later one of the worker. In an access log that may
    /// be: it has a login's line when the answer has ended.
    fn note_order(&mut self, at: Position, number: u64) {
        match self.in_file.replace((at.0, number)) {
            Some((file, last)) if file == at.0 && number < last && self.swapped.is_none() => {
                let text = format!("line {number} stands behind line {last}: they were swapped");
                self.swapped = Some(ChainBreak { at, text });
            }
            _ => {}
        }
    }

    /// Takes a line: checks it if it is its turn, holds it otherwise.
    fn take(
        &mut self,
        keys: &[RecordKey],
        front: &LineFront<'_>,
        line: HeldLine,
    ) -> Option<String> {
        if self.is_broken {
            return None;
        }
        self.first = self.first.min(front.number);
        if front.number < self.next || self.held.contains_key(&front.number) {
            return Some(format!("line {} is repeated", front.number));
        }
        if front.number == self.next && (self.key.is_some() || front.number == 0) {
            return self.check(keys, front, &line);
        }
        self.held.insert(front.number, line);
        None
    }

    /// Checks the held lines whose turn it is.
    fn check_held(&mut self, keys: &[RecordKey]) -> Option<ChainBreak> {
        self.key.as_ref()?;
        while let Some(line) = self.held.remove(&self.next) {
            let front = LineFront::of(&line.text)?;
            if let Some(text) = self.check(keys, &front, &line) {
                return Some(ChainBreak { at: line.at, text });
            }
        }
        None
    }

    /// Checks the line whose turn it is.
    fn check(
        &mut self,
        keys: &[RecordKey],
        front: &LineFront<'_>,
        line: &HeldLine,
    ) -> Option<String> {
        if front.number == 0 {
            if let Err(text) = self.begin(keys, front, &line.text) {
                return Some(text);
            }
        }
        let key = self.key.as_ref()?;
        if key.mac(&self.before, line.text.as_bytes()) != line.mac {
            return Some(format!("line {} was changed", front.number));
        }
        if front.kind == "heartbeat" {
            self.key = Some(key.next());
        }
        self.accept(front, line);
        None
    }

    fn accept(&mut self, front: &LineFront<'_>, line: &HeldLine) {
        self.before = line.mac;
        self.next = front.number + 1;
        self.last = line.at;
        self.is_ended = front.kind == "end";
        let time = member(&line.text, "time").and_then(|time| time.parse().ok());
        if let Some(time) = time {
            let first = self.times.map_or(time, |(first, _)| first);
            self.times = Some((first, time));
        }
    }

    /// Begins the chain with its first line.
    fn begin(
        &mut self,
        keys: &[RecordKey],
        front: &LineFront<'_>,
        line: &str,
    ) -> Result<(), String> {
        let id = member(line, "key").filter(|_| front.kind == "start");
        let id = id.ok_or("line 0 is no beginning: it was changed")?;
        let key = keys.iter().find(|key| key.id() == id);
        let key = key.ok_or_else(|| {
            format!("it is under the key {id}, which is not given: give the policy that was in use")
        })?;
        self.key = Some(first_key(key, front.worker).ok_or("its name was changed")?);
        self.process = member(line, "process").map(str::to_owned);
        self.version = member(line, "version").map(str::to_owned);
        self.writes_to_log = member(line, "to") == Some("log");
        Ok(())
    }

    /// Checks what is still held after the last line.
    fn finish(&mut self, keys: &[RecordKey], partial: bool) -> Option<ChainBreak> {
        if let Some((&first, line)) = self.held.first_key_value() {
            let (at, next) = (line.at, self.next);
            if self.key.is_some() {
                let missing = if first == next + 1 {
                    format!("line {next} is missing")
                } else {
                    format!("lines {next} to {} are missing", first - 1)
                };
                return Some(ChainBreak {
                    at,
                    text: format!("{missing} in front of line {first}"),
                });
            }
            if !partial {
                let text = format!(
                    "line {first} is the first, and lines 0 to {} are missing: give the rotated files, or \
                     --partial if they are gone",
                    first.saturating_sub(1)
                );
                return Some(ChainBreak { at, text });
            }
            return self.finish_partial(keys);
        }
        None
    }

    /// Checks a chain without its beginning: from its first heartbeat on.
    fn finish_partial(&mut self, keys: &[RecordKey]) -> Option<ChainBreak> {
        let (first, line) = self.held.pop_first()?;
        self.first = first;
        let (mut before, mut number, mut at) = (line.mac, first, line.at);
        self.unchecked = 1;
        loop {
            let next = number + 1;
            let Some(line) = self.held.remove(&next) else {
                if let Some((&after, line)) = self.held.first_key_value() {
                    let text = format!("line {next} is missing in front of line {after}");
                    return Some(ChainBreak { at: line.at, text });
                }
                (self.next, self.last) = (next, at);
                return None;
            };
            let front = LineFront::of(&line.text)?;
            let epoch = member(&line.text, "epoch").and_then(|epoch| epoch.parse::<u64>().ok());
            if let Some(epoch) = epoch.filter(|_| front.kind == "heartbeat") {
                let candidates = keys.iter().filter_map(|key| first_key(key, front.worker));
                let mut evolved = candidates.map(|key| (0..epoch).fold(key, |key, _| key.next()));
                let is_its = |key: &ChainKey| key.mac(&before, line.text.as_bytes()) == line.mac;
                let Some(key) = evolved.find(is_its) else {
                    let text =
                        format!("line {next} was changed, or is under a key that is not given");
                    return Some(ChainBreak { at: line.at, text });
                };
                self.key = Some(key.next());
                self.accept(&front, &line);
                return self.check_held(keys).or_else(|| self.finish(keys, false));
            }
            self.unchecked += 1;
            (before, number, at) = (line.mac, next, line.at);
        }
    }
}

fn first_key(key: &RecordKey, worker: &str) -> Option<ChainKey> {
    let mut bytes = [0; WORKER_BYTES];
    hex::decode_to_slice(worker, &mut bytes).ok()?;
    Some(ChainKey::first(key, &bytes))
}

#[cfg(test)]
mod tests;
