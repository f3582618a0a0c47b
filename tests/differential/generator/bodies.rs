//! Bodies: forms, and what looks like none.

use rand::RngExt;
use rand_pcg::Pcg64;

use super::{GeneratedField, chance, pick};
use crate::login_request::LoginRequest;

/// Spellings of the content type of a form.
const FORM_TYPES: [&str; 26] = [
    "application/x-www-form-urlencoded; charset=utf-8",
    "application/x-www-form-urlencoded;charset=UTF-8",
    "application/x-www-form-urlencoded; charset=iso-8859-1",
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/x-www-form-urlencoded; charset*=utf-7",
    "application/x-www-form-urlencoded; charset*=utf-8''utf-7",
    "application/x-www-form-urlencoded; charset*0=utf; charset*1=-7",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=utf-16le",
    "application/x-www-form-urlencoded; charset=ibm037",
    "application/x-www-form-urlencoded; charset=\"utf-7\"",
    "application/x-www-form-urlencoded;; charset=utf-7",
    "APPLICATION/X-WWW-FORM-URLENCODED",
    "application/x-www-form-urlencoded,application/json",
    "application/json, application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded;",
    "application/x-www-form-urlencoded ; q=1",
    "application /x-www-form-urlencoded",
    "x-www-form-urlencoded",
    "text/plain",
    "application/x-www-form-urlencoded-x",
    "*/*",
    "application/x-url-encoded",
    "application/json",
    "application/x-www-form-urlencoded; charset=utf-8; charset=utf-7",
];

/// What is encoded beyond what must be.
fn encode(rng: &mut Pcg64, text: &[u8], more: u32) -> Vec<u8> {
    let mut encoded = Vec::new();
    for &byte in text {
        let must =
            matches!(byte, b'&' | b'=' | b'+' | b'%' | b'#' | b';') || !byte.is_ascii_graphic();
        if byte == b' ' && chance(rng, 50) {
            encoded.push(b'+');
        } else if (must && !chance(rng, 3)) || chance(rng, more) {
            let digits =
                if chance(rng, 50) { format!("%{byte:02x}") } else { format!("%{byte:02X}") };
            encoded.extend(digits.bytes());
        } else {
            encoded.push(byte);
        }
    }
    encoded
}

/// The fields as pairs, with a separator that is `&` nearly always.
pub(super) fn pairs(rng: &mut Pcg64, fields: &[GeneratedField]) -> Vec<u8> {
    let separator = match rng.random_range(0..40) {
        0 => ";",
        1 => "&&",
        2 => "&amp;",
        3 => "\n&",
        4 => "&?",
        5 => "%26",
        6 => "& ",
        7 => ",",
        _ => "&",
    };
    let more = *pick(rng, &[0, 0, 0, 10, 100]);
    let mut pairs = Vec::new();
    for (number, field) in fields.iter().enumerate() {
        if number > 0 {
            pairs.extend(separator.bytes());
        }
        pairs.extend(encode(rng, &field.form_name(), more));
        pairs.extend(
            match rng.random_range(0..60) {
                0 => "==",
                1 => "%3d",
                2 => " =",
                3 => "= ",
                _ => "=",
            }
            .bytes(),
        );
        pairs.extend(encode(rng, &field.value, more));
    }
    match rng.random_range(0..40) {
        0 => pairs.splice(0..0, "\u{feff}".bytes()).for_each(drop),
        1 => pairs.insert(0, b'?'),
        2 => pairs.extend(b"\r\n"),
        3 => pairs.insert(0, b'&'),
        4 => pairs.insert(0, b'\n'),
        _ => {}
    }
    pairs
}

/// A form.
pub(super) fn form(
    rng: &mut Pcg64,
    mut request: LoginRequest,
    fields: &[GeneratedField],
) -> LoginRequest {
    request.body = pairs(rng, fields);
    let kind = match rng.random_range(0..100) {
        0..75 => "application/x-www-form-urlencoded",
        75..97 => *pick(rng, &FORM_TYPES),
        _ => return request,
    };
    recode(rng, &mut request.body, kind);
    packed(rng, request.header("content-type", kind))
}

/// Rewrites a body in the charset that its type names.
pub(super) fn recode(rng: &mut Pcg64, body: &mut Vec<u8>, kind: &str) {
    if kind.contains("utf-7") || kind.contains("-7") {
        *body = utf7(rng, body);
    } else if kind.contains("utf-16") && chance(rng, 70) {
        *body = wide(body, 2, !kind.contains("le"));
    } else if kind.contains("utf-32") && chance(rng, 70) {
        *body = wide(body, 4, !kind.contains("le"));
    } else if kind.contains("ibm037") {
        *body = ebcdic(body);
    }
}

