//! The keys of `fleet`.

use super::{KeyTable, ValueKind, key};

pub(super) const SECTION: ValueKind = ValueKind::Object(KEYS);

const KEYS: KeyTable = &[
    key("cluster", ValueKind::HeaderValue).needed(
        "name the cluster in Envoy's configuration that answers",
        "The cluster of the rate limit service in Envoy's configuration. It needs HTTP/2. At \
         most 120 bytes.",
        r#""limiter""#,
    ),
    key("key", ValueKind::SecretKey).needed(
        "add a key that all gateways have",
        "What makes the tags of clients. The same at all gateways, and used for nothing else. \
         `{ \"env\": \"NAME\" }` reads it from the VM's environment ([how](keys.md)).",
        r#""00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff""#,
    ),
    key("domain", ValueKind::HeaderValue).default(
        r#""unstuff""#,
        "The domain of the limits at the service.",
        r#""logins""#,
    ),
    // Less is no time for a network. The service is asked again only after an answer or this time.
    key("timeout_ms", ValueKind::Integer { min: 10, max: 2_000 }).default(
        "200",
        "How many milliseconds an answer may take. Only a login that needs its pass waits for one.",
        "300",
    ),
];
