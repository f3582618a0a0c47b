//! The page docs/configuration.md, from the tables of keys.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{AbsentKey, KeyTable, TOP, UNLIMITED, ValueKind, rules};
use crate::config::replies::MAX_VALUE;
use crate::config::units::{MAX_NAME, duration, size};
use crate::decision::signals::Signal;
use crate::time::Window;
use crate::tokens::signing::MIN_KEY_BYTES;

/// The tables of keys that stand at a path, such as `endpoints[].match`, in document order. A
/// table at several paths is there once for each.
pub(super) fn tables() -> Vec<(String, KeyTable)> {
    let mut found = Vec::new();
    collect("", &TOP, &mut found);
    found
}

fn collect(path: &str, kind: &ValueKind, found: &mut Vec<(String, KeyTable)>) {
    match kind {
        ValueKind::Object(keys) | ValueKind::Switch(keys) => {
            found.push((path.to_owned(), keys));
            for row in *keys {
                collect(&key_path(path, row.name), &row.kind, found);
            }
        }
        ValueKind::List { of, .. } | ValueKind::Rules { of, .. } | ValueKind::OneOrMore(of) => {
            collect(&format!("{path}[]"), of, found);
        }
        ValueKind::Conditions => {
            // One signal of each measure.
            let signals = [Signal::IpFailures, Signal::IpUsernames, Signal::FingerprintFailedShare];
            for row in signals.map(Signal::row) {
                let path = format!("{path}[{:?}]", row.name);
                collect(&path, rules::condition(row), found);
            }
        }
        _ => {}
    }
}

/// The path of a key in the object at `path`.
pub(super) fn key_path(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The whole page.
pub(super) fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut printed: Vec<String> = Vec::new();
    let all = tables();
    for (path, keys) in &all {
        let contents = format!("{keys:?}");
        if printed.contains(&contents) {
            continue;
        }
        let same: Vec<_> = all
            .iter()
            .filter(|(_, other)| format!("{other:?}") == contents)
            .map(|(path, _)| format!("`{path}`"))
            .collect();
        printed.push(contents);
        let title = if path.is_empty() { "The document".to_owned() } else { same.join(", ") };
        let _ = write!(page, "\n### {title}\n\n{}", note(path));
        page += "| key | value | default | meaning | example |\n|---|---|---|---|---|\n";
        for row in *keys {
            let default = match row.doc.absent {
                AbsentKey::Refused => "needed".to_owned(),
                AbsentKey::Default(json) => code(json),
                AbsentKey::Otherwise(words) => words.to_owned(),
            };
            let (name, example) = (row.name, code(row.doc.example));
            let (value, meaning) = (described(&row.kind), row.doc.meaning);
            let _ = writeln!(page, "| `{name}` | {value} | {default} | {meaning} | {example} |");
        }
    }
    page += &default_endpoints();
    page += &default_rules();
    page
}

const INTRODUCTION: &str = "\
# Configuration

<!-- Generated from the tables in src/engine/config/schema: UNSTUFF_BLESS=1 cargo test -p unstuff-engine -->

The module's configuration is a JSON object. Every key may be absent. `{}`, or no configuration \
at all, means: common login locations, the default rules, in shadow mode, so nothing is stopped.

The filter and `unstuff check` use the same validator. It refuses unknown keys, duplicate keys \
and values out of range, reports all problems at once, and accepts no part of a configuration \
that has one. `unstuff explain` prints a configuration in words, with all defaults filled in. \
`unstuff schema` prints its JSON Schema, with which editors complete and check it while it is typed.

- A **duration** is a whole number and a unit, `s`, `m`, `h` or `d`: `\"90s\"`, `\"15m\"`.
- A **size** is a number of bytes, or a whole number and a unit, `KiB`, `MiB` or `GiB`: `\"64KiB\"`.
- Every object below may have the key `about`, a free text, because JSON has no comments.
- `[]` in a path stands for each value of a list. Where one value or a list is allowed, the value \
alone means the same as a list of it.

## Keys
";