/// Some letters of a text in UTF-7.
fn utf7(rng: &mut Pcg64, text: &[u8]) -> Vec<u8> {
    let at = text.windows(8).position(|it| it == b"password").unwrap_or(0);
    let end = (at + 8).min(text.len());
    let wide: Vec<u8> = text[at..end].iter().flat_map(|&byte| [0, byte]).collect();
    let word = base64(&wide).replace('=', "");
    let word = if chance(rng, 80) { format!("+{word}-") } else { String::from("password") };
    [&text[..at], word.as_bytes(), &text[end..]].concat()
}

/// Each byte in so many bytes, the big end first or last.
pub(super) fn wide(text: &[u8], width: usize, big: bool) -> Vec<u8> {
    let one = |&byte: &u8| {
        let mut unit = vec![0; width];
        unit[if big { width - 1 } else { 0 }] = byte;
        unit
    };
    text.iter().flat_map(one).collect()
}

/// The printable characters of the names and values here, in code page 37.
fn ebcdic(text: &[u8]) -> Vec<u8> {
    let one = |&byte: &u8| match byte {
        b'a'..=b'i' => byte - b'a' + 0x81,
        b'j'..=b'r' => byte - b'j' + 0x91,
        b's'..=b'z' => byte - b's' + 0xa2,
        b'0'..=b'9' => byte - b'0' + 0xf0,
        b'=' => 0x7e,
        b'&' => 0x50,
        b'_' => 0x6d,
        b'{' => 0xc0,
        b'}' => 0xd0,
        b'"' => 0x7f,
        b':' => 0x7a,
        b',' => 0x6b,
        other => other,
    };
    text.iter().map(one).collect()
}

/// Base64, with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let all = at(0) << 16 | at(1) << 8 | at(2);
        for (place, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let letter = LETTERS[usize::try_from(all >> shift & 63).expect("six bits")];
            text.push(if place > three.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

/// Sometimes with a `content-encoding`, true or not.
pub(super) fn packed(rng: &mut Pcg64, mut request: LoginRequest) -> LoginRequest {
    match rng.random_range(0..100) {
        0 => {
            request.body = gzip(&request.body);
            request.header(
                "content-encoding",
                *pick(rng, &["gzip", "x-gzip", "GZIP", "gzip, identity"]),
            )
        }
        1 => {
            request.body = zlib(&request.body);
            request.header("content-encoding", *pick(rng, &["deflate", "Deflate"]))
        }
        2 => request.header("content-encoding", *pick(rng, &["identity", "", "br", "utf-8"])),
        _ => request,
    }
}

/// A gzip stream with one stored block.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let length = u32::try_from(bytes.len()).expect("a short body");
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    [&head[..], &stored(bytes), &(!crc).to_le_bytes(), &length.to_le_bytes()].concat()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let (mut low, mut high) = (1_u32, 0_u32);
    for &byte in bytes {
        low = (low + u32::from(byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    [&[0x78, 0x01][..], &stored(bytes), &(high << 16 | low).to_be_bytes()].concat()
}

fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a short body");
    [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), bytes].concat()
}

/// Serialisations that some applications read beside forms and JSON.
pub(super) fn other(
    rng: &mut Pcg64,
    mut request: LoginRequest,
    fields: &[GeneratedField],
) -> LoginRequest {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let kind = match rng.random_range(0..4) {
        0 => {
            let decoy = b"&user=alice&password=decoy&";
            let count = u8::try_from(fields.len() + 1).expect("a few");
            let mut body =
                vec![0x80 | count, 0xa1, b'x', 0xa0 | u8::try_from(decoy.len()).expect("short")];
            body.extend_from_slice(decoy);
            for field in fields {
                for part in [&field.form_name(), &field.value] {
                    let length = u8::try_from(part.len().min(31)).expect("short");
                    body.push(0xa0 | length);
                    body.extend_from_slice(&part[..usize::from(length)]);
                }
            }
            request.body = body;
            *pick(rng, &["application/msgpack", "application/x-msgpack"])
        }
        1 => {
            let one = |field: &GeneratedField| {
                let name = text(&field.form_name());
                format!("<{name}>{}</{name}>", text(&field.value))
            };
            let inner: String = fields.iter().map(one).collect();
            request.body = format!("<hash>{inner}</hash>").into_bytes();
            *pick(rng, &["application/xml", "text/xml"])
        }
        2 => {
            let one = |field: &GeneratedField| {
                format!("{}: {}\n", text(&field.form_name()), text(&field.value))
            };
            request.body = fields.iter().map(one).collect::<String>().into_bytes();
            *pick(rng, &["application/yaml", "text/plain", "application/x-yaml"])
        }
        _ => {
            request.body = pairs(rng, fields);
            *pick(rng, &["application/octet-stream", "text/plain", "text/html", "application/xml"])
        }
    };
    request.header("content-type", kind)
}
