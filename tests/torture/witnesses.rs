//! Witnesses: clients that fail at logins one at a time, all through the run, and know how often.
//!
//! What the module has counted must lie between the failures that reached the witness and those
//! that the application answered. The two are the same unless an answer is lost on the way.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinHandle;
use unstuff_tests::{PolicyBuilder, Request, client, form};

use crate::upstream::{ANSWERED_HEADER, UpstreamTally, WITNESS_HEADER};

/// How many there are.
const WITNESSES: usize = 8;

/// The pause between two logins of a witness.
const PAUSE: Duration = Duration::from_millis(150);

/// All witnesses of a run.
pub(crate) struct Witnesses {
    tasks: Vec<JoinHandle<()>>,
    received: Arc<Vec<AtomicU64>>,
    is_over: Arc<AtomicBool>,
}

/// What one witness knows, and what the module must have counted.
#[derive(Clone, Debug)]
pub(crate) struct WitnessCount {
    /// Its number.
    pub witness: usize,
    /// Failures that it was told of.
    pub at_least: u64,
    /// Failures that the application answered.
    pub at_most: u64,
}

fn name(witness: usize) -> String {
    format!("witness-{witness}")
}

/// A login of a witness with a password that is wrong.
pub(crate) fn login(witness: usize, guess: u64) -> Request {
    form(&name(witness), &format!("guess-{guess}"))
        .from(&format!("203.0.113.{witness}"))
        .header(WITNESS_HEADER, name(witness))
}

impl Witnesses {
    /// Starts them.
    pub(crate) fn start(port: u16) -> Self {
        let received: Arc<Vec<AtomicU64>> =
            Arc::new((0..WITNESSES).map(|_| AtomicU64::new(0)).collect());
        let is_over = Arc::new(AtomicBool::new(false));
        let tasks = (0..WITNESSES).map(|witness| {
            let (received, is_over) = (Arc::clone(&received), Arc::clone(&is_over));
            tokio::spawn(async move {
                let mut guess = 0;
                while !is_over.load(Ordering::Relaxed) {
                    tokio::time::sleep(PAUSE).await;
                    guess += 1;
                    if was_refused_by_the_application(port, login(witness, guess)).await {
                        received[witness].fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        });
        Self { tasks: tasks.collect(), received: Arc::clone(&received), is_over }
    }

    /// Ends them, and returns what they know.
    pub(crate) async fn end(self, tally: &UpstreamTally) -> Vec<WitnessCount> {
        self.is_over.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.expect("a witness");
        }
        let counts = self.received.iter().enumerate().map(|(witness, received)| WitnessCount {
            witness,
            at_least: received.load(Ordering::Relaxed),
            at_most: tally.failures_of(&name(witness)),
        });
        counts.collect()
    }
}

/// Sends a login on a connection of its own: one that Envoy closes cannot swallow it.
async fn was_refused_by_the_application(port: u16, login: Request) -> bool {
    let response = client::send_alone((Ipv4Addr::LOCALHOST, port).into(), login).await;
    response.is_some_and(|it| it.status == 401 && it.header(ANSWERED_HEADER).is_some())
}

impl WitnessCount {
    /// Adds the rules that tell whether the module has counted as much.
    pub(crate) fn with_rules(&self, policy: PolicyBuilder) -> PolicyBuilder {
        let rule = |end: &str, over: u64| {
            json!({
                "name": format!("w{}-{end}", self.witness),
                "when": { "username.failures": { "over": over, "within": "24h" } },
                "then": "annotate",
            })
        };
        // The login at hand counts as a failure, so the first rule fits and the second does not.
        policy.rule(rule("least", self.at_least)).rule(rule("most", self.at_most + 1))
    }

    /// What is wrong with these reasons of a login of this witness, if something is.
    pub(crate) fn problem(&self, reasons: &str) -> Option<String> {
        let has = |end: &str| reasons.split(',').any(|it| it == format!("w{}-{end}", self.witness));
        let Self { witness, at_least, at_most } = self;
        let told = format!("witness {witness} was told of {at_least}, answered were {at_most}");
        match (has("least"), has("most")) {
            (true, false) => None,
            (false, _) => Some(format!("{told}: fewer were counted")),
            (_, true) => Some(format!("{told}: more were counted")),
        }
    }
}

#[test]
fn a_count_outside_what_a_witness_knows_is_a_problem() {
    let count = WitnessCount { witness: 3, at_least: 10, at_most: 11 };
    assert_eq!(count.problem("w3-least"), None);
    let fewer = count.problem("w4-least").unwrap_or_default();
    assert!(fewer.ends_with("fewer were counted"), "{fewer}");
    let more = count.problem("w3-least,w3-most").unwrap_or_default();
    assert!(more.ends_with("more were counted"), "{more}");
}
