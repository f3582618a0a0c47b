//! What a body is said to be, and what keeps it from being read.
//!
//! The type decides nothing: content is read as JSON and as a form whatever it is called.
//! But a body that the application may decode before it reads it (compression, another
//! charset, parts) says something to the application that it does not say here.

use crate::request::headers::Headers;

/// Charsets whose ASCII is ASCII: names and delimiters read the same in each. In others
/// (`utf-7`, `ibm037`) a servlet reads fields that are not to be seen in the bytes.
const CHARSETS: [&str; 8] =
    ["utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso8859-1", "latin1", "windows-1252"];

/// Whether the headers say something of the body for which its bytes may not be what the
/// application reads.
pub(super) fn is_opaque(headers: Headers<'_>) -> bool {
    let is_encoded = headers.all("content-encoding").any(|value| {
        let codings = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        codings
            .into_iter()
            .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
    });
    let mut types = headers.all("content-type");
    let first = types.next();
    is_encoded || types.next().is_some() || first.is_some_and(is_opaque_type)
}

/// The bytes after a UTF-8 byte order mark, which .NET, PHP's and JsonNode's readers skip.
pub(super) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

/// Whether the bytes look like UTF-16 or UTF-32, which JSON parsers detect by themselves
/// (Jackson, Python), or like nothing that is text.
pub(super) fn is_wide(body: &[u8]) -> bool {
    body.starts_with(b"\xFE\xFF") || body.starts_with(b"\xFF\xFE") || body.contains(&0)
}

fn is_opaque_type(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    if essence.starts_with("multipart/") || essence.contains(',') {
        return true;
    }
    let charsets = parts.filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        (name.trim() == "charset").then(|| value.trim().trim_matches(['"', '\'']))
    });
    // Each of several: applications differ in which they take.
    charsets.into_iter().any(|charset| !CHARSETS.contains(&charset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::headers::Header;

    fn opaque(lines: &[(&str, &str)]) -> bool {
        let headers: Vec<Header> =
            lines.iter().map(|&(name, value)| (name.into(), value.into())).collect();
        is_opaque(Headers::new(&headers))
    }

    #[test]
    fn ordinary_types_are_read() {
        for value in [
            "application/json",
            "application/x-www-form-urlencoded; charset=UTF-8",
            "application/json; Charset=\"utf-8\"",
            "text/plain;charset=ISO-8859-1",
            "application/json;",
            "",
        ] {
            assert!(!opaque(&[("content-type", value)]), "{value}");
        }
        assert!(!opaque(&[]));
        assert!(!opaque(&[("content-encoding", "Identity")]));
    }

    #[test]
    fn what_the_application_may_decode_first_is_opaque() {
        for value in [
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "application/x-www-form-urlencoded; charset=ibm037",
            "text/plain; charset=utf-8; charset=utf-7",
            "application/json, text/plain",
        ] {
            assert!(opaque(&[("content-type", value)]), "{value}");
        }
        assert!(opaque(&[("content-encoding", "identity, gzip")]));
        assert!(opaque(&[("content-encoding", "identity"), ("Content-Encoding", "br")]));
    }

    #[test]
    fn duplicate_content_type_is_flagged() {
        let twice = [("content-type", "application/json"), ("Content-Type", "application/json")];
        assert!(opaque(&twice));
    }

    #[test]
    fn wide_text_is_told_and_a_mark_is_not_content() {
        assert!(is_wide(b"\xFF\xFEa\0") && is_wide(b"\0{\0}") && !is_wide(b"a=b"));
        assert_eq!(without_mark(b"\xEF\xBB\xBF{}"), b"{}");
    }
}
