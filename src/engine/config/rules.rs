//! Reader of the section `rules`: named conditions, an action, and an optional ban.
//!
//! The table of signals says which conditions a signal takes. A rule that would hurt people who
//! log in is refused here, with the reason, because no test traffic shows such a mistake.

use super::conditions;
use super::fleet;
use super::object::ConfigObject;
use super::problem::Problem;
use super::reader::{ConfigValue, any_of};
use super::schema::rules::{ACTIONS, BANNED, EXEMPT, Exempt, MODES, SCOPES};
use crate::decision::signals::{Signal, Subject, UpdatedBy};
use crate::policy::{Action, BanRule, Banned, Condition, Mode, Rule};

/// Rules, and how they came about.
#[derive(Debug, Default)]
pub(super) struct RuleSet {
    pub rules: Vec<Rule>,
    pub origin: RuleOrigin,
}

/// Where the rules of a policy are from.
#[derive(Clone, Debug, Default)]
pub(super) enum RuleOrigin {
    /// All are built in.
    #[default]
    Default,
    /// All are the operator's.
    Own,
    /// The default ones, with these changes.
    Changed(Vec<String>),
}

/// Reads the section, which is a list.
pub(super) fn read(section: &ConfigValue<'_>) -> RuleSet {
    let rules = list(section);
    check_count(section, rules.len());
    RuleSet { rules, origin: RuleOrigin::Own }
}

/// Reports more rules than there can be.
pub(super) fn check_count(section: &ConfigValue<'_>, count: usize) {
    let most = section.kind.most();
    if count > most {
        section.report(
            Problem::new(format!("{count} rules"))
                .allowed(format!("at most {most}: each is evaluated for every login")),
        );
    }
}

/// Reads a list of rules.
pub(super) fn list(section: &ConfigValue<'_>) -> Vec<Rule> {
    if !section.is_list() {
        return section.expected("a list, or an object of changes").unwrap_or_default();
    }
    let mut rules: Vec<Rule> = Vec::new();
    for value in section.list().unwrap_or_default() {
        let Some(keys) = value.object() else { continue };
        let name = keys.need("name").and_then(|name| Some((name.name()?, name)));
        let name = name.and_then(|(text, place)| unique(text, &place, &rules));
        rules.extend(rule(name, &WrittenRule { place: value, own: Some(keys), default: None }));
    }
    rules
}

/// A rule's name, if it can be told from those of the rules before.
pub(super) fn unique(name: String, place: &ConfigValue<'_>, earlier: &[Rule]) -> Option<String> {
    if earlier.iter().any(|rule| rule.name == name) {
        return place.refuse(Problem::new("another rule has this name already"));
    }
    if let Some(other) = earlier.iter().find(|rule| rule.tag() == Rule::tag_of(&name)) {
        let other = &other.name;
        return place.refuse(
            Problem::new(format!("its bans could not be told from those of {other:?}"))
                .fix("change a letter: 16 bits of the name's hash are the same"),
        );
    }
    Some(name)
}

/// A rule as written: its own keys, and those of the default rule that they change.
pub(super) struct WrittenRule<'d> {
    /// Where a problem of the whole rule is reported.
    pub place: ConfigValue<'d>,
    pub own: Option<ConfigObject<'d>>,
    pub default: Option<ConfigObject<'d>>,
}

impl<'d> WrittenRule<'d> {
    /// The value of `key`: its own, or else the default rule's. `null` takes that one away.
    fn get(&self, key: &str) -> Option<ConfigValue<'d>> {
        match (self.own.as_ref().and_then(|own| own.get(key)), &self.default) {
            (Some(own), Some(_)) if own.is_null() => None,
            (Some(own), _) => Some(own),
            (None, default) => default.as_ref()?.get(key),
        }
    }

    /// The same; if absent, a problem.
    fn need(&self, key: &str) -> Option<ConfigValue<'d>> {
        if let Some(value) = self.get(key) {
            return Some(value);
        }
        let own = self.own.as_ref()?;
        match own.get(key) {
            Some(null) => null.refuse(Problem::new("a rule cannot be without this key")),
            None => own.need(key),
        }
    }

    /// Where to report a problem with a value: a default value has no place in the document.
    fn place_of(&self, key: &str, value: ConfigValue<'d>) -> ConfigValue<'d> {
        let own = self.own.as_ref().and_then(|own| own.get(key));
        if own.is_none() && self.own.is_some() { self.place.clone() } else { value }
    }
}

