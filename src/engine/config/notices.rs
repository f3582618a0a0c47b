//! Notices: what an operator should know about a policy that was accepted.
//!
//! Each is one line. The filter logs it at start, `unstuff check` prints it.

mod responses;

use std::fmt;

use super::rules::RuleOrigin;
use crate::decision::signals::{Signal, Subject};
use crate::live_lookup::LiveLookupPolicy;
use crate::outcome::DENIED_USERNAMES;
use crate::policy::{Action, Condition, Endpoint, Mode, Policy, Rule};
use crate::record::{AddressForm, RecordPolicy, RecordSink, RecordedLogins};
use crate::request::client::AddressSource;
use crate::request::endpoint_match::PathPattern;
use crate::tokens::signing::MIN_KEY_BYTES;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It says what is configured.
    Info,
    /// It says what the module needs around it and cannot see.
    Reminder,
    /// It names something that is probably a mistake.
    Warning,
}

impl Severity {
    /// The name in reports for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Reminder => "reminder",
            Self::Warning => "warning",
        }
    }
}

/// A line for the operator. Displayed, a reminder or a warning begins with its severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub severity: Severity,
    /// The text, without its severity.
    pub text: String,
}

impl Notice {
    #[inline(never)]
    fn info(text: impl Into<String>) -> Self {
        Self { severity: Severity::Info, text: text.into() }
    }

    #[inline(never)]
    fn reminder(text: impl Into<String>) -> Self {
        Self { severity: Severity::Reminder, text: text.into() }
    }

    #[inline(never)]
    fn warning(text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, text: text.into() }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Info => "",
            Severity::Reminder => "reminder: ",
            Severity::Warning => "warning: ",
        };
        write!(f, "{severity}{}", self.text)
    }
}

/// Which sections the configuration had.
#[derive(Clone, Debug)]
pub(super) struct ConfiguredSections {
    pub endpoints: bool,
    pub rules: RuleOrigin,
    /// The variables that hold keys.
    pub variables: Vec<String>,
    /// Whether they were read, or another one will read them.
    pub variables_were_read: bool,
}

/// What Envoy Gateway buffers of a request by default; Envoy itself 1 MiB.
const GATEWAY_BUFFER: usize = 32 << 10;

/// The notices of a policy.
pub(super) fn of(policy: &Policy, given: &ConfiguredSections) -> Vec<Notice> {
    let mut lines =
        vec![mode(policy), endpoints(policy, given.endpoints), rules(policy, &given.rules)];
    lines.push(match &policy.client.address {
        AddressSource::Peer => Notice::info(
            "clients: told apart by Envoy's own view of their address; behind \
             another proxy set \"client\": {\"address\": …}, or all of them are one",
        ),
        AddressSource::Header { name, trusted_hops } => Notice::info(format!(
            "clients: told apart by {name}, entry {trusted_hops} from the right"
        )),
    });
    lines.push(Notice::reminder(
        "upstream sees nothing of a stopped login, and is told verdicts, only where \
         Envoy's buffer filter follows this one on the login routes",
    ));
    lines.extend(buffered(policy));
    if policy.keys.is_empty() {
        lines.push(Notice::warning(
            "no \"keys\": device cookies and passes are signed with a random key, so \
             they are lost when Envoy restarts and mean nothing to other replicas",
        ));
    }
    lines.extend(variables(given));
    lines.extend(live_lookup(policy));
    lines.extend(policy.record.as_ref().map(record));
    lines.extend(no_success(policy));
    lines.extend(policy.endpoints.iter().filter_map(no_username));
    lines.extend(policy.endpoints.iter().flat_map(responses::of));
    lines.extend(policy.endpoints.iter().flat_map(narrowed));
    lines.extend(policy.rules.iter().filter_map(lock_out));
    lines
}

