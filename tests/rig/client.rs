//! HTTP/1 and HTTP/2 clients for requests that an HTTP library can express.
//!
//! [`RawConnection`](crate::RawConnection) sends the others.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use http_body_util::{BodyExt, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::header::HeaderMap;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use crate::request::Request;
use crate::transcript;

/// The response that a client received.
#[derive(Clone, Debug)]
pub struct ClientResponse {
    /// The status code.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

impl ClientResponse {
    /// The first header of this name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The cookie that the response sets, in the form in which a browser sends it back.
    pub fn cookie(&self) -> Option<String> {
        let line = self.header("set-cookie")?;
        line.split(';').next().map(str::to_owned)
    }

    /// The module's reply, such as `block` or `challenge`; `None` if the module did not reply.
    pub fn unstuff_reply(&self) -> Option<&str> {
        self.header("x-unstuff-reply")
    }
}

type RequestBody = BoxBody<Bytes, hyper::Error>;

enum HttpSender {
    Http1(http1::SendRequest<RequestBody>),
    Http2(http2::SendRequest<RequestBody>),
}

/// A connection to Envoy for any number of requests, one at a time.
///
/// Envoy closes a connection when it responds before the body has arrived. The next request
/// then opens a new one.
pub struct Connection {
    address: SocketAddr,
    sending: HttpSender,
    driver: JoinHandle<()>,
}

/// Opens an HTTP/1 connection.
///
/// # Errors
/// If the connection is refused.
pub async fn connect(address: SocketAddr) -> io::Result<Connection> {
    handshake(address, TcpStream::connect(address).await?).await
}

/// Opens an HTTP/2 connection with prior knowledge.
///
/// # Errors
/// If the connection is refused.
pub async fn connect_h2(address: SocketAddr) -> io::Result<Connection> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (sender, connection) = handshake.map_err(io::Error::other)?;
    let driver = tokio::spawn(async move { drop(connection.await) });
    Ok(Connection { address, sending: HttpSender::Http2(sender), driver })
}

/// Opens an HTTP/1 connection from this loopback address.
///
/// # Errors
/// If the connection is refused.
pub async fn connect_from(local: Ipv4Addr, address: SocketAddr) -> io::Result<Connection> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((local, 0)))?;
    handshake(address, socket.connect(address).await?).await
}

async fn handshake(address: SocketAddr, stream: TcpStream) -> io::Result<Connection> {
    stream.set_nodelay(true)?;
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (sender, connection) = handshake.map_err(io::Error::other)?;
    let driver = tokio::spawn(async move { drop(connection.await) });
    Ok(Connection { address, sending: HttpSender::Http1(sender), driver })
}

/// Sends a request on a connection of its own, which no other request can break. `None` if there is
/// no response.
pub async fn send_alone(address: SocketAddr, request: Request) -> Option<ClientResponse> {
    connect(address).await.ok()?.try_send(request).await.ok()
}

impl Connection {
    /// Sends a request and reads the whole response.
    ///
    /// # Panics
    /// If there is no response.
    pub async fn send(&mut self, request: Request) -> ClientResponse {
        let what = format!("{} {}", request.method, request.target);
        self.try_send(request)
            .await
            .unwrap_or_else(|error| panic!("{what}: no response: {error:?}"))
    }

    /// Sends a request and reads the whole response.
    ///
    /// # Errors
    /// If the connection ends before the response does.
    pub async fn try_send(&mut self, request: Request) -> hyper::Result<ClientResponse> {
        let body = request.chunked_body().map_err(|never| match never {}).boxed();
        let response = read(self.dispatch(&request, body).await?).await?;
        transcript::record(self.address.port(), &transcript::describe(&request), &response);
        Ok(response)
    }

    /// Sends the headers of a request. The caller sends the body, or leaves it unfinished.
    ///
    /// [`OpenRequest::response`] waits for the response; dropping the value resets the request.
    pub async fn open(mut self, request: Request) -> OpenRequest {
        let (sender, body) = Channel::<Bytes, hyper::Error>::new(1);
        let (port, text) = (self.address.port(), transcript::describe(&request));
        let response = tokio::spawn(async move {
            let response = self.dispatch(&request, body.boxed()).await;
            response.map(|response| (response, self))
        });
        OpenRequest { body: Some(sender), response, port, text }
    }

