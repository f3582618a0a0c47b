//! An HTTP/3 client, and what an Envoy needs to serve it.
//!
//! The certificate of `tests/fixtures/http3` is for the host `unstuff.test`, and trusted by nobody but
//! this client.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use h3::client::{RequestStream, SendRequest};
use h3_quinn::OpenStreams;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Endpoint};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::client::ClientResponse;
use crate::request::Request;

/// The host that the certificate is for.
const HOST: &str = "unstuff.test";

/// The name of the listener for HTTP/3.
pub(crate) const LISTENER_NAME: &str = "web-http3";

/// A connection by which requests are sent one after the other.
pub struct Http3Connection {
    sender: SendRequest<OpenStreams, Bytes>,
    driver: JoinHandle<()>,
    /// Sends for as long as it is there.
    _endpoint: Endpoint,
}

/// Adds what serves HTTP/3 to the listener of the rig: UDP, TLS, and the protocol.
pub(crate) fn listener(tcp: &Value) -> Value {
    let mut listener = tcp.clone();
    let fixture = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/http3");
        json!({ "filename": folder.join(name) })
    };
    listener["name"] = json!(LISTENER_NAME);
    listener["address"]["socket_address"]["protocol"] = json!("UDP");
    listener["address"]["socket_address"]["port_value"] = json!(0);
    listener["udp_listener_config"] = json!({ "quic_options": {} });
    let chain = &mut listener["filter_chains"][0];
    chain["transport_socket"] = json!({
        "name": "envoy.transport_sockets.quic",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport",
            "downstream_tls_context": { "common_tls_context": { "tls_certificates": [{
                "certificate_chain": fixture("certificate.pem"),
                "private_key": fixture("key.pem"),
            }] } }
        }
    });
    let manager = &mut chain["filters"][0]["typed_config"];
    manager["codec_type"] = json!("HTTP3");
    manager["http3_protocol_options"] = json!({});
    listener
}

/// Opens an HTTP/3 connection to this loopback port.
///
/// # Panics
/// If nobody answers, or not with the certificate of the rig.
pub async fn connect(port: u16) -> Http3Connection {
    let certificate = include_bytes!("../fixtures/http3/certificate.pem");
    let certificate = CertificateDer::from_pem_slice(certificate).expect("a certificate");
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider);
    let tls = tls.with_protocol_versions(&[&rustls::version::TLS13]).expect("TLS 1.3");
    let mut tls = tls.with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    let tls = QuicClientConfig::try_from(tls).expect("a configuration for QUIC");

    let mut endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).expect("a socket");
    endpoint.set_default_client_config(ClientConfig::new(Arc::new(tls)));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let connecting = endpoint.connect(address, HOST).expect("an address");
    let quic = h3_quinn::Connection::new(connecting.await.expect("Envoy speaks QUIC"));
    let (mut driver, sender) = h3::client::new(quic).await.expect("Envoy speaks HTTP/3");
    let driver = tokio::spawn(async move {
        // The only error is the end of the connection.
        let _ = std::future::poll_fn(|context| driver.poll_close(context)).await;
    });
    Http3Connection { sender, driver, _endpoint: endpoint }
}

impl Http3Connection {
    /// Sends a request and reads the whole response.
    ///
    /// # Panics
    /// If there is no response.
    pub async fn send(&mut self, request: Request) -> ClientResponse {
        let mut message = hyper::Request::builder()
            .method(request.method.as_str())
            .uri(format!("https://{HOST}{}", request.target));
        for (name, value) in &request.headers {
            message = message.header(name, value.as_slice());
        }
        if request.chunk.is_none() && !request.body.is_empty() {
            message = message.header("content-length", request.body.len());
        }
        let message = message.body(()).expect("a request that HTTP/3 can express");
        let mut stream = self.sender.send_request(message).await.expect("a stream");
        for piece in request.body.chunks(request.chunk.unwrap_or(usize::MAX)) {
            // An early response ends the body. The caller sees that response.
            let _ = stream.send_data(Bytes::copy_from_slice(piece)).await;
        }
        let trailers = request.trailer_map();
        if !trailers.is_empty() {
            let _ = stream.send_trailers(trailers).await;
        }
        let _ = stream.finish().await;
        read(&mut stream).await
    }
}

impl Drop for Http3Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

async fn read(stream: &mut RequestStream<h3_quinn::BidiStream<Bytes>, Bytes>) -> ClientResponse {
    let (head, ()) = stream.recv_response().await.expect("a response").into_parts();
    let mut body = Vec::new();
    while let Some(mut data) = stream.recv_data().await.expect("a whole body") {
        while data.has_remaining() {
            let piece = data.chunk();
            body.extend(piece);
            let length = piece.len();
            data.advance(length);
        }
    }
    ClientResponse { status: head.status.as_u16(), headers: head.headers, body }
}
