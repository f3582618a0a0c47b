//! The keys of the document itself.

use super::{
    KeyTable, TEXT, ValueKind, challenge, client, endpoints, fleet, key, lift, live_lookup, record,
    replies, rules,
};
use crate::state::StateSize;

/// The one that signs, and the one before it.
const MAX_KEYS: u16 = 2;

/// A document.
pub(in super::super) const TOP: ValueKind = ValueKind::Object(KEYS);

const KEYS: KeyTable = &[
    key("mode", rules::MODE).default(
        r#""shadow""#,
        "`enforce`: the rules act. `shadow`: logins are judged, counted and logged, and all of \
         them are let through, whatever the rules' own modes say.",
        r#""enforce""#,
    ),
    key("endpoints", endpoints::SECTION).optional(
        "[common login locations](#default-endpoints)",
        "The login locations that are protected. A login that matches several is judged as at the \
         strictest of them.",
        r#"[{ "name": "web", "match": { "path": "/login" } }]"#,
    ),
    key("client", client::SECTION).default(
        "{}",
        "How clients are told apart, and which are on the allow-list.",
        r#"{ "address": { "header": "x-forwarded-for", "trusted_hops": 1 } }"#,
    ),
    key("rules", rules::SECTION).optional(
        "[the built-in rules](#default-rules)",
        "The rules, in the order in which they are reported. `[]`: every login is let through. An \
         object changes [default rules](#default-rules) by name and keeps the others \
         ([how](#changes)).",
        r#"[{ "name": "unreadable", "when": { "credentials.unreadable": true }, "then": "block" }]"#,
    ),
    key("live_lookup", live_lookup::SECTION).optional(
        "nobody is asked, and nothing of a password leaves the process",
        "Asks a mirror of the whole corpus about passwords that the packed filter does not know, for \
         rules with `password.breached_live` ([how](live-lookups.md)). Five digits of the password's \
         SHA-1 leave the process then.",
        r#"{ "cluster": "ranges" }"#,
    ),
    key("challenge", challenge::SECTION).default(
        "{}",
        "The built-in challenge ([challenge.md](challenge.md)). Not together with \
         `replies.challenge`, which takes its place.",
        r#"{ "difficulty": 18 }"#,
    ),
    key("challenge_budget", ValueKind::Integer { min: 0, max: 100 }).default(
        "3",
        "The most of people's logins, in per cent, that attack mode may challenge because \
         they are unexpected (`account.unexpected`). It widens what is unexpected by \
         what people's logins were like before the attack, and narrows it by what they are during \
         the attack. `0`: nothing is unexpected.",
        "5",
    ),
    key("replies", replies::SECTION).default(
        "{}",
        "What a stopped client is told.",
        r#"{ "block": { "status": 403 } }"#,
    ),
    key(
        "keys",
        ValueKind::List { of: &ValueKind::SecretKey, min: 1, max: MAX_KEYS },
    )
    .optional(
        "a random key, lost when Envoy restarts and different at each replica",
        "What signs device cookies and passes: the key in use in front, then the one before it, \
         whose signatures stay valid. Never shown in a message. `{ \"env\": \"NAME\" }` instead of a \
         key reads it from the VM's environment ([how](keys.md)).",
        r#"["00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"]"#,
    )
    .form(r#"["…"]"#),
    key("state", ValueKind::Object(STATE)).default(
        "{}",
        "The counters and bans, shared by all workers of an Envoy.",
        r#"{ "max_bytes": "256MiB" }"#,
    ),
    key("max_body", ValueKind::Bytes(&((1 << 10)..=(64 << 10)))).default(
        r#""16KiB""#,
        "The longest body that is read; a longer one is unreadable (`credentials.unreadable`). \
         Envoy Gateway buffers 32KiB unless told otherwise.",
        r#""32KiB""#,
    ),
    key("mailbox_aliases", ValueKind::Boolean).default(
        "true",
        "Whether the spellings of a mail address that reach one mailbox count as one account: with \
         and without a `+tag` and blanks, and at Gmail dots. For counters alone: devices, filters \
         of pairs and the application see the name as it is sent.",
        "false",
    ),
    key("lift", lift::SECTION).default(
        "{}",
        "Whose bans and failures are forgotten when this configuration arrives, once \
         ([how](incident.md)). Where their successes came from stays known.",
        r#"{ "addresses": ["192.0.2.7"] }"#,
    ),
    key("fleet", fleet::SECTION)
        .optional(
            "each gateway counts alone",
            "The rate limit service with which gateways count together, for rules with `scope` \
             `fleet` ([fleet.md](fleet.md)). It is told keyed tags of clients, no address and no \
             username.",
            r#"{ "cluster": "limiter", "key": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" }"#,
        )
        .form(r#"{ "cluster": "limiter", "key": "…" }"#),
    key("record", record::SECTION)
        .optional(
            "nothing is recorded",
            "One line of JSON for each login, which `unstuff replay` reads as it is \
             ([record.md](record.md)). It holds no password, and of one a keyed tag that compares within \
             one account alone.",
            r#"{ "key": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" }"#,
        )
        .form(r#"{ "key": "…" }"#),
    key("$schema", TEXT).optional(
        "nothing is completed",
        "Where the JSON Schema of this document is (`unstuff schema`). Editors read it; the module \
         does not.",
        r#""configuration.schema.json""#,
    ),
];

/// In place of a key.
pub(in super::super) const VARIABLE: ValueKind = ValueKind::Object(&[key("env", TEXT).needed(
    "name the variable that holds the key",
    "The variable of the VM's environment that holds the key.",
    r#""UNSTUFF_KEY""#,
)]);

const STATE: KeyTable =
    &[key("max_bytes", ValueKind::Bytes(&(StateSize::MIN.bytes()..=StateSize::MAX.bytes())))
        .default(
            r#""64MiB""#,
            "The most memory that the state takes; 64MiB hold some 102,000 addresses, and \
     where 237,000 accounts got in from. Where it is full, the entries that matter least are \
     evicted.",
            r#""256MiB""#,
        )];
