//! Limits in the formats of the two services, in YAML.
//!
//! Texts are written as in JSON, which YAML reads, so that a domain cannot break out of its quotes.

use std::fmt::Write as _;

use serde_json::Value;
use unstuff_engine::fleet::FleetLimit;
use unstuff_engine::time::Window;

/// For envoyproxy/ratelimit: a tree of the entries of a descriptor.
pub(super) fn envoy(domain: &str, limits: &[(&str, FleetLimit)]) -> String {
    let mut yaml = format!("domain: {}\ndescriptors:\n", Value::from(domain));
    for (rule, FleetLimit { over, within, .. }) in limits {
        // Its windows are of one unit. The entry `window` divides a unit that is longer than `within`.
        let unit = match within {
            Window::Minute => "minute",
            Window::TenMinutes | Window::Hour => "hour",
            Window::Day => "day",
        };
        // Writing to a string cannot fail.
        let _ = write!(
            yaml,
            "  - key: rule
    value: {rule}
    descriptors:
      - key: client
        descriptors:
          - key: window
            rate_limit: {{ unit: {unit}, requests_per_unit: {over} }}
",
            rule = Value::from(*rule),
        );
    }
    yaml
}

/// For Limitador: expressions in CEL about the list of descriptors.
pub(super) fn limitador(domain: &str, limits: &[(&str, FleetLimit)]) -> String {
    let mut yaml = String::new();
    for (last, (rule, FleetLimit { over, within, .. })) in limits.iter().enumerate() {
        let descriptor = descriptor_of(rule, last);
        let _ = write!(
            yaml,
            "- namespace: {domain}
  name: {name}
  max_value: {over}
  seconds: {seconds}
  conditions:
    - \"{condition}\"
  variables:
    - \"{descriptor}.client\"
    - \"{descriptor}.window\"
",
            domain = Value::from(domain),
            name = Value::from(*rule),
            seconds = within.seconds(),
            condition = is_reported(rule, last),
        );
    }
    yaml
}

/// Whether a report has the rule. Rules in front of it are left out while their bans stand, so it is
/// at any position up to `last`. A search (`exists`) never holds in Limitador, and a position behind
/// the end stops it (0.14).
fn is_reported(rule: &str, last: usize) -> String {
    let further = (1..=last).map(|position| {
        format!(" || (size(descriptors) > {position} && {})", is_at(rule, position))
    });
    is_at(rule, 0) + &further.collect::<String>()
}

/// The descriptor of a rule that a report has.
fn descriptor_of(rule: &str, last: usize) -> String {
    (0..last).rev().fold(format!("descriptors[{last}]"), |rest, position| {
        format!("({} ? descriptors[{position}] : {rest})", is_at(rule, position))
    })
}

fn is_at(rule: &str, position: usize) -> String {
    format!("descriptors[{position}].rule == '{rule}'")
}
