//! Media types, charsets and first bytes that make a body opaque.
//!
//! The content type does not select a parser: every body is read as JSON and as a form. But a body
//! that the application decodes first (compression, another charset, multipart, another
//! serialisation) may mean something to the application that its bytes do not show. So a body is
//! read only if its type is plainly one of those that are read here. A type that merely resembles
//! one is read by some framework as another: Bottle and formidable look for `multipart` anywhere,
//! Python's parsers know `charset*=`, Tomcat looks for `charset=` anywhere.

use crate::request::headers::Headers;

/// How a body may be read, by its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// JSON by its type.
    Json(TextCoding),
    /// A form, text, or without a type: applications read forms and JSON from it.
    Any(TextCoding),
    /// Neither is read with certainty.
    Opaque,
}

/// What the charset says about the bytes of names, delimiters and passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextCoding {
    /// ASCII bytes are ASCII.
    Ascii,
    /// An ASCII byte after another byte may be a part of a letter.
    AsciiAlone,
}

/// Types of forms and of texts. A type is left out by `fetch` with a buffer, and `sendBeacon` says
/// `text/plain`.
const TEXTS: [&str; 3] = ["", "application/x-www-form-urlencoded", "text/plain"];

/// Types of JSON, beside all that end in `+json`. Amazon's protocols have a version in it.
const JSONS: [&str; 5] = [
    "application/json",
    "text/json",
    "application/x-json",
    "application/x-amz-json-1.0",
    "application/x-amz-json-1.1",
];

/// Charsets in which each ASCII byte is the ASCII letter; an empty one is the default, UTF-8. In
/// others (`utf-7`, `ibm037`) a servlet reads fields that the bytes do not show.
const ASCII: [&str; 24] = [
    "",
    "utf-8",
    "utf8",
    "us-ascii",
    "ascii",
    "iso-8859-1",
    "iso8859-1",
    "iso_8859-1",
    "latin1",
    "latin-1",
    "iso-8859-2",
    "iso-8859-9",
    "iso-8859-15",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1256",
    "windows-1258",
    "cp1251",
    "cp1252",
    "koi8-r",
    "koi8-u",
];

/// Charsets with letters of several bytes. In a form they are ASCII too, because a browser escapes
/// the other bytes, and no delimiter is the second byte of a letter.
const ASCII_ALONE: [&str; 12] = [
    "gbk",
    "gb2312",
    "gb18030",
    "big5",
    "shift_jis",
    "shift-jis",
    "sjis",
    "windows-31j",
    "euc-jp",
    "euc-kr",
    "ks_c_5601-1987",
    "windows-949",
];

impl Media {
    pub(super) fn of(headers: Headers<'_>) -> Self {
        let mut types = headers.all("content-type");
        let first = types.next().unwrap_or_default();
        if is_encoded(headers) || types.next().is_some() {
            return Self::Opaque;
        }
        std::str::from_utf8(first).ok().and_then(media_type).unwrap_or(Self::Opaque)
    }

    /// Whether every application reads this text as the same JSON document.
    pub(super) fn permits_json(self, text: &[u8]) -> bool {
        self.permits_bytes(text)
    }

    /// Whether every application reads this text as the same form.
    pub(super) fn permits_form(self, text: &[u8]) -> bool {
        matches!(self, Self::Any(_)) && self.permits_bytes(text) && is_form(text)
    }

    fn permits_bytes(self, text: &[u8]) -> bool {
        match self {
            Self::Json(TextCoding::Ascii) | Self::Any(TextCoding::Ascii) => true,
            Self::Json(TextCoding::AsciiAlone) | Self::Any(TextCoding::AsciiAlone) => {
                text.is_ascii()
            }
            Self::Opaque => false,
        }
    }
}

/// Whether the application decodes the body before it reads it.
pub(super) fn is_encoded(headers: Headers<'_>) -> bool {
    headers.all("content-encoding").any(|value| {
        let mut codings = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        codings.any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
    })
}