/// Reads a rule, unless its name is refused already.
pub(super) fn rule(name: Option<String>, given: &WrittenRule<'_>) -> Option<Rule> {
    let when = given.need("when").and_then(|when| conditions::read(&when));
    let then = given.need("then").and_then(|then| then.choice(&ACTIONS));
    let ban = RuleBan::read(given, then);
    let mode = given.get("mode").and_then(|value| value.choice(&MODES)).unwrap_or(Mode::Enforce);
    let exempt = given.get("exempt").map_or(vec![Exempt::Allowed], |value| exempt(&value));
    let exempts_allowed = exempt.contains(&Exempt::Allowed);
    let exempts_known_devices = exempt.contains(&Exempt::Device);
    let exempts_familiar_networks = exempt.contains(&Exempt::FamiliarNetwork);
    let exempts_familiar_clients = exempt.contains(&Exempt::FamiliarClient);

    let challenges_api = given.get("challenge_api").and_then(|it| it.boolean()).unwrap_or(false);
    let shared = given.get("scope");
    let scope = shared.as_ref().and_then(|it| it.choice(&SCOPES)).unwrap_or_default();
    let about = given.get("about").and_then(|about| about.text().map(str::to_owned));

    // The checks below are about the whole rule, so they need all of its parts.
    let (when, then) = (when?, then?);
    check_evidence(&given.place, &when, then);
    check_site(&given.place, &when, then, ban.is_some());
    let ban = ban.and_then(|ban| ban.checked(&when, then));
    let name = name?;
    let rule = Rule {
        name,
        about,
        when,
        then,
        ban,
        mode,
        exempts_allowed,
        exempts_known_devices,
        exempts_familiar_networks,
        exempts_familiar_clients,
        challenges_api,
        scope,
    };
    if let Some(shared) = shared {
        fleet::check_scope(&given.place_of("scope", shared), &rule);
    }
    Some(rule)
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
    let harmless = |signal| {
        matches!(
            signal,
            Signal::PasswordBreached
                | Signal::PasswordBreachedLive
                | Signal::DeviceKnown
                | Signal::AccountFamiliarNetwork
                | Signal::AccountFamiliarClient
                | Signal::AccountSeen
                | Signal::AccountUnexpected
        )
    };
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

/// The ban of a rule that has `ban` or `for`.
struct RuleBan<'d> {
    place: ConfigValue<'d>,
    /// The identity, or that none is named; none within if the word is refused.
    banned: Option<Option<Banned>>,
    seconds: Option<u32>,
}

impl<'d> RuleBan<'d> {
    /// Reads both keys, where there is one.
    fn read(rule: &WrittenRule<'d>, then: Option<Action>) -> Option<Self> {
        let own = |key| rule.own.as_ref().is_some_and(|own| own.get(key).is_some());
        let changed = own("then") && !own("ban") && !own("for");
        if rule.default.is_some() && changed && then.is_some_and(|then| !then.stops()) {
            // The default rule's ban goes with its action.
            return None;
        }
        let (ban, time) = (rule.get("ban"), rule.get("for"));
        let seconds = time.as_ref().and_then(ConfigValue::seconds);
        let banned = ban.as_ref().map(banned);
        if let (Some(ban), None) = (&ban, &time) {
            let place = rule.place_of("ban", ban.clone());
            place.report(Problem::new("a ban needs a time").fix("add \"for\": \"15m\""));
        }
        let place = match (ban, time) {
            (Some(ban), _) => rule.place_of("ban", ban),
            (None, time) => rule.place_of("for", time?),
        };
        Some(Self { place, banned, seconds })
    }

    /// The ban, if the rule can have it.
    fn checked(self, when: &[Condition], then: Action) -> Option<BanRule> {
        let banned = match self.banned {
            Some(word) => word?,
            None => match only_identity(when) {
                Some(banned) => banned,
                None => {
                    return self.place.refuse(
                        Problem::new(
                            "it is not clear what to ban: the conditions are about several \
                             identities",
                        )
                        .fix("add \"ban\": \"ip\""),
                    );
                }
            },
        };
        if !then.stops() {
            self.place.report(
                Problem::new(format!("a rule that lets through ({:?}) cannot ban", then.name()))
                    .fix("use \"then\": \"block\", or leave \"ban\" and \"for\" out"),
            );
        }
        check_failures(&self.place, when, banned);
        self.seconds.map(|seconds| BanRule { banned, seconds })
    }
}

/// A ban begins with failures of the identity that is banned.
fn check_failures(place: &ConfigValue<'_>, when: &[Condition], banned: Banned) {
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
