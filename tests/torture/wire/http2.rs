//! HTTP/2 with prior knowledge: frames without flow control of our own, and header blocks whose
//! fields are all literals, so that a name can be one that no library sends.

use std::io;

use tokio::io::AsyncWriteExt;

use super::OpenConnection;
use crate::hostile::{Framing, HostileRequest};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
/// A type that no specification knows.
const UNKNOWN: u8 = 0x42;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

/// The largest frame that every peer accepts.
const MAX_FRAME: usize = 16_384;

/// What a client says first: room for large responses, and no server push.
pub(super) fn preface() -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let settings = [[0, 2, 0, 0, 0, 0], [0, 4, 0x7f, 0xff, 0xff, 0xff]].concat();
    frame(&mut bytes, SETTINGS, 0, 0, &settings);
    frame(&mut bytes, WINDOW_UPDATE, 0, 0, &0x7000_0000_u32.to_be_bytes());
    bytes
}

fn frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).expect("a frame").to_be_bytes();
    bytes.extend(&length[1..]);
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
}

/// A request as frames on this stream.
pub(super) fn encode(request: &HostileRequest, stream: u32) -> Vec<u8> {
    let mut block = Vec::new();
    field(&mut block, b":method", &request.method);
    field(&mut block, b":scheme", b"http");
    field(&mut block, b":authority", b"unstuff.test");
    field(&mut block, b":path", &request.target);
    for (name, value) in &request.headers {
        field(&mut block, name, value);
    }
    let length = request.body.len();
    let mut announce = |length: usize| {
        field(&mut block, b"content-length", length.to_string().as_bytes());
    };
    match request.framing {
        Framing::Length => announce(length),
        Framing::TooLong => announce(length + 9),
        Framing::TooShort => announce(length / 2),
        Framing::TwoLengths => [length, length + 1].into_iter().for_each(announce),
        Framing::LengthAndChunks => {
            announce(length);
            field(&mut block, b"transfer-encoding", b"chunked");
        }
        _ => {}
    }
    let mut bytes = Vec::new();
    let is_over = request.body.is_empty() && request.framing == Framing::Length;
    header_frames(&mut bytes, stream, is_over, &block);
    if is_over {
        return bytes;
    }
    for piece in request.body.chunks(request.framing.piece_bytes(length)) {
        match request.framing {
            Framing::Odd(_) => {
                let room = MAX_FRAME - 9;
                for piece in piece.chunks(room) {
                    let padded = [&[8][..], piece, &[0; 8]].concat();
                    frame(&mut bytes, DATA, PADDED, stream, &padded);
                }
            }
            Framing::BadChunk => {
                frame(&mut bytes, UNKNOWN, 0xff, stream, b"junk");
                frame(&mut bytes, DATA, 0, stream, piece);
            }
            _ => frame(&mut bytes, DATA, 0, stream, piece),
        }
    }
    match request.framing {
        Framing::TooLong => {}
        Framing::Trailers(_) => {
            let mut block = Vec::new();
            field(&mut block, b"x-checksum", b"1");
            header_frames(&mut bytes, stream, true, &block);
        }
        _ => frame(&mut bytes, DATA, END_STREAM, stream, b""),
    }
    bytes
}

/// A header block in as many frames as it takes.
fn header_frames(bytes: &mut Vec<u8>, stream: u32, is_over: bool, block: &[u8]) {
    let mut pieces = block.chunks(MAX_FRAME).peekable();
    let mut kind = HEADERS;
    while let Some(piece) = pieces.next() {
        let last = if pieces.peek().is_none() { END_HEADERS } else { 0 };
        let end = if is_over && kind == HEADERS { END_STREAM } else { 0 };
        frame(bytes, kind, last | end, stream, piece);
        kind = CONTINUATION;
    }
}

/// A literal field without indexing, not compressed.
fn field(block: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    block.push(0);
    for text in [name, value] {
        // The length with a prefix of seven bits.
        match text.len() {
            short @ 0..127 => block.push(u8::try_from(short).expect("seven bits")),
            long => {
                block.push(127);
                let mut rest = long - 127;
                while rest >= 128 {
                    block.push(u8::try_from(rest % 128 + 128).expect("eight bits"));
                    rest /= 128;
                }
                block.push(u8::try_from(rest).expect("seven bits"));
            }
        }
        block.extend(text);
    }
}

/// Reads frames until this stream has ended. The status is not read.
pub(super) async fn answer(connection: &mut OpenConnection, stream: u32) -> io::Result<u16> {
    loop {
        let head = connection.take(9).await?;
        let [_, a, b, c, kind, flags, ..] = [&[0], &head[..]].concat()[..] else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let length = u32::from_be_bytes([0, a, b, c]);
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & 0x7fff_ffff;
        let payload = connection.take(usize::try_from(length).expect("24 bits")).await?;
        let mut reply = Vec::new();
        match kind {
            SETTINGS if flags & ACK == 0 => frame(&mut reply, SETTINGS, ACK, 0, b""),
            PING if flags & ACK == 0 => frame(&mut reply, PING, ACK, 0, &payload),
            // Streams that are open go on; the connection takes no more.
            GOAWAY => connection.requests = u32::MAX,
            RST_STREAM if id == stream => return Err(io::ErrorKind::ConnectionReset.into()),
            DATA | HEADERS if id == stream && flags & END_STREAM != 0 => return Ok(0),
            _ => {}
        }
        connection.stream.write_all(&reply).await?;
    }
}
