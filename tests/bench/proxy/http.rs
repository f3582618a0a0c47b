//! As little HTTP/1.1 as both ends of a measurement need, so that they leave the core to Envoy.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What is read from a socket at once.
const READ_BYTES: usize = 64 << 10;

/// A message whose head has been read.
pub(crate) struct MessageHead {
    /// Its bytes in the buffer, the empty line included.
    pub length: usize,
    /// The `content-length`; 0 without one.
    pub body: usize,
    /// Whether the connection ends with it.
    pub closes: bool,
}

/// Reads from a socket until the buffer has a whole head.
pub(crate) async fn read_head(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
) -> io::Result<MessageHead> {
    loop {
        if let Some(length) = position(buffer, b"\r\n\r\n").map(|at| at + 4) {
            let head = String::from_utf8_lossy(&buffer[..length]).to_ascii_lowercase();
            let body = head.split_once("\r\ncontent-length: ").map_or(0, |(_, rest)| {
                rest.split("\r\n").next().and_then(|it| it.parse().ok()).unwrap_or(0)
            });
            return Ok(MessageHead {
                length,
                body,
                closes: head.contains("\r\nconnection: close"),
            });
        }
        more(stream, buffer).await?;
    }
}

/// Reads what has arrived. The end of the connection is an error.
pub(crate) async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.reserve(READ_BYTES);
    match stream.read_buf(buffer).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

/// Where `part` begins.
pub(crate) fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// A connection to Envoy that is opened again when Envoy closes it.
pub(crate) struct HttpLane {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
    /// How often it has connected.
    pub connections: u64,
}

impl HttpLane {
    /// A lane that connects with its first request.
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: Vec::new(), connections: 0 }
    }

    /// Sends a request and reads the whole response. Returns its status.
    ///
    /// A connection that Envoy closed since the last response is opened again, once.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        let was_open = self.stream.is_some();
        match self.attempt(request).await {
            Err(_) if was_open => {
                self.stream = None;
                self.attempt(request).await
            }
            result => result,
        }
    }

    async fn attempt(&mut self, request: &[u8]) -> io::Result<u16> {
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                self.connections += 1;
                stream
            }
        };
        let stream = self.stream.insert(stream);
        self.buffer.clear();
        stream.write_all(request).await?;
        let head = read_head(stream, &mut self.buffer).await?;
        let status = self.buffer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        let status = status.and_then(|digits| digits.parse().ok());
        let mut left = (head.length + head.body).saturating_sub(self.buffer.len());
        while left > 0 {
            self.buffer.clear();
            more(stream, &mut self.buffer).await?;
            left = left.saturating_sub(self.buffer.len());
        }
        if head.closes {
            self.stream = None;
        }
        status.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}
