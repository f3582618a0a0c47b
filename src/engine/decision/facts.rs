//! What an attempt shows by itself: its credentials, looked up and then forgotten.
//!
//! From here on a password exists only as its SHA-1, which lives as long as the decision,
//! and after that as a keyed tag. Replay, which knows hashes and not passwords, starts
//! here.

use crate::breached::{Filter, ReadAt, Sha1Digest};
use crate::decision::verdict::Verdict;
use crate::policy::Action;
use crate::request::credentials::{Candidate, Credentials};

/// Knows what is known from breaches: passwords, or `username:password` pairs.
pub trait Breached {
    /// Whether the password, or the pair, with this SHA-1 is known.
    fn knows(&self, digest: &Sha1Digest) -> bool;
}

impl<R: ReadAt> Breached for Filter<R> {
    /// A shard that cannot be read knows nothing: a filter is a weight, not a judge.
    fn knows(&self, digest: &Sha1Digest) -> bool {
        self.contains(digest).unwrap_or(false)
    }
}

/// One pair that the application may take for the credentials.
#[derive(Clone, Debug, Default)]
pub struct Pair {
    /// The normalised username.
    pub username: Option<String>,
    /// The password's SHA-1; none if there is no password, or replay does not know it.
    pub password: Option<Sha1Digest>,
}

/// What a client has to show for a challenge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pass {
    /// Nothing: a challenge stops it.
    #[default]
    None,
    /// It solved one lately: rules that challenge leave it alone. Bans and blocks do not.
    Covers,
    /// It solves one that is put to it here and now, and goes through. Only replay knows.
    Solves,
}

/// What an attempt shows by itself.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Every pair; more than one only if `ambiguous`.
    pub pairs: Vec<Pair>,
    /// The SHA-1 of all that was sent, where not everything could be read or the application
    /// may have read something else: what is sent anew is a new failure, or a constant decoy
    /// beside the guesses would be a way not to be counted.
    pub unread: Option<Sha1Digest>,
    /// A password is known from a breach.
    pub breached: bool,
    /// A pair of username and password is known from a breach.
    pub pair_breached: bool,
    /// There are no credentials.
    pub missing: bool,
    /// Some cannot be read.
    pub unreadable: bool,
    /// There are several.
    pub ambiguous: bool,
    /// They are repeated with every request (HTTP Basic): only failures and distinct counts
    /// mean anything.
    pub basic: bool,
    /// What it has to show for a challenge.
    pub pass: Pass,
    /// It brought a device cookie of this username. The engine finds out; replay knows.
    pub known_device: bool,
    /// The configured address header was of no use, and Envoy's view was taken.
    pub address_fell_back: bool,
}

impl Facts {
    /// Looks credentials up in the filters there are. `sent`: all that may hold credentials,
    /// in any form that differs where they do.
    #[must_use]
    pub fn gather(
        credentials: &Credentials,
        sent: &[u8],
        passwords: Option<&impl Breached>,
        pairs: Option<&impl Breached>,
    ) -> Self {
        let candidates = &credentials.candidates;
        let breached = |candidate: &Candidate| {
            let Some(password) = &candidate.password else { return false };
            let known = |bytes: &[u8]| passwords.is_some_and(|p| p.knows(&Sha1Digest::of(bytes)));
            password.spellings().any(known)
        };
        let pair_breached = |candidate: &Candidate| {
            let Candidate { username: Some(username), password: Some(password) } = candidate else {
                return false;
            };
            let digest = |bytes: &[u8]| Sha1Digest::of_pair(username.as_bytes(), bytes);
            pairs.is_some_and(|p| password.spellings().any(|bytes| p.knows(&digest(bytes))))
        };
        let pair = |candidate: &Candidate| Pair {
            username: candidate.username.clone(),
            password: candidate.password.as_ref().map(|p| Sha1Digest::of(&p.0)),
        };
        let read: Vec<Pair> = candidates.iter().map(pair).collect();
        let unclear = credentials.unreadable || credentials.ambiguous;
        Self {
            unread: unclear.then(|| Sha1Digest::of(sent)),
            pairs: read,
            breached: candidates.iter().any(breached),
            pair_breached: candidates.iter().any(pair_breached),
            missing: credentials.missing,
            unreadable: credentials.unreadable,
            ambiguous: credentials.ambiguous,
            basic: credentials.basic,
            pass: Pass::None,
            known_device: false,
            address_fell_back: false,
        }
    }

    /// Whether upstream sees the attempt after this verdict.
    #[must_use]
    pub fn goes_through(&self, verdict: &Verdict) -> bool {
        let challenged = verdict.action == Action::Challenge;
        !verdict.action.stops() || (challenged && self.pass == Pass::Solves)
    }

    /// Whether the attempt is for usernames that have all logged in from a device, which `knows`
    /// them.
    pub(crate) fn is_of(&self, knows: impl Fn(&str) -> bool) -> bool {
        let mut names = self.pairs.iter().map(|pair| pair.username.as_deref());
        self.can_earn() && names.len() > 0 && names.all(|it| it.is_some_and(&knows))
    }

    /// Whether a success of this attempt would be evidence: which of several credentials
    /// the application took cannot be known.
    #[must_use]
    pub fn can_earn(&self) -> bool {
        !(self.ambiguous || self.unreadable || self.missing)
    }
}