/// What is said before the table at a path.
fn note(path: &str) -> &'static str {
    match path {
        "rules[]" => {
            "<a id=\"changes\"></a>\
             Where `rules` is an object, all [default rules](#default-rules) apply, changed as it \
             says under their names: `\"off\"` leaves a rule out, `\"shadow\"` and `\"enforce\"` set \
             its mode, and an object has the keys that take the place of the rule's own. `null` \
             takes a key away, and a `then` that lets through takes the ban away. Another name \
             begins a rule of your own, with `when` and `then`; it comes after the default \
             rules.\n\n\
             ```json\n\
             { \"rules\": { \"unreadable\": \"off\", \"account\": \"shadow\", \"ip-slow\": { \"for\": \"1h\" } } }\n\
             ```\n\n"
        }
        "endpoints[]" => {
            "A request that matches several endpoints is read at all of them and counts once. The \
             outcome is judged by each one's own `failure` and `success`: a failure at one is a \
             failure, and a success must be one at all.\n\n\
             A request without a body and without anything that could be a password is no login. One \
             with a body that is plainly readable and holds nothing that could be the password is \
             `credentials.absent`: no default rule stops it, and only a failure of it counts, for \
             its address. After 50 of these and never a password the log warns of the endpoint, \
             because its field may be named otherwise.\n\n\
             <a id=\"kinds-of-endpoints\"></a>\
             The `kind` says what is sent there:\n\n\
             - `login`: a username and a password.\n\
             - `identifier`: the name alone, where the password is asked for on the next page. Its \
             answer may tell whether there is such an account, so say with `failure` how it \
             refuses a name. A failure counts for the address alone, a success earns nothing, and \
             a missing password is normal. The page that asks for the password is a `login`.\n\
             - `password-change`: guesses of the current password count as those of a login do, a \
             success earns no credit and makes no device known. Name the current password's field \
             alone in `credentials`.\n\
             - `sign-up`: its answer may tell that there is such an account already. A failure \
             counts for the address alone, a success earns nothing, and the application is told \
             of a breached password.\n\n"
        }
        "rules[].when[\"ip.failures\"]" => {
            "A condition is `\"signal\": …`, such as the ones in this heading. \
             [SIGNALS.md](../envoy/policies/SIGNALS.md) lists all signals and their windows. \
             A flag takes `true` or `false`. This is a count of events:\n\n"
        }
        "rules[].when[\"ip.usernames\"]" => "A count of distinct values:\n\n",
        "rules[].when[\"fingerprint.failed_share\"]" => "A share:\n\n",
        "endpoints[].credentials.graphql" => {
            "<a id=\"graphql\"></a>\
             Names are exact, as GraphQL's are. Variables, their defaults and input objects are \
             resolved. A text that is not plainly GraphQL is unreadable, and so is one that is longer \
             than `max_body`.\n\n\
             A persisted query is a hash whose document the server keeps. It is a login if its \
             variables are named as the arguments are, and counts as `credentials.absent` \
             otherwise. Apollo Server keeps whatever document it is sent: set its \
             `persistedQueries: false`, or an attacker can store the login with variables of other \
             names.\n\n"
        }
        "endpoints[].failure[]" => {
            "A condition on a response; every key that is given must hold, and at least one is \
             needed.\n\n<a id=\"suggestion\"></a>\
             The log helps to find it. Where none of a worker's first 50 logins at an endpoint is \
             a failure, it says once how upstream answered (statuses, paths of redirects, names \
             of cookies, types and sizes, without values) and which `failure`, `success` and \
             preset fit. Where the answers do not tell after 200 logins, it asks. Where failures \
             are known and no success is, it says the same of `success`. Compare with a \
             login of your own before you copy it: an answer that anyone can cause without a \
             password is no success.\n\n<a id=\"location\"></a>\
             `location` is compared with the beginning of the response's `location` header, after \
             scheme and host are taken off the header: applications write either form. So \
             `\"/login?error\"` fits `/login?error` and `https://www.example.com/login?error=1`, \
             and `\"/\"` fits every target. Case counts, and a `*` means itself.\n\n\
             <a id=\"redirect\"></a>\
             `redirect` is told by the path of the `location` header, in any folder and whatever its \
             query: `login` if it ends in `login`, `signin`, `logon` or the like, or in \
             `session/new`; `second-factor` if it has a word such as `2fa`, `otp` or `verify`; \
             `elsewhere` if it has no such word and none of an error.\n\n\
             <a id=\"response-cookie\"></a>\
             `cookie` fits a `set-cookie` header that gives this cookie a value. A value that is \
             empty or `deleted` is none, and neither is one whose `max-age` or `expires` is over: \
             applications delete cookies so. Case counts. A `*` at the end stands for the rest of \
             a name, such as the hash in `wordpress_logged_in_*`.\n\n\
             <a id=\"response-body\"></a>\
             `body` is looked for in the first 64 KiB of the response's body, which pass on while \
             they are read. Prefer a sign in the headers, because:\n\n\
             - The device cookie is a header, so it is set only if the headers rule out every \
             failure and show the success. A `status` in each condition helps.\n\
             - Requests to the endpoint are sent on with `accept-encoding: identity`.\n\
             - A body that is compressed, longer, broken off or empty does not tell. Then the login \
             counts as failed, unless the headers alone tell.\n\
             - A success that a text tells is believed only if the request holds no part of the \
             text, because a page repeats what was sent to it (`Welcome alice`). A part is half of \
             the text's letters and digits, or 8 of them, in any encoding that servers decode. \
             JSON values are better.\n\n\
             <a id=\"code-details\"></a>\
             `code_details` fits a reply that a filter behind this module made instead of upstream: \
             `ext_authz` or `basic_auth` where that filter checks the password. Envoy's \
             access log shows its details as `%RESPONSE_CODE_DETAILS%`; a `*` at the end stands for \
             any rest. A condition without `code_details` fits upstream's own responses alone. \
             `failure` takes the place of the default, so name upstream's failures beside it if it \
             has any. What Envoy answers itself is no outcome otherwise: if its details prove that \
             no upstream has seen the login (`no_healthy_upstream`, a connection failure, \
             `overflow`, no route), the login counts for nothing; else it stays pending for a \
             minute or two, as it does after a timeout or if the client hangs up.\n\n"
        }
        "endpoints[].failure[].body" => {
            "Either `contains`, or `json` with or without `equals`.\n\n"
        }
        _ => "",
    }
}

