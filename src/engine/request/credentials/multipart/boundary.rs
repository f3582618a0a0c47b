//! The boundary, from a `Content-Type` that is plainly `multipart/form-data`.
//!
//! Parsers find it by regular expression, by substring, or by the grammar. They agree on what
//! clients send: the type in lower case, one `boundary`, and at most a charset.

use crate::request::headers::Headers;

/// The most bytes of a boundary (RFC 2046, 5.1.1). Some parsers cut a longer one.
const MAX_BOUNDARY: usize = 70;

/// Words that make some parser take the body for another type, because it looks for them anywhere
/// in the header (formidable).
const OTHER_TYPES: [&[u8]; 5] = [b"urlencoded", b"octet-stream", b"json", b"xml", b"text/"];

/// The boundary, if the request has one content type and that is plainly multipart.
pub(in super::super) fn boundary(headers: Headers<'_>) -> Option<&[u8]> {
    let mut types = headers.all("content-type");
    let (Some(only), None) = (types.next(), types.next()) else { return None };
    let mut boundary = None;
    for parameter in only.strip_prefix(b"multipart/form-data")?.split(|&byte| byte == b';').skip(1)
    {
        let parameter = trim_spaces(parameter);
        if let Some(value) = parameter.strip_prefix(b"boundary=") {
            if boundary.replace(unquote(value)?).is_some() {
                return None;
            }
        } else if !parameter.eq_ignore_ascii_case(b"charset=utf-8") {
            return None;
        }
    }
    let is_only_type = only.get(b"multipart/form-data".len()) == Some(&b';');
    boundary.filter(|boundary| is_only_type && is_plain(boundary))
}

fn unquote(value: &[u8]) -> Option<&[u8]> {
    match value.strip_prefix(b"\"") {
        Some(quoted) => quoted.strip_suffix(b"\""),
        // A parser that follows the grammar ends a value here.
        None => (!value.contains(&b'=')).then_some(value),
    }
}

/// Whether every parser takes all of it, and takes it for nothing else.
fn is_plain(boundary: &[u8]) -> bool {
    let is_letter = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+' | b'=')
    };
    let lower = boundary.to_ascii_lowercase();
    let says = |word: &[u8]| lower.windows(word.len()).any(|part| part == word);
    boundary.len() <= MAX_BOUNDARY
        && boundary.iter().all(is_letter)
        // Nothing but dashes could not be told from the dashes around it.
        && boundary.iter().any(u8::is_ascii_alphanumeric)
        && !says(b"boundary=")
        && !OTHER_TYPES.iter().any(|word| says(word))
}

fn trim_spaces(mut text: &[u8]) -> &[u8] {
    while let Some(rest) = text.strip_prefix(b" ") {
        text = rest;
    }
    while let Some(rest) = text.strip_suffix(b" ") {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::headers::Header;

    fn read(value: &str) -> Option<String> {
        let headers: Vec<Header> = vec![("Content-Type".into(), value.into())];
        let found = boundary(Headers::new(&headers))?;
        Some(String::from_utf8_lossy(found).into_owned())
    }

    #[test]
    fn boundaries_of_ordinary_clients_are_read() {
        for boundary in [
            "----WebKitFormBoundary7MA4YWxkTrZu0gW", // Chrome, Safari
            "---------------------------9051914041544843365972754266", // Firefox
            "----geckoformboundary66b1df3ba2be3ea1b4d7b8a1a4b0f5c2", // Firefox from 132
            "----formdata-undici-043819482736",      // Node's fetch
            "--------------------------328471823471283471283471", // axios with form-data
            "axios-1.7.2-boundary-KSYkpTb7cGr2QEqzvBfs1pLhW",
            "0b3e4ad8fd3d4b2f9a7c4d6b8e2f1a0c", // requests, httpx, Guzzle
            "------------------------d74496d66958873e", // curl
            "dart-http-boundary-q9+kR_1x.lE",
            "-----------RubyFormBoundary1kOyVaDqTzqbQvvF",
        ] {
            let unquoted = format!("multipart/form-data; boundary={boundary}");
            assert_eq!(read(&unquoted).as_deref(), Some(boundary));
        }
        for (value, expected) in [
            ("multipart/form-data; boundary=\"f5b0-a1\"", "f5b0-a1"), // .NET
            ("multipart/form-data; boundary=\"----=_Part_0_1.2\"", "----=_Part_0_1.2"),
            ("multipart/form-data; boundary=x; charset=UTF-8", "x"), // Apache HttpClient
            ("multipart/form-data; charset=utf-8; boundary=x", "x"),
            ("multipart/form-data;boundary=x", "x"),
        ] {
            assert_eq!(read(value).as_deref(), Some(expected), "{value}");
        }
    }

    #[test]
    fn boundary_that_parsers_read_differently_is_refused() {
        for value in [
            "multipart/form-data",
            "multipart/form-data; boundary",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"\"",
            "multipart/form-data; boundary=x; boundary=y",
            "multipart/form-data; boundary=x; boundary=x",
            "multipart/form-data; Boundary=x",
            "multipart/form-data; boundary*=utf-8''x",
            "multipart/form-data; boundary*0=x",
            "multipart/form-data; boundary =x",
            "multipart/form-data; boundary= x",
            "multipart/form-data; boundary='x'",
            "multipart/form-data; boundary=\"x",
            "multipart/form-data; boundary=x\"",
            "multipart/form-data; boundary=\"a\\b\"",
            "multipart/form-data; boundary=\"a\"b",
            "multipart/form-data; boundary=\"a;b\"",
            "multipart/form-data; boundary=a,b",
            "multipart/form-data; boundary=a b",
            "multipart/form-data; boundary=a=b",
            "multipart/form-data; boundary=a\tb",
            "multipart/form-data; boundary=\u{e9}",
            "multipart/form-data; boundary=---",
            "multipart/form-data; boundary=x; charset=utf-16",
            "multipart/form-data; boundary=x; type=y",
            "multipart/form-data; boundary=x;",
            "multipart/form-data; boundary=xurlencoded",
            "multipart/form-data; boundary=JSON",
            "multipart/form-data, application/json; boundary=x",
            "multipart/form-data boundary=x; boundary=x",
            "multipart/form-datax; boundary=x",
            "multipart/mixed; boundary=x",
            "Multipart/Form-Data; boundary=x",
            " multipart/form-data; boundary=x",
            "application/json; multipart/form-data; boundary=x",
            "\"multipart/form-data\"; boundary=x",
        ] {
            assert_eq!(read(value), None, "{value}");
        }
        let at_most = "x".repeat(MAX_BOUNDARY);
        assert!(read(&format!("multipart/form-data; boundary={at_most}")).is_some());
        assert!(read(&format!("multipart/form-data; boundary={at_most}x")).is_none());
    }

    #[test]
    fn two_content_types_have_no_boundary() {
        let line = ("content-type".into(), "multipart/form-data; boundary=x".into());
        let twice: Vec<Header> = vec![line; 2];
        assert_eq!(boundary(Headers::new(&twice)), None);
        assert_eq!(boundary(Headers::new(&[])), None);
    }
}
