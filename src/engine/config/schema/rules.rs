//! The keys of `rules`.

use super::{KeySpec, KeyTable, UNLIMITED, ValueKind, key, words};
use crate::decision::signals::{MAX_COUNT, MAX_DISTINCT, SignalMeasure, SignalRow};
use crate::policy::{Action, Banned, Mode, Scope};

/// The words of `mode`, of the document and of a rule.
pub(in super::super) const MODES: [(&str, Mode); 2] =
    [("enforce", Mode::Enforce), ("shadow", Mode::Shadow)];
pub(super) const MODE: ValueKind = ValueKind::Words(&words(&MODES));

/// The words of `then`.
pub(in super::super) const ACTIONS: [(&str, Action); 4] = [
    (Action::Allow.name(), Action::Allow),
    (Action::Annotate.name(), Action::Annotate),
    (Action::Challenge.name(), Action::Challenge),
    (Action::Block.name(), Action::Block),
];

/// The words of `ban`.
pub(in super::super) const BANNED: [(&str, Banned); 3] = [
    (Banned::Ip.name(), Banned::Ip),
    (Banned::Network.name(), Banned::Network),
    (Banned::Fingerprint.name(), Banned::Fingerprint),
];

/// The words of `scope`.
pub(in super::super) const SCOPES: [(&str, Scope); 2] =
    [("gateway", Scope::Gateway), ("fleet", Scope::Fleet)];

/// The clients that a rule exempts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Exempt {
    /// Those on the allow-list.
    Allowed,
    /// Known devices.
    Device,
    /// Networks that the account got in from.
    FamiliarNetwork,
    /// Fingerprints that the account got in with.
    FamiliarClient,
}

/// The words of `exempt`.
pub(in super::super) const EXEMPT: [(&str, Exempt); 4] = [
    ("allowed", Exempt::Allowed),
    ("device", Exempt::Device),
    ("familiar_network", Exempt::FamiliarNetwork),
    ("familiar_client", Exempt::FamiliarClient),
];

/// Every rule is evaluated for every login.
const MAX_RULES: u16 = 64;

/// A share of fewer logins than this is a matter of chance.
const FEWEST_OF_A_SHARE: u32 = 10;

/// Above this, one success would excuse any attack.
const MAX_PER_SUCCESS: u32 = 100;

pub(in super::super) const SECTION: ValueKind =
    ValueKind::Rules { of: &ValueKind::Object(KEYS), max: MAX_RULES };

/// A change to a default rule.
pub(super) const CHANGE: ValueKind = ValueKind::RuleChange(KEYS);

/// The words for what becomes of a default rule: it is left out, or has a mode.
pub(in super::super) const CHANGES: [(&str, Option<Mode>); 3] =
    [("off", None), ("shadow", Some(Mode::Shadow)), ("enforce", Some(Mode::Enforce))];

const KEYS: KeyTable = &[
    key("name", ValueKind::Name).needed(
        "name it, for headers and metrics",
        "The rule's name in headers and metrics, unique among rules.",
        r#""ip-failures""#,
    ),
    key("when", ValueKind::Conditions).needed(
        "say when the rule holds, such as {\"credentials.unreadable\": true}",
        "Conditions on signals; all of them must hold. At least one.",
        r#"{ "ip.failures": { "over": 10, "within": "10m" } }"#,
    ),
    key("then", ValueKind::Words(&words(&ACTIONS))).needed(
        "add \"then\": \"annotate\", \"challenge\" or \"block\"",
        "The action. `annotate` lets the login through and tells upstream. `challenge` and \
         `block` need a condition that speaks against the login: a breached password is not \
         enough, and `site.under_attack` never leads to a block.",
        r#""block""#,
    ),
    key("ban", ValueKind::Words(&words(&BANNED))).optional(
        "no ban; with `for`, the one subject that all conditions are about",
        "The client's identity that is banned. Needs `for`, an action that stops, and a \
         condition on failures of the same identity.",
        r#""ip""#,
    ),
    key("for", ValueKind::Seconds { min: 60, max: 86_400 }).optional(
        "no ban; needed with `ban`",
        "How long the first ban lasts. Repeated bans last longer.",
        r#""15m""#,
    ),
    key("mode", MODE).default(
        r#""enforce""#,
        "`shadow`: this rule is evaluated, counted and logged, but does not act.",
        r#""shadow""#,
    ),
    key(
        "exempt",
        ValueKind::List { of: &ValueKind::Words(&words(&EXEMPT)), min: 0, max: UNLIMITED },
    )
    .default(
        r#"["allowed"]"#,
        "The clients that the rule does not apply to: those on the allow-list (`allowed`), known \
         devices (`device`), and those whose account got in before from such a network \
         (`familiar_network`) or with such a fingerprint (`familiar_client`). At an address that \
         five people or more share, `familiar_network` counts for rules about addresses alone.",
        r#"["allowed", "device"]"#,
    ),
    key("challenge_api", ValueKind::Boolean).default(
        "false",
        "Whether a rule about what others do challenges programs too ([`clients`](#endpoints)). They may be unable to solve \
         a challenge, so anyone could lock the account out.",
        "true",
    ),
    key("scope", ValueKind::Words(&words(&SCOPES))).default(
        r#""gateway""#,
        "`fleet`: the failures at all gateways count ([fleet.md](fleet.md)). Needs the section `fleet`, \
         a ban, and one condition alone, on `ip.failures`, `ip.distinct_failures` or \
         `network.failures`.",
        r#""fleet""#,
    ),
];

/// The kind of a condition on a signal.
pub(in super::super) fn condition(row: &SignalRow) -> &'static ValueKind {
    match row.measure() {
        None => &ValueKind::Boolean,
        Some(SignalMeasure::Count) => &ValueKind::Object(COUNT),
        Some(SignalMeasure::Distinct) => &ValueKind::Object(DISTINCT),
        Some(SignalMeasure::Share) => &ValueKind::Object(SHARE),
    }
}

const COUNT: KeyTable = &[over(MAX_COUNT), WITHIN, PER_SUCCESS];

const DISTINCT: KeyTable = &[over(MAX_DISTINCT), WITHIN, PER_SUCCESS];

const SHARE: KeyTable = &[
    key("over", ValueKind::Integer { min: 1, max: 99 }).needed(
        "add \"over\": 95, in per cent",
        "The condition holds above this share, in per cent, without the attempt at hand.",
        "95",
    ),
    WITHIN,
    key("at_least", ValueKind::Integer { min: FEWEST_OF_A_SHARE, max: MAX_COUNT }).needed(
        "add \"at_least\": 50, the fewest logins that say anything",
        "The fewest logins; the condition does not hold below.",
        "50",
    ),
];

const fn over(max: u32) -> KeySpec {
    key("over", ValueKind::Integer { min: 1, max }).needed(
        "add \"over\": 10, which holds from the eleventh",
        "The condition holds above this number, the attempt at hand included: 10 holds from the \
         eleventh.",
        "10",
    )
}

/// The hint depends on the signal.
const WITHIN: KeySpec = key("within", ValueKind::Window).needed(
    "",
    "The sliding window that is counted, up to now.",
    r#""1h""#,
);

const PER_SUCCESS: KeySpec =
    key("per_success", ValueKind::Integer { min: 0, max: MAX_PER_SUCCESS }).default(
        "0",
        "How much each distinct username that succeeded raises the limit: many people behind one \
         address mistype as well. Only on failures of an address or a network.",
        "3",
    );
