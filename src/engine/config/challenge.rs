//! Reader of the section `challenge`: the built-in challenge and its hand-over.

use super::environment::VmEnvironment;
use super::keys;
use super::object::ConfigObject;
use super::problem::Problem;
use super::reader::ConfigValue;
use super::replies::target;
use super::schema::challenge::CHALLENGED_AT;
use crate::challenge::page::REQUIRED;
use crate::challenge::{BindingPolicy, ChallengePolicy, Handover, NoScript, SurchargePolicy};

/// Headers that differ between a browser's navigation and the requests of a page.
const VARYING: &[&str] = &[
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
pub(super) fn read(section: Option<&ConfigValue<'_>>, env: VmEnvironment<'_>) -> ChallengePolicy {
    let default = ChallengePolicy::default();
    let Some(given) = section.and_then(ConfigValue::object) else { return default };
    let small = |key| given.get(key).and_then(|value| value.small_integer());
    let pass_seconds = small("minutes").map(|minutes| u32::from(minutes) * 60);
    ChallengePolicy {
        difficulty: small("difficulty").unwrap_or(default.difficulty),
        surcharge: surcharge(&given),
        expires_seconds: given
            .get("expires")
            .and_then(|value| value.seconds())
            .unwrap_or(default.expires_seconds),
        attempts: small("attempts").unwrap_or(default.attempts),
        pass_seconds: pass_seconds.unwrap_or(default.pass_seconds),
        binding: given.get("binding").map_or(default.binding, |value| binding(&value)),
        no_script: no_script(&given),
        inject: given.get("inject").and_then(|value| value.boolean()).unwrap_or(default.inject),
        at: given.get("at").and_then(|value| value.choice(&CHALLENGED_AT)).unwrap_or(default.at),
        page: given.get("page").and_then(|value| page(&value)),
        handover: given.get("handover").and_then(|value| handover(&value, env)),
    }
}

fn binding(value: &ConfigValue<'_>) -> BindingPolicy {
    let mut binding = BindingPolicy { network: false, headers: Vec::new() };
    let values = value.list().unwrap_or_default();
    if values.len() < value.kind.least() && value.is_list() {
        value.report(
            Problem::new("bound to nothing, so that one machine can solve for a whole botnet")
                .allowed("\"network\", and names of headers"),
        );
    }
    for value in values {
        match value.as_text() {
            Some("network") => binding.network = true,
            Some(name) if VARYING.contains(&name.to_ascii_lowercase().as_str()) => value.report(
                Problem::new("a browser varies this header between kinds of requests")
                    .fix("name headers that identify the client, such as \"user-agent\""),
            ),
            _ => binding.headers.extend(value.header_name()),
        }
    }
    binding
}

fn surcharge(given: &ConfigObject<'_>) -> Option<SurchargePolicy> {
    switch(given, "surcharge", |given, default: SurchargePolicy| {
        let count = |key, default| {
            given.get(key).and_then(|value| value.small_integer()).unwrap_or(default)
        };
        SurchargePolicy {
            per_network: count("per_network", default.per_network),
            max_bits: count("max_bits", default.max_bits),
        }
    })
}

/// A part that is on by default: `true`, `false`, or an object that changes its defaults.
fn switch<T: Default>(
    given: &ConfigObject<'_>,
    key: &'static str,
    read: impl FnOnce(&ConfigObject<'_>, T) -> T,
) -> Option<T> {
    let Some(value) = given.get(key) else { return Some(T::default()) };
    if !value.is_object() {
        return match value.as_bool() {
            Some(true) => Some(T::default()),
            Some(false) => None,
            None => value.expected("true, false or an object"),
        };
    }
    Some(read(&value.object()?, T::default()))
}

fn no_script(given: &ConfigObject<'_>) -> Option<NoScript> {
    switch(given, "no_script", |given, default: NoScript| {
        let count = |key, default| {
            given.get(key).and_then(|value| value.small_integer()).unwrap_or(default)
        };
        let wait = given.get("wait").and_then(|value| value.seconds());
        NoScript {
            wait_seconds: wait.unwrap_or(default.wait_seconds),
            per_network: count("per_network", default.per_network),
            per_endpoint: count("per_endpoint", default.per_endpoint),
        }
    })
}

fn page(value: &ConfigValue<'_>) -> Option<String> {
    let text = value.limited_text(", so that with script and puzzle it stays at 24")?;
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

fn handover(value: &ConfigValue<'_>, env: VmEnvironment<'_>) -> Option<Handover> {
    let given = value.object()?;
    let url = given.need("url").and_then(|url| target(&url));
    let return_to = given.need("return").and_then(|it| target(&it));
    let key = given.need("key").and_then(|key| keys::key(&key, env));
    Some(Handover { url: url?, return_to: return_to?, key: key? })
}
