//! Request lines and headers: who sends, to where, and what no parser likes.

use rand::RngExt;
use rand_pcg::Pcg64;

use super::{FAULT_HEADER, HostileRequest, NUMBER_HEADER, body_hash, chance, junk, pick};

/// Targets that an application takes for `/login`.
const LOGINS: [&str; 9] = [
    "/login",
    "/login/",
    "/Login",
    "//login",
    "/login;x=1",
    "/%6cogin",
    "/./login",
    "/login?next=%2F",
    "/login?user=&x",
];

const ELSEWHERE: [&str; 16] = [
    "/",
    "/echo",
    "*",
    "http://unstuff.test/login",
    "http://[::1",
    "/login%00",
    "/login%",
    "/login%zz",
    "/log\x01in",
    "/%2e%2e/%2e%2e/login",
    "/login%2f..%5c",
    "/a/../login",
    "unstuff.test:443",
    "",
    "/?",
    "/login#fragment",
];

/// How the application fails, if asked to.
pub(crate) const FAULTS: [&str; 6] =
    ["slow", "early", "reset", "reset-in-body", "trickle", "large"];

const ODD_VALUES: [&[u8]; 12] = [
    b"",
    b" ",
    b"\xff\xfe\x80",
    b"a\tb",
    b"multipart/form-data; boundary=",
    b"application/json; charset=\"",
    b"text/plain;;;=;\"\\",
    b"chunked",
    b"-1",
    b"99999999999999999999",
    b"Basic YWxpY2U6MTIzNDU2",
    b"Basic ====",
];

const NAMES: [&str; 20] = [
    "content-type",
    "content-encoding",
    "cookie",
    "authorization",
    "x-forwarded-for",
    "user-agent",
    "accept",
    "origin",
    "x-http-method-override",
    "x-original-url",
    "x-rewrite-url",
    "x-unstuff-verdict",
    "x-unstuff-reasons",
    "x_unstuff_verdict",
    "x-unstuff-pass",
    "x-envoy-original-path",
    "te",
    "content-disposition",
    "x-forwarded-proto",
    "referer",
];

/// Header lines that break the rules of HTTP/1; in HTTP/2 the names and values are sent as they are.
const BROKEN: [(&[u8], &[u8]); 14] = [
    (b"transfer-encoding", b"xchunked"),
    (b"transfer-encoding", b"chunked, gzip"),
    (b"Transfer-Encoding ", b"chunked"),
    (b"content-length", b"+5"),
    (b"content-length", b"0x5"),
    (b"content-length", b"5, 5"),
    (b"", b"no name"),
    (b"bad name", b"1"),
    (b"x-nul", b"a\0b"),
    (b"x-line", b"a\nb: c"),
    (b"x-fold", b"a\r\n folded"),
    (b":path", b"/login"),
    (b"host", b"other.test"),
    (b"connection", b"x-forwarded-for, content-type, x-unstuff-verdict"),
];

pub(super) fn method(rng: &mut Pcg64) -> Vec<u8> {
    if chance(rng, 86) {
        return b"POST".to_vec();
    }
    let known = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "post"];
    match rng.random_range(0..4) {
        0 => pick(rng, &["PURGE", "P\u{d6}ST", "PO ST", "", "PRI"]).as_bytes().to_vec(),
        1 => b"M".repeat(rng.random_range(1..2_000)),
        _ => pick(rng, &known).as_bytes().to_vec(),
    }
}

pub(super) fn target(rng: &mut Pcg64) -> Vec<u8> {
    match rng.random_range(0..100) {
        0..80 => pick(rng, &LOGINS).as_bytes().to_vec(),
        80..95 => pick(rng, &ELSEWHERE).as_bytes().to_vec(),
        95..98 => format!("/login?{}", "a=b&".repeat(rng.random_range(1..4_000))).into_bytes(),
        _ => [b"/login", junk(rng, 20).as_slice()].concat(),
    }
}

/// Whether an application takes a target for the login.
pub(super) fn is_login(target: &[u8]) -> bool {
    LOGINS.iter().any(|login| login.as_bytes() == target)
}

/// Says which request it is, from where it seems to come, and how the application is to fail.
pub(super) fn identify(rng: &mut Pcg64, request: &mut HostileRequest) {
    let mut number = request.number.to_string();
    if request.holds_password {
        number += &format!(" {:016x}", body_hash(&request.body));
    }
    let mut add = |name: &str, value: String| {
        request.headers.push((name.as_bytes().to_vec(), value.into_bytes()));
    };
    add(NUMBER_HEADER, number);
    let [a, b, c] = [(); 3].map(|()| rng.random_range(0..=255_u8));
    let address = match rng.random_range(0..20) {
        // A few that are banned again and again.
        0 => format!("198.51.100.{}", rng.random_range(0..8)),
        1 => format!("2001:db8:{a:x}:{b:x}::{c:x}"),
        _ => format!("10.{}.{b}.{c}", a % 2),
    };
    add("x-forwarded-for", address);
    if chance(rng, 12) {
        add(FAULT_HEADER, (*pick(rng, &FAULTS)).to_owned());
    }
}

/// Adds odd headers, and seldom such as break the rules.
pub(super) fn decorate(rng: &mut Pcg64, request: &mut HostileRequest) {
    for _ in 0..*pick(rng, &[0, 0, 0, 1, 2, 5]) {
        let name = *pick(rng, &NAMES);
        let value = match rng.random_range(0..4) {
            0 => {
                let length = rng.random_range(0..60);
                junk(rng, length).into_iter().filter(|byte| *byte > 0x20).collect()
            }
            1 => cookie(rng),
            _ => pick(rng, &ODD_VALUES).to_vec(),
        };
        request.headers.push((name.as_bytes().to_vec(), value));
    }
    match rng.random_range(0..60) {
        0 | 1 => {
            let (name, value) = *pick(rng, &BROKEN);
            request.headers.push((name.to_vec(), value.to_vec()));
        }
        2 => {
            let count = rng.random_range(1..120);
            let many = (0..count).map(|at| (format!("x-{at}").into_bytes(), b"v".repeat(300)));
            request.headers.extend(many);
        }
        3 => {
            let kind = *pick(rng, &["websocket", "h2c", "foo"]);
            request.headers.push((b"connection".to_vec(), b"upgrade".to_vec()));
            request.headers.push((b"upgrade".to_vec(), kind.as_bytes().to_vec()));
        }
        4 => request.headers.push((b"expect".to_vec(), b"100-continue".to_vec())),
        5 => request.headers.push((b"x-huge".to_vec(), b"h".repeat(70_000))),
        _ => {}
    }
}

/// A cookie header with the module's own names and junk in them.
fn cookie(rng: &mut Pcg64) -> Vec<u8> {
    let name = *pick(rng, &["unstuff-device", "unstuff-pass", "__Host-unstuff-device", "sid"]);
    let length = rng.random_range(0..200);
    let value = junk(rng, length).into_iter().map(|byte| format!("{byte:02x}"));
    format!("{name}={}; {name}=x; ;=;", value.collect::<String>()).into_bytes()
}
