//! The chain of one worker: each line is checked when its turn comes.

use std::collections::BTreeMap;

use unstuff_engine::record::RecordKey;
use unstuff_engine::record::chain::{BEGIN, ChainKey, MAC_BYTES, WORKER_BYTES};

use super::chains::{ChainBreak, Position};

/// A line of a record.
pub(super) struct HeldLine {
    pub at: Position,
    pub text: String,
    pub mac: [u8; MAC_BYTES],
}

#[derive(Default)]
pub(super) struct WorkerChain {
    /// The key of the line whose turn it is; none before the first.
    pub key: Option<ChainKey>,
    pub before: [u8; MAC_BYTES],
    pub first: u64,
    pub next: u64,
    pub last: Position,
    pub held: BTreeMap<u64, HeldLine>,
    /// The file of the last line that was read, and its number.
    pub in_file: Option<(usize, u64)>,
    /// The first line that stands behind a later one.
    pub swapped: Option<ChainBreak>,
    pub is_broken: bool,
    pub is_ended: bool,
    pub process: Option<String>,
    pub version: Option<String>,
    pub writes_to_log: bool,
    pub times: Option<(f64, f64)>,
    pub unchecked: u64,
}

/// The front of a line, read without its rest.
pub(super) struct LineFront<'a> {
    pub worker: &'a str,
    pub number: u64,
    pub kind: &'a str,
}

impl<'a> LineFront<'a> {
    pub(super) fn of(line: &'a str) -> Option<Self> {
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

impl WorkerChain {
    /// Notes a line that stands in its file behind a later one of the worker. In an access log that may
    /// be: it has a login's line when the answer has ended.
    pub(super) fn note_order(&mut self, at: Position, number: u64) {
        match self.in_file.replace((at.0, number)) {
            Some((file, last)) if file == at.0 && number < last && self.swapped.is_none() => {
                let text = format!("line {number} stands behind line {last}: they were swapped");
                self.swapped = Some(ChainBreak { at, text });
            }
            _ => {}
        }
    }

    /// Takes a line: checks it if it is its turn, holds it otherwise.
    pub(super) fn take(
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
    pub(super) fn check_held(&mut self, keys: &[RecordKey]) -> Option<ChainBreak> {
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
    pub(super) fn finish(&mut self, keys: &[RecordKey], partial: bool) -> Option<ChainBreak> {
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
