//! Lines of a decision record (`docs/record.md`), which are trace lines as they are.
//!
//! A record may stand in a log among other lines, each behind the log's own prefix. What is found of it
//! is read strictly: the module has written it, so a line that cannot be read was changed.

use std::net::{IpAddr, Ipv6Addr};

use serde::Deserialize;
use serde_json::{Map, Value};
use unstuff_engine::outcome::Outcome;
use unstuff_engine::record::chain::BEGIN;
use unstuff_engine::record::identities::{RecordedIdentities, SeenPasswords, tag_of_hex};
use unstuff_engine::record::{AnsweredBy, ShownOutcome};
use unstuff_engine::state::{EntryMark, Tag};
use unstuff_engine::time::Millis;

use super::TraceLine;

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

/// The part of a line that is a record's, if there is one.
#[must_use]
pub fn find(line: &str) -> Option<&str> {
    line.find(BEGIN).and_then(|at| line.get(at..))
}

/// Reads a line of a record.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(line: &str) -> Result<RecordItem, String> {
    let kind: LineKind = from_json(line)?;
    let note = |kind_of_note| {
        let LineKind { worker, line, .. } = &kind;
        RecordItem::Note(RecordNote { worker: worker.clone(), line: *line, kind: kind_of_note })
    };
    match kind.kind.as_str() {
        "login" => from_json::<LoginFields>(line)?.into_line().map(Box::new).map(RecordItem::Login),
        "start" => {
            let StartFields { logins, percent, compares_accounts } = from_json(line)?;
            Ok(note(NoteKind::Start { logins, percent, compares_accounts }))
        }
        "heartbeat" => Ok(note(NoteKind::Heartbeat)),
        "end" => Ok(note(NoteKind::End)),
        "left_out" => {
            let counts: Map<String, Value> = from_json(line)?;
            let known = ["got_in", "allow", "annotate", "challenge", "block"];
            let count = |name: &&str| counts.get(*name).and_then(Value::as_u64);
            Ok(note(NoteKind::LeftOut(known.iter().filter_map(count).sum())))
        }
        other => Err(format!("a record's line of an unknown kind, {other:?}: is the tool older?")),
    }
}

fn from_json<'de, T: Deserialize<'de>>(line: &'de str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| format!("not a record's line: {error}"))
}

#[derive(Deserialize)]
struct LineKind {
    worker: String,
    line: u64,
    kind: String,
}

#[derive(Deserialize)]
struct StartFields {
    logins: String,
    percent: Option<u64>,
    #[serde(default)]
    compares_accounts: bool,
}

#[derive(Deserialize)]
struct LoginFields {
    worker: String,
    line: u64,
    time: f64,
    order: EventOrder,
    endpoints: Vec<String>,
    host: String,
    method: String,
    path: String,
    ip: Option<IpAddr>,
    #[serde(default)]
    allowed: bool,
    #[serde(default)]
    headers: Map<String, Value>,
    user: String,
    users: Option<Vec<Option<String>>>,
    #[serde(default)]
    unread: bool,
    #[serde(default)]
    credentials: Vec<String>,
    #[serde(default)]
    further_attempts: u32,
    #[serde(default)]
    breached: bool,
    #[serde(default)]
    pair_breached: bool,
    live_lookup: Option<String>,
    #[serde(default)]
    late_ban: bool,
    device: Option<DeviceFields>,
    challenge: Option<String>,
    #[serde(default)]
    program: bool,
    #[serde(default)]
    under_attack: bool,
    mode: String,
    verdict: String,
    cause: String,
    shadow: Option<String>,
    #[serde(default)]
    rules: Vec<RecordedRule>,
    identities: IdentityFields,
    answer: String,
    status: Option<u16>,
    ms: u64,
    outcome: String,
    shown: Option<String>,
    settled: EventOrder,
}

#[derive(Deserialize)]
struct DeviceFields {
    tag: String,
    #[serde(default)]
    known: bool,
}

#[derive(Deserialize)]
struct IdentityFields {
    ip: Option<String>,
    network: Option<String>,
    fingerprint: Option<String>,
    #[serde(default)]
    chosen: bool,
    #[serde(default)]
    accounts: Vec<String>,
    attempts: Option<Vec<u32>>,
    remembered: Option<String>,
    from_network: Option<String>,
    from_client: Option<String>,
    #[serde(default)]
    passwords: Vec<String>,
    #[serde(default)]
    shared_passwords: Vec<String>,
    pairs: Option<Vec<String>>,
    of_address: Option<String>,
    seen: Option<SeenFields>,
}

#[derive(Default, Deserialize)]
struct SeenFields {
    usernames: Option<Vec<u32>>,
    shares: Option<Vec<(u32, u32)>>,
    breached: Option<Vec<u32>>,
    #[serde(default)]
    says_little: bool,
}

