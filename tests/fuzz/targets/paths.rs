//! Properties of recognising a login by its target.
//!
//! The fuzzed bytes are a path. If a server, or two in a row, take it for `/login`, so does the
//! engine: an evil spelling is never unseen.

use unstuff_engine::request::endpoint_match::{
    EndpointMatch, EndpointMatcher, HostPattern, PathPattern, Target,
};
use unstuff_engine::request::headers::{Header, Headers};

/// What bytes from 0x80 on stand for: the pieces that spellings are made of.
const PIECES: [&[u8]; 32] = [
    b"/login",
    b"/",
    b"//",
    b"/.",
    b"/..",
    b"..",
    b";",
    b"\\",
    b"%2f",
    b"%5c",
    b"%2e",
    b"%25",
    b"%3b",
    b"%00",
    b"%0a",
    b"%20",
    b"%3f",
    b"%23",
    b"\xc0\xaf",
    b"%c0%ae",
    b"\x80",
    b"%80",
    b"LOGIN",
    b"%6c",
    b"ogin",
    b"/index.php",
    b".json",
    b"/x",
    b";a=b",
    b"?",
    b"#",
    b"http://h",
];

/// A spelling that servers take for a login is one.
pub(crate) fn paths(bytes: &[u8]) {
    let mut target = Vec::new();
    for &byte in bytes {
        match PIECES.get(usize::from(byte).wrapping_sub(0x80)) {
            Some(piece) => target.extend_from_slice(piece),
            None => target.push(byte),
        }
    }
    let login = PathPattern::exact("/login").expect("a path");
    let is_seen = matches_at(login, &target);
    for (name, path) in served(&target) {
        assert!(is_seen || !is_login(&path), "{name} reads {} as a login", target.escape_ascii());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        fits_itself(text);
        host_fits_itself(text);
    }
}

fn matches_at(path: PathPattern, target: &[u8]) -> bool {
    let matcher = EndpointMatcher { hosts: Vec::new(), methods: Vec::new(), paths: vec![path] };
    matcher.match_target(&Target::of(Headers::new(&headers(target)))) == EndpointMatch::Yes
}

fn headers(target: &[u8]) -> Vec<Header> {
    vec![(b":method".to_vec(), b"POST".to_vec()), (b":path".to_vec(), target.to_vec())]
}

/// A path that can be configured is recognised as written, and its canonical form is that of itself.
fn fits_itself(text: &str) {
    // A header's value has no blanks around it.
    let text = text.trim_ascii();
    let Ok(pattern) = PathPattern::exact(text) else { return };
    let PathPattern::Exact(canonical) = &pattern else { panic!("an exact pattern") };
    // An escape that is left would be decoded again.
    if !canonical.contains('%') {
        let again = PathPattern::exact(canonical).map(|it| format!("{it:?}"));
        assert!(again.is_err() || again == Ok(format!("{pattern:?}")), "canonical: {canonical}");
    }
    assert!(matches_at(pattern.clone(), text.as_bytes()), "{text:?} is not {pattern:?}");
}

/// The same for a host.
fn host_fits_itself(text: &str) {
    let Ok(host) = HostPattern::parse(text) else { return };
    if text.contains('*') {
        return;
    }
    let paths = vec![PathPattern::prefix("/").expect("a path")];
    let matcher = EndpointMatcher { hosts: vec![host], methods: Vec::new(), paths };
    let mut headers = headers(b"/");
    headers.push((b":authority".to_vec(), text.to_uppercase().into_bytes()));
    let target = Target::of(Headers::new(&headers));
    assert_eq!(matcher.match_target(&target), EndpointMatch::Yes, "{text:?}");
}

/// How a server changes a path before it is compared; `None` if it refuses it.
type PathServer = fn(&[u8]) -> Option<Vec<u8>>;

const SERVERS: [(&str, PathServer); 5] =
    [("nginx", nginx), ("Tomcat", tomcat), ("Node", node), ("IIS", iis), ("WSGI", wsgi)];

