//! The fleet's side of the engine: the question that a message makes, and what its answer does.

use super::{Changes, Engine, Host};
use crate::attack_mode::NewSuspicion;
use crate::fleet::FleetLimit;
use crate::fleet::message::FleetMessage;
use crate::fleet::report::{FleetClient, FleetReport};
use crate::fleet::wire::FleetAnswer;
use crate::request::client::Client;
use crate::state::{EntryStore, Store};
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

    /// What the fleet is to be told of attacks, as of the last tick. Of all workers one gets each. Call
    /// it after [`Engine::tick`] where there is a fleet.
    pub fn new_suspicions<S: Store, P, E>(&self, host: &Host<'_, S, P, E>) -> Vec<NewSuspicion> {
        self.attack_monitor.new_suspicions(host.store, host.now)
    }

    /// The question to the service that a message is. `None` if there is no fleet, or the message is of
    /// another policy.
    #[must_use]
    pub fn fleet_question(&self, message: &FleetMessage, now: Millis) -> Option<Vec<u8>> {
        message.question(&self.policy, self.policy.fleet.as_ref()?, now)
    }

    /// Does what the service's answer to a message asks for: begins bans, or lowers what attack mode
    /// needs. `None` if it is no answer.
    pub fn fleet_answer<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        message: &FleetMessage,
        answer: &[u8],
    ) -> Option<FleetEffects> {
        let answer = FleetAnswer::read(answer)?;
        let mut effects = FleetEffects { over: answer.over, changes: Changes::default() };
        match message {
            FleetMessage::Failure(report) => {
                self.begin_fleet_bans(host, report, &answer, &mut effects.changes);
            }
            FleetMessage::Suspicion(new) if answer.over => {
                self.attack_monitor.note_over(host.store, new.endpoint, host.now);
            }
            FleetMessage::Suspicion(_) => {}
        }
        Some(effects)
    }

    fn begin_fleet_bans<S, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        report: &FleetReport,
        answer: &FleetAnswer,
        changes: &mut Changes,
    ) {
        let state = self.state(host, &[]);
        for (position, reported) in report.rules.iter().enumerate() {
            let rule = self.policy.rule(reported.id);
            let Some((rule, limit)) = rule.and_then(|it| Some((it, FleetLimit::of(it)?))) else {
                continue;
            };
            if reported.may_ban && answer.is_over(position, report.rules.len()) {
                let key = report.client.key(limit.banned);
                let place = self.table.place(limit.banned.kind(), key);
                state.begin_fleet_ban(place, rule, changes);
            }
        }
    }
}
