//! The keys of `replies`.

use super::{KeyTable, UNLIMITED, ValueKind, key};

pub(super) const SECTION: ValueKind = ValueKind::Object(KEYS);

/// Texts for people; a page belongs behind a redirect.
const MAX_BODY: u32 = 16 << 10;

const BODY: ValueKind = ValueKind::Text { max: MAX_BODY };

const KEYS: KeyTable = &[
    key("block", ValueKind::Object(BLOCK)).default(
        "{}",
        "The reply to a blocked login, and to one that must wait for earlier ones to be \
         answered (`retry-after` is then the time that this takes).",
        r#"{ "status": 403, "body": "no", "content_type": "text/plain" }"#,
    ),
    key("challenge", ValueKind::Object(CHALLENGE)).optional(
        "the built-in challenge",
        "A reply of your own that takes the place of the built-in challenge.",
        r#"{ "redirect": "https://example.com/prove" }"#,
    ),
    key("cors", ValueKind::Object(CORS)).optional(
        "no CORS headers",
        "Pages of other origins that may read replies, the built-in challenge included. For \
         Istio, whose CORS filter comes after the module; not where one comes before it.",
        r#"{ "origins": ["https://app.example"] }"#,
    ),
];

const CORS: KeyTable = &[
    key("origins", ValueKind::List { of: &ValueKind::Origin, min: 1, max: UNLIMITED }).needed(
        "list the origins of the pages that log in, such as \"https://app.example\"",
        "The origins, as browsers send them in `Origin`. Any other is not told that it may read.",
        r#"["https://app.example", "http://localhost:3000"]"#,
    ),
    key("credentials", ValueKind::Boolean).default(
        "false",
        "Whether these pages send cookies along (`access-control-allow-credentials`).",
        "true",
    ),
];

const BLOCK: KeyTable = &[
    key("status", ValueKind::ReplyStatus).default("429", STATUS_MEANING, "403"),
    key("body", BODY).default(
        r#""Too many login attempts. Try again later.\n""#,
        "The body.",
        r#""no""#,
    ),
    key("content_type", ValueKind::HeaderValue).default(
        r#""text/plain; charset=utf-8""#,
        TYPE_MEANING,
        r#""text/html""#,
    ),
    key("retry_after", ValueKind::SecondsOrNull { min: 1, max: 86_400 }).default(
        r#""60s""#,
        "The `retry-after` header; `null` for none.",
        r#""5m""#,
    ),
];

const CHALLENGE: KeyTable = &[
    key("status", ValueKind::ReplyStatus).default("403", STATUS_MEANING, "429"),
    key("body", BODY).optional(
        "a problem document (RFC 9457)",
        "The body. Needs `content_type`.",
        r#""<p>One more step</p>""#,
    ),
    key("content_type", ValueKind::HeaderValue).default(
        r#""application/problem+json""#,
        TYPE_MEANING,
        r#""text/html""#,
    ),
    key("redirect", ValueKind::Target).optional(
        "no redirect",
        "Redirects with 303 instead, which sends no password on. No other key beside it.",
        r#""https://example.com/prove""#,
    ),
];

const STATUS_MEANING: &str = "The status. Never one that failed logins are recognised by.";
const TYPE_MEANING: &str = "The `content-type` header.";
