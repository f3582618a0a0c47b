//! The few pieces of XML that XML-RPC consists of: tags without attributes, and text.
//!
//! Comments, CDATA, processing instructions, a DOCTYPE and entities of one's own are refused: no
//! client sends them, parsers differ about them, and each can hide a text or make it huge.

/// A piece of XML.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum XmlToken<'a> {
    /// `<name>`
    Open(&'a str),
    /// `</name>`
    Close(&'a str),
    /// `<name/>`
    Empty(&'a str),
    /// Text without its references.
    Text(String),
}

/// The text is no XML, or has what is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoXml;

/// The pieces of a document, one after the other.
pub(super) struct XmlLexer<'a> {
    rest: &'a str,
}

impl<'a> XmlLexer<'a> {
    /// Begins after the declaration, whose encoding must be UTF-8, or one that is the same for the
    /// document's letters.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, NoXml> {
        let text = std::str::from_utf8(bytes).map_err(|_| NoXml)?;
        let text = text.trim_start_matches(is_blank);
        let Some(declaration) = text.strip_prefix("<?xml") else { return Ok(Self { rest: text }) };
        let (declaration, rest) = declaration.split_once("?>").ok_or(NoXml)?;
        if !is_plain_declaration(declaration, text.is_ascii()) {
            return Err(NoXml);
        }
        Ok(Self { rest })
    }

    /// The next piece, or `None` at the end.
    pub(super) fn token(&mut self) -> Result<Option<XmlToken<'a>>, NoXml> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let Some(tag) = self.rest.strip_prefix('<') else {
            let end = self.rest.find('<').unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at_checked(end).ok_or(NoXml)?;
            self.rest = rest;
            return unescape(text).map(|text| Some(XmlToken::Text(text)));
        };
        let (tag, rest) = tag.split_once('>').ok_or(NoXml)?;
        self.rest = rest;
        if let Some(name) = tag.strip_prefix('/') {
            return element(name.trim_end_matches(is_blank))
                .map(|name| Some(XmlToken::Close(name)));
        }
        if let Some(name) = tag.strip_suffix('/') {
            return element(name.trim_end_matches(is_blank))
                .map(|name| Some(XmlToken::Empty(name)));
        }
        element(tag.trim_end_matches(is_blank)).map(|name| Some(XmlToken::Open(name)))
    }
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

/// An element's name as XML-RPC has them; attributes are no part of it.
fn element(name: &str) -> Result<&str, NoXml> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':');
    if !name.is_empty() && name.bytes().all(is_name) { Ok(name) } else { Err(NoXml) }
}

fn is_plain_declaration(declaration: &str, is_ascii: bool) -> bool {
    let lower = declaration.to_ascii_lowercase().replace('\'', "\"");
    let mut parameters = lower.split(is_blank).filter(|part| !part.is_empty());
    parameters.all(|parameter| match parameter {
        "version=\"1.0\"" | "encoding=\"utf-8\"" | "encoding=\"utf8\"" => true,
        "encoding=\"iso-8859-1\"" | "encoding=\"us-ascii\"" => is_ascii,
        "standalone=\"yes\"" | "standalone=\"no\"" => true,
        _ => false,
    })
}

/// Replaces the references of XML itself.
fn unescape(text: &str) -> Result<String, NoXml> {
    let mut pieces = text.split('&');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once(';').ok_or(NoXml)?;
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => number(name).ok_or(NoXml)?,
        });
        plain.push_str(rest);
    }
    // Control characters, which XML does not have; a carriage return becomes a line feed.
    if plain.chars().any(|letter| letter.is_control() && !is_blank(letter)) {
        return Err(NoXml);
    }
    Ok(plain)
}

/// The letter of `#65` or `#x41`.
fn number(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |digits| (digits, 16));
    let is_plain = (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    char::from_u32(u32::from_str_radix(digits, radix).ok().filter(|_| is_plain)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(text: &[u8]) -> Result<Vec<XmlToken<'_>>, NoXml> {
        let mut lexer = XmlLexer::new(text)?;
        let mut found = Vec::new();
        while let Some(token) = lexer.token()? {
            found.push(token);
        }
        Ok(found)
    }

    #[test]
    fn tags_and_text_are_read() {
        use XmlToken::{Close, Empty, Open, Text};
        let text = b"\n<?xml version=\"1.0\" encoding='UTF-8'?><a >x&amp;&#65;&#x42;</a\n><i4/>";
        let expected = [Open("a"), Text("x&AB".into()), Close("a"), Empty("i4")];
        assert_eq!(tokens(text), Ok(expected.into()));
        assert_eq!(tokens(b""), Ok(Vec::new()));
        assert!(tokens(b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>x</a>").is_ok());
    }

    #[test]
    fn what_could_hide_something_is_refused() {
        for text in [
            "<a b=\"c\">",
            "<a><!-- --></a>",
            "<![CDATA[x]]>",
            "<?php ?>",
            "<!DOCTYPE a>",
            "< a>",
            "<a",
            "<>",
            "</>",
            "<//>",
            "&x;",
            "&amp",
            "&#xD800;",
            "&#;",
            "&#x;",
            "&#+65;",
            "&#0;",
            "\u{1}",
            "<?xml version=\"1.0\" encoding=\"utf-7\"?>",
            "<?xml version=\"1.1\"?>",
            "<?xml",
            "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\u{e9}",
            "<é>",
            "<?xml version = \"1.0\"?>",
            "<a><?xml version=\"1.0\"?></a>",
        ] {
            assert_eq!(tokens(text.as_bytes()), Err(NoXml), "{text}");
        }
        assert_eq!(tokens(b"<a>\xff</a>"), Err(NoXml));
    }

    proptest! {
        #[test]
        fn text_round_trips(text in "[^\\p{C}]{1,30}") {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
            let expected = text.clone();
            let text = format!("<a>{escaped}</a>");
            let found = tokens(text.as_bytes()).expect("XML");
            prop_assert_eq!(&found[1], &XmlToken::Text(expected));
        }

        #[test]
        fn never_panics(bytes: Vec<u8>, text in "[<>/!?&#;x0-9a \\[\u{e9}-]{0,40}") {
            let _ = (tokens(&bytes), tokens(text.as_bytes()));
        }
    }
}
