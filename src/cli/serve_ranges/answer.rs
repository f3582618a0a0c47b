//! The answer to one request: a range, that it has not changed, or why there is none.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH,
};
use hyper::{Method, Request, Response, StatusCode};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use crate::fetch::{RangePrefix, StoredText};

/// A padded range has a multiple of so many lines, so nearly all ranges have the same length.
const PADDED_LINES: usize = 1_000;

/// The answer to a request.
pub(super) async fn to<B>(root: Arc<Path>, request: &Request<B>) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = bare(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let Some(prefix) = request.uri().path().strip_prefix("/range/") else {
        return bare(StatusCode::NOT_FOUND, "ranges are at /range/ and five hexadecimal digits\n");
    };
    let Ok(prefix) = prefix.parse::<RangePrefix>() else {
        return bare(StatusCode::BAD_REQUEST, "not five hexadecimal digits\n");
    };
    let headers = request.headers();
    let known = headers.get(IF_NONE_MATCH).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let padded = is_padded(headers);
    // A disk may take its time, and other answers should not wait for it.
    let answered = tokio::task::spawn_blocking(move || range(&root, prefix, known, padded)).await;
    answered.unwrap_or_else(|_| bare(StatusCode::INTERNAL_SERVER_ERROR, "failed\n"))
}

fn is_padded(headers: &HeaderMap) -> bool {
    headers.get("add-padding").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}

fn range(
    root: &Path,
    prefix: RangePrefix,
    known: Option<String>,
    padded: bool,
) -> Response<Full<Bytes>> {
    let stored = match StoredText::read(&root.join(prefix.file())) {
        Ok(Some(stored)) => stored,
        Ok(None) => return bare(StatusCode::NOT_FOUND, "this range is not in the folder\n"),
        Err(_) => return bare(StatusCode::INTERNAL_SERVER_ERROR, "this range cannot be read\n"),
    };
    // Weak, because padding differs each time.
    let etag = format!("W/\"{:08x}-{:x}\"", stored.trailer.crc, stored.trailer.size);
    let is_known = known.is_some_and(|known| known.split(',').any(|it| it.trim() == etag));
    let (status, body) = match is_known {
        true => (StatusCode::NOT_MODIFIED, Bytes::new()),
        false => match stored.text() {
            Ok(text) if padded => (StatusCode::OK, pad(text).into()),
            Ok(text) => (StatusCode::OK, text.into()),
            Err(_) => return bare(StatusCode::INTERNAL_SERVER_ERROR, "this range is damaged\n"),
        },
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    if let Ok(etag) = etag.try_into() {
        headers.insert(ETAG, etag);
    }
    response
}

/// Adds lines with a count of 0 and a suffix of chance.
fn pad(mut text: Vec<u8>) -> Vec<u8> {
    let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count();
    let missing = lines.next_multiple_of(PADDED_LINES) - lines;
    // Each answer has a seed of its own; nobody gains by guessing one.
    let mut chance = Pcg64Mcg::seed_from_u64(RandomState::new().build_hasher().finish());
    for _ in 0..missing {
        if !text.ends_with(b"\n") && !text.is_empty() {
            text.extend_from_slice(b"\r\n");
        }
        let digits =
            format!("{:032X}{:03X}", chance.random::<u128>(), chance.random_range(0..4096));
        text.extend_from_slice(digits.as_bytes());
        text.extend_from_slice(b":0\r\n");
    }
    text
}

fn bare(status: StatusCode, why: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(why.as_bytes())));
    *response.status_mut() = status;
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUFFIX_DIGITS: usize = 35;

    #[test]
    fn padded_ranges_have_the_same_number_of_lines_and_all_of_the_range() {
        for lines in [1, 999, 1_000, 1_001] {
            let line = |n: usize| format!("{n:0digits$X}:7", digits = SUFFIX_DIGITS);
            let text = (0..lines).map(line).collect::<Vec<_>>().join("\r\n");
            let padded = String::from_utf8(pad(text.clone().into_bytes())).unwrap();
            assert!(padded.starts_with(&text));
            assert_eq!(padded.lines().count(), lines.next_multiple_of(1_000), "{lines}");
            let is_padding = |line: &&str| line.len() == SUFFIX_DIGITS + 2 && line.ends_with(":0");
            assert_eq!(padded.lines().filter(is_padding).count() % 1_000, (2_000 - lines) % 1_000);
        }
    }
}