/// The values of a kind, in words.
pub(super) fn described(kind: &ValueKind) -> String {
    let quoted = |words: &[&str]| {
        let words: Vec<_> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
        alternatives(&words)
    };
    let text = match kind {
        ValueKind::Unknown => "",
        ValueKind::Boolean => "`true` or `false`",
        ValueKind::Integer { min, max } => return format!("whole number, {min} to {max}"),
        ValueKind::Numbers(numbers) => {
            return alternatives(&numbers.iter().map(u32::to_string).collect::<Vec<_>>());
        }
        ValueKind::Seconds { min, max } => {
            return format!("duration, `{}` to `{}`", duration(*min), duration(*max));
        }
        ValueKind::SecondsOrNull { min, max } => {
            return format!("duration, `{}` to `{}`, or `null`", duration(*min), duration(*max));
        }
        ValueKind::Bytes(range) => {
            return format!("size, `{}` to `{}`", size(*range.start()), size(*range.end()));
        }
        ValueKind::Words(words) => return quoted(words),
        ValueKind::Text { max: u32::MAX } => "string",
        ValueKind::Text { max } => return format!("string, at most {} KiB", max >> 10),
        ValueKind::Name => return format!("1 to {MAX_NAME} of `a-z`, `0-9` and `-`"),
        ValueKind::Preset => "name of a preset, or a preset, `/` and one of its doors",
        ValueKind::HeaderName => "name of a header",
        ValueKind::HeaderValue => return format!("1 to {MAX_VALUE} visible ASCII characters"),
        ValueKind::Binding => "`\"network\"` or the name of a header",
        ValueKind::Target => "URL with `https://`, or a path that begins with one `/`",
        ValueKind::Origin => "origin, `https://host` or `https://host:port`",
        ValueKind::Host => "host, or `*.` and a domain for all hosts below it",
        ValueKind::Method => "HTTP method, except `HEAD`, `OPTIONS` and `CONNECT`",
        ValueKind::Path => "path that begins with `/`",
        ValueKind::PathRegex => "regular expression",
        ValueKind::Field => "name of a field",
        ValueKind::Pointer => "JSON pointer (RFC 6901)",
        ValueKind::Status => "status from 100 to 599, `\"2xx\"` or `\"400-403\"`",
        ValueKind::ReplyStatus => "400 to 599 without 401 and 407",
        ValueKind::Location => "text that begins with `/`",
        ValueKind::Cookie => "name of a cookie, with or without `*` at its end",
        ValueKind::CodeDetails => "details of a reply, with or without `*` at its end",
        ValueKind::Scalar => "string, number, `true`, `false` or `null`",
        ValueKind::Address => "address",
        ValueKind::Network => "network, `address/prefix`",
        ValueKind::SecretKey => {
            return format!(
                "at least {MIN_KEY_BYTES} random bytes, in hexadecimal or base64; or \
                 `{{ \"env\": \"NAME\" }}`"
            );
        }
        ValueKind::Window => {
            return format!("{}, as the signal has it", quoted(&Window::ALL.map(Window::name)));
        }
        ValueKind::Conditions => "object: conditions by signal",
        ValueKind::Object(_) => "object",
        ValueKind::Switch(_) => "`true`, `false` or an object",
        ValueKind::Map(of) => return format!("object with any keys; values: {}", described(of)),
        ValueKind::List { of, min: 0, max: UNLIMITED } => {
            return format!("list; values: {}", described(of));
        }
        ValueKind::List { of, min, max: UNLIMITED } => {
            return format!("list of at least {min}; values: {}", described(of));
        }
        ValueKind::List { of, min, max } => {
            return format!("list of {min} to {max}; values: {}", described(of));
        }
        ValueKind::OneOrMore(of) => return format!("{}; or a list of such values", described(of)),
        ValueKind::Rules { max, .. } => {
            return format!("list of at most {max} objects, or an object: changes by rule");
        }
        ValueKind::RuleChange(_) => "`\"off\"`, `\"shadow\"`, `\"enforce\"` or an object",
    };
    text.to_owned()
}

