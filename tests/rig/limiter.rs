//! A rate limit service that speaks Envoy's protocol over gRPC, as far as the module uses it.
//!
//! It counts equal questions, so it needs to read none of them, and the test says what it answers.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::lock::lock;

/// `overall_code: OK`.
pub const OK: &[u8] = b"\x08\x01";

/// `overall_code: OVER_LIMIT`.
pub const OVER_LIMIT: &[u8] = b"\x08\x02";

/// A rate limit service on loopback.
pub struct Limiter {
    /// The port that it listens on.
    pub port: u16,
    questions: Arc<Mutex<HashMap<Bytes, u32>>>,
    server: JoinHandle<()>,
}

impl Limiter {
    /// Starts a service that answers to the n-th of equal questions with `answer(n)`.
    pub async fn start(
        answer: impl Fn(u32) -> &'static [u8] + Copy + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let questions: Arc<Mutex<HashMap<Bytes, u32>>> = Arc::default();
        let asked = Arc::clone(&questions);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let asked = Arc::clone(&asked);
                let service = service_fn(move |request: Request<Incoming>| {
                    let asked = Arc::clone(&asked);
                    async move {
                        let question = request.into_body().collect().await;
                        let question = question.map(|it| it.to_bytes()).unwrap_or_default();
                        let count = {
                            let mut asked = lock(&asked);
                            let count = asked.entry(without_window(&question)).or_default();
                            *count += 1;
                            *count
                        };
                        Ok::<_, Infallible>(grpc(answer(count)))
                    }
                });
                let io = TokioIo::new(stream);
                let connection = http2::Builder::new(TokioExecutor::new());
                tokio::spawn(connection.serve_connection(io, service));
            }
        });
        Self { port, questions, server }
    }

    /// How many questions were asked.
    pub fn calls(&self) -> u32 {
        lock(&self.questions).values().sum()
    }
}

impl Drop for Limiter {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What a question is about, in whichever window it was asked.
fn without_window(question: &Bytes) -> Bytes {
    let end = question.windows(6).position(|part| part == b"window").unwrap_or(question.len());
    question.slice(..end)
}

/// A message as the answer to a gRPC call.
fn grpc(message: &[u8]) -> Response<impl hyper::body::Body<Data = Bytes, Error = Infallible>> {
    let length = u32::try_from(message.len()).expect("a short message").to_be_bytes();
    let frame = [&[0], length.as_slice(), message].concat();
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(Bytes::from(frame)).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(body);
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}
