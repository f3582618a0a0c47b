//! Notices: what an operator should know about a policy that was accepted.
//!
//! A line each, logged by the filter at start and printed by `unstuff check`. What is
//! probably not meant begins with `warning: `.

use crate::challenge::Clients;
use crate::decision::signals::Subject;
use crate::policy::{Action, Condition, Endpoint, Mode, Policy, Rule};
use crate::request::client::AddressSource;
use crate::request::endpoint_match::PathPattern;

/// Which sections the configuration had.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConfiguredSections {
    pub endpoints: bool,
    pub rules: bool,
}

/// What Envoy Gateway buffers of a request by default; Envoy itself 1 MiB.
const GATEWAY_BUFFER: usize = 32 << 10;

/// The notices of a policy.
pub(super) fn of(policy: &Policy, given: ConfiguredSections) -> Vec<String> {
    let mut lines = vec![mode(policy), endpoints(policy, given), rules(policy, given)];
    lines.push(match &policy.client.address {
        AddressSource::Peer => "clients: told apart by Envoy's own view of their address; behind \
             another proxy set \"client\": {\"address\": …}, or all of them are one"
            .to_owned(),
        AddressSource::Header { name, trusted_hops } => {
            format!("clients: told apart by {name}, entry {trusted_hops} from the right")
        }
    });
    lines.push(
        "reminder: upstream sees nothing of a stopped login, and is told verdicts, only where \
         Envoy's buffer filter follows this one on the login routes"
            .to_owned(),
    );
    if policy.max_body_bytes > GATEWAY_BUFFER {
        lines.push(
            "warning: \"max_body\" is more than Envoy Gateway buffers unless told otherwise (32KiB); \
             there, longer bodies are answered with 413"
                .to_owned(),
        );
    }
    if policy.keys.is_empty() {
        lines.push(
            "warning: no \"keys\": device cookies and passes are signed with a random key, so \
             they are lost when Envoy restarts and mean nothing to other replicas"
                .to_owned(),
        );
    }
    lines.extend(page_after_challenge(policy));
    lines.extend(no_success(policy));
    lines.extend(policy.endpoints.iter().filter_map(no_username));
    lines.extend(policy.rules.iter().filter_map(lock_out));
    lines
}

fn mode(policy: &Policy) -> String {
    match policy.mode {
        Mode::Shadow => "mode shadow: nothing is enforced; every login is judged, counted and \
             logged, and let through; to enforce, set \"mode\": \"enforce\""
            .to_owned(),
        Mode::Enforce => "mode enforce: logins are stopped as the rules say; to stop nothing at \
             once, set \"mode\": \"shadow\""
            .to_owned(),
    }
}

fn endpoints(policy: &Policy, given: ConfiguredSections) -> String {
    let names: Vec<_> = policy.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    let names = names.join(", ");
    if given.endpoints {
        return format!("endpoints: {names}");
    }
    format!(
        "endpoints: none configured, so common login locations are watched ({names}); name yours \
         under \"endpoints\""
    )
}

fn rules(policy: &Policy, given: ConfiguredSections) -> String {
    let count = policy.rules.len();
    let acting = policy.rules.iter().filter(|rule| rule.mode == Mode::Enforce).count();
    match (count, policy.mode) {
        (0, _) => "warning: no rules: every login is let through unmarked".to_owned(),
        (_, Mode::Shadow) if given.rules => format!("rules: {count}, all in shadow mode"),
        (_, Mode::Enforce) if given.rules && acting < count => {
            format!("rules: {count}, of which {} in shadow mode", count.saturating_sub(acting))
        }
        _ if given.rules => format!("rules: {count}, all enforced"),
        _ => format!("rules: the {count} built-in ones; `unstuff explain` prints them"),
    }
}

fn challenges(policy: &Policy) -> bool {
    policy.challenge.is_some() && policy.rules.iter().any(|rule| rule.then == Action::Challenge)
}

/// Where a person is after the challenge, at endpoints that do not say.
fn page_after_challenge(policy: &Policy) -> Option<String> {
    let exact = |path: &PathPattern| matches!(path, PathPattern::Exact(_));
    let nowhere = |endpoint: &&Endpoint| {
        let says = endpoint.login_page.is_some() || endpoint.clients == Clients::Api;
        !says && !endpoint.matcher.paths.iter().any(exact)
    };
    let names: Vec<_> =
        policy.endpoints.iter().filter(nowhere).map(|endpoint| endpoint.name.as_str()).collect();
    (challenges(policy) && !names.is_empty()).then(|| {
        format!(
            "no \"login_page\" and no exact path at {}: a person who was challenged is then at /",
            names.join(", ")
        )
    })
}

fn no_success(policy: &Policy) -> Option<String> {
    let credited =
        |condition: &Condition| matches!(condition, Condition::Over { per_success: 1.., .. });
    let unsure: Vec<_> = policy
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.success.is_none())
        .map(|endpoint| endpoint.name.as_str())
        .collect();
    let matters = policy.rules.iter().flat_map(|rule| &rule.when).any(credited);
    (matters && !unsure.is_empty()).then(|| {
        format!(
            "no \"success\" is configured for {}: successes there earn no credit until upstream \
             has answered 401 to 20 usernames",
            unsure.join(", ")
        )
    })
}

fn no_username(endpoint: &Endpoint) -> Option<String> {
    let fields = &endpoint.fields;
    let kinds = [&fields.form, &fields.json, &fields.query];
    let nameless = !fields.basic
        && kinds.iter().all(|kind| kind.as_ref().is_none_or(|it| it.username.is_empty()));
    nameless.then(|| {
        format!(
            "warning: endpoint {} reads no username: signals about usernames stay silent there",
            endpoint.name
        )
    })
}

/// Anyone can make an account fail, so a block that follows from it is in anyone's hands.
fn lock_out(rule: &Rule) -> Option<String> {
    let of_account = |condition: &Condition| match condition {
        Condition::Is { .. } => true,
        counted => counted.signal().row().subject == Subject::Username,
    };
    let counts = |condition: &Condition| !matches!(condition, Condition::Is { .. });
    let locks = rule.then == Action::Block
        && rule.when.iter().any(counts)
        && rule.when.iter().all(of_account);
    locks.then(|| {
        format!(
            "warning: rule {} blocks an account for failures that anyone can cause; \"challenge\" \
             or \"annotate\" lets its owner in",
            rule.name
        )
    })
}
