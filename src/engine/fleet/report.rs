//! What a gateway reports of a failed login. The keys of clients stay in this process; the service gets
//! keyed tags.

use super::wire::DescriptorEntry;
use super::{FleetLimit, FleetPolicy};
use crate::policy::{Banned, Policy, Rule, RuleId};
use crate::state::bytes::{ByteReader, ByteWriter};
use crate::time::Millis;
use crate::tokens::signing::Purpose;

/// The address and the network of a client, as the state's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FleetClient {
    /// Of its address.
    pub ip: [u8; 17],
    /// Of its network.
    pub network: [u8; 7],
}

/// A failed login, for the rules that the fleet counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetReport {
    /// Who failed.
    pub client: FleetClient,
    /// How many logins the request counts for.
    pub hits: u32,
    /// The rules that count it, those about addresses in front. At least one.
    pub rules: Vec<ReportedRule>,
}

/// A rule that counts a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportedRule {
    /// Which rule.
    pub id: RuleId,
    /// Nothing at this gateway excuses the client, so that an answer can ban it.
    pub may_ban: bool,
}

/// Bytes of a report in the queue, besides the two of each rule.
const HEAD_BYTES: usize = 17 + 7 + 4;

impl FleetClient {
    /// What the state knows the client's address or network by. No fingerprints: the fleet counts none.
    #[must_use]
    pub fn key(&self, banned: Banned) -> &[u8] {
        match banned {
            Banned::Ip => &self.ip,
            Banned::Network => &self.network,
            Banned::Fingerprint => &[],
        }
    }
}

impl FleetReport {
    /// The report as it waits in the queue.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; HEAD_BYTES + 2 * self.rules.len()];
        let mut out = ByteWriter(&mut bytes);
        out.put(self.client.ip);
        out.put(self.client.network);
        out.u32(self.hits);
        for rule in &self.rules {
            // A policy has at most 64 rules.
            out.u8(u8::try_from(rule.id.position()).unwrap_or(u8::MAX));
            out.u8(rule.may_ban.into());
        }
        bytes
    }

    /// Reads a report from the queue. `None` for what is none, as another plugin could have put there.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, rules) = bytes.split_at_checked(HEAD_BYTES)?;
        let mut head = ByteReader(head);
        let client = FleetClient { ip: head.take(), network: head.take() };
        let rule = |bytes: &[u8]| match bytes {
            [position, may_ban] => {
                let id = RuleId::new(usize::from(*position));
                Some(ReportedRule { id, may_ban: *may_ban != 0 })
            }
            _ => None,
        };
        let rules: Option<Vec<_>> = rules.chunks(2).map(rule).collect();
        let rules = rules.filter(|rules| !rules.is_empty())?;
        Some(Self { client, hits: head.u32(), rules })
    }

    /// The descriptors of the report, one for each rule. `None` if it is of another policy.
    pub(crate) fn descriptors(
        &self,
        policy: &Policy,
        fleet: &FleetPolicy,
        now: Millis,
    ) -> Option<Vec<Vec<DescriptorEntry>>> {
        let descriptor = |reported: &ReportedRule| {
            let rule = policy.rule(reported.id)?;
            Some(self.descriptor(rule, FleetLimit::of(rule)?, fleet, now))
        };
        self.rules.iter().map(descriptor).collect()
    }

    fn descriptor(
        &self,
        rule: &Rule,
        limit: FleetLimit,
        fleet: &FleetPolicy,
        now: Millis,
    ) -> Vec<DescriptorEntry> {
        let (name, banned) = (rule.name.as_bytes(), limit.banned.name().as_bytes());
        let parts = [name, banned, self.client.key(limit.banned)];
        let tag = fleet.key.sign(Purpose::Fleet, &parts).tag();
        let window = u64::from(now.seconds()) / u64::from(limit.within.seconds());
        vec![
            ("rule", rule.name.clone()),
            ("client", hex::encode(tag)),
            ("window", window.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_survives_the_queue_and_junk_is_none() {
        let rule = |position, may_ban| ReportedRule { id: RuleId::new(position), may_ban };
        let client = FleetClient { ip: [1; 17], network: [2; 7] };
        let report = FleetReport { client, hits: 300, rules: vec![rule(3, true), rule(63, false)] };
        assert_eq!(FleetReport::from_bytes(&report.to_bytes()), Some(report.clone()));
        let bytes = report.to_bytes();
        assert_eq!(FleetReport::from_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(FleetReport::from_bytes(&bytes[..HEAD_BYTES]), None, "no rules");
        assert_eq!(FleetReport::from_bytes(b"junk"), None);
    }
}
