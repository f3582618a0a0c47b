//! The calls to the fleet's rate limit service.
//!
//! A call from a request's own context loses its answer when the request ends. So a request puts its
//! message into a queue, and the one worker that the proxy tells of it asks, from its root context. No
//! request waits. A policy without a fleet has no queue.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use unstuff_engine::fleet::FleetPolicy;
use unstuff_engine::fleet::circuit::{Circuit, CircuitChange, FAILURES, PROBE_SECONDS};
use unstuff_engine::fleet::message::FleetMessage;
use unstuff_engine::fleet::wire::{self, MAX_ANSWER_BYTES, METHOD, SERVICE};
use unstuff_engine::time::Millis;

use crate::fleet_queue::FleetQueue;
use crate::host::{self, Buffer, Level};
use crate::metrics::Metric;
use crate::module::Module;

/// The queue of one configuration, and the calls of the worker that it tells.
#[derive(Debug)]
pub(crate) struct FleetCalls {
    queue: FleetQueue,
    /// How the proxy is told which service to call.
    service: String,
    timeout: Duration,
    circuit: RefCell<Circuit>,
    /// The messages whose answers are awaited, by the token of the call.
    awaited: RefCell<BTreeMap<u32, FleetMessage>>,
}

impl FleetCalls {
    /// Opens the queue of a configuration, which its hash names: the proxy tells the last worker that
    /// registers a name, and a worker can only ask about messages under its own policy.
    ///
    /// # Errors
    /// A line for the log.
    pub(crate) fn open(fleet: &FleetPolicy, configuration: &[u8; 8]) -> Result<Self, String> {
        let hash = u64::from_le_bytes(*configuration);
        let queue = FleetQueue::open(format!("unstuff/fleet/{hash:016x}"))
            .ok_or("fleet: the proxy gives no queue")?;
        let service = wire::grpc_service(&fleet.cluster).ok_or("fleet: no such cluster")?;
        Ok(Self {
            queue,
            service,
            timeout: Duration::from_millis(fleet.timeout_ms.into()),
            circuit: RefCell::default(),
            awaited: RefCell::default(),
        })
    }

    /// Hands over a message, for whichever worker asks.
    pub(crate) fn tell(&self, module: &Module, message: &FleetMessage) {
        if !self.queue.put(&message.to_bytes()) {
            module.metrics.count(Metric::FleetDropped);
        }
    }

    /// Asks about what is in the queue.
    pub(crate) fn drain(&self, module: &Module) {
        let Some(now) = module.now() else { return };
        while let Some(bytes) = self.queue.take() {
            if let Some(message) = FleetMessage::from_bytes(&bytes) {
                self.ask(module, message, now);
            }
        }
    }

    fn ask(&self, module: &Module, message: FleetMessage, now: Millis) {
        let Some(question) = module.engine.fleet_question(&message, now) else { return };
        let in_flight = self.awaited.borrow().len();
        if !self.circuit.borrow_mut().admits(now, in_flight) {
            return module.metrics.count(Metric::FleetDropped);
        }
        match host::grpc_call(&self.service, (SERVICE, METHOD), &question, self.timeout) {
            Some(token) => {
                module.metrics.count(Metric::FleetCalls);
                self.awaited.borrow_mut().insert(token, message);
            }
            None => {
                module.metrics.count(Metric::FleetDropped);
                self.note(false, now);
            }
        }
    }

    /// Takes the answer to a call: `size` bytes, or none if the call failed.
    pub(crate) fn take_answer(&self, module: &Module, token: u32, size: Option<usize>) {
        let Some(asked) = self.awaited.borrow_mut().remove(&token) else { return };
        let Some(host) = module.host() else { return };
        let answer = size.filter(|size| *size <= MAX_ANSWER_BYTES).and_then(|size| {
            let answer = host::buffer(Buffer::GrpcAnswer, size);
            module.engine.fleet_answer(&host, &asked, &answer)
        });
        match &answer {
            Some(effects) => {
                module.count_changes(&effects.changes);
                if effects.over {
                    module.metrics.count(Metric::FleetOver);
                }
            }
            None => module.metrics.count(Metric::FleetErrors),
        }
        self.note(answer.is_some(), host.now);
    }

    /// Takes in whether a call was answered, and says when that changes.
    fn note(&self, answered: bool, now: Millis) {
        match self.circuit.borrow_mut().note(answered, now) {
            Some(CircuitChange::Opened) => host::log(
                Level::Warn,
                &format!(
                    "fleet: {FAILURES} calls in a row brought no answer: this gateway counts alone, and \
                     asks again every {PROBE_SECONDS} seconds"
                ),
            ),
            Some(CircuitChange::Closed) => {
                host::log(Level::Warn, "fleet: the service answers again");
            }
            None => {}
        }
    }
}
