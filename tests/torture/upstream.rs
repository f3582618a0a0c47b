//! The application under torture: it fails as it is told to, and judges what reaches it.
//!
//! A request says in [`NUMBER_HEADER`] which one it is and, if its body holds a breached password
//! that an application reads, the hash of that body. If exactly this body arrives whole, Unstuff must
//! have said something about it: that the password is breached, or that it could not read it.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use unstuff_tests::application::RIGHT;
use unstuff_tests::lock::lock;

use crate::hostile::{FAULT_HEADER, NUMBER_HEADER, body_hash};

/// The header that names a client whose failures are counted.
pub(crate) const WITNESS_HEADER: &str = "x-torture-witness";

/// The header that tells an answer of the application from one of Envoy.
pub(crate) const ANSWERED_HEADER: &str = "x-torture-answered";

/// The number of a request whose reasons are remembered.
pub(crate) const REMEMBER: &str = "remember";

/// What Unstuff may say of a body with a breached password. Nothing else is a finding.
const FINDINGS: [&str; 4] = ["breached", "unreadable", "ambiguous", "batched"];

/// Violations that are kept for the report.
const KEPT: usize = 20;

/// What the application has seen.
#[derive(Default)]
pub(crate) struct UpstreamTally {
    /// Requests that arrived.
    pub arrived: AtomicU64,
    /// Bodies with a breached password that arrived whole.
    pub with_password: AtomicU64,
    /// Of these, those of which Unstuff said nothing.
    pub clean: AtomicU64,
    /// The numbers of the first few, and what the application was told.
    pub examples: Mutex<Vec<String>>,
    /// Whether the reasons of every request are remembered.
    pub remembers_all: AtomicBool,
    /// The reasons that came with the last request that is remembered.
    last_reasons: Mutex<String>,
    /// Failures that it answered, by witness.
    pub failures: Mutex<BTreeMap<String, u64>>,
}

/// The application, which can be killed and started again on the same port.
pub(crate) struct TortureUpstream {
    /// Its port.
    pub port: u16,
    /// What it has seen.
    pub tally: Arc<UpstreamTally>,
    server: Option<JoinHandle<()>>,
}

type AnswerBody = BoxBody<Bytes, io::Error>;

impl TortureUpstream {
    /// Starts on a free port.
    pub(crate) async fn start() -> Self {
        let mut upstream = Self { port: 0, tally: Arc::default(), server: None };
        upstream.listen().await;
        upstream
    }

    /// Listens, on the port of before if there is one.
    pub(crate) async fn listen(&mut self) {
        let address = (Ipv4Addr::LOCALHOST, self.port);
        let listener = TcpListener::bind(address).await.expect("a port");
        self.port = listener.local_addr().expect("an address").port();
        let tally = Arc::clone(&self.tally);
        self.server = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&tally)));
                while connections.try_join_next().is_some() {}
            }
        }));
    }

    /// Stops listening, and breaks every connection.
    pub(crate) async fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            // The error only says that the task was aborted.
            let _ = server.await;
        }
    }
}

