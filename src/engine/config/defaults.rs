//! What applies where a configuration says nothing: endpoints and rules.
//!
//! Both are data in the language of configurations, in files beside this one, with a
//! reason at each entry.

use super::node::ConfigNode;
use super::reader::ConfigValue;
use super::{endpoints, rules};
use crate::policy::{Endpoint, Rule};

/// The built-in rules, as JSON.
const RULES: &str = include_str!("default_rules.json");

/// Common login locations, as JSON.
const ENDPOINTS: &str = include_str!("default_endpoints.json");

/// The built-in rules. A problem in them (tests see to it that there is none) is left with
/// the document of `beside`.
pub(super) fn rules(beside: &ConfigValue<'_>) -> Vec<Rule> {
    built_in(RULES, "built-in rules", beside, rules::read)
}

/// Common login locations.
pub(super) fn endpoints(beside: &ConfigValue<'_>) -> Vec<Endpoint> {
    built_in(ENDPOINTS, "built-in endpoints", beside, endpoints::read)
}

fn built_in<T>(
    text: &str,
    path: &str,
    beside: &ConfigValue<'_>,
    read: fn(&ConfigValue<'_>) -> Vec<T>,
) -> Vec<T> {
    match ConfigNode::parse(text.as_bytes()) {
        Ok(node) => read(&beside.apart(path, &node)),
        Err(problem) => beside.refuse(*problem).unwrap_or_default(),
    }
}
