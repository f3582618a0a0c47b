//! `multipart/form-data` (RFC 7578), as far as every parser reads it the same.
//!
//! Parsers disagree on nearly everything beyond what clients send: folded headers, escapes in
//! names, a `name*`, encodings of parts, lone line feeds, a preamble, a missing end. So the body is
//! compared with the one form that browsers and libraries write. What differs from it is still
//! read, as far as it goes, but is not *plain*: the caller takes it for unreadable.
//!
//! One rule covers most tricks: the delimiter stands nowhere but where a strict parser expects it,
//! so a tolerant parser cannot split a part that a strict one does not.
//!
//! The body is read once, from front to back.

mod boundary;
mod disposition;
mod part;
mod search;
#[cfg(test)]
mod tests;

pub(super) use boundary::boundary;
pub(super) use part::FormPart;
use search::MultipartDelimiter;

/// The most parts. Frameworks stop at 1,000 fields (Django, PHP), and what they do then differs.
const MAX_PARTS: usize = 1_000;

/// Offers every part of `body` that has a name. Returns whether the whole body is plain.
pub(super) fn walk<'a>(
    boundary: &[u8],
    body: &'a [u8],
    offer: &mut dyn FnMut(FormPart<'a>),
) -> bool {
    let delimiter = MultipartDelimiter::new(boundary);
    let Some((preamble, mut rest)) = delimiter.split(body) else { return false };
    let mut is_plain = preamble.is_empty();
    for _ in 0..MAX_PARTS {
        if rest.starts_with(b"--") {
            return is_plain && matches!(rest, b"--" | b"--\r\n");
        }
        // Blanks after a delimiter, and lone line feeds, are not for every parser.
        let block = match rest {
            [b'\r', b'\n', block @ ..] => block,
            _ => {
                is_plain = false;
                rest
            }
        };
        let (block, after) = match delimiter.split(block) {
            Some((block, after)) => (block, Some(after)),
            None => (block, None),
        };
        let content = block.strip_suffix(b"\r\n");
        let part = FormPart::read(content.unwrap_or(block));
        is_plain &= content.is_some() && part.as_ref().is_some_and(|part| part.is_plain);
        if let Some(part) = part {
            offer(part);
        }
        match after {
            Some(after) => rest = after,
            // The end is missing.
            None => return false,
        }
    }
    false
}
