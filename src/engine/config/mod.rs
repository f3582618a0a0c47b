//! Configuration: from the bytes that an operator typed to a [`Policy`], or to all problems.
//!
//! This is the only validator: the filter, `unstuff check` and the fixtures use it. It is strict,
//! because a misspelt key in a security filter is a hole that nobody sees. Unknown keys, duplicate
//! keys and wrong types are problems, and all problems are reported at once, in document order.
//!
//! `schema` holds the tables of all keys. A module per section reads them: `endpoints` (with
//! `fields` and `responses`), `client`, `rules` (with `conditions` and `rule_changes`), `challenge`,
//! `replies`, `keys`, `live_lookup`, `fleet`, `record`. What is built in (`presets`, `defaults`) is written in the same language and goes
//! through the same readers. Every object whose keys are fixed may have the key `about`, a free
//! text, because JSON has no comments.

mod challenge;
mod client;
mod conditions;
mod defaults;
mod endpoints;
mod environment;
mod fields;
mod fleet;
mod keys;
mod lift;
mod live_lookup;
mod node;
mod not_json;
mod notices;
mod object;
mod presets;
mod problem;
mod reader;
mod record;
mod replies;
mod responses;
mod rule_changes;
mod rules;
mod schema;
mod squeezed;
mod units;

#[cfg(test)]
mod tests;

pub use environment::VmEnvironment;
pub(crate) use keys::decode as key_of_text;
pub use object::path_step;
pub use presets::{PRESETS, Preset};
pub use problem::{Problem, nearest};
pub use units::duration;

use crate::challenge::ChallengePolicy;
use crate::policy::{Mode, Policy};
use crate::state::StateSize;
use node::ConfigNode;
pub use notices::{Notice, Severity};
use object::ConfigObject;
use problem::Problems;
use reader::ConfigValue;
use rules::RuleSet;
use schema::TOP;
use schema::rules::MODES;

/// A configuration that was accepted.
#[derive(Clone, Debug)]
pub struct Configured {
    /// The policy.
    pub policy: Policy,
    /// What the operator should know, logged at start.
    pub notices: Vec<Notice>,
}

/// The longest body that is read unless configured: a login form is below 1 KiB, and even
/// one that carries a SAML answer or a long token stays below this.
const MAX_BODY_BYTES: usize = 16 << 10;

/// The budget for challenges unless configured, in per cent.
const CHALLENGE_BUDGET: u8 = 3;

/// Validates a configuration. No bytes at all mean the same as `{}`: common login locations and
/// the default rules, in shadow mode.
///
/// # Errors
///
/// Every problem, in document order; the configuration is rejected.
pub fn parse(bytes: &[u8]) -> Result<Configured, Vec<Problem>> {
    parse_in(VmEnvironment::Unknown, bytes)
}

/// The same in the VM: keys that are named as variables are read from its environment.
///
/// # Errors
///
/// Every problem, in document order; the configuration is rejected.
pub fn parse_in(env: VmEnvironment<'_>, bytes: &[u8]) -> Result<Configured, Vec<Problem>> {
    let node = ConfigNode::parse(bytes).map_err(|problem| vec![*problem])?;
    let problems = Problems::default();
    let configured = read(&ConfigValue::root(&TOP, &node, &problems), env);
    match (configured, problems.into_sorted()) {
        (Some(configured), problems) if problems.is_empty() => Ok(configured),
        (_, problems) => Err(problems),
    }
}

fn read(root: &ConfigValue<'_>, env: VmEnvironment<'_>) -> Option<Configured> {
    let top = root.object()?;
    // For editors alone.
    top.get("$schema").and_then(|place| place.text());
    let RuleSet { rules, origin } = match top.get("rules") {
        None => defaults::rules(root),
        Some(changes) if changes.is_object() => rule_changes::read(&changes),
        Some(list) => rules::read(&list),
    };
    live_lookup::check(&top, root, &rules);
    fleet::check(&top, root, &rules);
    let client = client::read(top.get("client").as_ref());
    let policy = Policy {
        lift: top.get("lift").and_then(|value| lift::read(&value, &client)),
        live_lookup: top.get("live_lookup").and_then(|value| live_lookup::read(&value)),
        fleet: top.get("fleet").and_then(|value| fleet::read(&value, env)),
        record: top.get("record").and_then(|value| record::read(&value, env)),
        mode: mode(&top, Mode::Shadow),
        endpoints: top
            .get("endpoints")
            .map_or_else(|| defaults::endpoints(root), |value| endpoints::read(&value)),
        client,
        rules,
        challenge: built_in_challenge(&top, env),
        replies: replies::read(top.get("replies").as_ref()),
        keys: top.get("keys").map(|value| keys::read(&value, env)).unwrap_or_default(),
        challenge_budget: challenge_budget(&top).unwrap_or(CHALLENGE_BUDGET),
        state: state_size(&top).unwrap_or(StateSize::DEFAULT),
        max_body_bytes: max_body_bytes(&top).unwrap_or(MAX_BODY_BYTES),
        mailbox_aliases: top.get("mailbox_aliases").and_then(|it| it.boolean()).unwrap_or(true),
    };
    record::check(&top, policy.record.as_ref(), &policy.keys, policy.fleet.as_ref());
    let given = notices::ConfiguredSections {
        endpoints: top.get("endpoints").is_some(),
        rules: origin,
        variables: keys::variables(&top),
        variables_were_read: matches!(env, VmEnvironment::Known(_)),
    };
    let notices = notices::of(&policy, &given);
    Some(Configured { policy, notices })
}

/// The built-in challenge, unless an own reply takes its place.
fn built_in_challenge(top: &ConfigObject<'_>, env: VmEnvironment<'_>) -> Option<ChallengePolicy> {
    let section = top.get("challenge");
    let own =
        top.get("replies").filter(ConfigValue::is_object).and_then(|it| it.map()?.get("challenge"));
    if let (Some(_), Some(own)) = (&section, &own) {
        own.report(
            Problem::new("a reply of your own takes the place of the built-in challenge")
                .fix("leave out this one, or the section \"challenge\""),
        );
    }
    let challenge = challenge::read(section.as_ref(), env);
    own.is_none().then_some(challenge)
}

/// The `mode` of the policy or of a rule.
fn mode(object: &ConfigObject<'_>, default: Mode) -> Mode {
    object.get("mode").and_then(|value| value.choice(&MODES)).unwrap_or(default)
}

fn challenge_budget(top: &ConfigObject<'_>) -> Option<u8> {
    u8::try_from(top.get("challenge_budget")?.integer()?).ok()
}

fn state_size(top: &ConfigObject<'_>) -> Option<StateSize> {
    let state = top.get("state")?.object()?;
    let bytes = state.get("max_bytes")?.bytes()?;
    StateSize::new(bytes).ok()
}

fn max_body_bytes(top: &ConfigObject<'_>) -> Option<usize> {
    let bytes = top.get("max_body")?.bytes()?;
    usize::try_from(bytes).ok()
}
