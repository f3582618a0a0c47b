//! The protected application: remembers all that reaches it, answers as told.
//!
//! A request is remembered when its headers arrive and completed as its body does, so that
//! a test sees what reached the application of a request that was cut off.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::app_response::AppResponse;

/// A request as it reached the application.
#[derive(Clone, Debug, Default)]
pub struct ReceivedRequest {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// In the order in which they came, duplicates included.
    pub headers: HeaderMap,
    /// What came of the body.
    pub body: Vec<u8>,
    /// Whether the body came to its end.
    pub is_complete: bool,
}

impl ReceivedRequest {
    /// The first header of this name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the body has this text somewhere.
    pub fn body_has(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

type OnHeaders = dyn Fn(&ReceivedRequest) -> Option<AppResponse> + Send + Sync;
type OnRequest = dyn Fn(&ReceivedRequest) -> AppResponse + Send + Sync;

/// How the application answers.
pub struct Behaviour {
    /// Asked when the headers have arrived; an answer here does not wait for the body.
    pub on_headers: Box<OnHeaders>,
    /// Asked when the request is complete.
    pub on_request: Box<OnRequest>,
}

/// The password that logs every user in.
pub const RIGHT: &str = "the-right-password";

impl Default for Behaviour {
    /// Logs in whoever sends [`RIGHT`] to `/login`, with 200, and answers 401 to others.
    /// `/echo` echoes, anything else is 200.
    fn default() -> Self {
        let early =
            |received: &ReceivedRequest| (received.target == "/echo").then(AppResponse::echo);
        let whole = |received: &ReceivedRequest| {
            let is_login = received.target.to_ascii_lowercase().contains("login");
            AppResponse::status(if is_login && !received.body_has(RIGHT) { 401 } else { 200 })
        };
        Self { on_headers: Box::new(early), on_request: Box::new(whole) }
    }
}

/// An application on loopback.
pub struct Application {
    /// Where it listens.
    pub port: u16,
    requests: Arc<Mutex<Vec<ReceivedRequest>>>,
    server: JoinHandle<()>,
}

impl Application {
    /// Starts it on a free port.
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (behaviour, log) = (Arc::new(behaviour), Arc::clone(&requests));
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&behaviour), Arc::clone(&log)));
            }
        });
        Self { port, requests, server }
    }

    /// All requests so far, in the order in which their headers arrived.
    pub fn received(&self) -> Vec<ReceivedRequest> {
        lock(&self.requests).clone()
    }

    /// How many requests so far.
    pub fn request_count(&self) -> usize {
        lock(&self.requests).len()
    }

    /// The only request so far.
    ///
    /// # Panics
    /// If there is none, or more than one.
    pub fn only_request(&self) -> ReceivedRequest {
        let received = self.received();
        assert_eq!(
            received.len(),
            1,
            "one request should have reached the application: {received:?}"
        );
        received[0].clone()
    }

    /// Stops listening: from now on Envoy finds nobody there.
    pub async fn stop(&mut self) {
        self.server.abort();
        // Ended by the abort, as asked.
        let _ = (&mut self.server).await;
    }

    /// Forgets what it has seen.
    pub fn clear(&self) {
        lock(&self.requests).clear();
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    stream: TcpStream,
    behaviour: Arc<Behaviour>,
    requests: Arc<Mutex<Vec<ReceivedRequest>>>,
) {
    let service = service_fn(|request| {
        let (behaviour, requests) = (Arc::clone(&behaviour), Arc::clone(&requests));
        async move { Ok::<_, Infallible>(handle(request, &behaviour, &requests).await) }
    });
    // A connection that Envoy ends is no error of the application's.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

type ResponseBody = BoxBody<Bytes, hyper::Error>;

async fn handle(
    request: hyper::Request<Incoming>,
    behaviour: &Behaviour,
    requests: &Mutex<Vec<ReceivedRequest>>,
) -> hyper::Response<ResponseBody> {
    let (head, mut body) = request.into_parts();
    let mut received = ReceivedRequest {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: head.headers,
        ..ReceivedRequest::default()
    };
    let index = {
        let mut requests = lock(requests);
        requests.push(received.clone());
        requests.len() - 1
    };
    if let Some(reply) = (behaviour.on_headers)(&received) {
        let echo = reply.echo.then(|| body.boxed());
        return respond(reply, echo).await;
    }
    loop {
        match body.frame().await {
            Some(Ok(frame)) => received.body.extend(frame.into_data().unwrap_or_default()),
            Some(Err(_)) => break,
            None => {
                received.is_complete = true;
                break;
            }
        }
    }
    // Gone if the test told the application to forget meanwhile.
    if let Some(entry) = lock(requests).get_mut(index) {
        entry.clone_from(&received);
    }
    respond((behaviour.on_request)(&received), None).await
}

async fn respond(reply: AppResponse, echo: Option<ResponseBody>) -> hyper::Response<ResponseBody> {
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    let mut response = hyper::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let whole = || Full::new(Bytes::from(reply.body)).map_err(|never| match never {}).boxed();
    response.body(echo.unwrap_or_else(whole)).expect("a reply that hyper can express")
}

fn lock(requests: &Mutex<Vec<ReceivedRequest>>) -> MutexGuard<'_, Vec<ReceivedRequest>> {
    requests.lock().unwrap_or_else(PoisonError::into_inner)
}
