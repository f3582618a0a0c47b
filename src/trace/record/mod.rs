//! Lines of a decision record (`docs/record.md`), which are trace lines as they are.
//!
//! A record may stand in a log among other lines, each behind the log's own prefix. What is found of it
//! is read strictly: the module has written it, so a line that cannot be read was changed.

use serde::Deserialize;
use serde_json::{Map, Value};
use unstuff_engine::outcome::Outcome;
use unstuff_engine::record::chain::BEGIN;
use unstuff_engine::record::identities::RecordedIdentities;
use unstuff_engine::record::{AnsweredBy, ShownOutcome};

use super::TraceLine;

mod fields;

pub(crate) use fields::read;

/// What a record says of a login beside the fields of every trace line.
#[derive(Clone, Debug)]
pub struct RecordedLine {
    /// The worker's name.
    pub worker: String,
    /// The number of the line in the worker's chain.
    pub line: u64,
    /// When it was decided, among the worker's events.
    pub decided: EventOrder,
    /// When its answer was learnt from.
    pub settled: EventOrder,
    /// The names of its endpoints.
    pub endpoints: Vec<String>,
    /// The client was on the allow-list.
    pub is_allowed: bool,
    /// The username of each pair, as a tag; none of a pair without one.
    pub users: Vec<Option<String>>,
    /// A ban stopped it before its credentials were read.
    pub is_unread: bool,
    /// How clearly they could be read.
    pub credentials: Vec<String>,
    /// How many logins the request holds beside the first.
    pub further_attempts: u32,
    /// Whether a live lookup found the password.
    pub live_lookup: Option<bool>,
    /// A ban was looked for before the credentials were read.
    pub is_ban_first: bool,
    /// The tag of its device.
    pub device: Option<[u8; 8]>,
    /// It brought what may be a pass, or was let in by one.
    pub brings_pass: bool,
    /// The client cannot be shown a page.
    pub is_program: bool,
    /// Attack mode, as it saw it.
    pub is_under_attack: bool,
    /// The policy's mode.
    pub mode: String,
    /// The verdict.
    pub verdict: String,
    /// What decided the verdict.
    pub cause: String,
    /// The action that shadow rules would have taken, if it was more severe.
    pub shadow: Option<String>,
    /// The rules that matched, with the values of their signals.
    pub rules: Vec<RecordedRule>,
    /// The identities that were counted.
    pub identities: RecordedIdentities,
    /// Who answered.
    pub answer: AnsweredBy,
    /// What was learnt.
    pub outcome: Outcome,
    /// What the answer showed.
    pub shown: ShownOutcome,
}

/// A rule that matched, and the value of each signal.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedRule {
    /// Its name.
    pub rule: String,
    /// It was in shadow.
    #[serde(default)]
    pub shadow: bool,
    /// The values by signal: a flag, a count, or several numbers.
    #[serde(default)]
    pub values: Map<String, Value>,
}

/// The place of an event among those of its worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct EventOrder(
    /// Its number.
    pub u64,
    /// How often the worker had ticked.
    pub u64,
    /// Milliseconds since the last tick.
    pub u64,
);

/// A line of a record that is no login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordNote {
    /// The worker's name.
    pub worker: String,
    /// The number of the line in the worker's chain.
    pub line: u64,
    /// What it says.
    pub kind: NoteKind,
}

/// What a line says that is no login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// The record begins: a worker has started, or has taken a configuration.
    Start {
        /// Which logins have a line.
        logins: String,
        /// The share of the accounts that have, in per cent.
        percent: Option<u64>,
        /// Lines tell whether two accounts were tried with one password.
        compares_accounts: bool,
    },
    /// The worker lives.
    Heartbeat,
    /// The record ends: the worker ends, or takes another configuration.
    End,
    /// So many logins have no line, because there were too many in a second.
    LeftOut(u64),
}

/// A line of a trace file.
pub(crate) enum RecordItem {
    Login(Box<TraceLine>),
    Note(RecordNote),
}

/// The part of a line that is a record's, if there is one: a whole line, or what stands behind the head
/// of a log's line. A line that begins as an object does is that object, whatever its strings say.
#[must_use]
pub fn find(line: &str) -> Option<&str> {
    if line.starts_with('{') {
        return Some(line).filter(|line| line.starts_with(BEGIN));
    }
    line.find(BEGIN).and_then(|at| line.get(at..))
}
