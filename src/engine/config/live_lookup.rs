//! Reader of the section `live_lookup`: who is asked about passwords that no filter knows.

use super::object::ConfigObject;
use super::problem::Problem;
use super::reader::ConfigValue;
use super::replies::header_value;
use crate::decision::signals::Signal;
use crate::live_lookup::LiveLookupPolicy;
use crate::policy::Rule;

const PATH: &str = "/range/";
const DEADLINE_MS: u16 = 150;
const PER_SECOND: u32 = 50;
const REMEMBER_SECONDS: u32 = 3_600;

/// Reads the section.
pub(super) fn read(section: &ConfigValue<'_>) -> Option<LiveLookupPolicy> {
    let given = section.object()?;
    let cluster = given.need("cluster").and_then(|value| header_value(&value));
    let authority = given.get("authority").and_then(|value| header_value(&value));
    let path = given.get("path").map_or_else(|| Some(PATH.to_owned()), |value| path(&value));
    let number = |key| given.get(key).and_then(|value| value.integer());
    let deadline_ms = number("deadline_ms").and_then(|it| u16::try_from(it).ok());
    let per_second = number("per_second").and_then(|it| u32::try_from(it).ok());
    let remember = given.get("remember").and_then(|value| value.seconds());
    let cluster = cluster?;
    Some(LiveLookupPolicy {
        authority: authority.unwrap_or_else(|| cluster.clone()),
        cluster,
        path: path?,
        deadline_ms: deadline_ms.unwrap_or(DEADLINE_MS),
        per_second: per_second.unwrap_or(PER_SECOND),
        remember_seconds: remember.unwrap_or(REMEMBER_SECONDS),
    })
}

fn path(value: &ConfigValue<'_>) -> Option<String> {
    let path = header_value(value)?;
    let is_path = path.starts_with('/') && path.ends_with('/') && !path.contains(['?', '#', ' ']);
    if is_path {
        return Some(path);
    }
    value.refuse(
        Problem::new("not a path that the five digits can follow")
            .allowed("a path that begins and ends with /"),
    )
}

/// A rule that waits for an answer, where nobody is asked.
pub(super) fn check(top: &ConfigObject<'_>, root: &ConfigValue<'_>, rules: &[Rule]) {
    if top.get("live_lookup").is_some() {
        return;
    }
    let name = Signal::PasswordBreachedLive.row().name;
    for rule in rules.iter().filter(|rule| rule.asks_for(Signal::PasswordBreachedLive)) {
        root.report_bare(
            Problem::new(format!("rule `{}` asks for {name}, and nobody is asked", rule.name))
                .fix(r#"add "live_lookup": { "cluster": "…" }, or use password.breached"#),
        );
    }
}
