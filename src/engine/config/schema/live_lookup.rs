//! The keys of `live_lookup`.

use super::{KeyTable, ValueKind, key};

pub(super) const SECTION: ValueKind = ValueKind::Object(KEYS);

const KEYS: KeyTable = &[
    key("cluster", ValueKind::HeaderValue).needed(
        "name the cluster in Envoy's configuration that answers",
        "The cluster, in Envoy's configuration, of a mirror (`unstuff serve-ranges`) or of the \
         public service.",
        r#""ranges""#,
    ),
    key("authority", ValueKind::HeaderValue).optional(
        "the cluster's name",
        "The host that is asked for, where the service needs it.",
        r#""api.pwnedpasswords.com""#,
    ),
    key("path", ValueKind::HeaderValue).default(
        r#""/range/""#,
        "The path that the five digits follow.",
        r#""/hibp/range/""#,
    ),
    // Less is no time for a network, more is a login that hangs.
    key("deadline_ms", ValueKind::Integer { min: 10, max: 2_000 }).default(
        "150",
        "How many milliseconds a login waits for an answer at most. Without one it is judged as if \
         the signal were unknown.",
        "80",
    ),
    key("per_second", ValueKind::Integer { min: 1, max: 10_000 }).default(
        "50",
        "The most questions of an Envoy in a second. Logins beyond it are judged as if the signal \
         were unknown.",
        "200",
    ),
    key("remember", ValueKind::Seconds { min: 1, max: 86_400 }).default(
        r#""1h""#,
        "How long a worker remembers an answer: a keyed tag of 32 bits and yes or no, for at most \
         4,096 passwords.",
        r#""10m""#,
    ),
];
