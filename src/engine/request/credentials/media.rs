//! Media types and encodings that make a body opaque.
//!
//! The content type does not select a parser: every body is read as JSON and as a form. But a body
//! that the application decodes first (compression, another charset, multipart) may mean something
//! to the application that its bytes do not show.

use crate::request::headers::Headers;

/// Charsets that contain ASCII, so names and delimiters read the same. In others (`utf-7`,
/// `ibm037`) a servlet reads fields that the bytes do not show.
const CHARSETS: [&str; 8] =
    ["utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso8859-1", "latin1", "windows-1252"];

/// Whether the headers declare an encoding after which the application may read other fields than
/// the bytes show.
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

/// The bytes after a UTF-8 byte order mark, which the readers of .NET, PHP and Node skip.
pub(super) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

/// Whether the bytes look like UTF-16 or UTF-32, which some JSON parsers detect (Jackson, Python),
/// or are binary.
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
    // Every charset parameter: applications differ in which one they use.
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
    fn body_that_the_application_decodes_first_is_opaque() {
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
    fn wide_text_is_recognised_and_a_byte_order_mark_is_skipped() {
        assert!(is_wide(b"\xFF\xFEa\0") && is_wide(b"\0{\0}") && !is_wide(b"a=b"));
        assert_eq!(without_mark(b"\xEF\xBB\xBF{}"), b"{}");
    }
}
