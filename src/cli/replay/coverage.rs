//! What a trace records, and the rules that can never match because it records too little.
//!
//! A log rarely has all that a login has. A replay of one without passwords stops nobody, and that
//! looks like a policy that stops nobody. So a report says which rules had nothing to judge by.

use std::collections::BTreeMap;

use serde::Serialize;
use unstuff_engine::decision::signals::Signal;
use unstuff_engine::outcome::Outcome;
use unstuff_engine::policy::{Condition, Policy, Rule};
use unstuff_trace::TraceLine;

use crate::format;

/// The per cent of attempts with an unknown outcome from which on a report says so. Some answers are
/// neither a success nor a failure: errors, redirects to another spelling.
const UNKNOWN_PERCENT: u64 = 10;

/// Something that signals are measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TraceInput {
    Usernames,
    Passwords,
    Breached,
    BreachedPairs,
    Headers,
    Failures,
    Successes,
    Devices,
    Bodies,
    LiveLookups,
}

impl TraceInput {
    const ALL: [Self; 10] = [
        Self::Usernames,
        Self::Passwords,
        Self::Breached,
        Self::BreachedPairs,
        Self::Headers,
        Self::Failures,
        Self::Successes,
        Self::Devices,
        Self::Bodies,
        Self::LiveLookups,
    ];

    /// The name in reports for programs.
    const fn name(self) -> &'static str {
        match self {
            Self::Usernames => "usernames",
            Self::Passwords => "passwords",
            Self::Breached => "breached",
            Self::BreachedPairs => "breached_pairs",
            Self::Headers => "headers",
            Self::Failures => "failures",
            Self::Successes => "successes",
            Self::Devices => "devices",
            Self::Bodies => "bodies",
            Self::LiveLookups => "live_lookups",
        }
    }

    /// What a line has or lacks, with the fields that have it.
    const fn noun(self) -> &'static str {
        match self {
            Self::Usernames => "a username (`user`)",
            Self::Passwords => "a password (`password_sha1`, `password`)",
            Self::Breached => {
                "what tells whether the password is breached (`password_sha1`, `password`, \
                 `breached`)"
            }
            Self::BreachedPairs => {
                "what tells whether username and password are breached together \
                 (`pair_breached`, or `password` and a filter of pairs)"
            }
            Self::Headers => "a header of the fingerprint (`headers`)",
            Self::Failures => "a failure",
            Self::Successes => "a success",
            Self::Devices => "a client that keeps cookies (`client`, `known_device`)",
            Self::Bodies => "a body",
            Self::LiveLookups => "a live lookup",
        }
    }
}

/// What the lines of a trace record.
#[derive(Debug)]
pub(crate) struct TraceCoverage {
    /// Each rule's name, and what it needs.
    rules: Vec<(String, Vec<TraceInput>)>,
    /// A rule spares known devices.
    spares_devices: bool,
    has_pairs: bool,
    attempts: u64,
    /// Attempts that have it, by [`TraceInput`].
    having: [u64; TraceInput::ALL.len()],
    /// The headers of the fingerprint, and how many attempts have each.
    fingerprint: Vec<(String, u64)>,
    /// The statuses of answers whose outcome is unknown.
    unknown: BTreeMap<u16, u64>,
}

/// Something that a trace does not record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct CoverageGap {
    /// What.
    pub missing: &'static str,
    /// How many attempts lack it.
    pub attempts: u64,
    /// The rules that can never match because of it.
    pub never_matching: Vec<String>,
    /// The same in a sentence.
    pub about: String,
}

impl TraceCoverage {
    /// No attempts yet. `has_pairs`: there is a filter of pairs.
    pub(crate) fn of(policy: &Policy, has_pairs: bool) -> Self {
        let fingerprint = policy.client.fingerprint.iter().map(|name| (name.clone(), 0));
        Self {
            rules: policy.rules.iter().map(|rule| (rule.name.clone(), needs(rule))).collect(),
            spares_devices: policy.rules.iter().any(|rule| rule.exempts_known_devices),
            has_pairs,
            attempts: 0,
            having: [0; TraceInput::ALL.len()],
            fingerprint: fingerprint.collect(),
            unknown: BTreeMap::new(),
        }
    }

