//! The protected application: it records every request and responds as the test chooses.
//!
//! A request is recorded when its headers arrive and updated when its body ends. A test can
//! therefore see how much of an interrupted request reached the application.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::Ipv4Addr;
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
use tokio::task::JoinHandle;

use crate::app_response::AppResponse;
use crate::lock::lock;

/// A request as it reached the application.
#[derive(Clone, Debug, Default)]
pub struct ReceivedRequest {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers in order of arrival, duplicates included.
    pub headers: HeaderMap,
    /// The part of the body that arrived.
    pub body: Vec<u8>,
    /// Whether the whole body arrived.
    pub is_complete: bool,
}

impl ReceivedRequest {
    /// The first header of this name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the body contains this text.
    pub fn body_has(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

type OnHeaders = dyn Fn(&ReceivedRequest) -> Option<AppResponse> + Send + Sync;
type OnRequest = dyn Fn(&ReceivedRequest) -> AppResponse + Send + Sync;

/// How the application responds.
pub struct Behaviour {
    /// Called when the headers have arrived. A response here does not wait for the body.
    pub on_headers: Box<OnHeaders>,
    /// Called when the request is complete.
    pub on_request: Box<OnRequest>,
}

/// The password of every user.
pub const RIGHT: &str = "the-right-password";

impl Default for Behaviour {
    /// A login at `/login` gets 200 with the password [`RIGHT`] and 401 with any other.
    /// `/echo` sends the body back. Every other target gets 200.
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
    /// The port that it listens on.
    pub port: u16,
    requests: Arc<Mutex<Vec<ReceivedRequest>>>,
    behaviour: Arc<Behaviour>,
    server: JoinHandle<()>,
}

impl Application {
    /// Starts the application on a free port.
    pub async fn start(behaviour: Behaviour) -> Self {
        let (behaviour, requests) = (Arc::new(behaviour), Arc::default());
        let (port, server) = listen(0, Arc::clone(&behaviour), Arc::clone(&requests)).await;
        Self { port, requests, behaviour, server }
    }

    /// All requests so far, in the order in which their headers arrived.
    pub fn received(&self) -> Vec<ReceivedRequest> {
        lock(&self.requests).clone()
    }

    /// The number of requests so far.
    pub fn request_count(&self) -> usize {
        lock(&self.requests).len()
    }

    /// The only request so far.
    ///
    /// # Panics
    /// If there is no request, or more than one.
    pub fn only_request(&self) -> ReceivedRequest {
        let received = self.received();
        assert_eq!(
            received.len(),
            1,
            "one request should have reached the application: {received:?}"
        );
        received[0].clone()
    }

    /// Stops listening, so that Envoy cannot connect any more.
    pub async fn stop(&mut self) {
        self.server.abort();
        // The error only says that the task was aborted.
        let _ = (&mut self.server).await;
    }

    /// Listens again, on the same port.
    pub async fn restart(&mut self) {
        let (behaviour, requests) = (Arc::clone(&self.behaviour), Arc::clone(&self.requests));
        (_, self.server) = listen(self.port, behaviour, requests).await;
    }

    /// Deletes the recorded requests.
    pub fn clear(&self) {
        lock(&self.requests).clear();
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Serves on a port, or on a free one for 0. Returns the port.
async fn listen(
    port: u16,
    behaviour: Arc<Behaviour>,
    requests: Arc<Mutex<Vec<ReceivedRequest>>>,
) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&behaviour), Arc::clone(&requests)));
        }
    });
    (port, server)
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
    // The only error is that Envoy closed the connection.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

type BodyError = Box<dyn Error + Send + Sync>;
type ResponseBody = BoxBody<Bytes, BodyError>;

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
        let echo = reply.echo.then(|| body.map_err(Into::into).boxed());
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
    // The entry is gone if the test called `clear` in between.
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
    let body = || match reply.chunk {
        Some(bytes) => in_chunks(reply.body, bytes, reply.pause, reply.is_broken),
        None => Full::new(Bytes::from(reply.body)).map_err(|never| match never {}).boxed(),
    };
    response.body(echo.unwrap_or_else(body)).expect("a response that hyper can express")
}

/// A body that is sent in chunks of so many bytes, and ends or breaks off.
fn in_chunks(body: Vec<u8>, bytes: usize, pause: Duration, is_broken: bool) -> ResponseBody {
    let (mut sender, channel) = Channel::<Bytes, BodyError>::new(1);
    tokio::spawn(async move {
        for chunk in body.chunks(bytes.max(1)) {
            if sender.send_data(Bytes::copy_from_slice(chunk)).await.is_err() {
                // Envoy closed the connection.
                return;
            }
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
        if is_broken {
            sender.abort(io::Error::other("the test breaks the body off").into());
        }
    });
    channel.boxed()
}
