//! Reader of the section `rules`: named conditions, an action, and an optional ban.
//!
//! The table of signals says which conditions a signal takes. A rule that would hurt people who
//! log in is refused here, with the reason, because no test traffic shows such a mistake.

use super::conditions;
use super::object::ConfigObject;
use super::problem::Problem;
use super::reader::{ConfigValue, any_of};
use super::schema::rules::{ACTIONS, BANNED, EXEMPT, Exempt};
use crate::decision::signals::{Signal, Subject, UpdatedBy};
use crate::policy::{Action, BanRule, Banned, Condition, Mode, Rule};

/// Reads the section.
pub(super) fn read(section: &ConfigValue<'_>) -> Vec<Rule> {
    let values = section.list().unwrap_or_default();
    let most = section.kind.most();
    if values.len() > most {
        section.report(
            Problem::new(format!("{} rules", values.len()))
                .allowed(format!("at most {most}: each is evaluated for every login")),
        );
    }
    let mut rules: Vec<Rule> = Vec::new();
    for value in values {
        if let Some(rule) = rule(&value, &rules) {
            rules.push(rule);
        }
    }
    rules
}

fn rule(value: &ConfigValue<'_>, earlier: &[Rule]) -> Option<Rule> {
    let given = value.object()?;
    let name = given.need("name").and_then(|name| {
        let text = name.name()?;
        if earlier.iter().any(|rule| rule.name == text) {
            return name.refuse(Problem::new("another rule has this name already"));
        }
        if let Some(other) = earlier.iter().find(|rule| rule.tag() == Rule::tag_of(&text)) {
            let other = &other.name;
            return name.refuse(
                Problem::new(format!("its bans could not be told from those of {other:?}"))
                    .fix("change a letter: 16 bits of the name's hash are the same"),
            );
        }
        Some(text)
    });
    let when = given.need("when").and_then(|when| conditions::read(&when));
    let then = given.need("then").and_then(|then| then.choice(&ACTIONS));
    let ban_seconds = ban_seconds(&given);
    let mode = super::mode(&given, Mode::Enforce);
    let exempt = given.get("exempt").map_or(vec![Exempt::Allowed], |value| exempt(&value));
    let exempts_allowed = exempt.contains(&Exempt::Allowed);
    let exempts_known_devices = exempt.contains(&Exempt::Device);

    let challenges_api = given.get("challenge_api").and_then(|it| it.boolean()).unwrap_or(false);

    // The checks below are about the whole rule, so they need all of its parts.
    let (when, then) = (when?, then?);
    check_evidence(value, &when, then);
    check_site(value, &when, then, given.get("ban").is_some() || given.get("for").is_some());
    let ban = ban(&given, &when, then, ban_seconds);
    let name = name?;
    let about = given.get("about").and_then(|about| about.text().map(str::to_owned));
    Some(Rule {
        name,
        about,
        when,
        then,
        ban,
        mode,
        exempts_allowed,
        exempts_known_devices,
        challenges_api,
    })
}

fn exempt(exempt: &ConfigValue<'_>) -> Vec<Exempt> {
    let word = |value: &ConfigValue<'_>| value.choice(&EXEMPT);
    exempt.list().unwrap_or_default().iter().filter_map(word).collect()
}

/// Anyone can cause attack mode with junk, so it leads to a challenge at most, which people solve.
fn check_site(rule: &ConfigValue<'_>, when: &[Condition], then: Action, bans: bool) {
    let names = |condition: &Condition| subject(condition) == Subject::Site;
    if when.iter().any(names) && (then == Action::Block || bans) {
        rule.report_bare(
            Problem::new("site.under_attack never leads to a block or a ban: anyone can cause it")
                .fix("use \"then\": \"challenge\", without \"ban\" and \"for\""),
        );
    }
}

