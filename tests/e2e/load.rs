//! Load: many requests over many connections at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;

use unstuff_tests::{Request, Sandbox, client};

/// The size of a load.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Requests in total; each connection sends its share in sequence.
    pub requests: usize,
    /// Parallel connections; Envoy spreads them over its workers.
    pub connections: usize,
}

/// Sends `request(0)`, `request(1)` … and counts the responses by status.
pub(crate) async fn flood(
    sandbox: &Sandbox,
    load: Load,
    request: impl Fn(usize) -> Request,
) -> BTreeMap<u16, usize> {
    // All connections are open before the first request is sent.
    let ready = Arc::new(tokio::sync::Barrier::new(load.connections));
    let mut senders = Vec::new();
    for lane in 0..load.connections {
        let lane: Vec<Request> =
            (lane..load.requests).step_by(load.connections).map(&request).collect();
        senders.push(tokio::spawn(send_all(sandbox.address(), lane, Arc::clone(&ready))));
    }
    let mut responses = BTreeMap::new();
    for sender in senders {
        for status in sender.await.expect("a connection's statuses") {
            *responses.entry(status).or_insert(0) += 1;
        }
    }
    responses
}

async fn send_all(
    address: std::net::SocketAddr,
    lane: Vec<Request>,
    ready: Arc<tokio::sync::Barrier>,
) -> Vec<u16> {
    let mut connection = client::connect(address).await.expect("Envoy listens");
    ready.wait().await;
    let mut statuses = Vec::with_capacity(lane.len());
    for request in lane {
        statuses.push(connection.send(request).await.status);
    }
    statuses
}
