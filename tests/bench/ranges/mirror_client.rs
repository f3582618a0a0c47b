//! A client that costs little beside what it measures: one connection, one request at a time.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

/// A connection to a mirror.
pub(super) struct MirrorClient {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl MirrorClient {
    pub(super) fn connect(port: u16) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a mirror");
        stream.set_nodelay(true).expect("a connection");
        Self { stream, buffer: vec![0; 1 << 18] }
    }

    /// How long the mirror takes from the request to the last byte of the range.
    pub(super) fn ask(&mut self, range: u32, padded: bool) -> Duration {
        let padding = if padded { "add-padding: true\r\n" } else { "" };
        let request = format!("GET /range/{range:05X} HTTP/1.1\r\nhost: ranges\r\n{padding}\r\n");
        let start = Instant::now();
        self.stream.write_all(request.as_bytes()).expect("a connection");
        let (mut read, mut whole) = (0, None);
        while whole.is_none_or(|whole| read < whole) {
            let more = self.stream.read(&mut self.buffer[read..]).expect("a connection");
            assert!(more > 0, "the mirror has closed the connection");
            read += more;
            whole = whole.or_else(|| length(&self.buffer[..read]));
        }
        let waited = start.elapsed();
        assert!(self.buffer.starts_with(b"HTTP/1.1 200 "), "range {range:05X}");
        waited
    }
}

/// The length of a response, headers and body; `None` until all headers are there.
fn length(response: &[u8]) -> Option<usize> {
    let headers = response.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&response[..headers]).expect("headers");
    let body = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    Some(headers + body.and_then(|it| it.parse::<usize>().ok()).expect("a length"))
}
