//! Adding the script to a login page on its way to the browser (`"inject": true`).
//!
//! Only a complete page is changed that the site has sent as HTML, and only by the script's element
//! in front of `</head>`, or of `<body` or the first `<form` where a page leaves that out. The beginning of
//! the page is held until that place has come, [`MAX_HELD_BYTES`] at most: a page that has it further
//! down passes as it is.
//!
//! The reader of HTML knows comments, quotes, and elements whose text is no HTML, such as another
//! script. What it is not sure of, it passes over: the page stays as it was, and its login is challenged
//! as ever.

use super::security_policy;
use crate::outcome::response_prefix::is_readable;
use crate::request::headers::Headers;

/// The most of a page that is held: less than the smallest buffer of a gateway, 32 KiB.
pub const MAX_HELD_BYTES: usize = 16 << 10;

/// The headers that describe the page as it was.
pub const STALE_HEADERS: [&str; 3] = ["content-length", "etag", "accept-ranges"];

/// The tags that the script's element goes in front of. A form cannot stand in the head, so a page that
/// has one without the two others has left them out.
const PLACES: [&[u8]; 3] = [b"</head", b"<body", b"<form"];

/// Elements whose text is no HTML.
const RAW: [&[u8]; 6] = [b"script", b"style", b"title", b"textarea", b"noscript", b"template"];

/// What becomes of a response to a request for a login page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageResponse {
    /// The script is added.
    Page,
    /// It is no whole page of HTML.
    NoPage,
    /// The site's content security policy forbids the script.
    Forbidden,
}

impl PageResponse {
    /// What becomes of a response with these headers.
    #[must_use]
    pub fn of(response: Headers<'_>) -> Self {
        let is_page = response.status() == Some(200)
            && is_readable(response)
            && response.first("content-range").is_none()
            && response.first("content-disposition").is_none()
            && response.first("content-type").is_some_and(is_html);
        match is_page {
            false => Self::NoPage,
            true if security_policy::allows_own_script(response) => Self::Page,
            true => Self::Forbidden,
        }
    }
}

/// HTML in an encoding in which ASCII is ASCII.
fn is_html(content_type: &[u8]) -> bool {
    let mut parts = content_type.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let is_html = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/html"));
    is_html && !parts.any(|part| find(part, b"utf-16").is_some() || find(part, b"utf-32").is_some())
}

/// Where in the beginning of a page the script's element goes; `None` if that has not come.
#[must_use]
pub fn position(html: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += html.get(at..)?.iter().position(|&byte| byte == b'<')?;
        let rest = html.get(at..)?;
        if rest.starts_with(b"<!--") {
            at += find(rest.get(4..)?, b"-->")? + 7;
        } else if PLACES.iter().any(|tag| is_tag(rest, tag)) {
            // The whole tag, because quotes may hide another.
            tag_bytes(rest)?;
            return Some(at);
        } else if is_tag(rest, b"<plaintext") {
            return None;
        } else if let Some(name) = raw_element(rest) {
            let text = at + tag_bytes(rest)?;
            at = text + end_of(html.get(text..)?, name)?;
        } else {
            at += if begins_tag(rest)? { tag_bytes(rest)? } else { 1 };
        }
    }
}

/// Whether this `<` begins a tag or a declaration; `None` if nothing follows it yet.
fn begins_tag(html: &[u8]) -> Option<bool> {
    html.get(1).map(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?'))
}

/// Whether a tag begins here, such as `<body`.
fn is_tag(html: &[u8], tag: &[u8]) -> bool {
    let starts = html.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    starts && html.get(tag.len()).is_some_and(is_end)
}

/// The element that begins here, if its text is no HTML.
fn raw_element(html: &[u8]) -> Option<&'static [u8]> {
    { RAW.into_iter() }.find(|name| is_tag(html, &[b"<", *name].concat()))
}

/// Where the end tag of an element begins.
fn end_of(text: &[u8], name: &[u8]) -> Option<usize> {
    let end = [b"</", name].concat();
    let mut at = 0;
    loop {
        at += find(text.get(at..)?, &end)?;
        if is_tag(text.get(at..)?, &end) {
            return Some(at);
        }
        at += end.len();
    }
}

