//! The line of one login: what is known when it is decided, and what its answer adds.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::identities::RecordedIdentities;
use super::json::Members;
use super::{AddressForm, LoginAnswer, LoginRecorder, RecordPolicy, RecordedRequest};
use crate::attempt::Decision;
use crate::decision::facts::Facts;
use crate::decision::measured::{MeasuredCondition, MeasuredRule, SignalValue};
use crate::decision::verdict::Cause;
use crate::policy::{Action, EndpointId, Mode, Policy};
use crate::request::client::Client;
use crate::time::Millis;
use crate::tokens::device::DeviceId;

/// Room for what an ordinary line holds, in bytes.
const LINE_BYTES: usize = 1_280;

/// What the ledger knows of a decision, for its line and for explanations.
#[derive(Clone, Debug, Default)]
pub struct MeasuredLogin {
    /// The identities that were counted.
    pub identities: RecordedIdentities,
    /// Rules with their values.
    pub rules: Vec<MeasuredRule>,
    /// Attack mode, as the login saw it.
    pub is_under_attack: bool,
    /// The client cannot be shown a page.
    pub is_program: bool,
    /// The client is on the allow-list.
    pub is_allowed: bool,
    /// The credentials were not read, because a ban stops the client in front of them.
    pub is_unread: bool,
}

/// A login's line as far as its decision goes.
#[derive(Debug)]
pub struct LoginDraft {
    members: Members,
    pub(super) action: Action,
    decided: Millis,
}

/// What a draft is made of.
pub(crate) struct DraftParts<'a> {
    pub policy: &'a Policy,
    pub request: RecordedRequest<'a>,
    pub client: &'a Client,
    pub endpoints: &'a [EndpointId],
    pub decision: &'a Decision,
    pub measured: &'a MeasuredLogin,
    /// The device of its cookie, and whether it names the attempt's usernames.
    pub device: Option<(DeviceId, bool)>,
    pub shared_tags: Vec<u32>,
}

impl LoginRecorder {
    /// Begins a login's line.
    #[inline(never)]
    pub(crate) fn draft(&self, now: Millis, parts: &DraftParts<'_>) -> LoginDraft {
        let DraftParts { policy, request, decision, measured, .. } = *parts;
        let mut out = Members::with_capacity(LINE_BYTES);
        out.word("kind", "login");
        out.seconds("time", now.0);
        out.numbers("order", &self.order(now));
        let name_of = |at: &EndpointId| policy.endpoint(*at).map_or("", |it| it.name.as_str());
        out.words("endpoints", &parts.endpoints.iter().map(name_of).collect::<Vec<_>>());
        out.text("host", request.host());
        out.text("method", request.method());
        out.text("path", &request.path());
        self.push_client(&mut out, parts);
        self.push_credentials(&mut out, parts);
        if let Some((id, is_known)) = &parts.device {
            out.object("device", |out| {
                out.hex("tag", &self.policy.key.device(id));
                out.flag("known", *is_known);
            });
        }
        if let Some(challenge) = challenge(decision, request) {
            out.word("challenge", challenge);
        }
        out.flag("program", measured.is_program);
        out.flag("under_attack", measured.is_under_attack);
        push_verdict(&mut out, policy, decision, &measured.rules);
        out.object("identities", |out| measured.identities.push(out, &parts.shared_tags));
        LoginDraft { members: out, action: decision.verdict.action, decided: now }
    }

    #[inline(never)]
    fn push_client(&self, out: &mut Members, parts: &DraftParts<'_>) {
        let RecordPolicy { address, has_keyed_headers, key, .. } = &self.policy;
        let client = parts.client;
        if let Some(whole) = client.address {
            let spelt = match address {
                AddressForm::Whole => whole,
                AddressForm::Network => network_of(whole),
                AddressForm::Keyed => pseudonym(key.address(whole.to_string().as_bytes())),
            };
            out.address("ip", spelt);
        }
        out.flag("allowed", parts.measured.is_allowed);
        out.flag("address_fell_back", client.fell_back);
        match client.fingerprint {
            Some(fingerprint) if *has_keyed_headers => {
                out.hex("headers_tag", &key.headers(fingerprint));
            }
            _ => {
                let names = &parts.policy.client.fingerprint;
                out.object("headers", |out| parts.request.push_fingerprint(out, names));
            }
        }
    }

