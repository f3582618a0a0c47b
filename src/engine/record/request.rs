//! What a line keeps of a request, cut so that nothing secret is in it.
//!
//! A query can hold a password, and so can what a client writes in front of a host (`user:password@`). A
//! path can hold a session (`;jsessionid=`). None of them is kept. `cookie` and `authorization` are kept
//! as part of a tag alone, even if the fingerprint is made of them.

use crate::request::headers::{Header, Headers};
use crate::tokens::device::Device;

/// The longest host, path and header that a line repeats, in bytes: longer ones are cut. Envoy allows
/// 60 KiB.
const MAX_BYTES: usize = 300;

/// Headers whose values are secrets.
const SECRET: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// What is kept of a request until its login is decided.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordedRequest {
    pub(super) method: Vec<u8>,
    pub(super) host: Vec<u8>,
    pub(super) path: Vec<u8>,
    /// Those that the fingerprint is made of.
    pub(super) headers: Vec<Header>,
    /// The device of its cookie, if it is locked: it is unknown, and may not be in a replay.
    pub locked_device: Option<Device>,
    /// It brings what may be a pass.
    pub brings_pass: bool,
    /// A ban is looked for before its credentials are read.
    pub is_ban_first: bool,
}

impl RecordedRequest {
    pub(crate) fn of(headers: Headers<'_>, fingerprint: &[String]) -> Self {
        let first = |name| headers.first(name).unwrap_or_default();
        let host = headers.first(":authority").or_else(|| headers.first("host"));
        let kept = fingerprint.iter().filter(|name| !SECRET.contains(&name.as_str()));
        let header = |name: &String| {
            let values = headers.all(name).map(|value| (name.clone().into_bytes(), cut(value)));
            values.collect::<Vec<Header>>()
        };
        Self {
            method: cut(first(":method")),
            host: cut(after_userinfo(host.unwrap_or_default())),
            path: cut(&plain_path(first(":path"))),
            headers: kept.flat_map(header).collect(),
            ..Self::default()
        }
    }
}

fn cut(bytes: &[u8]) -> Vec<u8> {
    bytes.get(..MAX_BYTES).unwrap_or(bytes).to_vec()
}

fn after_userinfo(host: &[u8]) -> &[u8] {
    host.rsplit(|byte| *byte == b'@').next().unwrap_or(host)
}

/// A path without its query and without the parameters of its segments. An absolute one loses what
/// stands in front of its host.
fn plain_path(path: &[u8]) -> Vec<u8> {
    let (mut plain, mut is_parameter) = (Vec::new(), false);
    for byte in path.iter().copied().take_while(|byte| !matches!(byte, b'?' | b'#')) {
        is_parameter = byte == b';' || (is_parameter && byte != b'/');
        if !is_parameter {
            plain.push(byte);
        }
    }
    if plain.starts_with(b"/") { plain } else { after_userinfo(&plain).to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[(&str, &str)], fingerprint: &[&str]) -> RecordedRequest {
        let headers: Vec<Header> =
            headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        let names: Vec<String> = fingerprint.iter().map(|it| (*it).to_owned()).collect();
        RecordedRequest::of(Headers::new(&headers), &names)
    }

    #[test]
    fn nothing_of_a_request_that_may_hold_a_password_is_kept() {
        let long = "x".repeat(1_000);
        let kept = of(
            &[
                (":method", "POST"),
                (":authority", "ann:secret@shop.example"),
                (":path", "/app;jsessionid=secret/login;p=secret?password=secret#secret"),
                ("cookie", "session=secret"),
                ("authorization", "Basic secret"),
                ("user-agent", &long),
                ("accept-language", "de"),
                ("accept-language", "en"),
            ],
            &["user-agent", "cookie", "accept-language", "authorization"],
        );
        assert_eq!(kept.path, b"/app/login");
        assert_eq!(kept.host, b"shop.example");
        assert!(!format!("{kept:?}").contains(&format!("{:?}", b"secret")));
        let values: Vec<_> = kept.headers.iter().map(|(_, value)| value.len()).collect();
        assert_eq!(values, [MAX_BYTES, 2, 2]);
        let absolute = of(&[(":path", "http://ann:secret@shop.example/login?x")], &[]);
        assert_eq!(absolute.path, b"shop.example/login");
    }
}
