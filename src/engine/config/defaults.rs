//! Default endpoints and rules, for a configuration that has none.
//!
//! Both are data in the language of configurations, in files beside this one, with a reason at
//! each entry.

use super::node::ConfigNode;
use super::reader::ConfigValue;
use super::schema::ValueKind;
use super::{endpoints, rules, schema};
use crate::policy::{Endpoint, Rule};

/// The built-in rules, as JSON.
const RULES: &str = include_str!("default_rules.json");

/// Common login locations, as JSON.
const ENDPOINTS: &str = include_str!("default_endpoints.json");

/// The built-in rules. A problem in them would be reported with those of the document of `beside`;
/// tests hold that there is none.
pub(super) fn rules(beside: &ConfigValue<'_>) -> Vec<Rule> {
    built_in(RULES, ("built-in rules", &schema::rules::SECTION), beside, rules::read)
}

/// Common login locations.
pub(super) fn endpoints(beside: &ConfigValue<'_>) -> Vec<Endpoint> {
    built_in(
        ENDPOINTS,
        ("built-in endpoints", &schema::endpoints::SECTION),
        beside,
        endpoints::read,
    )
}

fn built_in<T>(
    text: &str,
    (path, kind): (&str, &'static ValueKind),
    beside: &ConfigValue<'_>,
    read: fn(&ConfigValue<'_>) -> Vec<T>,
) -> Vec<T> {
    match ConfigNode::parse(text.as_bytes()) {
        Ok(node) => read(&beside.apart(path, kind, &node)),
        Err(problem) => beside.refuse(*problem).unwrap_or_default(),
    }
}