    #[inline(never)]
    fn push_credentials(&self, out: &mut Members, parts: &DraftParts<'_>) {
        let facts = &parts.decision.facts;
        let tag = |name: &str| self.policy.key.username(name);
        let names: Vec<_> = facts.pairs.iter().map(|pair| pair.username.as_deref()).collect();
        let first = names.iter().flatten().next();
        match first {
            Some(name) => out.hex("user", &tag(name)),
            None => out.word("user", ""),
        }
        if !matches!(names.as_slice(), [Some(_)]) && !parts.measured.is_unread {
            out.list("users", &names, |out, name| out.hex_item(name.map(tag)));
        }
        out.flag("unread", parts.measured.is_unread);
        let states = states(facts);
        if !states.is_empty() {
            out.words("credentials", &states);
        }
        if facts.further_attempts > 0 {
            out.number("further_attempts", facts.further_attempts.into());
        }
        out.flag("breached", facts.breached);
        out.flag("pair_breached", facts.pair_breached);
        if let Some(is_breached) = facts.live_lookup.is_breached() {
            out.word("live_lookup", if is_breached { "found" } else { "not_found" });
        }
        out.flag("late_ban", !parts.request.is_ban_first);
    }
}

impl LoginDraft {
    /// The whole line's members.
    #[inline(never)]
    pub(super) fn answered(
        mut self,
        now: Millis,
        answer: &LoginAnswer,
        order: [u64; 3],
    ) -> Members {
        let out = &mut self.members;
        out.word("answer", answer.by.name());
        answer.status.into_iter().for_each(|status| out.number("status", status.into()));
        out.number("ms", now.0.saturating_sub(self.decided.0));
        out.word("outcome", answer.outcome.name());
        if let Some(shown) = answer.shown.filter(|it| it.name() != answer.outcome.name()) {
            out.word("shown", shown.name());
        }
        out.numbers("settled", &order);
        self.members
    }
}

/// How clearly the credentials could be read.
fn states(facts: &Facts) -> Vec<&'static str> {
    let all = [
        (facts.absent, "absent"),
        (facts.unreadable, "unreadable"),
        (facts.ambiguous, "ambiguous"),
        (facts.basic, "basic"),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, name)| name).collect()
}

/// What the login had to do with the challenge.
fn challenge(decision: &Decision, request: RecordedRequest<'_>) -> Option<&'static str> {
    match (decision.verdict.cause, decision.verdict.action) {
        (Cause::Passed, _) => Some("passed"),
        (_, Action::Challenge) => Some("issued"),
        _ if request.brings_pass => Some("brought"),
        _ => None,
    }
}

#[inline(never)]
fn push_verdict(out: &mut Members, policy: &Policy, decision: &Decision, rules: &[MeasuredRule]) {
    let verdict = &decision.verdict;
    out.word("mode", if policy.mode == Mode::Shadow { "shadow" } else { "enforce" });
    out.word("verdict", verdict.action.name());
    out.word("cause", verdict.cause.name());
    if verdict.shadow_action > verdict.action {
        out.word("shadow", verdict.shadow_action.name());
    }
    if let Some(rule) = verdict.decided.and_then(|id| policy.rule(id)) {
        out.word("decided", &rule.name);
    }
    if verdict.reasons.is_empty() {
        return;
    }
    out.list("rules", &verdict.reasons, |out, reason| {
        out.item(|out| {
            out.word("rule", policy.rule(reason.rule).map_or("", |rule| rule.name.as_str()));
            out.flag("shadow", reason.shadow);
            if let Some(measured) = rules.iter().find(|it| it.rule == reason.rule) {
                out.object("values", |out| push_values(out, &measured.conditions));
            }
        });
    });
}

/// Each signal's value. A count that successes excuse, and a share, have two numbers.
#[inline(never)]
fn push_values(out: &mut Members, conditions: &[MeasuredCondition]) {
    for MeasuredCondition { condition, value, .. } in conditions {
        let name = condition.signal().row().name;
        match *value {
            SignalValue::Flag(Some(flag)) => out.bare(name, if flag { "true" } else { "false" }),
            SignalValue::Flag(None) => out.bare(name, "null"),
            SignalValue::Count { count, pending: 0, excused: 0 } => out.number(name, count.into()),
            SignalValue::Count { count, pending, excused } => {
                out.numbers(name, &[count.into(), pending.into(), excused.into()]);
            }
            SignalValue::Share(share) => {
                out.numbers(name, &[share.failed.into(), share.all.into()]);
            }
        }
    }
}

/// The first address of a client's /24 or /48.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
        }
    }
}

/// A tag as an address that no client has: in the prefix for packets to discard (RFC 6666).
fn pseudonym(tag: [u8; 8]) -> IpAddr {
    let [a, b, c, d] = [0, 2, 4, 6].map(|at| {
        u16::from_be_bytes(
            tag.get(at..).and_then(|it| it.first_chunk()).copied().unwrap_or_default(),
        )
    });
    Ipv6Addr::new(0x100, 0, 0, 0, a, b, c, d).into()
}
