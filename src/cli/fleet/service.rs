//! The two services: what each calls a limit.

use unstuff_engine::time::Window;

use super::document::LimitsNode;
use super::limits::{ServiceLimit, ServiceLimits};

/// Whose configuration it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ServiceFormat {
    /// For envoyproxy/ratelimit.
    Envoy,
    /// For Limitador.
    Limitador,
}

impl ServiceFormat {
    /// The configuration with which a service has these limits.
    pub(crate) fn document(self, needed: &ServiceLimits) -> LimitsNode {
        match self {
            Self::Envoy => envoy(needed),
            Self::Limitador => limitador(needed),
        }
    }
}

/// For envoyproxy/ratelimit: a tree of the entries of a descriptor.
fn envoy(needed: &ServiceLimits) -> LimitsNode {
    let descriptors = needed.limits.iter().map(|limit| {
        let rate_limit = LimitsNode::Map(vec![
            ("unit", LimitsNode::text(unit(limit.within))),
            ("requests_per_unit", LimitsNode::Number(limit.over)),
        ]);
        let inner = limit.counted_by.iter().rev().fold(("rate_limit", rate_limit), |below, key| {
            let entry = LimitsNode::Map(vec![("key", LimitsNode::text(*key)), below]);
            ("descriptors", LimitsNode::List(vec![entry]))
        });
        let (key, value) = (LimitsNode::text("rule"), LimitsNode::text(&limit.name));
        LimitsNode::Map(vec![("key", key), ("value", value), inner])
    });
    LimitsNode::Map(vec![
        ("domain", LimitsNode::text(&needed.domain)),
        ("descriptors", LimitsNode::List(descriptors.collect())),
    ])
}

/// Its windows are of one unit. The entry `window` divides a unit that is longer than `within`.
const fn unit(within: Window) -> &'static str {
    match within {
        Window::Minute => "minute",
        Window::TenMinutes | Window::Hour => "hour",
        Window::Day => "day",
    }
}

/// For Limitador: expressions in CEL about the list of descriptors.
fn limitador(needed: &ServiceLimits) -> LimitsNode {
    let limit = |(position, limit): (usize, &ServiceLimit)| {
        let last = if limit.is_alone { 0 } else { position };
        let descriptor = descriptor_of(&limit.name, last);
        let counted_by = |key: &&str| LimitsNode::Text(format!("{descriptor}.{key}"));
        let condition = LimitsNode::Text(is_reported(&limit.name, last));
        LimitsNode::Map(vec![
            ("namespace", LimitsNode::text(&needed.domain)),
            ("name", LimitsNode::text(&limit.name)),
            ("max_value", LimitsNode::Number(limit.over)),
            ("seconds", LimitsNode::Number(limit.within.seconds())),
            ("conditions", LimitsNode::List(vec![condition])),
            ("variables", LimitsNode::List(limit.counted_by.iter().map(counted_by).collect())),
        ])
    };
    LimitsNode::List(needed.limits.iter().enumerate().map(limit).collect())
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
