//! A builder of requests, correct or hostile.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

/// A request as bytes, so that it can be one that no library would send.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, also one that does not exist.
    pub method: String,
    /// The request target: a path with its query, or an absolute URI.
    pub target: String,
    /// The headers in order, duplicates included.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The whole body.
    pub body: Vec<u8>,
    /// Bytes per chunk (HTTP/1) or DATA frame (HTTP/2); the whole body at once if `None`.
    pub chunk: Option<usize>,
    /// The trailers.
    pub trailers: Vec<(String, String)>,
}

/// A form login, as a browser sends it.
pub fn form(user: &str, password: &str) -> Request {
    let body = format!("user={}&password={}", percent(user), percent(password));
    Request::post("/login").content("application/x-www-form-urlencoded", body)
}

/// A form login with two passwords. Which one counts depends on the application.
pub fn ambiguous(user: &str) -> Request {
    let body = format!("user={}&password=one&password=two", percent(user));
    Request::post("/login").content("application/x-www-form-urlencoded", body)
}

/// A JSON login, as a single-page application sends it.
pub fn json_login(user: &str, password: &str) -> Request {
    let body = serde_json::json!({ "user": user, "password": password }).to_string();
    Request::post("/login").content("application/json", body)
}

/// An HTTP Basic login; `token` is the encoded `user:password`.
pub fn basic(token: &str) -> Request {
    Request::post("/login").header("authorization", format!("Basic {token}"))
}

impl Request {
    /// A POST request without a body.
    pub fn post(target: &str) -> Self {
        Self::new("POST", target)
    }

    /// A GET request.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A request with any method.
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            chunk: None,
            trailers: Vec::new(),
        }
    }

    /// Sets the client's address, as [`policy`](crate::policy()) reads it.
    pub fn from(self, address: &str) -> Self {
        self.header("x-forwarded-for", address)
    }

    /// Sets the target.
    pub fn to(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    /// Adds a header; an earlier one of the same name stays.
    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the body and no `content-type`.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the body and its `content-type`.
    pub fn content(self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", kind).body(body)
    }

    /// Sends the body in chunks of `bytes`, without a `content-length`.
    pub fn in_chunks_of(mut self, bytes: usize) -> Self {
        self.chunk = Some(bytes);
        self
    }

    /// Adds a trailer; HTTP/2 and HTTP/3 only.
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.trailers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The headers in hyper's form.
    pub(crate) fn header_map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            map.append(name, HeaderValue::from_bytes(value).expect("a header value"));
        }
        map
    }

    /// The trailers in hyper's form.
    pub(crate) fn trailer_map(&self) -> HeaderMap {
        let parse = |(name, value): &(String, String)| {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a trailer name");
            (name, HeaderValue::from_str(value).expect("a trailer value"))
        };
        self.trailers.iter().map(parse).collect()
    }

    /// The body in hyper's form.
    pub(crate) fn chunked_body(&self) -> ChunkedBody {
        let size = self.chunk.unwrap_or(self.body.len()).max(1);
        let chunks = self.body.chunks(size).map(Bytes::copy_from_slice).collect();
        let trailers = (!self.trailers.is_empty()).then(|| self.trailer_map());
        let length = self.chunk.is_none().then_some(self.body.len() as u64);
        ChunkedBody { chunks, trailers, length }
    }
}

/// A body in chunks, with trailers.
pub(crate) struct ChunkedBody {
    chunks: VecDeque<Bytes>,
    trailers: Option<HeaderMap>,
    length: Option<u64>,
}

impl Body for ChunkedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.chunks.pop_front().map(Frame::data);
        let next = next.or_else(|| self.trailers.take().map(Frame::trailers));
        Poll::Ready(next.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.is_empty() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Percent-encodes a text as a browser does in a form.
fn percent(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).into(),
        b' ' => "+".to_owned(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
