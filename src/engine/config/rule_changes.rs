//! Reader of `rules` as an object: the default rules, changed by name, and rules beside them.
//!
//! A change is a word (`off`, `shadow`, `enforce`) or an object whose keys take the place of the
//! default rule's. The result goes through the same checks as a rule of a list.

use super::defaults;
use super::object::ConfigObject;
use super::problem::Problem;
use super::reader::{ConfigValue, any_of};
use super::rules::{RuleOrigin, RuleSet, WrittenRule, check_count, rule, unique};
use super::schema::ABOUT;
use super::schema::rules::CHANGES;
use super::units::is_name;
use crate::policy::{Mode, Rule};

/// Reads the section, which is an object.
pub(super) fn read(section: &ConfigValue<'_>) -> RuleSet {
    let Some(given) = section.map() else { return RuleSet::default() };
    let free_text =
        |(name, value): &(&str, ConfigValue<'_>)| *name == ABOUT && value.as_text().is_some();
    let changes: Vec<_> = given.iter().filter(|entry| !free_text(entry)).collect();
    let set = defaults::over_rules(section, |defaults| merged(defaults, &changes));
    check_count(section, set.rules.len());
    set
}

fn merged<'a>(defaults: &ConfigValue<'a>, changes: &[(&'a str, ConfigValue<'a>)]) -> RuleSet {
    let (mut rules, mut said) = (Vec::new(), Vec::new());
    let mut known = Vec::new();
    for default in defaults.list().unwrap_or_default() {
        let Some(keys) = default.object() else { continue };
        let Some(name) = keys.get("name").and_then(|name| name.text()) else { continue };
        known.push(name);
        match changes.iter().find(|(changed, _)| *changed == name) {
            Some((_, change)) => rules.extend(changed(name, change, keys, &mut said)),
            None => rules.extend(unchanged(name, default, keys)),
        }
    }
    for (name, value) in changes.iter().filter(|(name, _)| !known.contains(name)) {
        if let Some(rule) = added(name, value, &rules, &known) {
            said.push(format!("{name} added"));
            rules.push(rule);
        }
    }
    RuleSet { rules, origin: RuleOrigin::Changed(said) }
}

fn unchanged<'a>(name: &str, place: ConfigValue<'a>, keys: ConfigObject<'a>) -> Option<Rule> {
    rule(Some(name.to_owned()), &WrittenRule { place, own: None, default: Some(keys) })
}

/// A default rule after a change; none if it is off.
fn changed<'a>(
    name: &str,
    change: &ConfigValue<'a>,
    keys: ConfigObject<'a>,
    said: &mut Vec<String>,
) -> Option<Rule> {
    if change.is_object() {
        let own = change.object()?;
        refuse_name(&own);
        if !own.is_empty() {
            said.push(format!("{name} changed"));
        }
        let written = WrittenRule { place: change.clone(), own: Some(own), default: Some(keys) };
        return rule(Some(name.to_owned()), &written);
    }
    let mode = word(change)?;
    said.push(match mode {
        None => format!("{name} off"),
        Some(Mode::Shadow) => format!("{name} in shadow mode"),
        Some(Mode::Enforce) => format!("{name} enforced"),
    });
    let mode = mode?;
    unchanged(name, change.clone(), keys).map(|rule| Rule { mode, ..rule })
}

/// The meaning of a word: off, or a mode.
fn word(change: &ConfigValue<'_>) -> Option<Option<Mode>> {
    let words = CHANGES.map(|(word, _)| word);
    let Some(text) = change.as_text() else {
        return change.expected(&format!("{} or an object", any_of(&words).replace(" or ", ", ")));
    };
    match CHANGES.iter().find(|(word, _)| *word == text) {
        Some((_, mode)) => Some(*mode),
        None => change.unknown("unknown value", text, &words),
    }
}

/// A rule of the operator's own, after the default ones.
fn added(name: &str, value: &ConfigValue<'_>, rules: &[Rule], known: &[&str]) -> Option<Rule> {
    let own = if value.is_object() { value.object() } else { None };
    let whole = |own: &ConfigObject<'_>| own.get("when").is_some() && own.get("then").is_some();
    let Some(own) = own.filter(whole) else {
        let problem = Problem::new("no default rule has this name")
            .allowed(known.join(", "))
            .did_you_mean(name, known.iter().copied());
        value.report_bare(match problem.fix {
            Some(_) => problem,
            None => problem.fix("a rule of your own needs \"when\" and \"then\""),
        });
        return None;
    };
    refuse_name(&own);
    if !is_name(name) {
        value.report_bare(Problem::new("not a name").allowed("1 to 40 of a-z, 0-9 and -"));
        return None;
    }
    let name = unique(name.to_owned(), value, rules);
    rule(name, &WrittenRule { place: value.clone(), own: Some(own), default: None })
}