impl SeenFields {
    fn seen(self, unseen: SeenPasswords) -> SeenPasswords {
        SeenPasswords {
            usernames: self.usernames.unwrap_or(unseen.usernames),
            shares: self.shares.unwrap_or(unseen.shares),
            breached: self.breached.unwrap_or(unseen.breached),
            says_enough: !self.says_little,
        }
    }
}

impl LoginFields {
    fn into_line(self) -> Result<TraceLine, String> {
        let outcome = named("outcome", &self.outcome, |name| match ShownOutcome::named(name) {
            Some(ShownOutcome::Plain(outcome)) => Some(outcome),
            _ => None,
        })?;
        let shown = match &self.shown {
            Some(shown) => named("shown", shown, ShownOutcome::named)?,
            None => ShownOutcome::Plain(outcome),
        };
        let first = (!self.unread).then(|| vec![Some(self.user.clone())]);
        let device = self.device.as_ref().map(|device| bytes("device", &device.tag)).transpose()?;
        let brings_pass = matches!(self.challenge.as_deref(), Some("passed" | "brought"));
        let recorded = RecordedLine {
            worker: self.worker,
            line: self.line,
            decided: self.order,
            settled: self.settled,
            endpoints: self.endpoints,
            is_allowed: self.allowed,
            users: self.users.or(first).unwrap_or_default(),
            is_unread: self.unread,
            credentials: self.credentials,
            further_attempts: self.further_attempts,
            live_lookup: self.live_lookup.map(|found| found == "found"),
            is_ban_first: !self.late_ban,
            device,
            brings_pass,
            is_program: self.program,
            is_under_attack: self.under_attack,
            mode: self.mode,
            verdict: self.verdict,
            cause: self.cause,
            shadow: self.shadow,
            rules: self.rules,
            identities: self.identities.into_identities()?,
            answer: named("answer", &self.answer, AnsweredBy::named)?,
            outcome,
            shown,
        };
        let text =
            |(name, value): (String, Value)| (name, value.as_str().unwrap_or_default().to_owned());
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let time = Millis((self.time * 1000.0).round() as u64);
        Ok(TraceLine {
            time,
            // A client without an address has a place in no rule, and the identities say so.
            ip: self.ip.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
            user: Some(self.user).filter(|user| !user.is_empty()),
            breached: Some(self.breached),
            pair_breached: Some(self.pair_breached),
            headers: Some(self.headers.into_iter().map(text).collect()),
            host: Some(self.host).filter(|host| !host.is_empty()),
            method: Some(self.method),
            path: Some(self.path),
            status: self.status,
            response_ms: self.ms,
            known_device: self.device.is_some_and(|device| device.known),
            solves: Some(false),
            recorded: Some(Box::new(recorded)),
            ..TraceLine::EMPTY
        })
    }
}

impl IdentityFields {
    fn into_identities(self) -> Result<RecordedIdentities, String> {
        let mark = |mark: Option<String>| -> Result<Option<EntryMark>, String> {
            mark.map(|it| bytes("identities", &it)).transpose()
        };
        let one = |tag: Option<String>| tag.map(|it| self::tag(&it)).transpose();
        let passwords = tags(&self.passwords)?;
        let tried = if passwords.is_empty() { 0 } else { self.accounts.len() };
        let unseen = SeenPasswords::unseen(u32::try_from(tried).unwrap_or(u32::MAX));
        let attempts = self.attempts.unwrap_or_else(|| vec![1; self.accounts.len()]);
        let shared = |tag: &String| u32::from_str_radix(tag, 16).map_err(|_| wrong_tag(tag));
        Ok(RecordedIdentities {
            ip: mark(self.ip)?,
            network: mark(self.network)?,
            fingerprint: mark(self.fingerprint)?,
            is_chosen: self.chosen,
            accounts: tags(&self.accounts)?.into_iter().zip(attempts).collect(),
            remembered: one(self.remembered)?,
            from_network: one(self.from_network)?,
            from_client: one(self.from_client)?,
            shared_passwords: self.shared_passwords.iter().map(shared).collect::<Result<_, _>>()?,
            pairs: match &self.pairs {
                Some(pairs) => tags(pairs)?,
                None => passwords.clone(),
            },
            of_address: one(self.of_address)?,
            seen: Some(self.seen.unwrap_or_default().seen(unseen)),
            passwords,
        })
    }
}

fn tags(tags: &[String]) -> Result<Vec<Tag>, String> {
    tags.iter().map(|it| tag(it)).collect()
}

fn tag(text: &str) -> Result<Tag, String> {
    tag_of_hex(text).ok_or_else(|| wrong_tag(text))
}

fn wrong_tag(text: &str) -> String {
    format!("`identities`: {text:?} is not a tag")
}

fn bytes<const N: usize>(field: &str, text: &str) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| format!("`{field}`: {text:?} is not {N} bytes in hexadecimal"))?;
    Ok(bytes)
}

fn named<T>(field: &str, name: &str, find: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    find(name).ok_or_else(|| format!("`{field}`: unknown value {name:?}"))
}