/// Who learns five digits of which passwords.
fn live_lookup(policy: &Policy) -> Option<Notice> {
    let LiveLookupPolicy { cluster, .. } = policy.live_lookup.as_ref()?;
    let asks = policy.rules.iter().any(|rule| rule.asks_for(Signal::PasswordBreachedLive));
    Some(match asks {
        true => Notice::info(format!(
            "live lookups: cluster `{cluster}` is sent five digits of the SHA-1 of passwords that the \
             packed filter does not know"
        )),
        false => Notice::warning(
            "live lookups: no rule has the condition password.breached_live, so nobody is asked",
        ),
    })
}

/// What is written, and how much about people.
fn record(record: &RecordPolicy) -> Notice {
    let logins = match record.logins {
        RecordedLogins::All => "each login".to_owned(),
        RecordedLogins::Flagged => "each login with a verdict other than allow".to_owned(),
        RecordedLogins::Sample(percent) => format!("each login of {percent} % of the accounts"),
    };
    let to = match record.sink {
        RecordSink::Log => "Envoy's log, at level info",
        RecordSink::AccessLog => "the filter state wasm.unstuff_record",
    };
    let address = match record.address {
        AddressForm::Whole => "client addresses are whole",
        AddressForm::Network => "client addresses are networks",
        AddressForm::Keyed => "client addresses are tags",
    };
    let across = if record.compares_accounts { ", and for an hour across accounts" } else { "" };
    Notice::info(format!(
        "record: {logins} has a line in {to}; {address}, and passwords are tags that compare within one \
         account{across}"
    ))
}

/// Where keys come from that do not stand in the configuration.
fn variables(given: &ConfiguredSections) -> Option<Notice> {
    let names = given.variables.join(", ");
    (!names.is_empty()).then(|| match given.variables_were_read {
        true => Notice::info(format!(
            "keys: read from the VM's environment ({names}); a new value takes effect when Envoy \
             restarts"
        )),
        false => Notice::reminder(format!(
            "keys: read from the VM's environment ({names}), which was not checked here; without a \
             variable, or with less than {MIN_KEY_BYTES} bytes in it, the module refuses the \
             configuration"
        )),
    })
}

/// A body that is longer than Envoy buffers never comes to be read.
fn buffered(policy: &Policy) -> Option<Notice> {
    let own = policy.endpoints.iter().filter_map(|endpoint| endpoint.max_body_bytes);
    let longest = own.fold(policy.max_body_bytes, usize::max);
    (longest > GATEWAY_BUFFER).then(|| {
        Notice::warning(format!(
            "\"max_body\" is more than Envoy Gateway buffers unless told otherwise (32KiB); \
             there, longer bodies are answered with 413; let it, and Envoy's buffer filter, take \
             more than {}KiB",
            longest.div_ceil(1 << 10)
        ))
    })
}

fn mode(policy: &Policy) -> Notice {
    match policy.mode {
        Mode::Shadow => Notice::info(
            "mode shadow: nothing is enforced; every login is judged, counted and \
             logged, and let through; to enforce, set \"mode\": \"enforce\"",
        ),
        Mode::Enforce => Notice::info(
            "mode enforce: logins are stopped as the rules say; to stop nothing at \
             once, set \"mode\": \"shadow\"",
        ),
    }
}

fn endpoints(policy: &Policy, given: bool) -> Notice {
    let names: Vec<_> = policy.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    let names = names.join(", ");
    if given {
        return Notice::info(format!("endpoints: {names}"));
    }
    Notice::info(format!(
        "endpoints: none configured, so common login locations are watched ({names}); name yours \
         under \"endpoints\""
    ))
}

