//! The keys of `record`.

use super::{KeyTable, ValueKind, key, words};
use crate::record::{AddressForm, RecordSink};

/// Which logins have a line, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum LoginsWord {
    All,
    Flagged,
    Sample,
}

pub(in super::super) const LOGINS: [(&str, LoginsWord); 3] =
    [("all", LoginsWord::All), ("flagged", LoginsWord::Flagged), ("sample", LoginsWord::Sample)];

pub(in super::super) const SINKS: [(&str, RecordSink); 2] =
    [("log", RecordSink::Log), ("access_log", RecordSink::AccessLog)];

pub(in super::super) const ADDRESSES: [(&str, AddressForm); 3] = [
    ("whole", AddressForm::Whole),
    ("network", AddressForm::Network),
    ("keyed", AddressForm::Keyed),
];

/// Whether headers are a tag.
pub(in super::super) const HEADERS: [(&str, bool); 2] = [("values", false), ("keyed", true)];

pub(super) const SECTION: ValueKind = ValueKind::Object(KEYS);

const KEYS: KeyTable = &[
    key("key", ValueKind::SecretKey)
        .needed(
            "give it a key of its own: openssl rand -base64 32",
            "What the tags in lines and the chain of lines are made with: a key of its own, never one of \
             `keys`. `{ \"env\": \"NAME\" }` reads it from the VM's environment ([how](keys.md)). Lines under \
             a key that is retired and destroyed are meaningless.",
            r#""00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff""#,
        )
        .form(r#""…""#),
    key("logins", ValueKind::Words(&words(&LOGINS))).default(
        r#""all""#,
        "Which logins have a line. `all`: each. `flagged`: those with a verdict other than allow, in \
         shadow mode those that would have one. `sample`: all logins of a share of the accounts.",
        r#""flagged""#,
    ),
    key("percent", ValueKind::Integer { min: 1, max: 100 }).default(
        "10",
        "The share of the accounts, in per cent, with `logins` `sample`.",
        "5",
    ),
    key("to", ValueKind::Words(&words(&SINKS))).default(
        r#""log""#,
        "Where lines go. `log`: to Envoy's own log. `access_log`: to the filter state \
         `wasm.unstuff_record`, which Envoy's access log prints ([how](record.md#to-the-access-log)).",
        r#""access_log""#,
    ),
    key("address", ValueKind::Words(&words(&ADDRESSES))).default(
        r#""whole""#,
        "How much of a client's address a line has. `whole`: all. `network`: its /24 or /48. `keyed`: a \
         tag under the record's key.",
        r#""keyed""#,
    ),
    key("headers", ValueKind::Words(&words(&HEADERS))).default(
        r#""values""#,
        "What a line has of the headers that the fingerprint is made of. `values`: their values, but for \
         `cookie` and `authorization`. `keyed`: a tag under the record's key.",
        r#""keyed""#,
    ),
    key("compare_accounts", ValueKind::Boolean).default(
        "false",
        "Whether lines have a tag that tells whether two accounts were tried with one password, for \
         `password.usernames` in a replay: 20 bits, under a key that lives an hour.",
        "true",
    ),
    key("per_second", ValueKind::Integer { min: 1, max: 100_000 }).default(
        "100",
        "The most lines of a worker in a second for each verdict other than allow. The others are \
         counted in a line of their own and in `unstuff.record.left_out`.",
        "20",
    ),
    key("allowed_per_second", ValueKind::Integer { min: 1, max: 100_000 }).default(
        "1000",
        "The same for logins that got in, and for others that were allowed: each a quota of its own, so \
         that junk does not crowd out what got in.",
        "5000",
    ),
];
