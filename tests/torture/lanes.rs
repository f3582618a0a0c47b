//! Lanes: clients that send one request after the other as fast as they are answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;
use unstuff_tests::lock::lock;

use crate::hostile::HostileRequest;
use crate::wire::{Ending, TortureClient};

/// How many clients send at once.
const LANES: usize = 24;

/// How many requests that hung are printed.
const KEPT: usize = 20;

/// What became of the requests.
#[derive(Default)]
pub(crate) struct LaneTally {
    /// The number of the next request.
    next: AtomicU64,
    /// By what became of them.
    endings: Mutex<BTreeMap<String, u64>>,
    /// The numbers of those that hung.
    hung: Mutex<Vec<u64>>,
    is_over: AtomicBool,
}

/// All lanes of a run.
pub(crate) struct Lanes {
    /// What has become of the requests so far.
    pub tally: Arc<LaneTally>,
    tasks: Vec<JoinHandle<()>>,
}

impl Lanes {
    /// Starts to send hostile requests to this port.
    pub(crate) fn start(port: u16, seed: u64) -> Self {
        let tally = Arc::new(LaneTally::default());
        let lane = |_| {
            let tally = Arc::clone(&tally);
            tokio::spawn(async move {
                let mut client = TortureClient::default();
                while !tally.is_over.load(Ordering::Relaxed) {
                    let number = tally.next.fetch_add(1, Ordering::Relaxed);
                    let request = HostileRequest::generate(seed, number);
                    let ending = client.send(port, &request).await;
                    tally.record(number, ending);
                    if ending == Ending::Refused {
                        // Envoy starts again; the next try comes when others had their turn.
                        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    }
                }
                client.close();
            })
        };
        let tasks = (0..LANES).map(lane).collect();
        Self { tally, tasks }
    }

    /// Ends them. Returns when every request is over.
    pub(crate) async fn end(self) -> Arc<LaneTally> {
        self.tally.is_over.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.expect("a lane");
        }
        self.tally
    }
}

impl LaneTally {
    fn record(&self, number: u64, ending: Ending) {
        let name = match ending {
            Ending::Answered(0) => "HTTP/2 answered".to_owned(),
            Ending::Answered(status) => format!("HTTP/1 {status}"),
            other => format!("{other:?}").to_lowercase(),
        };
        *lock(&self.endings).entry(name).or_default() += 1;
        if ending == Ending::Hung {
            let mut hung = lock(&self.hung);
            if hung.len() < KEPT {
                hung.push(number);
            }
        }
    }

    /// Requests that were sent: somebody listened.
    pub(crate) fn sent(&self) -> u64 {
        let endings = lock(&self.endings);
        let sent = endings.iter().filter(|(what, _)| *what != "refused");
        sent.map(|(_, count)| count).sum()
    }

    /// What became of them, and how often.
    pub(crate) fn endings(&self) -> BTreeMap<String, u64> {
        lock(&self.endings).clone()
    }

    /// The numbers of the first that hung.
    pub(crate) fn hung(&self) -> Vec<u64> {
        lock(&self.hung).clone()
    }
}
