//! One simulated attempt, and streams of them merged by time.
//!
//! An attempt here still knows what its password *is* (how popular, whose); only when it is
//! written does that become a hash. Streams are lazy, so that the length of a trace costs
//! no memory.

use std::iter::Peekable;
use std::net::IpAddr;

use super::people::fingerprints::Agent;
use super::people::passwords::Password;
use crate::format::whole;

/// What upstream answers to a right login.
pub const SUCCESS: u16 = 200;
/// What upstream answers to a wrong one.
pub const FAILURE: u16 = 401;
/// What upstream answers when it is itself in trouble.
pub const TROUBLE: u16 = 503;

/// One login attempt.
#[derive(Clone)]
pub struct Attempt {
    /// Milliseconds since the trace began.
    pub at: u64,
    /// The address it comes from.
    pub ip: IpAddr,
    /// The username as typed.
    pub user: String,
    /// The password as typed.
    pub password: Password,
    /// Username and password are known together from a leak.
    pub pair_leaked: bool,
    /// What the client says it is.
    pub agent: Agent,
    /// What upstream answers.
    pub status: u16,
    /// After how many milliseconds.
    pub response_ms: u64,
    /// The browser, where it keeps cookies.
    pub client: Option<u64>,
    /// It holds a device cookie for this user from before the trace.
    pub known_device: bool,
    /// A challenge would be solved.
    pub solves: bool,
    /// Whose attempt it is.
    pub label: &'static str,
}

/// Attempts in order of time.
pub type Stream<'a> = Box<dyn Iterator<Item = Attempt> + 'a>;

/// Streams merged by time; at equal times the earlier stream's attempt is first.
pub struct Merge<'a>(Vec<Peekable<Stream<'a>>>);

impl<'a> Merge<'a> {
    /// Merges `streams`. There are few, so the next one is found by looking at all.
    pub fn new(streams: Vec<Stream<'a>>) -> Self {
        Self(streams.into_iter().map(Iterator::peekable).collect())
    }
}

impl Iterator for Merge<'_> {
    type Item = Attempt;

    fn next(&mut self) -> Option<Attempt> {
        let next = |stream: &mut Peekable<_>| stream.peek().map(|attempt: &Attempt| attempt.at);
        let times = self.0.iter_mut().enumerate();
        let first = times.filter_map(|(index, stream)| Some((next(stream)?, index))).min()?;
        self.0.get_mut(first.1)?.next()
    }
}

/// Milliseconds of this many seconds.
pub fn millis(seconds: f64) -> u64 {
    whole((seconds * 1000.0).round())
}
