//! Gateways that count together, by a rate limit service that speaks Envoy's own protocol.
//!
//! A gateway that sees a failed login reports it ([`report`]) under a keyed tag of the client. The
//! service counts ([`wire`]). If it says that the fleet's limit is exceeded, the gateway begins a ban of
//! its own: a service that is down, slow or wrong ([`circuit`]) leaves each gateway with what it counts
//! itself. So it is with suspicion of an attack that is spread over gateways ([`message`] has both).
//! There is no clock and no connection here; the filter has both.

pub mod circuit;
pub mod message;
pub mod pass;
pub mod report;
pub mod wire;

use crate::decision::signals::Signal;
use crate::policy::{BanRule, Banned, Condition, Rule, Scope};
use crate::time::Window;
use crate::tokens::signing::SecretKey;

/// The service with which gateways count together.
#[derive(Clone, Debug)]
pub struct FleetPolicy {
    /// The service's cluster in Envoy's configuration, 1 to 120 bytes.
    pub cluster: String,
    /// The domain of the limits at the service.
    pub domain: String,
    /// How long an answer may take, in milliseconds.
    pub timeout_ms: u32,
    /// What makes the tags of clients.
    pub key: SecretKey,
}

/// What the service counts for a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FleetLimit {
    /// The identity that is counted and banned: an address or a network.
    pub banned: Banned,
    /// The most failures in a window.
    pub over: u32,
    /// The window, which begins at a multiple of its length.
    pub within: Window,
}

impl FleetLimit {
    /// The limit of a rule that the fleet counts. `None` for other rules, and for those that more than
    /// a count decides.
    #[must_use]
    pub fn of(rule: &Rule) -> Option<Self> {
        let [Condition::Over { signal, over, within, .. }] = rule.when.as_slice() else {
            return None;
        };
        let counted = match signal {
            Signal::IpFailures | Signal::IpDistinctFailures => Banned::Ip,
            Signal::NetworkFailures => Banned::Network,
            _ => return None,
        };
        let BanRule { banned, .. } = rule.ban?;
        let is_shared = rule.scope == Scope::Fleet && banned == counted;
        is_shared.then_some(Self { banned, over: *over, within: *within })
    }
}
