//! Requests as bytes, and as much of the responses as tells that they are over.

mod http1;
mod http2;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::hostile::{HostileRequest, HttpVersion, IN_ANSWER};

/// How long a client waits for an answer that has to come. Envoy's own limit for a route is 15 s, and a
/// request that is held for ever is released after 5 minutes. A busy machine is no hang.
const ANSWER_BOUND: Duration = Duration::from_secs(60);

/// The most writes of one request: thousands of small ones would keep a client busy, not Envoy.
const MAX_WRITES: usize = 300;

/// How long a client that has not sent everything waits, in case it is answered all the same.
const PATIENCE: Duration = Duration::from_millis(150);

/// How many requests share a connection.
const REQUESTS_PER_CONNECTION: u32 = 40;

/// What became of a request, as its client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// A response with this status; 0 in HTTP/2, whose header blocks are not read.
    Answered(u16),
    /// The connection or the stream was closed, as an answer to what no server accepts.
    Closed,
    /// The client left first, as it was to.
    Left,
    /// Everything was sent, and nothing came back.
    Hung,
    /// Nobody listens.
    Refused,
}

/// A client's connection, reused as long as the requests allow it.
#[derive(Default)]
pub(crate) struct TortureClient(Option<OpenConnection>);

struct OpenConnection {
    stream: TcpStream,
    version: HttpVersion,
    requests: u32,
    /// Bytes that were read and belong to no response yet.
    unread: Vec<u8>,
}

/// What a response allows its client to do.
enum Finished {
    Reusable(u16),
    Last(u16),
}

impl TortureClient {
    /// Sends a request and waits until it is over.
    pub(crate) async fn send(&mut self, port: u16, request: &HostileRequest) -> Ending {
        let mut connection = match self.connection(port, request.version).await {
            Ok(connection) => connection,
            Err(_) => return Ending::Refused,
        };
        let mut whole = connection.encode(request);
        if request.is_doubled {
            // One answer is waited for: the first in HTTP/1, the second in HTTP/2.
            whole.extend(connection.encode(request));
        }
        let end = request.leaves_after.map_or(whole.len(), |share| part(whole.len(), share));
        let ending = timeout(ANSWER_BOUND, async {
            let bytes = &whole[..end];
            for piece in bytes.chunks(request.write_bytes.max(bytes.len() / MAX_WRITES)) {
                if connection.stream.write_all(piece).await.is_err() {
                    break;
                }
                // Envoy may read in between.
                tokio::task::yield_now().await;
            }
            if let Some(share) = request.leaves_after {
                if share >= IN_ANSWER {
                    // Whether a piece of the answer comes is not known.
                    let _ = timeout(PATIENCE, connection.read_more()).await;
                }
                return None;
            }
            let answer = connection.answer(request);
            if request.is_whole() {
                Some(answer.await)
            } else {
                timeout(PATIENCE, answer).await.ok()
            }
        })
        .await;
        match ending {
            Err(_) => Ending::Hung,
            Ok(None) => {
                if request.resets {
                    // The error only says that the connection is gone already.
                    let _ = connection.stream.set_zero_linger();
                }
                Ending::Left
            }
            Ok(Some(Ok(Finished::Reusable(status)))) => {
                let is_spent = connection.requests >= REQUESTS_PER_CONNECTION;
                if request.framing.is_proper() && !request.is_doubled && !is_spent {
                    self.0 = Some(connection);
                }
                Ending::Answered(status)
            }
            Ok(Some(Ok(Finished::Last(status)))) => Ending::Answered(status),
            Ok(Some(Err(_))) => Ending::Closed,
        }
    }

    /// Closes the connection.
    pub(crate) fn close(&mut self) {
        self.0 = None;
    }

    async fn connection(&mut self, port: u16, version: HttpVersion) -> io::Result<OpenConnection> {
        let kept = self.0.take().filter(|kept| kept.version == version);
        let kept = kept.and_then(|mut kept| kept.is_open().then_some(kept));
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let stream = timeout(ANSWER_BOUND, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        let mut connection = OpenConnection { stream, version, requests: 0, unread: Vec::new() };
        if version == HttpVersion::Http2 {
            connection.stream.write_all(&http2::preface()).await?;
        }
        Ok(connection)
    }
}

/// So many thousandths of a length.
fn part(length: usize, thousandths: u64) -> usize {
    length * usize::try_from(thousandths.min(1000)).unwrap_or(0) / 1000
}

impl OpenConnection {
    /// The bytes of the next request.
    fn encode(&mut self, request: &HostileRequest) -> Vec<u8> {
        self.requests += 1;
        match self.version {
            HttpVersion::Http2 => http2::encode(request, self.stream_id()),
            HttpVersion::Http10 | HttpVersion::Http11 => http1::encode(request),
        }
    }

    /// Whether the other side has left it open. What it has said is kept.
    fn is_open(&mut self) -> bool {
        match self.stream.try_read_buf(&mut self.unread) {
            Ok(read) => read > 0 && self.version == HttpVersion::Http2,
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        }
    }

    /// The stream of the last request.
    fn stream_id(&self) -> u32 {
        self.requests.saturating_mul(2).saturating_sub(1)
    }

    async fn answer(&mut self, request: &HostileRequest) -> io::Result<Finished> {
        match self.version {
            HttpVersion::Http2 => {
                let stream = self.stream_id();
                http2::answer(self, stream).await.map(Finished::Reusable)
            }
            HttpVersion::Http10 | HttpVersion::Http11 => {
                http1::answer(self, request.method == b"HEAD").await
            }
        }
    }

    /// Reads until so many bytes are there, and takes them.
    async fn take(&mut self, bytes: usize) -> io::Result<Vec<u8>> {
        while self.unread.len() < bytes {
            self.read_more().await?;
        }
        let rest = self.unread.split_off(bytes);
        Ok(std::mem::replace(&mut self.unread, rest))
    }

    async fn read_more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.unread).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}
