//! A rate limit service for tests: Limitador's own types behind Envoy's protocol.
//!
//! `limiter LIMITS ADDRESS [REDIS]` reads what `unstuff fleet limits --format limitador` prints, and
//! listens. With the port of a Redis on loopback it counts there, else in memory. It is a process of its
//! own, so that a test can stop and kill it.

mod counters;
mod messages;

use std::convert::Infallible;
use std::error::Error;
use std::rc::Rc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::task::LocalSet;

use crate::counters::Counters;
use crate::messages::{OverallCode, RateLimitRequest, RateLimitResponse};

/// What stands in front of a gRPC message: whether it is compressed, and its length.
const PREFIX_BYTES: usize = 5;

/// The states of a call.
const GRPC_OK: HeaderValue = HeaderValue::from_static("0");
const GRPC_UNAVAILABLE: HeaderValue = HeaderValue::from_static("14");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(limits), Some(address)) = (arguments.next(), arguments.next()) else {
        return Err("usage: limiter LIMITS ADDRESS [REDIS]".into());
    };
    let limits = serde_saphyr::from_str(&std::fs::read_to_string(limits)?)?;
    let counters = Rc::new(match arguments.next() {
        Some(port) => Counters::in_redis(limits, port.parse()?)?,
        None => Counters::in_memory(limits),
    });
    let listener = TcpListener::bind(address).await?;
    LocalSet::new().run_until(serve(listener, counters)).await
}

async fn serve(listener: TcpListener, counters: Rc<Counters>) -> Result<(), Box<dyn Error>> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let counters = Rc::clone(&counters);
        let service = service_fn(move |request| should_rate_limit(Rc::clone(&counters), request));
        let connection = http2::Builder::new(LocalTasks);
        tokio::task::spawn_local(connection.serve_connection(TokioIo::new(stream), service));
    }
}

/// Tasks of the one thread.
#[derive(Clone, Copy)]
struct LocalTasks;

impl<F: Future<Output: 'static> + 'static> Executor<F> for LocalTasks {
    fn execute(&self, task: F) {
        tokio::task::spawn_local(task);
    }
}

/// Answers a call. What cannot be counted is `UNAVAILABLE`, as Limitador's own server says.
async fn should_rate_limit(
    counters: Rc<Counters>,
    call: Request<Incoming>,
) -> Result<Response<impl Body<Data = Bytes, Error = Infallible>>, Box<dyn Error + Send + Sync>> {
    let call = call.into_body().collect().await?.to_bytes();
    let request = RateLimitRequest::decode(call.get(PREFIX_BYTES..).unwrap_or_default())?;
    let (message, status) = match counters.is_over(&request).await {
        Ok(is_over) => {
            let code = if is_over { OverallCode::OverLimit } else { OverallCode::Ok };
            (message(code), GRPC_OK)
        }
        Err(error) => {
            eprintln!("{error}");
            (Bytes::new(), GRPC_UNAVAILABLE)
        }
    };
    let trailers = HeaderMap::from_iter([("grpc-status".try_into()?, status)]);
    let body = Full::new(message).with_trailers(std::future::ready(Some(Ok(trailers))));
    Ok(Response::builder().header("content-type", "application/grpc").body(body)?)
}

/// An answer and what stands in front of it.
fn message(code: OverallCode) -> Bytes {
    let message = RateLimitResponse { overall_code: code.into() }.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap_or_default().to_be_bytes();
    [&[0], length.as_slice(), &message].concat().into()
}
