//! The section `challenge`: the door that bots pay for.

use std::ops::RangeInclusive;

use super::keys;
use super::object::ConfigObject;
use super::problem::Problem;
use super::reader::ConfigValue;
use super::replies::target;
use crate::challenge::page::REQUIRED;
use crate::challenge::{BindingPolicy, ChallengePolicy, Handover, NoScript};

const KEYS: &[&str] =
    &["difficulty", "expires", "attempts", "minutes", "binding", "no_script", "page", "handover"];

/// Below 8 bits a puzzle is no work at all; of 22 an old phone has for minutes.
const DIFFICULTY: RangeInclusive<u64> = 8..=22;

/// The script and the puzzle take 6 KiB, and the page is to stay below 20 in all.
const MAX_PAGE: usize = 14 << 10;

/// Headers that a browser sends otherwise with a page's own request than with a navigation.
const FICKLE: &[&str] = &[
    "accept",
    "cookie",
    "referer",
    "origin",
    "host",
    "priority",
    "cache-control",
    "pragma",
    "content-type",
    "content-length",
    "sec-fetch-mode",
    "sec-fetch-dest",
    "sec-fetch-site",
    "sec-fetch-user",
    "upgrade-insecure-requests",
];

/// Reads the section, where there is one.
pub(super) fn read(section: Option<&ConfigValue<'_>>) -> ChallengePolicy {
    let default = ChallengePolicy::default();
    let Some(given) = section.and_then(|value| value.object(KEYS)) else { return default };
    let small = |key, range| given.get(key).and_then(|value| small(&value, range));
    let expires = given.get("expires").and_then(|value| value.seconds(30..=3600, "30s to 1h"));
    let minutes = given.get("minutes").and_then(|value| value.integer(1..=60));
    ChallengePolicy {
        bits: small("difficulty", DIFFICULTY).unwrap_or(default.bits),
        expires_seconds: expires.unwrap_or(default.expires_seconds),
        attempts: small("attempts", 1..=50).unwrap_or(default.attempts),
        pass_seconds: minutes
            .and_then(|minutes| u32::try_from(minutes * 60).ok())
            .unwrap_or(default.pass_seconds),
        binding: given.get("binding").map_or(default.binding, |value| binding(&value)),
        no_script: no_script(&given),
        page: given.get("page").and_then(|value| page(&value)),
        handover: given.get("handover").and_then(|value| handover(&value)),
    }
}

fn small(value: &ConfigValue<'_>, range: RangeInclusive<u64>) -> Option<u8> {
    u8::try_from(value.integer(range)?).ok()
}

fn binding(value: &ConfigValue<'_>) -> BindingPolicy {
    let mut binding = BindingPolicy { network: false, headers: Vec::new() };
    let values = value.list().unwrap_or_default();
    if values.is_empty() && value.is_list() {
        value.report(
            Problem::new("bound to nothing, so that one machine can solve for a whole botnet")
                .allowed("\"network\", and names of headers"),
        );
    }
    for value in values {
        match value.as_text() {
            Some("network") => binding.network = true,
            Some(name) if FICKLE.contains(&name.to_ascii_lowercase().as_str()) => value.report(
                Problem::new("a browser sends this header otherwise with each kind of request")
                    .fix("name headers that say who is asking, such as \"user-agent\""),
            ),
            _ => binding.headers.extend(value.header_name()),
        }
    }
    binding
}

fn no_script(given: &ConfigObject<'_>) -> Option<NoScript> {
    let default = NoScript::default();
    let Some(value) = given.get("no_script") else { return Some(default) };
    if !value.is_object() {
        return match value.as_bool() {
            Some(true) => Some(default),
            Some(false) => None,
            None => value.refuse(
                Problem::new("expected true, false or an object")
                    .allowed("wait, per_network, per_endpoint"),
            ),
        };
    }
    let given = value.object(&["wait", "per_network", "per_endpoint"])?;
    let count =
        |key, default| given.get(key).and_then(|value| small(&value, 1..=255)).unwrap_or(default);
    let wait = given.get("wait").and_then(|value| value.seconds(1..=300, "1s to 5m"));
    Some(NoScript {
        wait_seconds: wait.unwrap_or(default.wait_seconds),
        per_network: count("per_network", default.per_network),
        per_endpoint: count("per_endpoint", default.per_endpoint),
    })
}

fn page(value: &ConfigValue<'_>) -> Option<String> {
    let text = value.text()?;
    if text.len() > MAX_PAGE {
        return value.refuse(
            Problem::new(format!("{} bytes", text.len()))
                .allowed("at most 14 KiB, so that with script and puzzle it stays below 20"),
        );
    }
    for wanted in REQUIRED {
        if !text.contains(wanted) {
            value.report(
                Problem::new(format!("{wanted} is missing"))
                    .fix("the challenge does not work without it: see docs/challenge.md"),
            );
        }
    }
    Some(text.to_owned())
}

fn handover(value: &ConfigValue<'_>) -> Option<Handover> {
    let given = value.object(&["url", "return", "key"])?;
    let url = given.need("url", "name the page that challenges").and_then(|url| target(&url));
    let return_to = given
        .need("return", "name a login location as browsers reach it, with https://")
        .and_then(|it| target(&it));
    let key = given
        .need("key", "share a key with that page: openssl rand -base64 32")
        .and_then(|key| keys::key(&key));
    Some(Handover { url: url?, return_to: return_to?, key: key? })
}
