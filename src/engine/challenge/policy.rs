//! How the challenge is set up: validated, in the form in which it is used.

use super::binding::BindingPolicy;
use crate::tokens::signing::SecretKey;

/// How clients are challenged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengePolicy {
    /// Leading zero bits of each of the sixteen parts of a puzzle.
    pub bits: u8,
    /// How long a puzzle, a wait that is over, or a hand-over counts, in seconds.
    pub expires_seconds: u32,
    /// Login attempts that a pass is worth.
    pub attempts: u8,
    /// How long a pass counts, in seconds.
    pub pass_seconds: u32,
    /// What tokens are bound to.
    pub binding: BindingPolicy,
    /// The way in without JavaScript; `None` where it is switched off.
    pub no_script: Option<NoScript>,
    /// A page of the operator's own.
    pub page: Option<String>,
    /// Where browsers are sent instead of the page.
    pub handover: Option<Handover>,
}

impl Default for ChallengePolicy {
    fn default() -> Self {
        Self {
            // A second or so in a browser on an old laptop: 16 × 2^16 hashes.
            bits: 16,
            expires_seconds: 300,
            // Typing a password wrong twice is human.
            attempts: 3,
            pass_seconds: 600,
            binding: BindingPolicy::default(),
            no_script: Some(NoScript::default()),
            page: None,
            handover: None,
        }
    }
}

/// The way in without JavaScript: a wait. Waiting in parallel is free, so that how many are
/// let in is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoScript {
    /// The first wait, in seconds; each that finds too many others doubles.
    pub wait_seconds: u32,
    /// Let in within any minute from one network (IPv4 /24, IPv6 /48).
    pub per_network: u8,
    /// Let in within any minute at one endpoint.
    pub per_endpoint: u8,
}

impl Default for NoScript {
    fn default() -> Self {
        Self { wait_seconds: 15, per_network: 3, per_endpoint: 30 }
    }
}

/// Another challenge to which browsers are sent, and which sends them back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Where it is.
    pub url: String,
    /// A login location, as browsers reach it: where it sends them back to.
    pub return_to: String,
    /// What both sides sign with.
    pub key: SecretKey,
}
