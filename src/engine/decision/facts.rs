//! The facts of an attempt: what it shows by itself, without any counter.
//!
//! A password is looked up here and then dropped. It remains as a SHA-1 until the decision, and
//! after that as a keyed tag. Replay, which knows hashes and no passwords, starts here.

use std::rc::Rc;

use crate::breached::{Filter, ReadAt, Sha1Digest};
use crate::decision::verdict::Verdict;
use crate::familiarity::AccountView;
use crate::live_lookup::LiveLookup;
use crate::policy::{Action, EndpointKind};
use crate::record::identities::RecordedIdentities;
use crate::request::credentials::{Candidate, Credentials, MAX_CANDIDATES};
use crate::state::Tag;

/// A set of breached passwords, or of breached `username:password` pairs.
pub trait Breached {
    /// Whether the password or pair with this SHA-1 is breached.
    fn knows(&self, digest: &Sha1Digest) -> bool;
}

impl<R: ReadAt> Breached for Filter<R> {
    /// A shard that cannot be read contains nothing: no login is refused because of a bad disk.
    fn knows(&self, digest: &Sha1Digest) -> bool {
        self.contains(digest).unwrap_or(false)
    }
}

/// One pair that the application may take for the credentials.
#[derive(Clone, Debug, Default)]
pub struct Pair {
    /// The normalised username.
    pub username: Option<String>,
    /// The password's SHA-1. `None` if there is no password, or if a trace does not tell it.
    pub password: Option<Sha1Digest>,
    /// What stands for both in the state's lists, where logins are recorded: the password's tag in the
    /// record.
    pub tag: Option<Tag>,
}

/// The client's answer to a challenge. Only replay uses it: live traffic asks the challenger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pass {
    /// None: a challenge stops the attempt.
    #[default]
    None,
    /// A pass covers the attempt: no rule challenges it. Bans and blocks still apply.
    Covers,
    /// The client solves a challenge of this attempt, which then goes through.
    Solves,
    /// A pass admits the attempt if a rule challenges it, as in live traffic.
    Admits,
}

/// The facts of an attempt.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Every pair. More than one if `ambiguous`, if two usernames were sent, such as a mail address
    /// and a name, or if the request holds several logins.
    pub pairs: Vec<Pair>,
    /// How many logins the request holds beside the first.
    pub further_attempts: u32,
    /// The SHA-1 of everything that was sent, if the attempt is unreadable or ambiguous, has no
    /// password, or is batched. It stands for the pair, so that guesses beside a constant decoy count as distinct
    /// failures.
    pub unread: Option<Sha1Digest>,
    /// What stands for it where logins are recorded.
    pub unread_tag: Option<Tag>,
    /// The identities of a login that a replay reads from a record. Live traffic has none.
    pub recorded: Option<Rc<RecordedIdentities>>,
    /// A password is breached.
    pub breached: bool,
    /// What a live lookup tells of a password that is not breached by the filter.
    pub live_lookup: LiveLookup,
    /// A pair of username and password is breached.
    pub pair_breached: bool,
    /// The body is plainly readable and holds nothing that could be the password. Nothing is tried
    /// then, so only a failure counts, and only for the address.
    pub absent: bool,
    /// Some credentials cannot be read.
    pub unreadable: bool,
    /// There are several credentials.
    pub ambiguous: bool,
    /// The credentials come with every request (HTTP Basic), so only failures and distinct counts
    /// are evidence.
    pub basic: bool,
    /// What is sent to the endpoint.
    pub kind: EndpointKind,
    /// The client's answer to a challenge, in replay.
    pub pass: Pass,
    /// The device cookie names the attempt's username.
    pub known_device: bool,
    /// The device cookie was copied, as far as the account's familiarity tells. Then the device is
    /// not known.
    pub copied_device: bool,
    /// The configured address header was unusable, so the proxy's view of the address was taken.
    pub address_fell_back: bool,
}

impl Facts {
    /// Looks the credentials up in the filters. `sent` hashes everything that may hold credentials, in
    /// any form that differs if they differ: it is called where they are not certain.
    #[must_use]
    pub fn gather(
        credentials: &Credentials,
        sent: impl FnOnce() -> Sha1Digest,
        passwords: Option<&impl Breached>,
        pairs: Option<&impl Breached>,
    ) -> Self {
        let candidates = &credentials.candidates;
        let breached = |candidate: &Candidate| {
            let Some(password) = &candidate.password else { return false };
            let known = |bytes: &[u8]| passwords.is_some_and(|p| p.knows(&Sha1Digest::of(bytes)));
            password.spellings().any(|bytes| known(&bytes))
        };
        let pair_breached = |candidate: &Candidate| {
            let Candidate { username: Some(username), password: Some(password) } = candidate else {
                return false;
            };
            let digest = |bytes: &[u8]| Sha1Digest::of_pair(username.as_bytes(), bytes);
            pairs.is_some_and(|p| password.spellings().any(|bytes| p.knows(&digest(&bytes))))
        };
        let pair = |candidate: &Candidate| Pair {
            username: candidate.username.clone(),
            password: candidate.password.as_ref().map(|p| Sha1Digest::of(p.as_sent())),
            tag: None,
        };
        let read: Vec<Pair> = candidates.iter().map(pair).collect();
        let Credentials { unreadable, ambiguous, absent, .. } = *credentials;
        let further_attempts = credentials.further_attempts;
        let unclear = unreadable || ambiguous || absent || is_batched(further_attempts);
        Self {
            unread: unclear.then(sent),
            unread_tag: None,
            recorded: None,
            pairs: read,
            further_attempts,
            breached: candidates.iter().any(breached),
            live_lookup: LiveLookup::NotAsked,
            pair_breached: candidates.iter().any(pair_breached),
            absent,
            unreadable,
            ambiguous,
            basic: credentials.basic,
            kind: EndpointKind::Login,
            pass: Pass::None,
            known_device: false,
            copied_device: false,
            address_fell_back: false,
        }
    }

