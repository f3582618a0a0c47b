//! Default endpoints and rules, for a configuration that has none.
//!
//! Both are data in the language of configurations, in files beside this one, with a reason at
//! each entry.

use super::node::ConfigNode;
use super::reader::ConfigValue;
use super::rules::{RuleOrigin, RuleSet};
use super::schema::ValueKind;
use super::squeezed::document;
use super::{endpoints, rules, schema};
use crate::policy::Endpoint;

/// The built-in rules, as JSON.
const RULES: &str = document!("default_rules.json");

/// Common login locations, as JSON.
const ENDPOINTS: &str = document!("default_endpoints.json");

#[cfg(test)]
pub(super) const DOCUMENTS: [&str; 2] = [RULES, ENDPOINTS];

/// The built-in rules. A problem in them would be reported with those of the document of `beside`;
/// tests hold that there is none.
pub(super) fn rules(beside: &ConfigValue<'_>) -> RuleSet {
    let read =
        |list: &ConfigValue<'_>| RuleSet { rules: rules::list(list), origin: RuleOrigin::Default };
    over_rules(beside, read)
}

/// What `read` makes of the built-in rules.
pub(super) fn over_rules<T: Default>(
    beside: &ConfigValue<'_>,
    read: impl FnOnce(&ConfigValue<'_>) -> T,
) -> T {
    built_in(RULES, ("built-in rules", &schema::rules::SECTION), beside, read)
}

/// Common login locations.
pub(super) fn endpoints(beside: &ConfigValue<'_>) -> Vec<Endpoint> {
    let place = ("built-in endpoints", &schema::endpoints::SECTION);
    built_in(ENDPOINTS, place, beside, endpoints::read)
}

fn built_in<T: Default>(
    text: &str,
    (path, kind): (&str, &'static ValueKind),
    beside: &ConfigValue<'_>,
    read: impl FnOnce(&ConfigValue<'_>) -> T,
) -> T {
    match ConfigNode::parse(text.as_bytes()) {
        Ok(node) => read(&beside.apart(path, kind, &node)),
        Err(problem) => beside.refuse(*problem).unwrap_or_default(),
    }
}