    /// Counts an attempt and what its line records.
    pub(crate) fn attempt(&mut self, line: &TraceLine, outcome: Outcome) {
        self.attempts += 1;
        let headers = line.headers.as_ref();
        // A decision record has tags of what it does not spell.
        let is_recorded = line.recorded.is_some();
        let mut has_fingerprint = is_recorded || headers.is_some_and(Vec::is_empty);
        for (name, having) in &mut self.fingerprint {
            let is_named = |(given, _): &(String, String)| given.eq_ignore_ascii_case(name);
            let has_header = is_recorded || headers.is_some_and(|it| it.iter().any(is_named));
            has_fingerprint |= has_header;
            *having += u64::from(has_header);
        }
        let has_password = is_recorded || line.password.is_some() || line.password_sha1.is_some();
        for (input, having) in TraceInput::ALL.iter().zip(&mut self.having) {
            *having += u64::from(match input {
                TraceInput::Usernames => line.user.as_ref().is_some_and(|user| !user.is_empty()),
                TraceInput::Passwords => has_password,
                TraceInput::Breached => has_password || line.breached.is_some(),
                TraceInput::BreachedPairs => {
                    line.pair_breached.is_some() || (self.has_pairs && line.password.is_some())
                }
                TraceInput::Headers => has_fingerprint,
                TraceInput::Failures => outcome == Outcome::Failure,
                TraceInput::Successes => outcome == Outcome::Success,
                TraceInput::Devices => line.client.is_some() || line.known_device,
                TraceInput::Bodies | TraceInput::LiveLookups => is_recorded,
            });
        }
        if outcome == Outcome::Unknown {
            *self.unknown.entry(line.answered()).or_default() += 1;
        }
    }

    /// Everything that is missing and matters under the policy. Nothing is missing of a trace without
    /// attempts.
    pub(crate) fn gaps(&self) -> Vec<CoverageGap> {
        if self.attempts == 0 {
            return Vec::new();
        }
        let inputs = TraceInput::ALL.into_iter().zip(self.having);
        let mut gaps: Vec<_> =
            inputs.filter_map(|(input, having)| self.gap(input, having)).collect();
        gaps.extend(self.alike());
        gaps.extend(self.unknown_outcomes());
        gaps
    }

    fn gap(&self, input: TraceInput, having: u64) -> Option<CoverageGap> {
        let lacking = self.attempts - having;
        let needing = self.rules.iter().filter(|(_, needs)| needs.contains(&input));
        let needing: Vec<String> = needing.map(|(name, _)| name.clone()).collect();
        let spares = input == TraceInput::Devices && self.spares_devices;
        // Some logins always fail and some succeed, and some clients keep no cookies.
        let some_suffice =
            matches!(input, TraceInput::Failures | TraceInput::Successes | TraceInput::Devices);
        if lacking == 0 || (needing.is_empty() && !spares) || (having > 0 && some_suffice) {
            return None;
        }
        let noun = input.noun();
        let about = match input {
            TraceInput::Bodies => {
                "a trace has the credentials that were read, and no requests that \
                                   cannot be read"
                    .to_owned()
            }
            TraceInput::LiveLookups => "a replay asks no service about passwords".to_owned(),
            TraceInput::Failures => format!(
                "no answer is a failure under this policy{}: give `outcome` or `response_headers`, \
                 or a policy whose `failure` tells",
                self.statuses()
            ),
            TraceInput::Successes => format!(
                "no answer is a success under this policy{}: give `outcome` or `response_headers`, \
                 or a policy whose `success` tells",
                self.statuses()
            ),
            TraceInput::Devices if spares => format!(
                "no line has {noun}, so no device is known: in live traffic, rules spare those"
            ),
            _ if having == 0 => format!("no line has {noun}"),
            _ => format!(
                "{} of {} lines lack {noun}: rules that need it match more rarely than they would",
                format::count(lacking),
                format::count(self.attempts)
            ),
        };
        let never_matching = if having == 0 { needing } else { Vec::new() };
        Some(CoverageGap { missing: input.name(), attempts: lacking, never_matching, about })
    }

