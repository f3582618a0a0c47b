//! What the module and Envoy have counted and should not have.

use super::diagnosis::DoctorFinding;
use crate::envoy_admin::EnvoyStats;
use crate::format;

/// Where findings of this kind are.
const PLACE: &str = "statistics";

/// The version of this tool, which is released with the module.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The metrics that tell since when a version works.
const CONFIGURED: &str = "unstuff.module.configured.";

/// The name of a counter, and what is said if it has counted; `{}` stands for how much.
const EVENTS: [(&str, &str); 6] = [
    (
        "unstuff.endpoint.unrecognised",
        "{} endpoints have had 200 attempts and no failure, so their outcomes are not recognised and no \
         rule about failures acts: configure `failure` and `success`; Envoy's log names the endpoints, \
         and suggests both where it can",
    ),
    (
        "unstuff.endpoint.without_passwords",
        "{} endpoints have had 50 requests and never a password, so logins may pass unseen: name in \
         `credentials` the fields that the application reads; Envoy's log names the endpoints",
    ),
    (
        "unstuff.client.load_balancer",
        "{} attempts came from an address from which a great part of all users log in: a proxy stands \
         before Envoy, so rules about addresses spare it; set xff_num_trusted_hops, or client.address",
    ),
    (
        "unstuff.state.evictions",
        "the state is full: {} entries were pushed out before they had expired, so limits are counted too \
         low; raise state.max_bytes and restart Envoy",
    ),
    (
        "unstuff.refused.full",
        "{} passes were refused because no place was left to remember them: raise state.max_bytes and \
         restart Envoy",
    ),
    (
        "unstuff.fleet.dropped",
        "{} failed logins were not told to the fleet: its service does not answer in time",
    ),
];

/// Everything that the statistics show.
pub(super) fn findings(stats: &EnvoyStats) -> Vec<DoctorFinding> {
    let Some(attempts) = stats.find("unstuff.attempts") else {
        return vec![DoctorFinding::warning(
            PLACE,
            "the module is configured and counts nothing: it was refused or could not be fetched, as \
             Envoy's log says; or Envoy keeps its metrics out (in Istio: proxyStatsMatcher)",
        )];
    };
    let mut findings = Vec::new();
    let mut warn = |text: String| findings.push(DoctorFinding::warning(PLACE, text));
    if stats.of("unstuff.configuration.refused") > 0 {
        warn(
            "the configuration was refused at the first start, so the module watches with its \
             defaults in shadow mode and stops nothing: Envoy's log says what is wrong with it"
                .to_owned(),
        );
    }
    if let Some(text) = version(stats) {
        warn(text);
    }
    for (name, reloads) in stats.below("wasm.") {
        let plugin = name.strip_suffix(".vm_reload_success").filter(|it| it.contains("unstuff"));
        if let Some(plugin) = plugin.filter(|_| reloads > 0) {
            warn(format!(
                "the plugin {plugin} has trapped and was loaded anew {} times: that is a defect of the \
                 module; report it with Envoy's log",
                format::count(reloads)
            ));
        }
    }
    for (name, text) in EVENTS {
        let count = stats.of(name);
        if count > 0 {
            warn(text.replace("{}", &format::count(count).to_string()));
        }
    }
    for (name, all, text) in [
        (
            "unstuff.outcome.unread",
            "unstuff.attempts",
            "of more than a tenth of the logins the answer's body tells the outcome and could not be \
             read: let the application not compress it, or tell the outcome in the headers",
        ),
        (
            "unstuff.client.address_fallback",
            "unstuff.attempts",
            "more than a tenth of the logins had no usable address in the header of client.address and \
             count for Envoy's own peer: lower trusted_hops to what the proxies add, or let no request \
             around them",
        ),
        (
            "unstuff.live.failed",
            "unstuff.live.asked",
            "more than a tenth of the live lookups had no answer in time: look at the cluster of \
             live_lookup",
        ),
        (
            "unstuff.fleet.errors",
            "unstuff.fleet.calls",
            "more than a tenth of the calls to the fleet's service had no answer: look at its cluster",
        ),
    ] {
        if stats.of(name) * 10 > stats.of(all) {
            warn(text.to_owned());
        }
    }
    if attempts == 0 {
        findings.push(DoctorFinding::reminder(
            PLACE,
            "no login was seen yet: if people have logged in since Envoy started, no endpoint of the \
             configuration matches their requests",
        ));
    }
    findings
}

/// The version that works: the one that was configured last.
pub(super) fn module_version(stats: &EnvoyStats) -> Option<String> {
    let (name, _) = stats.below(CONFIGURED).max_by_key(|(_, seconds)| *seconds)?;
    Some(name.to_owned())
}

/// What is said of a module that is older than this tool.
fn version(stats: &EnvoyStats) -> Option<String> {
    let module = module_version(stats);
    let is_older = module.as_deref().is_none_or(|it| numbers(it) < numbers(VERSION));
    is_older.then(|| {
        let is = module.map_or("does not tell its version".to_owned(), |it| format!("is {it}"));
        format!("the module {is} and this tool is {VERSION}: load the module of this release")
    })
}

/// A version as numbers: `0.10.0` is later than `0.9.0`.
fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stats(metrics: &[(&str, u64)]) -> EnvoyStats {
        let all: Vec<_> = metrics
            .iter()
            .map(|(name, value)| json!({"name": format!("wasmcustom.unstuff.{name}"), "value": value}))
            .collect();
        EnvoyStats::of_json(&json!({ "stats": all }))
    }

    fn text(metrics: &[(&str, u64)]) -> String {
        findings(&stats(metrics)).iter().map(|it| it.text.clone() + "\n").collect()
    }

    const HEALTHY: (&str, u64) = ("attempts", 100);

    fn current() -> (String, u64) {
        (format!("module.configured.{VERSION}"), 1_767_600_000)
    }

    #[test]
    fn healthy_module_has_no_findings() {
        let (name, since) = current();
        assert_eq!(text(&[HEALTHY, (&name, since), ("state.evictions", 0)]), "");
    }

    #[test]
    fn each_event_is_said_with_how_often() {
        let (name, since) = current();
        for (event, _) in EVENTS {
            let event = event.strip_prefix("unstuff.").unwrap();
            let said = text(&[HEALTHY, (&name, since), (event, 1234)]);
            assert!(said.contains("1,234") && said.lines().count() == 1, "{event}: {said}");
        }
    }

    #[test]
    fn module_that_is_older_than_the_tool_is_named() {
        assert!(text(&[HEALTHY]).contains("does not tell its version"));
        let old = ("module.configured.0.0.9", 2);
        assert!(text(&[HEALTHY, old]).contains("the module is 0.0.9"));
        let (name, since) = current();
        assert_eq!(text(&[HEALTHY, old, (&name, since)]), "", "the latest works");
        assert!(numbers("0.10.0") > numbers("0.9.0"));
    }

    #[test]
    fn few_failures_of_a_service_are_no_finding_and_many_are() {
        let (name, since) = current();
        let lookups =
            |failed| text(&[HEALTHY, (&name, since), ("live.asked", 100), ("live.failed", failed)]);
        assert_eq!(lookups(10), "");
        assert!(lookups(11).contains("the cluster of live_lookup"));
    }

    #[test]
    fn module_that_counts_nothing_was_refused() {
        assert!(text(&[]).contains("counts nothing"));
        assert!(text(&[("attempts", 0)]).contains("no login was seen yet"));
    }
}
