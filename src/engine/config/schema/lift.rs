//! The keys of `lift`.

use super::{KeyTable, ValueKind, key};

/// What an operator types in an incident, and no list of a whole site.
const MAX_NAMED: u16 = 256;

/// Each may have 65,536 addresses, which are all looked up.
const MAX_NETWORKS: u16 = 4;

const MAX_FINGERPRINTS: u16 = 16;

/// A username, the value of a header, an id.
const TEXT: ValueKind = ValueKind::Text { max: 1 << 10 };

pub(super) const SECTION: ValueKind = ValueKind::Object(KEYS);

const KEYS: KeyTable = &[
    key("id", TEXT).optional(
        "the lists alone tell one lift from another",
        "A name of your own, such as a ticket's number. The same lists under another `id` are \
         carried out again.",
        r#""ticket 4711""#,
    ),
    key("addresses", ValueKind::List { of: &ValueKind::Address, min: 0, max: MAX_NAMED }).default(
        "[]",
        "Addresses of clients. Of an IPv6 address `client.ipv6_prefix` bits count.",
        r#"["192.0.2.7", "2001:db8::7"]"#,
    ),
    key("networks", ValueKind::List { of: &ValueKind::Network, min: 0, max: MAX_NETWORKS })
        .default(
            "[]",
            "Networks, `/16` to `/24` or, of IPv6, `/48`: the bans of the networks and all clients \
             in them.",
            r#"["192.0.2.0/24"]"#,
        ),
    key("usernames", ValueKind::List { of: &TEXT, min: 0, max: MAX_NAMED }).default(
        "[]",
        "Accounts, by the name that people type.",
        r#"["anna@example.com"]"#,
    ),
    key(
        "fingerprints",
        ValueKind::List { of: &ValueKind::Map(&TEXT), min: 0, max: MAX_FINGERPRINTS },
    )
    .default(
        "[]",
        "Fingerprints, by the headers in `client.fingerprint` and the values that were sent. A header \
         that is not here was not sent.",
        r#"[{ "user-agent": "ExampleApp/2.1", "accept-language": "en" }]"#,
    ),
];