/// An attempt is only stopped for evidence against it. What is absent is no evidence, because it
/// is absent for nearly everybody; neither is a breached password, which 41 % of good logins have
/// (Cloudflare 2025).
fn check_evidence(rule: &ConfigValue<'_>, when: &[Condition], then: Action) {
    let flag = |condition: &Condition| match condition {
        Condition::Is { signal, wanted: true } => Some(*signal),
        _ => None,
    };
    let harmless = |signal| matches!(signal, Signal::PasswordBreached | Signal::DeviceKnown);
    let speaks = |condition: &Condition| {
        !matches!(condition, Condition::Is { .. })
            || flag(condition).is_some_and(|signal| !harmless(signal))
    };
    if !then.stops() || when.iter().any(speaks) {
        return;
    }
    let then = then.name();
    let problem = if when.iter().any(|condition| flag(condition).is_some()) {
        Problem::new(format!("a breached password alone never leads to {then:?}"))
            .fix("use \"annotate\", or add a condition: 41 % of good logins have one")
    } else {
        Problem::new(format!("conditions on what is absent alone never lead to {then:?}"))
            .fix("add a condition that speaks against the attempt; these hold for good logins")
    };
    rule.report(problem);
}

fn ban_seconds(rule: &ConfigObject<'_>) -> Option<u32> {
    rule.get("for")?.seconds()
}

/// The ban of a rule that has `ban` or `for`.
fn ban(
    rule: &ConfigObject<'_>,
    when: &[Condition],
    then: Action,
    seconds: Option<u32>,
) -> Option<BanRule> {
    let (place, banned) = match (rule.get("ban"), rule.get("for")) {
        (Some(ban), duration) => {
            let banned = banned(&ban)?;
            if duration.is_none() {
                ban.report(Problem::new("a ban needs a time").fix("add \"for\": \"15m\""));
            }
            (ban, banned)
        }
        (None, Some(duration)) => {
            match only_identity(when) {
                Some(banned) => (duration, banned),
                None => {
                    return duration.refuse(
                    Problem::new("it is not clear what to ban: the conditions are about several identities")
                        .fix("add \"ban\": \"ip\""),
                );
                }
            }
        }
        (None, None) => return None,
    };
    if !then.stops() {
        place.report(
            Problem::new(format!("a rule that lets through ({:?}) cannot ban", then.name()))
                .fix("use \"then\": \"block\", or leave \"ban\" and \"for\" out"),
        );
    }
    let starts = |condition: &Condition| {
        subject(condition) == subject_of(banned)
            && updated_by(condition) == Some(UpdatedBy::Outcome)
            && condition.signal() != Signal::IpSuccesses
    };
    if !when.iter().any(starts) {
        let (who, signals) = match banned {
            Banned::Ip => ("address", "ip.failures or ip.distinct_failures"),
            Banned::Network => ("network", "network.failures"),
            Banned::Fingerprint => ("fingerprint", "fingerprint.failures or fingerprint.usernames"),
        };
        place.report(
            Problem::new(format!(
                "nothing in \"when\" says that this {who}'s logins failed, so it cannot ban"
            ))
            .fix(format!(
                "add a condition on {signals}: a school makes many attempts too, and anyone can \
                 cause failures of an account"
            )),
        );
    }
    seconds.map(|seconds| BanRule { banned, seconds })
}

/// The one identity that all conditions are about, besides the attempt at hand. An address, if
/// they are only about the attempt.
fn only_identity(when: &[Condition]) -> Option<Banned> {
    let is_about = |banned: Banned| {
        let fits = |condition: &Condition| {
            subject(condition) == Subject::Attempt || subject(condition) == subject_of(banned)
        };
        when.iter().all(fits)
    };
    Banned::ALL.into_iter().find(|banned| is_about(*banned))
}

fn subject_of(banned: Banned) -> Subject {
    match banned {
        Banned::Ip => Subject::Ip,
        Banned::Network => Subject::Network,
        Banned::Fingerprint => Subject::Fingerprint,
    }
}

fn banned(ban: &ConfigValue<'_>) -> Option<Banned> {
    match ban.text()? {
        "username" | "password" | "site" => ban.refuse(
            Problem::new("such a ban would let anyone lock anyone out")
                .allowed(any_of(&Banned::ALL.map(Banned::name)))
                .fix("to guard an account, use \"then\": \"challenge\""),
        ),
        _ => ban.choice(&BANNED),
    }
}

fn subject(condition: &Condition) -> Subject {
    condition.signal().row().subject
}

fn updated_by(condition: &Condition) -> Option<UpdatedBy> {
    condition.signal().row().updated_by()
}
