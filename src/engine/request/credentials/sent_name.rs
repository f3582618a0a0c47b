//! A field's name as a request spells it.
//!
//! Nearly every name consists of letters, digits and `_`, and is borrowed from the body. Any other
//! is cleaned first of what no two parsers agree on: escapes that one of them decodes once more,
//! blanks around it, control characters and characters that nobody sees.

use std::borrow::Cow;

use super::invisible::is_invisible;
use crate::request::percent;

/// The name of a value that was sent.
pub(super) struct SentName<'a> {
    /// As a form spells it, cleaned: a value of nested JSON objects is `user[password]`.
    pub(super) text: Cow<'a, str>,
    /// It has no marks, such as brackets and dots.
    pub(super) is_one_word: bool,
    /// Nothing was cleaned away.
    pub(super) is_regular: bool,
    /// The index in the JSON array that is the whole document.
    pub(super) element: Option<usize>,
}

impl<'a> SentName<'a> {
    /// The name of a form field, decoded once.
    pub(super) fn of(name: &'a [u8]) -> Self {
        let (mut is_one_word, mut is_clean) = (true, true);
        for &byte in name {
            is_one_word &= is_word(byte);
            is_clean &= is_clean_byte(byte);
        }
        let borrowed = if is_clean { std::str::from_utf8(name).ok() } else { None };
        if let Some(text) = borrowed {
            return Self {
                text: Cow::Borrowed(text),
                is_one_word,
                is_regular: true,
                element: None,
            };
        }
        let mut text = String::new();
        let is_regular = push_clean(&mut text, name);
        let is_one_word = text.bytes().all(is_word);
        Self { text: Cow::Owned(text), is_one_word, is_regular, element: None }
    }
}

/// Whether the byte is part of a word: of what no parser drops. No parser drops a brace, and JSON
/// that is read as a form is full of them.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'{' | b'}') || !byte.is_ascii()
}

/// Whether every parser leaves the byte as it is.
pub(super) fn is_clean_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'%'
}

/// Upper, then lower case folds `ſ` to `s` and the Kelvin sign to `k`, as Go does. ASCII keeps its
/// case, and a letter that would become two stays.
pub(super) fn fold(letter: char) -> char {
    match letter {
        _ if letter.is_ascii() => return letter,
        // For Java's comparison without case.
        'İ' => return 'i',
        _ => {}
    }
    let upper = only(letter.to_uppercase()).unwrap_or(letter);
    only(upper.to_lowercase()).unwrap_or(letter)
}

fn only(mut letters: impl Iterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.next().is_none())
}

/// Appends a name without what some parser drops; returns whether that is the whole name.
pub(super) fn push_clean(onto: &mut String, name: &[u8]) -> bool {
    let once = percent::decode(name);
    let decoded = if once.contains(&b'%') { percent::decode(&once) } else { once };
    let text = String::from_utf8_lossy(&decoded);
    let trimmed = text.trim();
    let mut is_regular = trimmed.as_bytes() == name;
    for letter in trimmed.chars() {
        match letter {
            // PHP ends the name here.
            '\0' => onto.push(letter),
            _ if letter.is_whitespace() => {
                is_regular &= letter == ' ';
                onto.push(' ');
            }
            // What was no UTF-8 may be dropped, too.
            '\u{FFFD}' => is_regular = false,
            _ if letter.is_control() || is_invisible(letter) => is_regular = false,
            _ => {
                let folded = fold(letter);
                is_regular &= folded.is_ascii() == letter.is_ascii();
                onto.push(folded);
            }
        }
    }
    is_regular
}
