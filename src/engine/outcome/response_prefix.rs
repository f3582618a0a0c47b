//! The beginning of a response's body, as far as it is read.
//!
//! Parts are copied as they pass, so no response is held or delayed.

use super::body_condition::BodySeen;
use crate::request::headers::Headers;

/// How much of a body is read. A page that tells of a failed login does so near its beginning, and
/// so much is held in memory for each login whose response is read.
pub(crate) const MAX_RESPONSE_BYTES: usize = 64 << 10;

/// A status that answers a request for a part of a page.
const PARTIAL_CONTENT: u16 = 206;

/// The part of a body that has come so far.
#[derive(Debug, Default)]
pub(crate) struct ResponsePrefix {
    bytes: Vec<u8>,
    /// There is more than is read.
    is_cut: bool,
}

impl ResponsePrefix {
    /// How many bytes the next part may have. One byte more than is read tells that there is more.
    pub(crate) fn wanted(&self) -> usize {
        MAX_RESPONSE_BYTES.saturating_sub(self.bytes.len()).saturating_add(1)
    }

    /// Takes the next part. Returns whether no further one is needed.
    pub(crate) fn push(&mut self, part: &[u8]) -> bool {
        let room = MAX_RESPONSE_BYTES.saturating_sub(self.bytes.len());
        let (read, more) = part.split_at_checked(room).unwrap_or((part, b""));
        self.bytes.extend_from_slice(read);
        self.is_cut |= !more.is_empty();
        self.is_cut
    }

    /// What is known of the body, when it `ended` or when nothing more comes.
    pub(crate) fn seen(&self, ended: bool) -> BodySeen<'_> {
        if ended && !self.is_cut {
            BodySeen::Whole(&self.bytes)
        } else {
            BodySeen::Cut(&self.bytes)
        }
    }
}

/// Whether the body of a response can be read: it is all of the page, and not compressed.
pub(crate) fn is_readable(response: Headers<'_>) -> bool {
    let is_plain = |coding: &[u8]| {
        let coding = coding.trim_ascii();
        coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
    };
    let mut codings = response.all("content-encoding").flat_map(|it| it.split(|b| *b == b','));
    codings.all(is_plain) && response.status() != Some(PARTIAL_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_to_the_bytes_that_are_read_and_no_more() {
        let mut prefix = ResponsePrefix::default();
        for _ in 0..MAX_RESPONSE_BYTES {
            assert!(prefix.wanted() > 1 && !prefix.push(b"x"));
        }
        assert!(matches!(prefix.seen(true), BodySeen::Whole(all) if all.len() == 64 << 10));
        assert!(matches!(prefix.seen(false), BodySeen::Cut(_)));
        assert_eq!(prefix.wanted(), 1);
        assert!(prefix.push(b"yz"));
        assert!(matches!(prefix.seen(true), BodySeen::Cut(all) if all.len() == 64 << 10));
    }

    #[test]
    fn compressed_or_partial_body_is_not_read() {
        let readable = |status: &str, coding: Option<&str>| {
            let coding = coding.map(|it| (b"Content-Encoding".to_vec(), it.as_bytes().to_vec()));
            let status = (b":status".to_vec(), status.as_bytes().to_vec());
            let headers: Vec<_> = std::iter::once(status).chain(coding).collect();
            is_readable(Headers::new(&headers))
        };
        assert!(readable("200", None) && readable("200", Some("Identity")));
        for coding in ["gzip", "br", "identity, zstd", "x"] {
            assert!(!readable("200", Some(coding)), "{coding}");
        }
        assert!(!readable("206", None));
    }
}