/// The length of a tag, whose quotes may hold a `>`.
fn tag_bytes(html: &[u8]) -> Option<usize> {
    let mut quote = None;
    let end = html.iter().position(|&byte| {
        match (quote, byte) {
            (None, b'>') => return true,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
        false
    });
    end.map(|end| end + 1)
}

/// Where a text first appears, regardless of letter case.
fn find(html: &[u8], text: &[u8]) -> Option<usize> {
    html.windows(text.len()).position(|window| window.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::request::headers::Header;

    /// The page with a mark where the element goes.
    fn marked(html: &str) -> Option<String> {
        let (before, after) = html.split_at(position(html.as_bytes())?);
        Some(format!("{before}|{after}"))
    }

    #[test]
    fn element_goes_to_the_end_of_the_head() {
        for (html, expected) in [
            (
                "<html><head><title>a</title></head><body>",
                "<html><head><title>a</title>|</head><body>",
            ),
            ("<HEAD></HEAD >", "<HEAD>|</HEAD >"),
            (
                "<!doctype html><title>a</title><body class=b>",
                "<!doctype html><title>a</title>|<body class=b>",
            ),
            (
                "<!doctype html><title>a</title><h1>b</h1><form><input></form>",
                "<!doctype html><title>a</title><h1>b</h1>|<form><input></form>",
            ),
            ("<script>'<form>'</script><FORM>", "<script>'<form>'</script>|<FORM>"),
            ("<!-- </head> --><body>", "<!-- </head> -->|<body>"),
            ("<script>'</head>'</script></head>", "<script>'</head>'</script>|</head>"),
            (
                "<script>'</scripts></head>'</script></head>",
                "<script>'</scripts></head>'</script>|</head>",
            ),
            ("<meta content='</head>'></head>", "<meta content='</head>'>|</head>"),
            ("<noscript><body></noscript></head>", "<noscript><body></noscript>|</head>"),
            ("a < b <header></head>", "a < b <header>|</head>"),
        ] {
            assert_eq!(marked(html).as_deref(), Some(expected), "{html}");
        }
    }

    #[test]
    fn page_without_that_place_stays_as_it_is() {
        for html in [
            "",
            "<",
            "<head",
            "<body",
            "<main></main>",
            "</form>",
            "<formula>",
            "<noscript><form></form></noscript>",
            "</head",
            "</header>",
            "<bodyguard>",
            "<!-- <body>",
            "<script><body>",
            "<a title=\"<body>",
            "<plaintext></head>",
            "\u{ff}<",
        ] {
            assert_eq!(marked(html), None, "{html}");
        }
    }

    fn response(headers: &[(&str, &str)]) -> PageResponse {
        let mut all = vec![(b":status".to_vec(), b"200".to_vec())];
        all.extend(
            headers.iter().map(|(name, value)| -> Header { ((*name).into(), (*value).into()) }),
        );
        PageResponse::of(Headers::new(&all))
    }

    #[test]
    fn only_whole_plain_html_is_changed() {
        let html = ("content-type", "Text/HTML; charset=utf-8");
        assert_eq!(response(&[html]), PageResponse::Page);
        assert_eq!(response(&[html, ("content-encoding", "identity")]), PageResponse::Page);
        for other in [
            &[][..],
            &[("content-type", "application/xhtml+xml")],
            &[("content-type", "text/html; charset=UTF-16LE")],
            &[html, ("content-encoding", "gzip")],
            &[html, ("content-range", "bytes 0-1/2")],
            &[html, ("content-disposition", "attachment")],
        ] {
            assert_eq!(response(other), PageResponse::NoPage, "{other:?}");
        }
        let forbidden = ("content-security-policy", "script-src 'none'");
        assert_eq!(response(&[html, forbidden]), PageResponse::Forbidden);
        for status in ["206", "304", "401", "302", "x"] {
            let headers = [(":status", status), html]
                .map(|(name, value)| -> Header { (name.into(), value.into()) });
            assert_eq!(PageResponse::of(Headers::new(&headers)), PageResponse::NoPage, "{status}");
        }
    }

    proptest! {
        /// More of the page does not move the place: a browser sees the same however it is cut.
        #[test]
        fn position_does_not_depend_on_what_follows(
            html in "([<>/!\"'= a-]|<head>|</head>|<body>|<script>|</script>|<!--|-->|<title){0,30}",
            cut in 0_usize..200,
        ) {
            let whole = position(html.as_bytes());
            let part = position(html.as_bytes().get(..cut).unwrap_or(html.as_bytes()));
            prop_assert!(part.is_none() || part == whole, "{:?} {:?}", part, whole);
        }

        #[test]
        fn bytes_never_panic(html in proptest::collection::vec(any::<u8>(), 0..300)) {
            let found = position(&html);
            prop_assert!(found.is_none_or(|at| html.get(at) == Some(&b'<')));
        }
    }
}
