//! The identities of a login as the state knows them, so that a replay counts what was counted.
//!
//! Marks and tags under the random key of the process (an address, a network, a fingerprint, an
//! account), and under the record's key for what was tried. They say nothing without the keys, and the
//! first are meaningless when the process has ended. A replay takes them instead of hashing what a line
//! spells: a line spells no username and no password, and may spell no address.

use crate::decision::rules::Share;
use crate::decision::signals::Signal;
use crate::state::{EntryMark, Tag};
use crate::time::Window;

use super::json::Members;

/// The identities of one login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedIdentities {
    /// The client's address.
    pub ip: Option<EntryMark>,
    /// The network around it.
    pub network: Option<EntryMark>,
    /// Its fingerprint.
    pub fingerprint: Option<EntryMark>,
    /// The address is among those whose attempts with a banned fingerprint are let through.
    pub is_chosen: bool,
    /// Each account that is tried, and how many attempts at it.
    pub accounts: Vec<(Tag, u32)>,
    /// The account, as the region remembers it that knows where accounts got in from.
    pub remembered: Option<Tag>,
    /// The network that the account would be remembered with.
    pub from_network: Option<Tag>,
    /// The fingerprint that the account would be remembered with.
    pub from_client: Option<Tag>,
    /// Each password, by the tag that compares within its account.
    pub passwords: Vec<Tag>,
    /// Each password, by the tag that compares across accounts; none if that is switched off.
    pub shared_passwords: Vec<u32>,
    /// What fails if the attempt fails.
    pub pairs: Vec<Tag>,
    /// What was sent, if nothing was tried at an account.
    pub of_address: Option<Tag>,
    /// What was seen of the passwords at other accounts, which no tag tells; `None` if they were never
    /// seen.
    pub seen: Option<SeenPasswords>,
}

/// What a login's passwords had done at other accounts: the values of the signals that compare accounts,
/// for each of their windows. Numbers tell a replay as much as it needs, and nothing about a password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenPasswords {
    /// `password.usernames`.
    pub usernames: Vec<u32>,
    /// `password.failed_share`.
    pub shares: Vec<(u32, u32)>,
    /// `ip.distinct_breached`.
    pub breached: Vec<u32>,
    /// The passwords have failed at few enough accounts for the login to count for its endpoint.
    pub says_enough: bool,
}

impl SeenPasswords {
    /// The value of one of the signals for a window; `None` for other signals.
    pub(crate) fn count(&self, signal: Signal, within: Window) -> Option<u32> {
        let values = match signal {
            Signal::PasswordUsernames => &self.usernames,
            Signal::IpDistinctBreached => &self.breached,
            _ => return None,
        };
        values.get(index_of(signal, within)?).copied()
    }

    /// The share for a window.
    pub(crate) fn share(&self, within: Window) -> Option<Share> {
        let (failed, all) = *self.shares.get(index_of(Signal::PasswordFailedShare, within)?)?;
        Some(Share { failed, all })
    }

    /// What a password that was never seen has done: for a login at so many accounts.
    #[must_use]
    pub fn unseen(accounts: u32) -> Self {
        let windows = |signal: Signal| signal.row().windows().len();
        Self {
            usernames: vec![accounts; windows(Signal::PasswordUsernames)],
            shares: vec![(0, 0); windows(Signal::PasswordFailedShare)],
            breached: vec![0; windows(Signal::IpDistinctBreached)],
            says_enough: true,
        }
    }

    /// Writes what differs from an unseen password.
    #[inline(never)]
    fn push(&self, out: &mut Members, accounts: u32) {
        if self.usernames.iter().any(|it| *it != accounts) {
            push_counts(out, "usernames", &self.usernames);
        }
        if self.shares.iter().any(|share| *share != (0, 0)) {
            out.list("shares", &self.shares, |out, (failed, all)| {
                out.numbers_item([*failed, *all]);
            });
        }
        if self.breached.iter().any(|it| *it != 0) {
            push_counts(out, "breached", &self.breached);
        }
        out.flag("says_little", !self.says_enough);
    }
}

fn push_counts(out: &mut Members, name: &str, counts: &[u32]) {
    let counts: Vec<u64> = counts.iter().map(|it| u64::from(*it)).collect();
    out.numbers(name, &counts);
}

fn index_of(signal: Signal, within: Window) -> Option<usize> {
    signal.row().windows().iter().position(|it| *it == within)
}

impl RecordedIdentities {
    /// How many accounts are tried with a password.
    fn account_count(&self) -> u32 {
        let tried = if self.passwords.is_empty() { 0 } else { self.accounts.len() };
        u32::try_from(tried).unwrap_or(u32::MAX)
    }

    /// Writes them, with the tags that compare accounts, if there are any.
    #[inline(never)]
    pub(super) fn push(&self, out: &mut Members, shared_passwords: &[u32]) {
        let mark = |out: &mut Members, name: &str, mark: &Option<EntryMark>| {
            if let Some(mark) = mark {
                out.hex(name, mark);
            }
        };
        mark(out, "ip", &self.ip);
        mark(out, "network", &self.network);
        mark(out, "fingerprint", &self.fingerprint);
        out.flag("chosen", self.is_chosen);
        let tag = |out: &mut Members, name: &str, tag: &Option<Tag>| {
            if let Some(tag) = tag {
                out.hex(name, &bytes_of(tag));
            }
        };
        if !self.accounts.is_empty() {
            out.hexes("accounts", self.accounts.iter().map(|(tag, _)| bytes_of(tag)));
        }
        if self.accounts.iter().any(|(_, attempts)| *attempts != 1) {
            let attempts: Vec<u32> = self.accounts.iter().map(|(_, attempts)| *attempts).collect();
            push_counts(out, "attempts", &attempts);
        }
        tag(out, "remembered", &self.remembered);
        tag(out, "from_network", &self.from_network);
        tag(out, "from_client", &self.from_client);
        if !self.passwords.is_empty() {
            out.hexes("passwords", self.passwords.iter().map(bytes_of));
        }
        if !shared_passwords.is_empty() {
            let tags: Vec<_> = shared_passwords.iter().map(|tag| format!("{tag:05x}")).collect();
            out.words("shared_passwords", &tags.iter().map(String::as_str).collect::<Vec<_>>());
        }
        // Of an ordinary login they are the passwords.
        if self.pairs != self.passwords {
            out.hexes("pairs", self.pairs.iter().map(bytes_of));
        }
        tag(out, "of_address", &self.of_address);
        if let Some(seen) = &self.seen {
            out.object_if_any("seen", |out| seen.push(out, self.account_count()));
        }
    }
}

/// A tag as a line spells it in hexadecimal.
fn bytes_of(tag: &Tag) -> [u8; 4] {
    tag.wide().to_le_bytes()
}

/// The tag that a line spells.
#[must_use]
pub fn tag_of_hex(text: &str) -> Option<Tag> {
    let mut bytes = [0; 4];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(Tag::of_bytes(bytes))
}
