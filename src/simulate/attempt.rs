//! A simulated attempt, and streams of attempts merged by time.
//!
//! An attempt has its password as popularity and owner; it becomes a hash when it is written.
//! Streams are lazy, so that a long trace needs no more memory than a short one.

use std::iter::Peekable;
use std::net::IpAddr;

use super::people::browsers::UserAgent;
use super::people::passwords::SimulatedPassword;
use crate::random::whole;

/// The status of a successful login.
pub(crate) const SUCCESS: u16 = 200;
/// The status of a failed login.
pub(crate) const FAILURE: u16 = 401;
/// The status of an upstream error.
pub(crate) const TROUBLE: u16 = 503;

/// A login attempt.
#[derive(Clone)]
pub(crate) struct SimulatedAttempt {
    /// Milliseconds since the trace began.
    pub at: u64,
    /// The address it comes from.
    pub ip: IpAddr,
    /// The username as typed.
    pub user: String,
    /// The password as typed.
    pub password: SimulatedPassword,
    /// Whether username and password leaked together.
    pub pair_leaked: bool,
    /// The client's user agent.
    pub agent: UserAgent,
    /// The status of upstream's response.
    pub status: u16,
    /// Upstream's response time in milliseconds.
    pub response_ms: u64,
    /// The browser, if it keeps cookies.
    pub client: Option<u64>,
    /// The browser whose cookies this one has copied.
    pub copies: Option<u64>,
    /// Whether it has a device cookie for this user from before the trace.
    pub known_device: bool,
    /// Whether the client solves challenges.
    pub solves: bool,
    /// The login location.
    pub endpoint: u64,
    /// The label: who makes the attempt.
    pub label: &'static str,
}

/// Attempts in order of time.
pub(crate) type AttemptStream<'a> = Box<dyn Iterator<Item = SimulatedAttempt> + 'a>;

/// Streams merged by time. Ties are broken by the order of the streams.
pub(crate) struct MergedStreams<'a>(Vec<Peekable<AttemptStream<'a>>>);

impl<'a> MergedStreams<'a> {
    /// Merges `streams`. They are few, so the next attempt is found by a linear search.
    pub(crate) fn new(streams: Vec<AttemptStream<'a>>) -> Self {
        Self(streams.into_iter().map(Iterator::peekable).collect())
    }
}

impl Iterator for MergedStreams<'_> {
    type Item = SimulatedAttempt;

    fn next(&mut self) -> Option<SimulatedAttempt> {
        let next =
            |stream: &mut Peekable<_>| stream.peek().map(|attempt: &SimulatedAttempt| attempt.at);
        let times = self.0.iter_mut().enumerate();
        let first = times.filter_map(|(index, stream)| Some((next(stream)?, index))).min()?;
        self.0.get_mut(first.1)?.next()
    }
}

/// Seconds as milliseconds.
pub(crate) fn millis(seconds: f64) -> u64 {
    whole((seconds * 1000.0).round())
}