    async fn dispatch(
        &mut self,
        request: &Request,
        body: RequestBody,
    ) -> hyper::Result<hyper::Response<Incoming>> {
        let is_h2 = matches!(self.sending, HttpSender::Http2(_));
        self.reopen_if_closed().await;
        let target = match is_h2 && request.target.starts_with('/') {
            // HTTP/2 has no host header; :authority comes from an absolute target.
            true => format!("http://unstuff.test{}", request.target),
            false => request.target.clone(),
        };
        let mut message = hyper::Request::builder().method(request.method.as_str()).uri(target);
        if !is_h2 && !request.headers.iter().any(|(name, _)| name == "host") {
            message = message.header("host", "unstuff.test");
        }
        let mut message = message.body(body).expect("a request that hyper can express");
        message.headers_mut().extend(request.header_map());
        match &mut self.sending {
            HttpSender::Http1(sender) => sender.send_request(message).await,
            HttpSender::Http2(sender) => sender.send_request(message).await,
        }
    }

    async fn reopen_if_closed(&mut self) {
        let (is_open, is_h2) = match &mut self.sending {
            HttpSender::Http1(sender) => (sender.ready().await.is_ok(), false),
            HttpSender::Http2(sender) => (sender.ready().await.is_ok(), true),
        };
        if is_open {
            return;
        }
        let reopened =
            if is_h2 { connect_h2(self.address).await } else { connect(self.address).await };
        *self = reopened.expect("Envoy listens");
    }
}

impl Drop for Connection {
    /// Closes the connection, even in the middle of a request.
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// A request whose body is still being sent.
pub struct OpenRequest {
    body: Option<Sender<Bytes, hyper::Error>>,
    response: JoinHandle<hyper::Result<(hyper::Response<Incoming>, Connection)>>,
    port: u16,
    text: String,
}

impl OpenRequest {
    /// Sends a part of the body.
    pub async fn write(&mut self, part: impl Into<Bytes>) {
        let body = self.body.as_mut().expect("the body has not ended");
        // An early response closes the body. The caller sees that response.
        let _ = body.send_data(part.into()).await;
    }

    /// Ends the body.
    pub fn end(&mut self) {
        self.body = None;
    }

    /// Waits for the headers of the response. The caller then reads its body as it arrives.
    pub async fn headers(mut self) -> StreamingResponse {
        let response = (&mut self.response).await.expect("the client runs");
        let (response, connection) = response.expect("a response");
        StreamingResponse { body: self.body.take(), response, _connection: connection }
    }

    /// Waits for the whole response. The request's body stays open if it was not ended.
    pub async fn response(mut self) -> ClientResponse {
        let (port, text) = (self.port, std::mem::take(&mut self.text));
        let streaming = self.headers().await;
        let response = read(streaming.response).await.expect("a whole response");
        transcript::record(port, &text, &response);
        response
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.response.abort();
    }
}

/// A response whose body is still arriving. The body of the request may be unfinished too.
pub struct StreamingResponse {
    body: Option<Sender<Bytes, hyper::Error>>,
    response: hyper::Response<Incoming>,
    _connection: Connection,
}

impl StreamingResponse {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// Sends a further part of the request.
    pub async fn write(&mut self, part: impl Into<Bytes>) {
        let body = self.body.as_mut().expect("the body has not ended");
        body.send_data(part.into()).await.expect("the request goes on");
    }

    /// Reads the next frame of the response.
    pub async fn read(&mut self) -> Bytes {
        let frame = self.response.frame().await.expect("more to come").expect("a frame");
        frame.into_data().expect("data")
    }
}

async fn read(response: hyper::Response<Incoming>) -> hyper::Result<ClientResponse> {
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes().to_vec();
    Ok(ClientResponse { status: head.status.as_u16(), headers: head.headers, body })
}
