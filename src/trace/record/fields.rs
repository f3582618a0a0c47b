//! The fields of a record's lines, as they are spelt.

use std::net::{IpAddr, Ipv6Addr};

use serde::Deserialize;
use serde_json::{Map, Value};
use unstuff_engine::record::identities::{RecordedIdentities, SeenPasswords, tag_of_hex};
use unstuff_engine::record::{AnsweredBy, ShownOutcome};
use unstuff_engine::state::{EntryMark, Tag};
use unstuff_engine::time::Millis;

use super::{EventOrder, NoteKind, RecordItem, RecordNote, RecordedLine, RecordedRule};
use crate::TraceLine;

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
