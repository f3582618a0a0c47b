//! The fleet's side of an attempt: the question that a report makes, and what its answer does.

use super::{Changes, Engine, Host};
use crate::fleet::FleetLimit;
use crate::fleet::report::{FleetClient, FleetReport};
use crate::fleet::wire::{self, FleetAnswer};
use crate::request::client::Client;
use crate::state::EntryStore;
use crate::time::Millis;

/// What the fleet's answer did.
#[derive(Clone, Copy, Debug, Default)]
pub struct FleetEffects {
    /// A limit of the fleet is exceeded.
    pub over: bool,
    /// The changes to the state.
    pub changes: Changes,
}

impl Engine {
    /// The client of a request, if failures of it are reported to a fleet. Nobody speaks of those on
    /// the allow-list.
    pub(super) fn fleet_client(&self, client: &Client) -> Option<FleetClient> {
        self.policy.fleet.as_ref()?;
        if self.policy.client.is_allow_listed(client) {
            return None;
        }
        let ip = client.key(self.policy.client.ipv6_prefix)?;
        Some(FleetClient { ip, network: client.network_key()? })
    }

    /// The message that asks the service about a report. `None` if there is no fleet, or the report is
    /// of another policy.
    #[must_use]
    pub fn fleet_question(&self, report: &FleetReport, now: Millis) -> Option<Vec<u8>> {
        let fleet = self.policy.fleet.as_ref()?;
        let descriptors = report.descriptors(&self.policy, fleet, now)?;
        Some(wire::request(&fleet.domain, &descriptors, report.hits))
    }

    /// Begins the bans that the service's answer to a report asks for. `None` if it is no answer.
    pub fn fleet_answer<S, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        report: &FleetReport,
        message: &[u8],
    ) -> Option<FleetEffects> {
        let answer = FleetAnswer::read(message)?;
        let mut effects = FleetEffects { over: answer.over, changes: Changes::default() };
        let state = self.state(host, &[]);
        for (position, reported) in report.rules.iter().enumerate() {
            let rule = self.policy.rule(reported.id);
            let Some((rule, limit)) = rule.and_then(|it| Some((it, FleetLimit::of(it)?))) else {
                continue;
            };
            if reported.may_ban && answer.is_over(position, report.rules.len()) {
                let key = report.client.key(limit.banned);
                let place = self.table.place(limit.banned.kind(), key);
                state.begin_fleet_ban(place, rule, &mut effects.changes);
            }
        }
        Some(effects)
    }
}
