//! The calls to the fleet's rate limit service.
//!
//! A call from a request's own context loses its answer when the request ends. So a request puts its
//! message into a queue, and the one worker that the proxy tells of it asks, from its root context. No
//! such request waits. A request that brings a pass waits for the answer, and so asks by itself. A policy
//! without a fleet has no queue.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use unstuff_engine::fleet::FleetPolicy;
use unstuff_engine::fleet::circuit::{Circuit, CircuitChange, FAILURES, PROBE_SECONDS};
use unstuff_engine::fleet::message::FleetMessage;
use unstuff_engine::fleet::wire::{self, FleetAnswer, MAX_ANSWER_BYTES, METHOD, SERVICE};
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
        if let Some(token) = self.call(module, &question, in_flight, now) {
            self.awaited.borrow_mut().insert(token, message);
        }
    }

    /// Asks about a pass for the request at hand, which waits as so many others do. Returns until when
    /// the answer is awaited; none if the service is not asked.
    pub(crate) fn ask_about_pass(
        &self,
        module: &Module,
        question: &[u8],
        waiting: usize,
    ) -> Option<Millis> {
        let now = module.now()?;
        self.call(module, question, waiting, now)?;
        let timeout = u64::try_from(self.timeout.as_millis()).unwrap_or_default();
        Some(Millis(now.0.saturating_add(timeout)))
    }

    /// Makes a call for the context at hand, unless too many are in flight. Returns its token.
    fn call(&self, module: &Module, question: &[u8], in_flight: usize, now: Millis) -> Option<u32> {
        if !self.circuit.borrow_mut().admits(now, in_flight) {
            module.metrics.count(Metric::FleetDropped);
            return None;
        }
        let token = host::grpc_call(&self.service, (SERVICE, METHOD), question, self.timeout);
        module.metrics.count(match token {
            Some(_) => Metric::FleetCalls,
            None => Metric::FleetDropped,
        });
        if token.is_none() {
            self.note(false, now);
        }
        token
    }

    /// Takes in the answer to a question about a pass, or that there is none.
    pub(crate) fn note_pass_answer(&self, module: &Module, answer: Option<&[u8]>) {
        let Some(now) = module.now() else { return };
        let answer = answer.and_then(FleetAnswer::read);
        count_answer(module, answer.as_ref().map(|answer| answer.over));
        self.note(answer.is_some(), now);
    }

    /// Takes the answer to a call: `size` bytes, or none if the call failed.
    pub(crate) fn take_answer(&self, module: &Module, token: u32, size: Option<usize>) {
        let Some(asked) = self.awaited.borrow_mut().remove(&token) else { return };
        let Some(host) = module.host() else { return };
        let answer = size.filter(|size| *size <= MAX_ANSWER_BYTES).and_then(|size| {
            let answer = host::buffer(Buffer::GrpcAnswer, size);
            module.engine.fleet_answer(&host, &asked, &answer)
        });
        if let Some(effects) = &answer {
            module.count_changes(&effects.changes);
        }
        count_answer(module, answer.as_ref().map(|effects| effects.over));
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

/// Counts an answer: that a limit is exceeded or not, or none.
fn count_answer(module: &Module, is_over: Option<bool>) {
    match is_over {
        Some(true) => module.metrics.count(Metric::FleetOver),
        Some(false) => {}
        None => module.metrics.count(Metric::FleetErrors),
    }
}
