//! Reader of the section `fleet`, and of what its rules must be like.

use super::environment::VmEnvironment;
use super::keys;
use super::object::ConfigObject;
use super::problem::Problem;
use super::reader::ConfigValue;
use super::replies::header_value;
use crate::fleet::{FleetLimit, FleetPolicy};
use crate::policy::{Rule, Scope};

const DOMAIN: &str = "unstuff";
const TIMEOUT_MS: u32 = 200;

/// Longer names do not fit into the message that names the cluster to Envoy.
const MAX_CLUSTER_BYTES: usize = 120;

/// Reads the section.
pub(super) fn read(section: &ConfigValue<'_>, env: VmEnvironment<'_>) -> Option<FleetPolicy> {
    let given = section.object()?;
    let cluster = given.need("cluster").and_then(|value| cluster(&value));
    let key = given.need("key").and_then(|value| keys::key(&value, env));
    let domain = given.get("domain").and_then(|value| header_value(&value));
    let timeout = given.get("timeout_ms").and_then(|value| value.integer());
    Some(FleetPolicy {
        cluster: cluster?,
        key: key?,
        domain: domain.unwrap_or_else(|| DOMAIN.to_owned()),
        timeout_ms: timeout.and_then(|it| u32::try_from(it).ok()).unwrap_or(TIMEOUT_MS),
    })
}

fn cluster(value: &ConfigValue<'_>) -> Option<String> {
    let name = header_value(value)?;
    if name.len() <= MAX_CLUSTER_BYTES {
        return Some(name);
    }
    value.refuse(
        Problem::new("too long for a cluster")
            .allowed(format!("at most {MAX_CLUSTER_BYTES} bytes")),
    )
}

/// Reports a rule that the fleet counts where there is no fleet.
pub(super) fn check(top: &ConfigObject<'_>, root: &ConfigValue<'_>, rules: &[Rule]) {
    let shared = rules.iter().find(|rule| rule.scope == Scope::Fleet);
    if let (Some(rule), None) = (shared, top.get("fleet")) {
        root.report_bare(
            Problem::new(format!("rule {:?} counts with the fleet, and there is none", rule.name))
                .fix(r#"add "fleet": { "cluster": "…", "key": "…" }, or leave out "scope""#),
        );
    }
}

/// Reports a rule that a service which only counts cannot decide.
pub(super) fn check_scope(scope: &ConfigValue<'_>, rule: &Rule) {
    if rule.scope == Scope::Fleet && FleetLimit::of(rule).is_none() {
        scope.report(
            Problem::new("the fleet cannot count for this rule: a service knows counts alone")
                .allowed(
                    "a ban, and one condition alone, on ip.failures, ip.distinct_failures or \
                     network.failures",
                )
                .fix("make a rule of its own for the fleet, and keep this one at the gateway"),
        );
    }
}
