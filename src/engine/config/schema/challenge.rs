//! The keys of `challenge`.

use super::{KeyTable, UNLIMITED, ValueKind, key, words};
use crate::challenge::ChallengedAt;

/// The words of `at`.
pub(in super::super) const CHALLENGED_AT: [(&str, ChallengedAt); 2] =
    [("login", ChallengedAt::Login), ("page", ChallengedAt::Page)];

pub(super) const SECTION: ValueKind = ValueKind::Object(KEYS);

/// The scripts, the puzzle and the texts take up to 10 KiB, and the page is to stay at 24 KiB in all.
const MAX_PAGE: u32 = 14 << 10;

const KEYS: KeyTable = &[
    // Below 8 bits a puzzle is no work at all; 22 bits take an old phone minutes.
    key("difficulty", ValueKind::Integer { min: 8, max: 22 }).default(
        "15",
        "The difficulty in bits: one more doubles the work. 15 takes a browser on an old laptop \
         about a second.",
        "17",
    ),
    key("surcharge", ValueKind::Switch(SURCHARGE)).default(
        "true",
        "Whether puzzles become harder for a network that is given many, and from when.",
        r#"{ "per_network": 200, "max_bits": 2 }"#,
    ),
    key("expires", ValueKind::Seconds { min: 30, max: 3600 }).default(
        r#""5m""#,
        "How long a puzzle can be solved after it was issued.",
        r#""10m""#,
    ),
    key("attempts", ValueKind::Integer { min: 1, max: 50 }).default(
        "3",
        "How many logins a pass is good for. People mistype a password twice.",
        "5",
    ),
    key("minutes", ValueKind::Integer { min: 1, max: 60 }).default(
        "10",
        "How many minutes a pass is good for.",
        "30",
    ),
    key("binding", ValueKind::List { of: &ValueKind::Binding, min: 1, max: UNLIMITED }).default(
        r#"["network", "user-agent"]"#,
        "What a pass is bound to, so that one machine cannot solve for others: the client's \
         network, and values of request headers. Not headers that a browser varies from request \
         to request, such as `accept`.",
        r#"["network", "x-ja4"]"#,
    ),
    key("no_script", ValueKind::Switch(NO_SCRIPT)).default(
        "true",
        "Whether browsers without JavaScript can wait instead of solving, and how long.",
        r#"{ "wait": "30s", "per_network": 1 }"#,
    ),
    key("inject", ValueKind::Boolean).default(
        "false",
        "Whether the module adds its script to the login pages that it passes, so that people who are \
         challenged see nothing of it ([invisible.md](invisible.md#added-by-the-module)).",
        "true",
    ),
    key("at", ValueKind::Words(&words(&CHALLENGED_AT))).default(
        r#""login""#,
        "What is challenged while an endpoint is under attack: logins alone, or its login page, too, so that \
         no form is lost ([challenge.md](challenge.md#the-page-before-the-form)).",
        r#""page""#,
    ),
    key("page", ValueKind::Text { max: MAX_PAGE }).optional(
        "the built-in page",
        "A template of the page that browsers are shown, with placeholders \
         ([challenge.md](challenge.md)).",
        r#""<title>One moment</title><div id=\"unstuff-work\" hidden><progress id=\"unstuff-progress\"></progress><p id=\"unstuff-status\"></p></div>{{script}}""#,
    ),
    key("handover", ValueKind::Object(HANDOVER)).optional(
        "browsers solve the built-in puzzle",
        "Sends browsers to a page of your own for a challenge, and takes them back after it \
         ([challenge.md](challenge.md#handing-over)).",
        r#"{ "url": "https://prove.example.com/", "return": "https://www.example.com/login", "key": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" }"#,
    )
    .form(r#"{ "url": "https://prove.example.com/", "return": "https://www.example.com/login", "key": "…" }"#),
];

const SURCHARGE: KeyTable = &[
    key("per_network", ADMITTED).default(
        "60",
        "Puzzles per minute and network (IPv4 /24, IPv6 /48) that are not harder. Over it they take \
         twice the work, over twice as many four times.",
        "200",
    ),
    // Three bits make a second eight, which nobody leaves for. More would shut out old phones.
    key("max_bits", ValueKind::Integer { min: 1, max: 6 }).default(
        "3",
        "The most bits by which a puzzle becomes harder. Nobody is refused.",
        "2",
    ),
];

const NO_SCRIPT: KeyTable = &[
    key("wait", ValueKind::Seconds { min: 1, max: 300 }).default(
        r#""15s""#,
        "The first wait. It doubles each time the limit is reached.",
        r#""30s""#,
    ),
    key("per_network", ADMITTED).default(
        "3",
        "Waits that are admitted per minute and network (IPv4 /24, IPv6 /48).",
        "1",
    ),
    key("per_endpoint", ADMITTED).default(
        "30",
        "Waits that are admitted per minute and endpoint.",
        "10",
    ),
];

const ADMITTED: ValueKind = ValueKind::Integer { min: 1, max: 255 };

const HANDOVER: KeyTable = &[
    key("url", ValueKind::Target).needed(
        "name the page that challenges",
        "The page that challenges.",
        r#""https://prove.example.com/""#,
    ),
    key("return", ValueKind::Target).needed(
        "name a login location as browsers reach it, with https://",
        "A login location as browsers reach it: the page sends them back to it.",
        r#""https://www.example.com/login""#,
    ),
    key("key", ValueKind::SecretKey).needed(
        "share a key with that page: openssl rand -base64 32",
        "The key that the page signs its answer with. Never shown in a message.",
        r#""00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff""#,
    ),
];
