//! What a line keeps of a request, cut so that nothing secret is in it.
//!
//! A query can hold a password, and so can what a client writes in front of a host (`user:password@`). A
//! path can hold a session (`;jsessionid=`). None of them is kept. `cookie` and `authorization` are kept
//! as part of a tag alone, even if the fingerprint is made of them.

use super::json::Members;
use crate::request::headers::Headers;
use crate::tokens::device::Device;

/// The longest host, path and header that a line repeats, in bytes: longer ones are cut. Envoy allows
/// 60 KiB.
const MAX_BYTES: usize = 300;

/// Headers whose values are secrets.
const SECRET: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// A request whose login has a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordedRequest<'a> {
    /// All of its headers.
    pub headers: Headers<'a>,
    /// The device of its cookie, if it is locked: it is unknown, and may not be in a replay.
    pub locked_device: Option<&'a Device>,
    /// It brings what may be a pass.
    pub brings_pass: bool,
    /// A ban is looked for before its credentials are read.
    pub is_ban_first: bool,
}

impl<'a> RecordedRequest<'a> {
    pub(super) fn method(&self) -> &'a [u8] {
        cut(self.headers.first(":method").unwrap_or_default())
    }

    pub(super) fn host(&self) -> &'a [u8] {
        let host = self.headers.first(":authority").or_else(|| self.headers.first("host"));
        cut(after_userinfo(host.unwrap_or_default()))
    }

    pub(super) fn path(&self) -> Vec<u8> {
        let mut path = path_alone(self.headers.first(":path").unwrap_or_default());
        path.truncate(MAX_BYTES);
        path
    }

    /// Writes the headers of a fingerprint.
    #[inline(never)]
    pub(super) fn push_fingerprint(&self, out: &mut Members, names: &[String]) {
        for name in names.iter().filter(|name| !SECRET.contains(&name.as_str())) {
            for value in self.headers.all(name) {
                out.text(name, cut(value));
            }
        }
    }
}

fn cut(bytes: &[u8]) -> &[u8] {
    bytes.get(..MAX_BYTES).unwrap_or(bytes)
}

fn after_userinfo(host: &[u8]) -> &[u8] {
    host.rsplit(|byte| *byte == b'@').next().unwrap_or(host)
}

/// A path without its query and without the parameters of its segments. An absolute one loses what
/// stands in front of its host.
fn path_alone(path: &[u8]) -> Vec<u8> {
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
    use crate::request::headers::Header;

    fn request<'a>(headers: &'a [Header]) -> RecordedRequest<'a> {
        let headers = Headers::new(headers);
        RecordedRequest { headers, locked_device: None, brings_pass: false, is_ban_first: true }
    }

    fn headers(all: &[(&str, &str)]) -> Vec<Header> {
        all.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn nothing_of_a_request_that_may_hold_a_password_is_kept() {
        let long = "x".repeat(1_000);
        let sent = headers(&[
            (":method", "POST"),
            (":authority", "ann:secret@shop.example"),
            (":path", "/app;jsessionid=secret/login;p=secret?password=secret#secret"),
            ("cookie", "session=secret"),
            ("authorization", "Basic secret"),
            ("user-agent", &long),
            ("accept-language", "de"),
            ("accept-language", "en"),
        ]);
        let kept = request(&sent);
        assert_eq!(
            (kept.host(), kept.path().as_slice()),
            (&b"shop.example"[..], &b"/app/login"[..])
        );
        let names = ["user-agent", "cookie", "accept-language", "authorization"].map(str::to_owned);
        let agent = "x".repeat(MAX_BYTES);
        let mut members = Members::default();
        kept.push_fingerprint(&mut members, &names);
        assert_eq!(
            String::from_utf8_lossy(members.as_bytes()),
            format!(
                "\"user-agent\":\"{agent}\",\"accept-language\":\"de\",\"accept-language\":\"en\""
            )
        );
        let absolute = headers(&[(":path", "http://ann:secret@shop.example/login?x")]);
        assert_eq!(request(&absolute).path(), b"shop.example/login");
    }
}
