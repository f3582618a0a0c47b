//! What a record cannot show, said by a replay of it.

use std::collections::BTreeMap;

use unstuff_trace::{NoteKind, RecordNote, RecordedLine};

use super::recorded::RecordSummary;

/// What the lines of a record say about the record.
#[derive(Debug, Default)]
pub(crate) struct RecordNotes {
    /// Which logins have a line, if not all: in words.
    partial: Option<String>,
    /// Lines tell whether two accounts were tried with one password.
    compares_accounts: bool,
    left_out: u64,
    workers: BTreeMap<String, SeenLines>,
}

/// The lines of a worker that were read: their number, and those of the first and the last.
#[derive(Clone, Copy, Debug)]
struct SeenLines {
    count: u64,
    first: u64,
    last: u64,
}

impl RecordNotes {
    /// Takes a line that is no login.
    pub(super) fn note(&mut self, note: &RecordNote) {
        self.see(&note.worker, note.line);
        match &note.kind {
            NoteKind::Start { logins, percent, compares_accounts } => {
                self.compares_accounts |= compares_accounts;
                self.partial = match logins.as_str() {
                    "all" => self.partial.take(),
                    "sample" => {
                        Some(format!("a sample of {} % of the accounts", percent.unwrap_or(0)))
                    }
                    _ => Some("logins with another verdict than allow alone".to_owned()),
                };
            }
            NoteKind::Heartbeat | NoteKind::End => {}
            NoteKind::LeftOut(count) => self.left_out += count,
        }
    }

    /// Takes the line of a login.
    pub(super) fn login(&mut self, recorded: &RecordedLine) {
        self.compares_accounts |= !recorded.identities.shared_passwords.is_empty();
        self.see(&recorded.worker, recorded.line);
    }

    fn see(&mut self, worker: &str, line: u64) {
        let new = SeenLines { count: 0, first: line, last: line };
        if !self.workers.contains_key(worker) {
            self.workers.insert(worker.to_owned(), new);
        }
        if let Some(seen) = self.workers.get_mut(worker) {
            seen.count += 1;
            seen.first = seen.first.min(line);
            seen.last = seen.last.max(line);
        }
    }

    /// Notes for the person who replays, one line each; none without a record.
    pub(super) fn lines(&self, replayed: &RecordSummary) -> Vec<String> {
        if self.workers.is_empty() {
            return Vec::new();
        }
        let RecordSummary { logins, same, .. } = *replayed;
        let workers = self.workers.len();
        let mut notes = vec![format!(
            "a decision record of {workers} worker{}: {same} of {logins} logins have the verdict that they \
             had",
            if workers == 1 { "" } else { "s" }
        )];
        notes.extend(self.lacking(replayed));
        notes
    }

    /// What the record cannot show, one line each; none without a record.
    pub(crate) fn lacking(&self, replayed: &RecordSummary) -> Vec<String> {
        if self.workers.is_empty() {
            return Vec::new();
        }
        let RecordSummary { unknown_outcomes, unread, is_followed, .. } = *replayed;
        let mut notes = Vec::new();
        if let Some(partial) = &self.partial {
            notes.push(format!(
                "the record is partial, {partial}: counts are too low, and rules match too seldom"
            ));
        }
        if self.left_out > 0 {
            notes.push(format!(
                "the record leaves out {} logins, because there were too many in a second",
                self.left_out
            ));
        }
        let late = self.workers.values().filter(|seen| seen.first > 0).count();
        let gaps: u64 =
            self.workers.values().map(|it| (it.last - it.first + 1).saturating_sub(it.count)).sum();
        if late > 0 {
            notes.push(format!(
                "the record begins in the middle at {late} worker{}: what was counted before is missing",
                if late == 1 { "" } else { "s" }
            ));
        }
        if gaps > 0 {
            notes.push(format!(
                "the record has gaps: {gaps} lines are missing (`unstuff audit verify` names the first)"
            ));
        }
        if unknown_outcomes > 0 {
            notes.push(format!(
                "{unknown_outcomes} logins were stopped when they were recorded and reach upstream here: \
                 their outcomes are not known, so nothing is learnt from them"
            ));
        }
        if unread > 0 {
            notes.push(format!(
                "{unread} logins were stopped by a ban before their credentials were read: their accounts \
                 are not known"
            ));
        }
        if !self.compares_accounts && !is_followed {
            notes.push(
                "logins went another way than in the record, which does not compare passwords across \
                 accounts: from there on password.usernames and password.failed_share never hold, and \
                 ip.distinct_breached counts a password once an account"
                    .to_owned(),
            );
        }
        notes
    }
}
