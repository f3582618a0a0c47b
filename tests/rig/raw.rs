//! A client that writes bytes, for requests that no HTTP library sends.

use std::net::SocketAddr;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::ClientResponse;
use crate::request::Request;
use crate::transcript;

/// A TCP connection to Envoy.
pub struct RawConnection {
    stream: TcpStream,
    port: u16,
    /// The bytes since the last response.
    sent: Vec<u8>,
}

impl RawConnection {
    /// Connects. Every write is sent immediately.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("Envoy listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, port: address.port(), sent: Vec::new() }
    }

    /// Writes bytes.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.sent.extend_from_slice(bytes.as_ref());
        self.stream.write_all(bytes.as_ref()).await.expect("Envoy reads");
    }

    /// Writes a request without any correction, with a `content-length`.
    pub async fn write_request(&mut self, request: &Request) {
        let mut bytes = head(request);
        bytes.extend(format!("content-length: {}\r\n\r\n", request.body.len()).into_bytes());
        bytes.extend(&request.body);
        self.write(bytes).await;
    }

    /// Writes a request whose body is in chunks of one byte, each in a write of its own.
    pub async fn write_byte_by_byte(&mut self, request: &Request) {
        let mut bytes = head(request);
        bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
        self.write(bytes).await;
        for byte in &request.body {
            self.write([b"1\r\n", &[*byte][..], b"\r\n"].concat()).await;
            // Envoy may run in between; the verdict must not depend on it.
            tokio::task::yield_now().await;
        }
        self.write("0\r\n\r\n").await;
    }

    /// Reads one response: its head, and a body of the announced length.
    ///
    /// # Panics
    /// If the connection ends first, or the response is not HTTP.
    pub async fn response(&mut self) -> ClientResponse {
        self.try_response().await.expect("a response before the connection ends")
    }

    /// Reads one response; `None` if the connection ends first.
    ///
    /// # Panics
    /// If the response is not HTTP.
    pub async fn try_response(&mut self) -> Option<ClientResponse> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break bytes.drain(..at + 4).collect::<Vec<u8>>();
            }
            self.read_more(&mut bytes).await?;
        };
        let head = String::from_utf8(head).expect("a head of text");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
        let status = status.parse().expect("a status");
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            headers.append(name, HeaderValue::from_str(value).expect("a header value"));
        }
        let length = headers.get("content-length").and_then(|value| value.to_str().ok());
        let length = length.map_or(0, |length| length.parse().expect("a length"));
        while bytes.len() < length {
            self.read_more(&mut bytes).await?;
        }
        let response = ClientResponse { status, headers, body: bytes };
        let request = transcript::bytes(">", &std::mem::take(&mut self.sent));
        transcript::record(self.port, &request, &response);
        Some(response)
    }

    async fn read_more(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let read = self.stream.read_buf(bytes).await.ok()?;
        (read > 0).then_some(())
    }
}

fn head(request: &Request) -> Vec<u8> {
    let mut bytes = format!("{} {} HTTP/1.1\r\n", request.method, request.target).into_bytes();
    if !request.headers.iter().any(|(name, _)| name == "host") {
        bytes.extend(b"host: unstuff.test\r\n");
    }
    for (name, value) in &request.headers {
        bytes.extend(name.as_bytes());
        bytes.extend(b": ");
        bytes.extend(value);
        bytes.extend(b"\r\n");
    }
    bytes
}