/// `a, b or c`.
fn alternatives(words: &[String]) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// A piece of JSON in a cell of a table.
fn code(json: &str) -> String {
    format!("`{}`", json.replace('|', "\\|"))
}

fn list(text: &str) -> Vec<Map<String, Value>> {
    serde_json::from_str(text).expect("a built-in document is a list of JSON objects")
}

fn default_endpoints() -> String {
    let mut text = "\n## Default endpoints\n\nWithout `endpoints`, these login locations are \
                    protected. They are in \
                    [default_endpoints.json](../src/engine/config/default_endpoints.json).\n\n\
                    | endpoint | location | what logs in there |\n|---|---|---|\n"
        .to_owned();
    for endpoint in list(include_str!("../default_endpoints.json")) {
        let location = match (endpoint.get("match"), endpoint.get("preset")) {
            (Some(location), _) => paths(location),
            (None, preset) => {
                let name = plain(preset.expect("a location"));
                let section = name.split('/').next().unwrap_or_default();
                format!("preset [`{name}`](presets.md#{section})")
            }
        };
        let (name, about) = (plain(&endpoint["name"]), about(&endpoint["about"]));
        let _ = writeln!(text, "| `{name}` | {location} | {about} |");
    }
    text
}

fn default_rules() -> String {
    let mut text = "\n## Default rules\n\nWithout `rules`, these apply. They are in \
                    [default_rules.json](../src/engine/config/default_rules.json); `unstuff \
                    explain` prints them in words. [Other policies](../envoy/policies/README.md) \
                    are ready to use as well.\n\n\
                    | rule | action | ban | reason |\n|---|---|---|---|\n"
        .to_owned();
    for rule in list(include_str!("../default_rules.json")) {
        let ban = match (rule.get("ban"), rule.get("for")) {
            (Some(ban), Some(time)) => format!("{} for {}", plain(ban), plain(time)),
            _ => "-".to_owned(),
        };
        let (name, then) = (plain(&rule["name"]), plain(&rule["then"]));
        let _ = writeln!(text, "| `{name}` | {then} | {ban} | {} |", about(&rule["about"]));
    }
    text
}

/// The paths of a `match`.
fn paths(location: &Value) -> String {
    let of_key = |key: &str| match location.get(key) {
        Some(Value::Array(paths)) => paths.clone(),
        Some(path) => vec![path.clone()],
        None => Vec::new(),
    };
    let all = ["path", "path_prefix", "path_suffix", "path_regex"].into_iter().flat_map(of_key);
    all.map(|path| code(&plain(&path))).collect::<Vec<_>>().join(", ")
}

fn about(value: &Value) -> String {
    plain(value).replace('|', "\\|")
}

fn plain(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
