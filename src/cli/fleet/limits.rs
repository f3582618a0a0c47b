//! The limits that a policy needs a service to have, whatever the service is.

use unstuff_engine::fleet::FleetLimit;
use unstuff_engine::policy::{Banned, Policy};
use unstuff_engine::time::Window;

/// All limits of a policy's fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceLimits {
    /// What the gateways call the fleet.
    pub domain: String,
    /// In the order of a report's descriptors.
    pub limits: Vec<ServiceLimit>,
}

/// A limit on what gateways report under a rule's name.
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
}

impl ServiceLimits {
    /// What a policy needs; `None` without a fleet. Without a rule of the fleet there are no limits.
    pub(crate) fn of(policy: &Policy) -> Option<Self> {
        let fleet = policy.fleet.as_ref()?;
        let counted = policy.rules.iter().filter_map(|rule| Some((rule, FleetLimit::of(rule)?)));
        let mut counted: Vec<_> = counted.collect();
        counted.sort_by_key(|(_, limit)| limit.banned == Banned::Network);
        let limits = counted.into_iter().map(|(rule, FleetLimit { over, within, .. })| {
            let name = rule.name.clone();
            ServiceLimit { name, counted_by: &["client", "window"], over, within }
        });
        Some(Self { domain: fleet.domain.clone(), limits: limits.collect() })
    }
}