fn rules(policy: &Policy, origin: &RuleOrigin) -> Notice {
    let count = policy.rules.len();
    let acting = policy.rules.iter().filter(|rule| rule.mode == Mode::Enforce).count();
    match (origin, policy.mode) {
        _ if count == 0 => Notice::warning("no rules: every login is let through unmarked"),
        (RuleOrigin::Changed(changes), _) if !changes.is_empty() => Notice::info(format!(
            "rules: {count}, the built-in ones with changes: {}; `unstuff explain` prints them",
            changes.join(", ")
        )),
        (RuleOrigin::Default | RuleOrigin::Changed(_), _) => {
            Notice::info(format!("rules: the {count} built-in ones; `unstuff explain` prints them"))
        }
        (RuleOrigin::Own, Mode::Shadow) => {
            Notice::info(format!("rules: {count}, all in shadow mode"))
        }
        (RuleOrigin::Own, Mode::Enforce) if acting < count => Notice::info(format!(
            "rules: {count}, of which {} in shadow mode",
            count.saturating_sub(acting)
        )),
        (RuleOrigin::Own, Mode::Enforce) => Notice::info(format!("rules: {count}, all enforced")),
    }
}

fn no_success(policy: &Policy) -> Option<Notice> {
    let credited =
        |condition: &Condition| matches!(condition, Condition::Over { per_success: 1.., .. });
    let unsure: Vec<_> = policy
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.learns_success)
        .map(|endpoint| endpoint.name.as_str())
        .collect();
    let matters = policy.rules.iter().flat_map(|rule| &rule.when).any(credited);
    (matters && !unsure.is_empty()).then(|| {
        Notice::info(format!(
            "no \"success\" is configured for {}: successes there earn no credit until upstream \
             has answered 401 to {DENIED_USERNAMES} usernames",
            unsure.join(", ")
        ))
    })
}

/// What an endpoint does not see because it was narrowed.
fn narrowed(endpoint: &Endpoint) -> Vec<Notice> {
    let (name, matcher) = (&endpoint.name, &endpoint.matcher);
    let exact = matcher.paths.iter().find_map(|path| match path {
        PathPattern::Exact(path) => Some(path.as_str()),
        _ => None,
    });
    let path = exact.unwrap_or("the path");
    let other =
        ["POST", "PUT", "GET"].into_iter().find(|it| !matcher.methods.iter().any(|m| m == it));
    let methods = other.filter(|_| !matcher.methods.is_empty()).map(|other| {
        Notice::info(format!(
            "endpoint {name} watches {} alone: where the application takes {other} {path} as well, \
             a login by it passes unseen; without \"methods\" every method is watched",
            matcher.methods.join(", ")
        ))
    });
    let named: Vec<_> = endpoint.query.iter().map(|condition| condition.name.as_str()).collect();
    let query = (!named.is_empty()).then(|| {
        Notice::info(format!(
            "endpoint {name} watches some queries alone: where the application takes {} from a form \
             as well, a login passes unseen; name it below \"body\" then",
            named.join(", ")
        ))
    });
    methods.into_iter().chain(query).collect()
}

fn no_username(endpoint: &Endpoint) -> Option<Notice> {
    let fields = &endpoint.fields;
    let kinds = [&fields.form, &fields.json, &fields.query];
    let nameless = !fields.basic
        && !fields.xmlrpc
        && fields.graphql.as_ref().is_none_or(|graphql| graphql.username.is_empty())
        && kinds.iter().all(|kind| kind.as_ref().is_none_or(|it| it.username.is_empty()));
    nameless.then(|| {
        Notice::warning(format!(
            "endpoint {} reads no username: signals about usernames stay silent there",
            endpoint.name
        ))
    })
}

/// Anyone can make an account fail, so a block that follows from it is in anyone's hands.
fn lock_out(rule: &Rule) -> Option<Notice> {
    let of_account = |condition: &Condition| match condition {
        Condition::Is { .. } => true,
        counted => counted.signal().row().subject == Subject::Username,
    };
    let counts = |condition: &Condition| !matches!(condition, Condition::Is { .. });
    let locks = rule.then == Action::Block
        && rule.when.iter().any(counts)
        && rule.when.iter().all(of_account);
    locks.then(|| {
        Notice::warning(format!(
            "rule {} blocks an account for failures that anyone can cause; \"challenge\" \
             or \"annotate\" lets its owner in",
            rule.name
        ))
    })
}
