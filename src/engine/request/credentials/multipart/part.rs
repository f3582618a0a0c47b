//! One part: the field that it is, and what could make a parser read another value.

use super::disposition;
use crate::request::credentials::media;

/// The most bytes of a part's headers. Parsers stop at 4 KiB to 16 KiB.
const MAX_HEADER_BYTES: usize = 2_048;

/// Headers that change nothing about a field, whatever they say.
const HARMLESS: [&[u8]; 3] = [b"content-length", b"content-id", b"content-language"];

/// A field of the form.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct FormPart<'a> {
    /// The field's name, as sent.
    pub(in super::super) name: &'a [u8],
    /// Its value.
    pub(in super::super) value: &'a [u8],
    /// It is a file for some parsers, a field for others.
    pub(in super::super) is_file: bool,
    /// It says that it is JSON, which Spring binds like a body.
    pub(in super::super) is_json: bool,
    /// Every parser reads this name and this value.
    pub(super) is_plain: bool,
}

impl<'a> FormPart<'a> {
    /// Reads what stands between two delimiters; `None` if that has no name.
    pub(super) fn read(block: &'a [u8]) -> Option<Self> {
        let (headers, value, is_ended) = split_headers(block);
        let mut part =
            FormPart { name: b"", value, is_file: false, is_json: false, is_plain: is_ended };
        let (mut is_named, mut is_typed) = (false, false);
        for line in headers.split(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let Some((name, value)) = split_line(line) else {
                part.is_plain = false;
                continue;
            };
            match name.to_ascii_lowercase().as_slice() {
                b"content-disposition" => {
                    let Some(disposition) = disposition::read(value) else {
                        part.is_plain = false;
                        continue;
                    };
                    part.is_plain &= disposition.is_plain && !is_named;
                    part.is_file |= disposition.has_filename;
                    part.name = disposition.name;
                    is_named = true;
                }
                b"content-type" => {
                    part.is_plain &= !is_typed;
                    is_typed = true;
                    part.take_type(value);
                }
                b"content-transfer-encoding" => {
                    let plain = [&b"7bit"[..], b"8bit", b"binary"];
                    part.is_plain &= plain.iter().any(|word| value.eq_ignore_ascii_case(word));
                }
                other => {
                    part.is_plain &= !other.starts_with(b"content-") || HARMLESS.contains(&other);
                }
            }
        }
        if part.name == b"_charset_" {
            let charset = String::from_utf8_lossy(value).to_ascii_lowercase();
            part.is_plain &= media::is_ascii_charset(&charset);
        }
        is_named.then_some(part)
    }

    fn take_type(&mut self, value: &[u8]) {
        let value = String::from_utf8_lossy(value).to_ascii_lowercase();
        let mut parameters = value.split(';').map(str::trim);
        let essence = parameters.next().unwrap_or_default();
        // Parts within the part, or a body that is bound by its own type.
        let is_other = ["multipart/", "message/", "xml", "urlencoded", ","];
        self.is_plain &= !is_other.iter().any(|word| essence.contains(word));
        self.is_json |= essence.contains("json");
        // A file for busboy and multer, even without a filename.
        self.is_file |= essence == "application/octet-stream";
        for parameter in parameters {
            self.is_plain &= match parameter.split_once('=') {
                Some(("charset", charset)) => media::is_ascii_charset(charset.trim_matches('"')),
                _ => !parameter.starts_with("charset"),
            };
        }
    }
}

/// The headers and the value, and whether the headers end where every parser sees it.
fn split_headers(block: &[u8]) -> (&[u8], &[u8], bool) {
    let end = |needle: &[u8]| {
        let at = block.windows(needle.len()).take(MAX_HEADER_BYTES).position(|it| it == needle)?;
        Some((block.get(..at)?, block.get(at + needle.len()..)?))
    };
    let strict = end(b"\r\n\r\n");
    // A lone line feed in front of it ends the headers, or a line, for tolerant parsers.
    let is_strict = strict.is_some_and(|(headers, _)| {
        let lines = headers.split(|&byte| byte == b'\n').count();
        let feeds = headers.windows(2).filter(|pair| *pair == b"\r\n").count();
        lines == feeds + 1 && headers.iter().filter(|&&byte| byte == b'\r').count() == feeds
    });
    match strict.filter(|_| is_strict).or_else(|| end(b"\n\n")).or(strict) {
        Some((headers, value)) => (headers, value, is_strict),
        None => (block, b"", false),
    }
}

/// Name and value of a header line; `None` if it is folded or no header for some parser.
fn split_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_value = |byte: &u8| !byte.is_ascii_control();
    (!name.is_empty() && name.iter().all(is_name) && value.iter().all(is_value))
        .then(|| (name, value.trim_ascii()))
}
