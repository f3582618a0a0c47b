//! The tokens of a GraphQL document (specification of October 2021, section 2.1).

use std::borrow::Cow;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GraphqlToken<'a> {
    /// One of `! $ & ( ) : = @ [ ] { | }`.
    Sign(u8),
    /// `...`
    Spread,
    Name(&'a str),
    /// A number, as written.
    Number(&'a str),
    /// A string without its escapes.
    Text(Cow<'a, str>),
    /// A block string of several lines. Its indentation is not removed: no client writes a
    /// credential so.
    Block(&'a str),
}

/// The text is no GraphQL, or not for every server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoGraphql;

/// The tokens of a text, one after the other.
pub(super) struct GraphqlLexer<'a> {
    rest: &'a str,
}

impl<'a> GraphqlLexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.strip_prefix('\u{feff}').unwrap_or(text) }
    }

    /// The next token, or `None` at the end.
    pub(super) fn token(&mut self) -> Result<Option<GraphqlToken<'a>>, NoGraphql> {
        self.skip_ignored()?;
        let text = self.rest;
        let Some(&first) = text.as_bytes().first() else { return Ok(None) };
        let (token, length) = match first {
            b'!' | b'$' | b'&' | b'(' | b')' | b':' | b'=' | b'@' | b'[' | b']' | b'{' | b'|'
            | b'}' => (GraphqlToken::Sign(first), 1),
            b'.' if text.starts_with("...") => (GraphqlToken::Spread, 3),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let name = leading(text, |byte| byte == b'_' || byte.is_ascii_alphanumeric());
                (GraphqlToken::Name(name), name.len())
            }
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: u8| matches!(byte, b'-' | b'+' | b'.') || is_word(byte);
                let number = leading(text, is_part);
                if !is_number(number) {
                    return Err(NoGraphql);
                }
                (GraphqlToken::Number(number), number.len())
            }
            b'"' if text.starts_with("\"\"\"") => block(text)?,
            b'"' => string(text)?,
            _ => return Err(NoGraphql),
        };
        self.rest = text.get(length..).ok_or(NoGraphql)?;
        Ok(Some(token))
    }

    /// Skips blanks, line ends, commas and comments.
    fn skip_ignored(&mut self) -> Result<(), NoGraphql> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
            let Some(comment) = self.rest.strip_prefix('#') else { return Ok(()) };
            let end = comment.find(['\r', '\n']).unwrap_or(comment.len());
            let (comment, rest) = comment.split_at_checked(end).ok_or(NoGraphql)?;
            // Some languages end a line here, and a comment with it.
            if comment.contains(['\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']) {
                return Err(NoGraphql);
            }
            self.rest = rest;
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn leading(text: &str, is_part: impl Fn(u8) -> bool) -> &str {
    let end = text.bytes().position(|byte| !is_part(byte)).unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

/// Whether it is an integer or a fraction as JSON has them. `f64` would parse it with 17 KB of tables
/// and code.
fn is_number(text: &str) -> bool {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) =
        text.split_once(['e', 'E']).map_or((text, None), |(it, exponent)| (it, Some(exponent)));
    let (integer, fraction) =
        mantissa.split_once('.').map_or((mantissa, None), |(it, fraction)| (it, Some(fraction)));
    let integer = integer.strip_prefix('-').unwrap_or(integer);
    let exponent = exponent.map(|it| it.strip_prefix(['+', '-']).unwrap_or(it));
    is_digits(integer)
        && (integer == "0" || !integer.starts_with('0'))
        && fraction.is_none_or(is_digits)
        && exponent.is_none_or(is_digits)
}

/// A block string, and how long it is in the text.
fn block(text: &str) -> Result<(GraphqlToken<'_>, usize), NoGraphql> {
    let content = text.strip_prefix("\"\"\"").ok_or(NoGraphql)?;
    let end = content.find("\"\"\"").ok_or(NoGraphql)?;
    let (content, _) = content.split_at_checked(end).ok_or(NoGraphql)?;
    let length = content.len() + 6;
    // An escaped end: what follows it is not looked at.
    if content.ends_with('\\') {
        return Err(NoGraphql);
    }
    // Of a single line the blanks remain, unless it has nothing else.
    let is_blank = content.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
    Ok(match content.contains(['\r', '\n']) {
        true => (GraphqlToken::Block(content), length),
        false if is_blank => (GraphqlToken::Text("".into()), length),
        false => (GraphqlToken::Text(content.into()), length),
    })
}