impl Drop for TortureUpstream {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

async fn serve(stream: TcpStream, tally: Arc<UpstreamTally>) {
    let service = service_fn(|request| handle(request, &tally));
    // The only errors are those that this application makes, and a connection that Envoy closes.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn handle(
    request: hyper::Request<Incoming>,
    tally: &UpstreamTally,
) -> io::Result<hyper::Response<AnswerBody>> {
    tally.arrived.fetch_add(1, Ordering::Relaxed);
    let (head, body) = request.into_parts();
    let fault = text(&head.headers, FAULT_HEADER).unwrap_or_default();
    match fault {
        "early" => return Ok(respond(401, whole("early"))),
        "reset" => return Err(io::ErrorKind::ConnectionReset.into()),
        _ => {}
    }
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    tally.judge(&head.headers, &body);
    let is_right = body.windows(RIGHT.len()).any(|window| window == RIGHT.as_bytes());
    let status = if is_right { 200 } else { 401 };
    if let Some(witness) = text(&head.headers, WITNESS_HEADER) {
        *lock(&tally.failures).entry(witness.to_owned()).or_default() += 1;
    }
    Ok(match fault {
        "slow" => {
            tokio::time::sleep(Duration::from_millis(300)).await;
            respond(status, whole("slow"))
        }
        "reset-in-body" => respond(status, pieces(3, true)),
        "trickle" => respond(status, pieces(6, false)),
        "large" => respond(status, whole(&"large ".repeat(100_000))),
        _ => respond(status, whole("wrong")),
    })
}

fn respond(status: u16, body: AnswerBody) -> hyper::Response<AnswerBody> {
    let response = hyper::Response::builder().status(status).header(ANSWERED_HEADER, "1");
    response.body(body).expect("a response")
}

fn whole(text: &str) -> AnswerBody {
    Full::new(Bytes::copy_from_slice(text.as_bytes())).map_err(|never| match never {}).boxed()
}

/// A body that comes in pieces, and ends or breaks off.
fn pieces(count: usize, breaks: bool) -> AnswerBody {
    let (mut sender, channel) = Channel::<Bytes, io::Error>::new(1);
    tokio::spawn(async move {
        for _ in 0..count {
            if sender.send_data(Bytes::from_static(b"a piece of it")).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if breaks {
            sender.abort(io::ErrorKind::ConnectionReset.into());
        }
    });
    channel.boxed()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

impl UpstreamTally {
    /// Whether Unstuff has said something about a body that holds a breached password.
    fn judge(&self, headers: &HeaderMap, body: &[u8]) {
        let reasons = text(headers, "x-unstuff-reasons").unwrap_or_default();
        let number = text(headers, NUMBER_HEADER).unwrap_or_default();
        if number == REMEMBER || self.remembers_all.load(Ordering::Relaxed) {
            reasons.clone_into(&mut lock(&self.last_reasons));
        }
        let Some((number, hash)) = number.split_once(' ') else { return };
        if u64::from_str_radix(hash, 16) != Ok(body_hash(body)) {
            return;
        }
        self.with_password.fetch_add(1, Ordering::Relaxed);
        if reasons.split(',').any(|reason| FINDINGS.contains(&reason.trim())) {
            return;
        }
        self.clean.fetch_add(1, Ordering::Relaxed);
        let mut examples = lock(&self.examples);
        if examples.len() < KEPT {
            let verdict = text(headers, "x-unstuff-verdict");
            examples.push(format!("REQUEST={number}: verdict {verdict:?}, reasons {reasons:?}"));
        }
    }

    /// Failures that were answered to a witness.
    pub(crate) fn failures_of(&self, witness: &str) -> u64 {
        lock(&self.failures).get(witness).copied().unwrap_or(0)
    }

    /// The reasons that came with the last request that is remembered.
    pub(crate) fn last_reasons(&self) -> String {
        lock(&self.last_reasons).clone()
    }

    /// The first violations.
    pub(crate) fn violations(&self) -> Vec<String> {
        lock(&self.examples).clone()
    }
}

#[test]
fn a_breached_body_about_which_nothing_is_said_is_a_violation() {
    let body = b"user=a&password=123456";
    let judged = |reasons: Option<&str>, arrived: &[u8]| {
        let mut headers = HeaderMap::new();
        let number = format!("17 {:016x}", body_hash(body));
        headers.insert(NUMBER_HEADER, number.parse().expect("a value"));
        if let Some(reasons) = reasons {
            headers.insert("x-unstuff-reasons", reasons.parse().expect("a value"));
        }
        let tally = UpstreamTally::default();
        tally.judge(&headers, arrived);
        (tally.with_password.into_inner(), tally.clean.into_inner())
    };
    assert_eq!(judged(None, body), (1, 1));
    assert_eq!(judged(Some("many-names"), body), (1, 1));
    assert_eq!(judged(Some("many-names, breached"), body), (1, 0));
    assert_eq!(judged(Some("unreadable"), body), (1, 0));
    // Another body than the one that holds the password: nothing has to be said.
    assert_eq!(judged(None, b"user=a"), (0, 0));
}
