//! Decision records: one line of JSON for each login, which replays.
//!
//! A line says what was sent, as far as it may be kept, what was decided and on which values, and what
//! became of it. It holds no password, no username, and nothing that can be turned into one without the
//! record's key (`keys`). It holds what a replay needs to decide the same again
//! (`identities`), with the order of decisions, outcomes and ticks. The lines of a worker form a chain
//! ([`chain`]).
//!
//! The engine makes the lines, and who calls it writes them. `docs/record.md` is the format's page.

pub mod chain;
pub(crate) mod hour;
pub mod identities;
pub(crate) mod json;
pub(crate) mod keys;
mod login;
pub mod quota;
mod recorder;
mod request;

use chain::WORKER_BYTES;
pub use keys::RecordKey;
pub(crate) use login::DraftParts;
pub use login::{LoginDraft, MeasuredLogin};
pub use recorder::LoginRecorder;
pub(crate) use request::RecordedRequest;

use crate::outcome::Outcome;

/// How decisions are recorded.
#[derive(Clone, Debug)]
pub struct RecordPolicy {
    /// What tags and chains are made with.
    pub key: RecordKey,
    /// Which logins have a line.
    pub logins: RecordedLogins,
    /// Where lines go.
    pub sink: RecordSink,
    /// How much of a client's address a line has.
    pub address: AddressForm,
    /// The headers of the fingerprint are a tag, not their values.
    pub has_keyed_headers: bool,
    /// Lines have a tag that compares passwords across accounts.
    pub compares_accounts: bool,
    /// The most lines a second and worker of logins that got in, and as many of others that were
    /// allowed.
    pub allowed_per_second: u32,
    /// The most lines a second and worker of each other verdict.
    pub per_second: u32,
}

/// Which logins have a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedLogins {
    /// Each.
    All,
    /// Those with a verdict other than allow, in shadow mode too.
    Flagged,
    /// All logins of a share of the accounts, in per cent.
    Sample(u8),
}

/// Where lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordSink {
    /// To the proxy's own log.
    Log,
    /// To filter state, which the proxy's access log prints.
    AccessLog,
}

/// How much of a client's address a line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressForm {
    /// All of it.
    Whole,
    /// Its /24 or /48.
    Network,
    /// A tag.
    Keyed,
}

/// What tells one worker's record from another's.
#[derive(Clone, Copy, Debug)]
pub struct RecorderStart<'a> {
    /// Random: names the worker's chain.
    pub worker: [u8; WORKER_BYTES],
    /// The module's version.
    pub version: &'a str,
    /// The configuration, of which the first line has a digest.
    pub configuration: &'a [u8],
}

/// Who answered a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnsweredBy {
    /// Upstream.
    Upstream,
    /// The proxy or another filter; upstream may have seen the login.
    Proxy,
    /// The proxy; no upstream has seen the login.
    ProxyUnseen,
    /// This module: the login was stopped.
    Module,
    /// Nobody: the client hung up.
    Nobody,
}

impl AnsweredBy {
    /// The name in a line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Proxy => "proxy",
            Self::ProxyUnseen => "proxy_unseen",
            Self::Module => "module",
            Self::Nobody => "nobody",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Upstream, Self::Proxy, Self::ProxyUnseen, Self::Module, Self::Nobody]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

/// What a response shows, whatever is believed of its endpoint so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownOutcome {
    /// The same, whether or not the endpoint's outcomes are recognised.
    Plain(Outcome),
    /// A success, once the endpoint's outcomes are recognised.
    SuccessIfRecognised,
}

impl ShownOutcome {
    /// The name in a line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain(outcome) => outcome.name(),
            Self::SuccessIfRecognised => "success_if_recognised",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let plain = [Outcome::Success, Outcome::Failure, Outcome::Unknown].map(Self::Plain);
        plain.into_iter().chain([Self::SuccessIfRecognised]).find(|it| it.name() == name)
    }
}

/// The answer to a login.
#[derive(Clone, Copy, Debug)]
pub struct LoginAnswer {
    /// Who gave it.
    pub by: AnsweredBy,
    /// Its status, if there is one.
    pub status: Option<u16>,
    /// What was learnt from it.
    pub outcome: Outcome,
    /// What it shows.
    pub shown: Option<ShownOutcome>,
}

#[cfg(test)]
mod tests;