/// A string, and how long it is in the text.
fn string(text: &str) -> Result<(GraphqlToken<'_>, usize), NoGraphql> {
    let content = text.strip_prefix('"').ok_or(NoGraphql)?;
    let mut unescaped = String::new();
    let mut letters = content.char_indices();
    let mut is_escaped = false;
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => {
                let text = match is_escaped {
                    true => unescaped.into(),
                    false => content.get(..at).ok_or(NoGraphql)?.into(),
                };
                return Ok((GraphqlToken::Text(text), at + 2));
            }
            '\r' | '\n' => return Err(NoGraphql),
            '\\' => {
                if !is_escaped {
                    unescaped.push_str(content.get(..at).ok_or(NoGraphql)?);
                    is_escaped = true;
                }
                let (_, escape) = letters.next().ok_or(NoGraphql)?;
                unescaped.push(match escape {
                    '"' | '\\' | '/' => escape,
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => unicode(&mut letters)?,
                    _ => return Err(NoGraphql),
                });
            }
            _ if is_escaped => unescaped.push(letter),
            _ => {}
        }
    }
    Err(NoGraphql)
}

/// `XXXX` after `\u`. Pairs of surrogates and `\u{…}`, which servers read differently, are refused:
/// clients write such letters as they are.
fn unicode(letters: &mut std::str::CharIndices<'_>) -> Result<char, NoGraphql> {
    let mut code = 0;
    for _ in 0..4 {
        let digit = letters.next().and_then(|(_, letter)| letter.to_digit(16)).ok_or(NoGraphql)?;
        code = code * 16 + digit;
    }
    char::from_u32(code).ok_or(NoGraphql)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(text: &str) -> Result<Vec<GraphqlToken<'_>>, NoGraphql> {
        let mut lexer = GraphqlLexer::new(text);
        let mut found = Vec::new();
        while let Some(token) = lexer.token()? {
            found.push(token);
        }
        Ok(found)
    }

    #[test]
    fn every_kind_of_token_is_read() {
        use GraphqlToken::{Block, Name, Number, Sign, Spread, Text};
        let text = "\u{feff}{a_1 ,...# } \"\r!\"\\u0041\\\"\\n\" -1.5e3 0 \"\" \"\"\"b \" \"\"\" \
                    \"\"\" \t\"\"\" \"\"\"\nb\"\"\"";
        let expected = [
            Sign(b'{'),
            Name("a_1"),
            Spread,
            Sign(b'!'),
            Text("A\"\n".into()),
            Number("-1.5e3"),
            Number("0"),
            Text("".into()),
            Text("b \" ".into()),
            Text("".into()),
            Block("\nb"),
        ];
        assert_eq!(tokens(text), Ok(expected.to_vec()));
        assert_eq!(tokens(""), Ok(Vec::new()));
    }

    #[test]
    fn text_that_servers_read_differently_is_refused() {
        for text in [
            "\"",
            "\"a\n\"",
            "\"\\x\"",
            "\"\\u00\"",
            "\"\\ud83d\\ude00\"",
            "\"\\u{41}\"",
            "..",
            "%",
            "\u{a0}",
            "é",
            "a;b",
            "01",
            "1a",
            "1.",
            ".5",
            "--1",
            "1e",
            "1e5.0",
            "-",
            "1.5.2",
            "\"\"\"a",
            "\"\"\"\\\"\"\"",
            "# \u{2028} {login}",
            "\0",
            "'a'",
            "a\u{b}b",
        ] {
            assert_eq!(tokens(text), Err(NoGraphql), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn strings_round_trip(value in "[^\\p{C}]{0,20}") {
            let json = serde_json::to_string(&value).expect("JSON");
            prop_assert_eq!(tokens(&json), Ok(vec![GraphqlToken::Text(value.into())]));
        }

        #[test]
        fn never_panics(text: String, hostile in "[\"\\\\u{}#.\\-0-9a\\n\u{e9}]{0,30}") {
            let _ = (tokens(&text), tokens(&hostile));
        }
    }
}
