//! The keys of `client`.

use super::{KeyTable, UNLIMITED, ValueKind, key};

/// More proxies than this in front of Envoy are a typing error.
const MAX_HOPS: u32 = 16;

/// More headers than these identify people, not tools.
const MAX_FINGERPRINT: u16 = 8;

pub(super) const SECTION: ValueKind = ValueKind::Object(KEYS);

const KEYS: KeyTable = &[
    key("address", ValueKind::Object(ADDRESS)).optional(
        "the address that Envoy sees (`source.address`)",
        "Reads the client's address from a header, for an Envoy behind other proxies. Without \
         it, all clients behind a proxy are one.",
        r#"{ "header": "x-forwarded-for", "trusted_hops": 0 }"#,
    ),
    key("ipv6_prefix", ValueKind::Numbers(&[48, 56, 64, 128])).default(
        "64",
        "How many leading bits of an IPv6 address make a client. A provider gives one customer \
         at least a /64 (RFC 6177).",
        "56",
    ),
    key(
        "fingerprint",
        ValueKind::List { of: &ValueKind::HeaderName, min: 0, max: MAX_FINGERPRINT },
    )
    .default(
        r#"["user-agent", "accept-language"]"#,
        "The request headers whose values make a client's fingerprint. A JA4 header of a proxy \
         in front is harder to forge.",
        r#"["x-ja4", "user-agent"]"#,
    ),
    key("allow", ValueKind::List { of: &ValueKind::Network, min: 0, max: UNLIMITED }).default(
        "[]",
        "The allow-list: networks whose clients are exempt from rules with `\"allowed\"` in \
         `exempt`. Not every address (`/0`).",
        r#"["192.0.2.0/24", "2001:db8::/32"]"#,
    ),
];

const ADDRESS: KeyTable = &[
    key("header", ValueKind::HeaderName).needed(
        "name the header, or leave \"address\" out to use Envoy's own view",
        "The header that the proxies in front write the client's address to.",
        r#""x-forwarded-for""#,
    ),
    // No default: one too many lets clients write their own address, one too few makes all of
    // them one.
    key("trusted_hops", ValueKind::Integer { min: 0, max: MAX_HOPS }).needed(
        "count your proxies' entries from the right of the header; 0 is the rightmost",
        "How many entries at the right of the header are proxies of your own; the next one is \
         the client. One too many lets clients write their own address; one too few makes all \
         of them one.",
        "1",
    ),
];
