//! HTTP/1.0 and 1.1.

use std::io;

use super::{Finished, OpenConnection};
use crate::hostile::{Framing, HostileRequest, HttpVersion};

/// A request as bytes, with every contradiction that it asks for.
pub(super) fn encode(request: &HostileRequest) -> Vec<u8> {
    let is_10 = request.version == HttpVersion::Http10;
    let version: &[u8] = if is_10 { b"HTTP/1.0" } else { b"HTTP/1.1" };
    let mut bytes = [&request.method[..], b" ", &request.target, b" ", version, b"\r\n"].concat();
    if !(is_10 && request.number % 2 == 0) {
        bytes.extend(b"host: unstuff.test\r\n");
    }
    for (name, value) in &request.headers {
        line(&mut bytes, name, value);
    }
    let length = request.body.len();
    let announced: &[(&str, String)] = &match &request.framing {
        Framing::Length => vec![("content-length", length.to_string())],
        Framing::TooLong => vec![("content-length", (length + 9).to_string())],
        Framing::TooShort => vec![("content-length", (length / 2).to_string())],
        Framing::TwoLengths => vec![
            ("content-length", length.to_string()),
            ("content-length", (length + 1).to_string()),
        ],
        Framing::LengthAndChunks => vec![
            ("content-length", length.to_string()),
            ("transfer-encoding", "chunked".to_owned()),
        ],
        Framing::Chunks(_) | Framing::Trailers(_) | Framing::Odd(_) | Framing::BadChunk => {
            vec![("transfer-encoding", "chunked".to_owned())]
        }
        Framing::Unannounced => Vec::new(),
    };
    for (name, value) in announced {
        line(&mut bytes, name.as_bytes(), value.as_bytes());
    }
    bytes.extend(b"\r\n");
    let pieces = request.body.chunks(request.framing.piece_bytes(length));
    match request.framing {
        Framing::Chunks(_) | Framing::LengthAndChunks => {
            pieces.for_each(|piece| chunk(&mut bytes, &format!("{:x}", piece.len()), piece));
            bytes.extend(b"0\r\n\r\n");
        }
        Framing::Trailers(_) => {
            pieces.for_each(|piece| chunk(&mut bytes, &format!("{:X}", piece.len()), piece));
            bytes.extend(b"0\r\nx-checksum: 1\r\ncontent-type: text/plain\r\n\r\n");
        }
        Framing::Odd(_) => {
            for piece in pieces {
                chunk(&mut bytes, &format!("000{:X};name=\"v\";x", piece.len()), piece);
            }
            bytes.extend(b"000;last\r\n\r\n");
        }
        Framing::BadChunk => {
            chunk(&mut bytes, &format!("{length:x}"), &request.body);
            bytes.extend(b"-1\r\nx\r\n0\r\n\r\n");
        }
        _ => bytes.extend(&request.body),
    }
    bytes
}

fn line(bytes: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    bytes.extend([name, b": ", value, b"\r\n"].concat());
}

fn chunk(bytes: &mut Vec<u8>, size: &str, piece: &[u8]) {
    // An empty one would end the body.
    if !piece.is_empty() {
        bytes.extend([size.as_bytes(), b"\r\n", piece, b"\r\n"].concat());
    }
}

/// Reads a response to its end.
pub(super) async fn answer(connection: &mut OpenConnection, is_head: bool) -> io::Result<Finished> {
    loop {
        let head = head(connection).await?;
        let status = head.get(9..12).and_then(|it| it.parse::<u16>().ok());
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        if status == 101 {
            return Ok(Finished::Last(status));
        }
        if (100..200).contains(&status) {
            continue;
        }
        let head = head.to_ascii_lowercase();
        let value = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.map(|value| value.trim().to_owned())
        };
        let length = value("content-length").and_then(|it| it.parse::<usize>().ok());
        if is_head || status == 204 || status == 304 {
            // Nothing follows.
        } else if let Some(length) = length {
            connection.take(length).await?;
        } else if value("transfer-encoding").is_some() {
            chunks(connection).await?;
        } else {
            while connection.read_more().await.is_ok() {}
            return Ok(Finished::Last(status));
        }
        let closes = value("connection").is_some_and(|it| it.contains("close"));
        let is_10 = connection.version == HttpVersion::Http10;
        return Ok(match closes || is_10 {
            true => Finished::Last(status),
            false => Finished::Reusable(status),
        });
    }
}

async fn head(connection: &mut OpenConnection) -> io::Result<String> {
    loop {
        let end = connection.unread.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = connection.take(end + 4).await?;
            return Ok(String::from_utf8_lossy(&head).into_owned());
        }
        connection.read_more().await?;
    }
}

async fn chunks(connection: &mut OpenConnection) -> io::Result<()> {
    loop {
        let end = loop {
            match connection.unread.windows(2).position(|window| window == b"\r\n") {
                Some(end) => break end,
                None => connection.read_more().await?,
            }
        };
        let size = connection.take(end + 2).await?;
        let size = String::from_utf8_lossy(&size);
        let size = usize::from_str_radix(size.trim(), 16);
        let size = size.map_err(|_| io::ErrorKind::InvalidData)?;
        connection.take(size + 2).await?;
        if size == 0 {
            return Ok(());
        }
    }
}