/// What each server makes of a target, and each behind another one.
fn served(target: &[u8]) -> Vec<(String, Vec<u8>)> {
    let end = target.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(target.len());
    let sent = &target[..end];
    let mut all = Vec::new();
    if !sent.starts_with(b"/") {
        return all;
    }
    for (first, server) in SERVERS {
        let Some(path) = server(sent) else { continue };
        for (second, server) in SERVERS {
            if let Some(path) = server(&path) {
                all.push((format!("{second} behind {first}"), path));
            }
        }
        all.push((first.to_owned(), path));
    }
    all
}

/// As Express compares by default: in any case, with or without a slash at the end.
fn is_login(path: &[u8]) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.strip_suffix(b"/").unwrap_or(&lower) == b"/login"
}

fn nginx(path: &[u8]) -> Option<Vec<u8>> {
    let decoded = strictly_decoded(path).filter(|path| !path.contains(&0))?;
    resolved(&merged(&decoded))
}

/// `CoyoteAdapter`: parameters, one decoding, then the normal form.
fn tomcat(path: &[u8]) -> Option<Vec<u8>> {
    let segments: Vec<&[u8]> = path
        .split(|&byte| byte == b'/')
        .map(|segment| segment.split(|&byte| byte == b';').next().unwrap_or_default())
        .collect();
    let decoded = strictly_decoded(&segments.join(&b'/')).filter(|path| !path.contains(&0))?;
    resolved(&merged(&decoded))
}

/// A router that resolves dots before it decodes, as `new URL` and Fastify's router do.
fn node(path: &[u8]) -> Option<Vec<u8>> {
    strictly_decoded(&resolved(path)?)
}

fn iis(path: &[u8]) -> Option<Vec<u8>> {
    let decoded = strictly_decoded(path)?;
    let slashes: Vec<u8> =
        decoded.iter().map(|&byte| if byte == b'\\' { b'/' } else { byte }).collect();
    let resolved = resolved(&merged(&slashes))?;
    let trimmed: Vec<&[u8]> = resolved
        .split(|&byte| byte == b'/')
        .map(|segment| {
            let end = segment.iter().rposition(|byte| !matches!(byte, b'.' | b' '));
            &segment[..end.map_or(0, |at| at + 1)]
        })
        .collect();
    Some(trimmed.join(&b'/'))
}

/// Bad escapes stay, and what is no UTF-8 is dropped, as Bottle does.
fn wsgi(path: &[u8]) -> Option<Vec<u8>> {
    let decoded = loosely_decoded(path);
    Some(decoded.utf8_chunks().flat_map(|chunk| chunk.valid().bytes()).collect())
}

fn strictly_decoded(path: &[u8]) -> Option<Vec<u8>> {
    let escapes = path.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    let is_whole = |at: usize| {
        path.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    escapes.map(|(at, _)| at).all(is_whole).then(|| loosely_decoded(path))
}

/// One percent-decoding. Escapes that are none stay.
pub(super) fn loosely_decoded(path: &[u8]) -> Vec<u8> {
    let digit = |at: usize| char::from(*path.get(at)?).to_digit(16);
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&byte) = path.get(at) {
        at += 1;
        match (byte, digit(at), digit(at + 1)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high << 4 | low).expect("a byte"));
                at += 2;
            }
            _ => out.push(byte),
        }
    }
    out
}

fn merged(path: &[u8]) -> Vec<u8> {
    let mut path = path.to_vec();
    path.dedup_by(|a, b| *a == b'/' && *b == b'/');
    path
}

/// RFC 3986; `None` above the root.
fn resolved(path: &[u8]) -> Option<Vec<u8>> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut segments = path.strip_prefix(b"/")?.split(|&byte| byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            b"." => {}
            b".." => {
                kept.pop()?;
            }
            _ => {
                kept.push(segment);
                continue;
            }
        }
        if is_last {
            kept.push(b"");
        }
    }
    Some([b"/", &kept.join(&b'/')[..]].concat())
}