/// The name stands outside.
fn refuse_name(own: &ConfigObject<'_>) {
    if let Some(name) = own.get("name") {
        name.report(Problem::new("the rule has a name already").fix("leave this key out"));
    }
}

#[cfg(test)]
mod tests {
    use crate::config::parse;
    use crate::policy::{Action, Condition, Mode, Rule};

    fn rules(section: &str) -> Vec<Rule> {
        let config = format!("{{\"rules\": {section}}}");
        parse(config.as_bytes()).unwrap_or_else(|problems| panic!("{problems:?}")).policy.rules
    }

    fn named<'r>(rules: &'r [Rule], name: &str) -> &'r Rule {
        rules.iter().find(|rule| rule.name == name).unwrap_or_else(|| panic!("no {name}"))
    }

    #[test]
    fn a_change_leaves_all_other_rules_as_they_are() {
        let default = rules("{}");
        let words = r#"{"unreadable": "off", "account": "shadow", "tool": "enforce"}"#;
        let changed = rules(words);
        let expected: Vec<_> = default
            .iter()
            .filter(|rule| rule.name != "unreadable")
            .map(|rule| match rule.name.as_str() {
                "account" => Rule { mode: Mode::Shadow, ..rule.clone() },
                _ => rule.clone(),
            })
            .collect();
        assert_eq!(format!("{changed:?}"), format!("{expected:?}"));
    }

    #[test]
    fn keys_of_a_change_take_the_place_of_the_rules_own() {
        let default = rules("{}");
        let section = r#"{"ip-slow": {"for": "1h", "exempt": []},
            "tool": {"when": {"fingerprint.usernames": {"over": 99, "within": "1h"}}},
            "ip-guessing": {"then": "annotate"}, "ip-stuffing": {"ban": null, "for": null},
            "spray": {"about": "ours"}}"#;
        let changed = rules(section);
        assert_eq!(changed.len(), default.len());
        let slow = named(&changed, "ip-slow");
        assert_eq!(slow.ban.expect("a ban").seconds, 3600);
        assert!(!slow.exempts_allowed && !slow.exempts_known_devices);
        let (now, before) = (&slow.when, &named(&default, "ip-slow").when);
        assert_eq!(format!("{now:?}"), format!("{before:?}"));
        let tool = named(&changed, "tool");
        assert!(matches!(tool.when[..], [Condition::Over { over: 99, .. }]) && tool.ban.is_some());
        let guessing = named(&changed, "ip-guessing");
        assert!(guessing.then == Action::Annotate && guessing.ban.is_none());
        let stuffing = named(&changed, "ip-stuffing");
        assert!(stuffing.then == Action::Block && stuffing.ban.is_none());
        assert_eq!(named(&changed, "spray").about.as_deref(), Some("ours"));
    }

    #[test]
    fn a_rule_of_ones_own_comes_after_the_default_ones() {
        let section = r#"{"mine": {"when": {"ip.attempts": {"over": 9, "within": "1h"}},
            "then": "challenge"}, "unreadable": "off"}"#;
        let default: Vec<_> = rules("{}").into_iter().map(|rule| rule.name).collect();
        let names: Vec<_> = rules(section).into_iter().map(|rule| rule.name).collect();
        let kept = default.into_iter().filter(|name| name != "unreadable");
        assert_eq!(names, kept.chain(["mine".to_owned()]).collect::<Vec<_>>());
    }

    #[test]
    fn all_rules_together_are_limited() {
        let mine: Vec<_> = (0..47)
            .map(|n| {
                format!("\"rule-{n}\": {{\"when\": {{\"credentials.unreadable\": true}}, \"then\": \"annotate\"}}")
            })
            .collect();
        let config = format!("{{\"rules\": {{{}}}}}", mine.join(", "));
        let problems = parse(config.as_bytes()).expect_err("more than 64 with the default ones");
        let all = format!("{} rules", mine.len() + rules("{}").len());
        assert!(problems.iter().any(|it| it.wrong == all), "{problems:?}");
    }
}