    /// Headers of the fingerprint that no line has, where lines have others.
    fn alike(&self) -> Option<CoverageGap> {
        if !self.rules.iter().any(|(_, needs)| needs.contains(&TraceInput::Headers)) {
            return None;
        }
        let is_any = self.fingerprint.iter().any(|(_, having)| *having > 0);
        let never = self.fingerprint.iter().filter(|(_, having)| is_any && *having == 0);
        let names: Vec<&str> = never.map(|(name, _)| name.as_str()).collect();
        (!names.is_empty()).then(|| CoverageGap {
            missing: "fingerprint",
            attempts: self.attempts,
            never_matching: Vec::new(),
            about: format!(
                "no line has {} of the fingerprint: more clients look alike than in live traffic",
                names.join(", ")
            ),
        })
    }

    fn unknown_outcomes(&self) -> Option<CoverageGap> {
        let unknown: u64 = self.unknown.values().sum();
        (unknown * 100 > self.attempts * UNKNOWN_PERCENT).then(|| CoverageGap {
            missing: "outcomes",
            attempts: unknown,
            never_matching: Vec::new(),
            about: format!(
                "the outcome of {} of {} lines is unknown under this policy{}",
                format::count(unknown),
                format::count(self.attempts),
                self.statuses()
            ),
        })
    }

    /// The statuses that tell no outcome, the three most frequent ones: ` (status 200: 84)`.
    fn statuses(&self) -> String {
        let mut unknown: Vec<_> = self.unknown.iter().collect();
        unknown.sort_by_key(|(status, count)| (u64::MAX - **count, **status));
        let one = |(status, count): &(&u16, &u64)| format!("{status}: {}", format::count(**count));
        let told: Vec<String> = unknown.iter().take(3).map(one).collect();
        if told.is_empty() { String::new() } else { format!(" (status {})", told.join(", ")) }
    }
}

/// What a rule needs to match.
fn needs(rule: &Rule) -> Vec<TraceInput> {
    rule.when.iter().flat_map(condition_needs).copied().collect()
}

