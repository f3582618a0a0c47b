//! Bodies: logins that some application reads, and bytes that no parser likes.

use std::io::Write;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use rand::RngExt;
use rand_pcg::Pcg64;
use unstuff_fixtures::decoy_bodies::decoy_bodies;

use super::{BREACHED, chance, junk, pick};

/// A body with the headers that say what it is.
#[derive(Clone)]
pub(super) struct Payload {
    pub(super) headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    /// Whether an application reads the breached password from it.
    pub(super) holds_password: bool,
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

impl Payload {
    fn new(kind: impl Into<Vec<u8>>, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![(b"content-type".to_vec(), kind.into())];
        Self { headers, body: body.into(), holds_password: true }
    }

    fn hostile(kind: impl Into<Vec<u8>>, body: impl Into<Vec<u8>>) -> Self {
        Self { holds_password: false, ..Self::new(kind, body) }
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// Bodies that applications once read as a login, with the breached password.
static DECOYS: LazyLock<Vec<Payload>> = LazyLock::new(|| {
    let rows = decoy_bodies().into_iter().filter(|row| {
        let is_body = row.query.is_empty() && row.path == "/login" && !row.cut;
        let is_read = row.login && row.reads.as_ref().is_some_and(|(_, it)| it == "real");
        is_body && is_read && ["form", "json", "both"].contains(&row.fields.as_str())
    });
    let bodies = rows.filter_map(|row| {
        let body = String::from_utf8(row.body()).ok().filter(|body| body.contains("real"))?;
        let here = |text: &str| text.replace("username", "user").replace("real", BREACHED);
        let headers = row.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone().into(), latin1(&here(value))));
        Some(Payload {
            headers: headers.collect(),
            body: here(&body).into_bytes(),
            holds_password: true,
        })
    });
    bodies.collect()
});

/// A random body.
pub(super) fn payload(rng: &mut Pcg64) -> Payload {
    let mut payload = match rng.random_range(0..100) {
        0..22 => form(rng),
        22..36 => json(rng),
        36..46 => multipart(rng),
        46..54 => compressed(rng),
        54..62 => decoy(rng),
        62..66 => Payload::hostile(FORM, Vec::new()),
        66..72 => guess(rng),
        _ => hostile(rng),
    };
    if chance(rng, 12) && !payload.body.is_empty() {
        mutate(rng, &mut payload.body);
        payload.holds_password = false;
    }
    if chance(rng, 5) {
        let other = *pick(rng, &["text/plain", JSON, FORM, "multipart/form-data; boundary=b"]);
        payload = payload.header("content-type", other);
    }
    payload
}

/// A username: of a pool, so that entries are hit again and the table fills.
fn username(rng: &mut Pcg64) -> String {
    format!("user-{}", rng.random_range(0..100_000))
}

/// An ordinary failure: a password in no filter.
fn guess(rng: &mut Pcg64) -> Payload {
    let body = format!("user={}&password=guess-{}", username(rng), rng.random_range(0..1_000_000));
    Payload::hostile(FORM, body)
}

fn padding(rng: &mut Pcg64) -> String {
    let length = *pick(rng, &[0, 0, 0, 0, 10, 900, 16_300, 16_400, 70_000]);
    "x".repeat(length)
}

fn form(rng: &mut Pcg64) -> Payload {
    let user = username(rng);
    let password = match rng.random_range(0..3) {
        0 => BREACHED.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        _ => BREACHED.to_owned(),
    };
    let body = match rng.random_range(0..6) {
        0 => format!("pad={}&user={user}&password={password}", padding(rng)),
        1 => format!("password={password}&user={user}&pad={}", padding(rng)),
        2 => format!("user={user}&password=decoy-in-no-list&password={password}"),
        3 => format!("{}user={user}&password={password}", "a=b&".repeat(rng.random_range(0..900))),
        _ => format!("user={user}&password={password}"),
    };
    let kind = *pick(rng, &[FORM, FORM, FORM, "application/x-www-form-urlencoded; charset=utf-8"]);
    Payload::new(kind, body)
}

fn json(rng: &mut Pcg64) -> Payload {
    let user = username(rng);
    let password = match rng.random_range(0..3) {
        0 => BREACHED.bytes().map(|byte| format!("\\u{:04x}", u32::from(byte))).collect(),
        _ => BREACHED.to_owned(),
    };
    let text = match rng.random_range(0..6) {
        0 => format!(r#"{{"pad":"{}","user":"{user}","password":"{password}"}}"#, padding(rng)),
        1 => format!(r#"{{"password":"{password}","user":"{user}","pad":"{}"}}"#, padding(rng)),
        2 => format!(r#"{{"user":"{user}","password":"decoy","password":"{password}"}}"#),
        3 => {
            let depth = rng.random_range(0..400);
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            format!(r#"{{"deep":{open}{close},"user":"{user}","password":"{password}"}}"#)
        }
        _ => format!(r#"{{"user":"{user}","password":"{password}"}}"#),
    };
    match rng.random_range(0..12) {
        0 => {
            let units = text.encode_utf16();
            let body: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
            Payload::new("application/json; charset=utf-16le", body)
        }
        1 => Payload::new(JSON, format!("\u{feff}{text}")),
        2 => Payload::new("application/json; charset=utf-8", text),
        _ => Payload::new(JSON, text),
    }
}

fn multipart(rng: &mut Pcg64) -> Payload {
    let boundary = *pick(rng, &["b", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "a'b(c)+_,-./:=?"]);
    let field = |name: &str, value: &str| {
        let disposition = format!("Content-Disposition: form-data; name=\"{name}\"");
        format!("--{boundary}\r\n{disposition}\r\n\r\n{value}\r\n")
    };
    let mut body = String::new();
    for _ in 0..*pick(rng, &[0, 0, 1, 40]) {
        body += &field("other", &padding(rng));
        if body.len() > 100_000 {
            break;
        }
    }
    body += &field("user", &username(rng));
    body += &field("password", BREACHED);
    body += &format!("--{boundary}--\r\n");
    Payload::new(format!("multipart/form-data; boundary=\"{boundary}\""), body)
}

fn compressed(rng: &mut Pcg64) -> Payload {
    let plain = if chance(rng, 60) { form(rng) } else { json(rng) };
    let (name, body) = match rng.random_range(0..4) {
        0 => ("deflate", zlib(&plain.body)),
        1 => ("deflate", raw_deflate(&plain.body)),
        2 => ("x-gzip", gzip(&plain.body)),
        _ => ("gzip", gzip(&plain.body)),
    };
    Payload { headers: plain.headers, body, holds_password: true }.header("content-encoding", name)
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

/// What some servers call deflate: without zlib's header.
fn raw_deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

fn decoy(rng: &mut Pcg64) -> Payload {
    pick(rng, &DECOYS).clone()
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|it| u8::try_from(u32::from(it)).unwrap_or(b'?')).collect()
}

/// Bytes that hold no login.
fn hostile(rng: &mut Pcg64) -> Payload {
    let many = rng.random_range(1..3_000);
    match rng.random_range(0..14) {
        0 => Payload::hostile(JSON, "[".repeat(many * 20)),
        1 => Payload::hostile(JSON, r#"{"password":{"#.repeat(many)),
        2 => Payload::hostile(JSON, format!("{{\"user\":\"{}\"", "\\u0000\\ud800".repeat(many))),
        3 => Payload::hostile(FORM, "password=a&user=b&".repeat(many)),
        4 => Payload::hostile(FORM, "&=&%&%2&%zz=%ff&user[password][][".repeat(many / 4)),
        5 => Payload::hostile("multipart/form-data; boundary=b", "--b\r\n".repeat(many)),
        6 => {
            let body = "--b\r\ncontent-disposition: form-data; name=\"password".repeat(many / 8);
            Payload::hostile("multipart/form-data; boundary=b", body)
        }
        7 => Payload::hostile("multipart/form-data", junk(rng, many)),
        8 => {
            let zeros = vec![0_u8; 1 << 20];
            Payload::hostile(JSON, gzip(&zeros)).header("content-encoding", "gzip")
        }
        9 => {
            let xml = "<methodCall><methodName>system.multicall</methodName>".repeat(many / 8);
            Payload::hostile("text/xml", xml)
        }
        10 => {
            let batch = r#"{"query":"mutation{login(user:\"a\",password:\"b\"){id}}"},"#;
            Payload::hostile(JSON, format!("[{}", batch.repeat(many / 8)))
        }
        11 => {
            let kind = junk(rng, 40).into_iter().filter(|byte| *byte > 0x20);
            Payload::hostile(kind.collect::<Vec<u8>>(), junk(rng, many))
        }
        12 if chance(rng, 10) => Payload::hostile(FORM, "z".repeat(3 << 20)),
        _ => Payload::hostile(*pick(rng, &[FORM, JSON, "text/plain"]), junk(rng, many)),
    }
}

/// Changes some bytes: flips one, removes or repeats a stretch.
fn mutate(rng: &mut Pcg64, body: &mut Vec<u8>) {
    for _ in 0..rng.random_range(1..4) {
        let at = rng.random_range(0..body.len().max(1)).min(body.len().saturating_sub(1));
        let end = (at + rng.random_range(1..40)).min(body.len());
        match rng.random_range(0..3) {
            0 => body[at] = rng.random_range(0..=255),
            1 if body.len() > end - at => drop(body.drain(at..end)),
            _ => {
                let stretch = body[at..end].to_vec();
                body.splice(at..at, stretch);
            }
        }
    }
}
