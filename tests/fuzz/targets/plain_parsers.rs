//! The passwords that plain parsers read from a request, each written from its standard.

use unstuff_engine::request::headers::Headers;

use super::paths::loosely_decoded;
use super::request::split_at;

/// Every password that is not empty.
pub(super) fn passwords(headers: Headers<'_>, body: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let types: Vec<&[u8]> = headers.all("content-type").collect();
    let is_encoded = headers.all("content-encoding").next().is_some();
    let path = headers.first(":path").unwrap_or_default();
    found.extend(form(split_at(split_at(path, b'#').0, b'?').1));
    match types[..] {
        [] | [b"application/x-www-form-urlencoded"] if !is_encoded => found.extend(form(body)),
        [b"application/json"] if !is_encoded => found.extend(json(body)),
        [media] if !is_encoded => {
            if let Some(boundary) = media.strip_prefix(b"multipart/form-data; boundary=") {
                found.extend(multipart(boundary, body));
            }
        }
        _ => {}
    }
    found.retain(|password| !password.is_empty());
    found
}

/// The form parser of the URL standard.
fn form(text: &[u8]) -> Vec<Vec<u8>> {
    let pairs = text.split(|&byte| byte == b'&').map(|pair| split_at(pair, b'='));
    let own = pairs.filter(|(name, _)| decoded(name) == b"password");
    own.map(|(_, value)| decoded(value)).collect()
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    loosely_decoded(&spaced)
}

/// RFC 8259, the last of two members wins.
fn json(text: &[u8]) -> Option<Vec<u8>> {
    let value: serde_json::Value = serde_json::from_slice(text).ok()?;
    Some(value.get("password")?.as_str()?.as_bytes().to_vec())
}

/// RFC 7578, in the form that every browser sends.
fn multipart(boundary: &[u8], body: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    if boundary.is_empty() || boundary.len() > 70 || !boundary.iter().all(is_token) {
        return found;
    }
    let delimiter = [b"\r\n--", boundary].concat();
    let text = [b"\r\n", body].concat();
    let mut parts = split_all(&text, &delimiter);
    parts.next();
    for part in parts {
        let Some(part) = part.strip_prefix(b"\r\n") else { return found };
        let Some(end) = part.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        if &part[..end] == b"Content-Disposition: form-data; name=\"password\"" {
            found.push(part[end + 4..].to_vec());
        }
    }
    found
}

fn split_all<'t>(text: &'t [u8], mark: &'t [u8]) -> impl Iterator<Item = &'t [u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let at = text.windows(mark.len()).position(|window| window == mark);
        rest = at.map(|at| &text[at + mark.len()..]);
        Some(&text[..at.unwrap_or(text.len())])
    })
}