/// What a condition needs to hold. Failures count once for each username and password, so most that
/// is counted of them needs passwords.
fn condition_needs(condition: &Condition) -> &'static [TraceInput] {
    use TraceInput::*;
    let is_wanted = !matches!(condition, Condition::Is { wanted: false, .. });
    match condition.signal() {
        Signal::AccountFamiliarNetwork => &[Usernames, Successes],
        Signal::AccountFamiliarClient => &[Usernames, Successes, Headers],
        Signal::PasswordBreachedLive if !is_wanted => &[LiveLookups],
        // Nothing is there, so the flag is false.
        _ if !is_wanted => &[],
        Signal::PasswordBreached | Signal::PasswordBreachedLive => &[Breached],
        Signal::CredentialsBreached => &[BreachedPairs],
        Signal::CredentialsAbsent
        | Signal::CredentialsUnreadable
        | Signal::CredentialsAmbiguous
        | Signal::CredentialsBatched => &[Bodies],
        Signal::IpAttempts => &[],
        Signal::IpFailures | Signal::NetworkFailures => &[Failures],
        Signal::IpSuccesses => &[Successes],
        Signal::IpUsernames | Signal::UsernameIps => &[Usernames],
        Signal::IpDistinctFailures | Signal::IpDistinctBreached => &[Passwords, Failures],
        Signal::UsernameFailures | Signal::UsernameDistinctFailures | Signal::SiteUnderAttack => {
            &[Usernames, Failures]
        }
        Signal::PasswordUsernames | Signal::PasswordFailedShare => {
            &[Usernames, Passwords, Failures]
        }
        Signal::FingerprintFailures
        | Signal::FingerprintFailedShare
        | Signal::FingerprintMarkedShare => &[Headers, Passwords, Failures],
        Signal::FingerprintUsernames => &[Usernames, Headers, Passwords, Failures],
        Signal::AccountSeen | Signal::AccountUnexpected => &[Usernames, Successes],
        Signal::DeviceKnown => &[Devices],
        Signal::DeviceCopied => &[Usernames, Successes, Headers, Devices],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(policy: &str, lines: &[(&str, Outcome)]) -> Vec<CoverageGap> {
        let policy = unstuff_engine::config::parse(policy.as_bytes()).unwrap().policy;
        let mut coverage = TraceCoverage::of(&policy, false);
        for (fields, outcome) in lines {
            let line = format!("{{\"time\":1,\"ip\":\"::1\",\"status\":200{fields}}}");
            coverage.attempt(&unstuff_trace::parse(line.as_bytes()).unwrap(), *outcome);
        }
        coverage.gaps()
    }

    fn missing(gaps: &[CoverageGap]) -> Vec<&str> {
        gaps.iter().map(|gap| gap.missing).collect()
    }

    const WHOLE: &str = ",\"user\":\"a\",\"password\":\"b\",\"pair_breached\":false,\"client\":\"c\",\
                         \"headers\":{\"user-agent\":\"d\",\"accept-language\":\"e\"}";

    #[test]
    fn whole_trace_lacks_only_what_no_trace_has() {
        let lines = [(WHOLE, Outcome::Success), (WHOLE, Outcome::Failure)];
        let gaps = gaps("{}", &lines);
        assert_eq!(missing(&gaps), ["bodies"]);
        assert_eq!(gaps[0].never_matching, ["unreadable", "ambiguous", "batched"]);
    }

    #[test]
    fn every_default_rule_that_needs_passwords_is_named_where_there_are_none() {
        let lines = [(",\"user\":\"a\"", Outcome::Success), (",\"user\":\"a\"", Outcome::Failure)];
        let gaps = gaps("{}", &lines);
        let never = |what: &str| {
            let gap = gaps.iter().find(|gap| gap.missing == what).unwrap();
            assert_eq!(gap.attempts, 2);
            gap.never_matching.join(" ")
        };
        assert_eq!(
            never("passwords"),
            "ip-stuffing ip-guessing ip-slow ip-many-names ip-breached tool spray spray-slow \
             attack-tool attack-address"
        );
        assert_eq!(never("breached"), "attack-breached breached-password");
        assert_eq!(never("headers"), "tool copied-device attack-tool unfamiliar");
        assert!(missing(&gaps).contains(&"devices"));
        assert!(!missing(&gaps).contains(&"failures"));
    }

    #[test]
    fn answers_without_a_known_outcome_are_named_by_status() {
        let gaps = gaps("{}", &[(WHOLE, Outcome::Unknown), (WHOLE, Outcome::Unknown)]);
        let of = |what| &gaps.iter().find(|gap| gap.missing == what).unwrap().about;
        assert!(
            of("failures").contains("no answer is a failure under this policy (status 200: 2)")
        );
        assert!(of("successes").contains("(status 200: 2)"));
        assert!(of("outcomes").contains("2 of 2 lines is unknown"), "{}", of("outcomes"));
    }

    #[test]
    fn what_some_lines_lack_is_counted_and_stops_no_rule() {
        let nameless = WHOLE.replace("\"user\":\"a\",", "");
        let lines = [(&*nameless, Outcome::Success), (WHOLE, Outcome::Failure)];
        let gaps = gaps("{}", &lines);
        assert_eq!(missing(&gaps), ["usernames", "bodies"]);
        assert!(gaps[0].about.starts_with("1 of 2 lines lack a username"), "{}", gaps[0].about);
        assert!(gaps[0].never_matching.is_empty());
    }

    #[test]
    fn header_of_the_fingerprint_that_no_line_has_is_named() {
        let agent = WHOLE.replace(",\"accept-language\":\"e\"", "");
        let gaps = gaps("{}", &[(&agent, Outcome::Success), (&agent, Outcome::Failure)]);
        let alike = gaps.iter().find(|gap| gap.missing == "fingerprint").unwrap();
        assert!(alike.about.starts_with("no line has accept-language"), "{}", alike.about);
    }

    #[test]
    fn what_no_rule_asks_for_is_not_missed() {
        let policy = r#"{"rules": [{"name": "a", "when": {"ip.attempts": {"over": 9, "within": "1h"}},
            "then": "block"}]}"#;
        assert!(gaps(policy, &[("", Outcome::Failure)]).is_empty());
    }
}