    /// Takes a device for unknown if the account's familiarity tells that its cookie was copied.
    pub(crate) fn doubt_device(&mut self, account: &AccountView) {
        self.copied_device = self.known_device && account.refutes_device();
        self.known_device &= !self.copied_device;
    }

    /// The username, if the attempt has exactly one.
    #[must_use]
    pub(crate) fn only_username(&self) -> Option<&str> {
        let mut names = self.pairs.iter().map(|pair| pair.username.as_deref());
        let first = names.next()??;
        names.all(|name| name == Some(first)).then_some(first)
    }

    /// The password, if the attempt has exactly one.
    #[must_use]
    pub(crate) fn only_password(&self) -> Option<Sha1Digest> {
        let mut passwords = self.pairs.iter().filter_map(|pair| pair.password);
        let first = passwords.next()?;
        passwords.all(|password| password == first).then_some(first)
    }

    /// The identities that a replay reads from a record.
    pub(crate) fn recorded(&self) -> Option<&RecordedIdentities> {
        if cfg!(feature = "replay") { self.recorded.as_deref() } else { None }
    }

    /// The first pair with each password, with its digest.
    pub(crate) fn distinct_passwords(&self) -> Vec<(&Pair, Sha1Digest)> {
        let mut distinct: Vec<(&Pair, Sha1Digest)> = Vec::with_capacity(self.pairs.len());
        for pair in &self.pairs {
            let Some(digest) = pair.password else { continue };
            if distinct.iter().all(|(_, known)| *known != digest) {
                distinct.push((pair, digest));
            }
        }
        distinct
    }

    /// Whether the password is breached, as far as the filter and a live lookup know.
    #[must_use]
    pub fn is_breached_live(&self) -> Option<bool> {
        if self.breached { Some(true) } else { self.live_lookup.is_breached() }
    }

    /// Whether the attempt has a username.
    #[must_use]
    pub(crate) fn has_username(&self) -> bool {
        self.pairs.iter().any(|pair| pair.username.is_some())
    }

    /// Whether the attempt reaches upstream after this verdict.
    #[must_use]
    pub fn goes_through(&self, verdict: &Verdict) -> bool {
        let challenged = verdict.action == Action::Challenge;
        !verdict.action.stops() || (challenged && self.pass == Pass::Solves)
    }

    /// Whether all usernames of the attempt have logged in from a device. `knows` tells whether one
    /// has.
    pub(crate) fn is_of(&self, knows: impl Fn(&str) -> bool) -> bool {
        let mut names = self.pairs.iter().map(|pair| pair.username.as_deref());
        self.is_clear() && names.len() > 0 && names.all(|it| it.is_some_and(&knows))
    }

    /// Whether a success would be evidence: of a login only. If there are several credentials,
    /// nobody knows which ones the application accepted. That holds for a mail address beside a
    /// name, too.
    #[must_use]
    pub fn can_earn(&self) -> bool {
        self.kind == EndpointKind::Login && self.is_clear()
    }

    /// Whether nothing is tried at an account, so that only a failure counts, and only for the
    /// address.
    #[must_use]
    pub fn is_about_address_only(&self) -> bool {
        self.absent || self.kind.is_about_address_only()
    }

    fn is_clear(&self) -> bool {
        let mut names = self.pairs.iter().map(|pair| &pair.username);
        let first = names.next();
        let has_one_name = names.all(|name| Some(name) == first);
        let is_clear = !(self.ambiguous || self.unreadable || self.absent);
        has_one_name && is_clear && self.further_attempts == 0
    }

    /// Whether the request holds more logins than are looked up one by one.
    #[must_use]
    pub fn is_batched(&self) -> bool {
        is_batched(self.further_attempts)
    }

    /// How many attempts the request counts for.
    #[must_use]
    pub(crate) fn attempts(&self) -> u32 {
        self.further_attempts.saturating_add(1).min(MAX_ATTEMPTS)
    }
}

/// The most attempts that one request counts for. Far more than any limit, and few enough to count
/// one by one.
const MAX_ATTEMPTS: u32 = 100;

fn is_batched(further_attempts: u32) -> bool {
    usize::try_from(further_attempts).map_or(true, |further| further >= MAX_CANDIDATES)
}

#[cfg(test)]
mod tests;