/// Whether the body is plainly a bare GraphQL document.
pub(super) fn is_graphql(headers: Headers<'_>) -> bool {
    let mut types = headers.all("content-type");
    let (Some(only), None) = (types.next(), types.next()) else { return false };
    let parameter = only.strip_prefix(b"application/graphql").map(<[u8]>::trim_ascii);
    !is_encoded(headers)
        && parameter.is_some_and(|it| it.is_empty() || it.eq_ignore_ascii_case(b"; charset=utf-8"))
}

/// Whether each ASCII byte is the ASCII letter in this charset, given in lower case.
pub(super) fn is_ascii_charset(charset: &str) -> bool {
    ASCII.contains(&charset)
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

/// Whether the text is plainly a form. Lenient JSON parsers skip comments and prefixes, so a text
/// that begins with a mark may be JSON for them: `/*&password=decoy&*/{"password":"real"}` (Ruby),
/// `# …` and `)]}'` (Gson). XML has `=` too. And no form has control characters.
fn is_form(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let begins = |&byte: &u8| byte.is_ascii_alphanumeric() || b"_-.%+&=![]?~*$@:;".contains(&byte);
    text.first().is_some_and(begins)
        && text.contains(&b'=')
        && !text.iter().any(u8::is_ascii_control)
}

/// What a content type says; `None` if it is not plainly one that is read.
fn media_type(value: &str) -> Option<Media> {
    let mut parts = value.split(';').map(|part| part.trim_matches([' ', '\t']));
    let essence = parts.next().unwrap_or_default();
    let is = |known: &&str| essence.eq_ignore_ascii_case(known);
    let is_json = JSONS.iter().any(is) || is_json_suffixed(essence);
    if !is_json && !TEXTS.iter().any(is) {
        return None;
    }
    let mut coding = TextCoding::Ascii;
    for part in parts {
        match parameter(part)? {
            TextCoding::Ascii => {}
            TextCoding::AsciiAlone => coding = TextCoding::AsciiAlone,
        }
    }
    Some(if is_json { Media::Json(coding) } else { Media::Any(coding) })
}

fn is_json_suffixed(essence: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"/+-._".contains(&byte);
    let suffix = essence.len().checked_sub("+json".len()).and_then(|at| essence.get(at..));
    suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case("+json"))
        && essence.starts_with("application/")
        // Transit has keys and values in one array.
        && !essence.to_ascii_lowercase().contains("transit")
        && essence.bytes().all(is_token)
}

/// What a parameter says about the charset: every one counts, because applications differ in which
/// they use. `None` if some parser may take it for another parameter or for a type.
fn parameter(part: &str) -> Option<TextCoding> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\\,*/<>()@[]{}".contains(&byte);
    if !part.bytes().all(|byte| is_plain(byte) || byte == b' ') {
        return None;
    }
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    let name = name.trim();
    let lower = part.to_ascii_lowercase();
    if lower.contains("multipart") || lower.contains("boundary") {
        return None;
    }
    if !name.eq_ignore_ascii_case("charset") {
        let is_quoted = part.contains(['"', '\'']);
        return (!is_quoted && !lower.contains("charset")).then_some(TextCoding::Ascii);
    }
    let value = value.trim();
    charset(unquoted(value).unwrap_or(value))
}

fn charset(name: &str) -> Option<TextCoding> {
    let is = |known: &&str| name.eq_ignore_ascii_case(known);
    if ASCII.iter().any(is) {
        return Some(TextCoding::Ascii);
    }
    ASCII_ALONE.iter().any(is).then_some(TextCoding::AsciiAlone)
}

/// Whether a form's field says that its values are of a charset that is not read. HTML knows
/// `_charset_`, and Apache Sling obeys it.
pub(super) fn is_foreign_charset(name: &str, value: &[u8]) -> bool {
    name == "_charset_" && std::str::from_utf8(value).ok().and_then(charset).is_none()
}

fn unquoted(value: &str) -> Option<&str> {
    let quoted = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    quoted('"').or_else(|| quoted('\''))
}

#[cfg(test)]
mod tests;
