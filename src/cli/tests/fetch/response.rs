//! The responses of the server: a range, "unchanged", or a fault.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use crate::corpus;

/// A fault in the response to one request.
#[derive(Clone, Debug)]
pub(crate) enum ServerFault {
    /// This status.
    Status(u16),
    /// This status, with a `Retry-After`.
    RetryAfter(u16, String),
    /// No response.
    Silence,
    /// The connection is closed without a response.
    Close,
    /// Half of the bytes that the content-length promises.
    CutLength,
    /// A chunk without a last one after it.
    CutChunks,
    /// A truncated gzip with its own content-length.
    CutGzip,
    /// A whole response with the first half of the lines.
    CutLines,
    /// Neither length nor chunks: the end of the connection ends the body.
    Unframed,
    /// A web page with status 200.
    Page,
    /// A whole response with an empty body.
    Empty,
    /// The content of another range.
    OtherRange(&'static str),
    /// Two lines swapped.
    Swapped,
    /// Lines with a count of zero.
    Padded,
    /// "Unchanged", for any request.
    Unchanged,
    /// An encoding that was not requested.
    Encoding(&'static str),
    /// A body larger than any range.
    Huge,
}

/// A date some seconds from now, as `Retry-After` gives it.
pub(crate) fn date_in(seconds: u64) -> String {
    httpdate::fmt_http_date(now() + Duration::from_secs(seconds))
}

#[allow(clippy::disallowed_methods, reason = "the date that a server puts into a header")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Responds to one request. None if the connection is closed.
pub(crate) fn write(
    mut stream: &TcpStream,
    prefix: &str,
    version: u64,
    etags: bool,
    known: Option<&str>,
    fault: Option<ServerFault>,
) -> Option<()> {
    let text = corpus::text(prefix, version);
    let etag = corpus::etag(prefix, version);
    let half = &text.as_bytes()[..text.len() / 2];
    let named = if etags { format!("ETag: {etag}\r\n") } else { String::new() };
    let named = named.as_str();
    let response = match fault {
        None if etags && known == Some(etag.as_str()) => head(304, named),
        None => good(prefix, named, text.as_bytes()),
        Some(ServerFault::Status(status)) => with_length(status, "", b"a fault"),
        Some(ServerFault::RetryAfter(status, when)) => {
            with_length(status, &format!("Retry-After: {when}\r\n"), b"a fault")
        }
        Some(ServerFault::Silence | ServerFault::Close) => return None,
        Some(ServerFault::CutLength) => {
            let head = head(200, &format!("{named}Content-Length: {}\r\n", text.len()));
            return last(stream, &[head, half.to_vec()].concat());
        }
        Some(ServerFault::CutChunks) => {
            let chunk = format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", half.len());
            let head = format!("HTTP/1.1 200 x\r\n{named}{chunk}");
            return last(stream, &[head.as_bytes(), half, b"\r\n"].concat());
        }
        Some(ServerFault::Unframed) => {
            let head = head(200, &format!("{named}Connection: close\r\n"));
            return last(stream, &[&head, text.as_bytes()].concat());
        }
        Some(ServerFault::CutGzip) => {
            let gzip = gzip(text.as_bytes());
            let named = format!("{named}Content-Encoding: gzip\r\n");
            with_length(200, &named, &gzip[..gzip.len() - 9])
        }
        Some(ServerFault::CutLines) => {
            let end = half.iter().rposition(|&byte| byte == b'\r').unwrap();
            with_length(200, named, &half[..end])
        }
        Some(ServerFault::Page) => {
            with_length(200, named, b"<!doctype html><title>Sign in</title>")
        }
        Some(ServerFault::Empty) => with_length(200, named, b""),
        Some(ServerFault::OtherRange(other)) => {
            with_length(200, named, corpus::text(other, 0).as_bytes())
        }
        Some(ServerFault::Swapped) => {
            let mut lines: Vec<&str> = text.split("\r\n").collect();
            lines.swap(3, 4);
            with_length(200, named, lines.join("\r\n").as_bytes())
        }
        Some(ServerFault::Padded) => {
            let padded = format!("{text}\r\n{}:0", "F".repeat(35));
            with_length(200, named, padded.as_bytes())
        }
        Some(ServerFault::Unchanged) => head(304, named),
        Some(ServerFault::Encoding(encoding)) => {
            let named = format!("{named}Content-Encoding: {encoding}\r\n");
            with_length(200, &named, text.as_bytes())
        }
        Some(ServerFault::Huge) => with_length(200, named, &vec![b'0'; 3 << 20]),
    };
    stream.write_all(&response).ok()
}

/// A good response, with the framing that the prefix chooses.
fn good(prefix: &str, named: &str, text: &[u8]) -> Vec<u8> {
    let zipped = format!("{named}Content-Encoding: gzip\r\n");
    match u32::from_str_radix(prefix, 16).unwrap() % 4 {
        0 => with_length(200, named, text),
        1 => with_length(200, &zipped, &gzip(text)),
        2 => with_chunks(named, text),
        _ => with_chunks(&zipped, &gzip(text)),
    }
}

fn head(status: u16, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} x\r\n{headers}\r\n").into_bytes()
}

fn with_length(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = head(status, &format!("{headers}Content-Length: {}\r\n", body.len()));
    [&head, body].concat()
}

fn with_chunks(headers: &str, body: &[u8]) -> Vec<u8> {
    let mut response = head(200, &format!("{headers}Transfer-Encoding: chunked\r\n"));
    for chunk in body.chunks(1000) {
        write!(response, "{:x}\r\n", chunk.len()).unwrap();
        response.extend_from_slice(chunk);
        response.extend_from_slice(b"\r\n");
    }
    response.extend_from_slice(b"0\r\n\r\n");
    response
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut gzip = Vec::new();
    let level = flate2::Compression::fast();
    flate2::read::GzEncoder::new(text, level).read_to_end(&mut gzip).unwrap();
    gzip
}

/// Sends a response and closes the connection.
fn last(mut stream: &TcpStream, response: &[u8]) -> Option<()> {
    stream.write_all(response).ok()?;
    stream.shutdown(std::net::Shutdown::Both).ok()?;
    None
}
