//! The limits that a policy needs a service to have, whatever the service is.

use unstuff_engine::fleet::FleetLimit;
use unstuff_engine::fleet::message::{SUSPICION_LIMIT, SUSPICION_RULE};
use unstuff_engine::fleet::pass::PassLimit;
use unstuff_engine::policy::{Banned, Policy};
use unstuff_engine::time::Window;

/// All limits of a policy's fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceLimits {
    /// What the gateways call the fleet.
    pub domain: String,
    /// Those of rules in the order of a report's descriptors, then those of messages with one descriptor.
    pub limits: Vec<ServiceLimit>,
}

/// A limit on what gateways report under a rule's name, or what stands for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceLimit {
    /// The value of the descriptor's first entry, `rule`.
    pub name: String,
    /// The keys of the entries behind it. All their values together name a counter.
    pub counted_by: &'static [&'static str],
    /// The most hits of a counter.
    pub over: u32,
    /// How long a counter is needed.
    pub within: Window,
    /// Its descriptor is the only one of a message.
    pub is_alone: bool,
}

/// The limit of what gateways suspect together.
fn suspicion() -> ServiceLimit {
    ServiceLimit {
        name: SUSPICION_RULE.to_owned(),
        counted_by: &["endpoint", "window"],
        over: SUSPICION_LIMIT,
        // The window is a minute, but by the gateways' clocks: the service's may differ.
        within: Window::Hour,
        is_alone: true,
    }
}

impl ServiceLimits {
    /// What a policy needs; `None` without a fleet.
    pub(crate) fn of(policy: &Policy) -> Option<Self> {
        let fleet = policy.fleet.as_ref()?;
        let counted = policy.rules.iter().filter_map(|rule| Some((rule, FleetLimit::of(rule)?)));
        let mut counted: Vec<_> = counted.collect();
        counted.sort_by_key(|(_, limit)| limit.banned == Banned::Network);
        let limits = counted.into_iter().map(|(rule, FleetLimit { over, within, .. })| {
            let name = rule.name.clone();
            let counted_by = &["client", "window"];
            ServiceLimit { name, counted_by, over, within, is_alone: false }
        });
        let limits = limits.chain([suspicion()]).chain(passes(policy)).collect();
        Some(Self { domain: fleet.domain.clone(), limits })
    }
}

/// The limits of the uses of passes. Without configured keys a pass is good at one gateway alone.
fn passes(policy: &Policy) -> Vec<ServiceLimit> {
    let challenge = policy.challenge.as_ref().filter(|_| !policy.keys.is_empty());
    let limit = |PassLimit { attempts, within }| ServiceLimit {
        name: PassLimit::rule(attempts),
        counted_by: &["pass"],
        over: attempts.into(),
        within,
        is_alone: true,
    };
    challenge.map(PassLimit::all).unwrap_or_default().into_iter().map(limit).collect()
}
