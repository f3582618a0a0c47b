//! The password type: never logged, never stored, never shown by `Debug`.

use std::borrow::Cow;

use super::invisible::is_invisible;

/// A password as sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    sent: Vec<u8>,
    /// The length of the part that some applications take for all of it.
    part: usize,
}

impl Password {
    /// The password that was sent.
    #[must_use]
    pub fn new(sent: Vec<u8>) -> Self {
        Self { part: sent.len(), sent }
    }

    /// The password as sent.
    #[must_use]
    pub fn as_sent(&self) -> &[u8] {
        &self.sent
    }

    /// A second colon ends it: applications that split HTTP Basic at every colon.
    pub(super) fn end_at_colon(&mut self) {
        self.part = self.sent.iter().position(|&byte| byte == b':').unwrap_or(self.part);
    }

    /// The spellings to look up: as sent, and without what some applications drop and breach lists
    /// do not have.
    pub fn spellings(&self) -> impl Iterator<Item = Cow<'_, [u8]>> {
        let part = self.sent.get(..self.part).filter(|part| part.len() < self.sent.len());
        spellings(&self.sent).chain(part.into_iter().flat_map(spellings))
    }
}

impl AsRef<[u8]> for Password {
    fn as_ref(&self) -> &[u8] {
        &self.sent
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The distinct spellings of a value, at most eight:
///
/// - as sent;
/// - trimmed of blanks and control characters (Java), and of everything that any language trims
///   (Python's separators, JavaScript's byte order mark, ideographic blanks);
/// - up to a NUL, where C strings end, and trimmed;
/// - with control characters as blanks (Tornado) or left out, and trimmed;
/// - without what is no UTF-8: a decoder may skip it, or read a blank of another charset.
pub(super) fn spellings(value: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    // Nearly every password consists of these alone.
    let is_plain = value.iter().all(u8::is_ascii_graphic);
    let others = if is_plain { Vec::new() } else { other_spellings(value) };
    std::iter::once(Cow::Borrowed(value)).chain(others)
}

fn other_spellings(value: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut all: Vec<Cow<'_, [u8]>> = Vec::new();
    let mut add = |spelling: Cow<'_, [u8]>| {
        let spelling = spelling.into_owned();
        if spelling != value && !all.iter().any(|known| **known == *spelling) {
            all.push(Cow::Owned(spelling));
        }
    };
    let bare = trim(value);
    add(Cow::Borrowed(trim_with(value, is_edge)));
    add(Cow::Borrowed(bare));
    if let Some(end) = bare.iter().position(|&byte| byte == 0) {
        add(Cow::Borrowed(trim(bare.get(..end).unwrap_or_default())));
    }
    if bare.iter().any(u8::is_ascii_control) {
        let blank = |&byte: &u8| if byte.is_ascii_control() { b' ' } else { byte };
        let blanks: Vec<u8> = bare.iter().map(blank).collect();
        add(Cow::Borrowed(trim(&blanks)));
        let without: Vec<u8> =
            bare.iter().copied().filter(|byte| !byte.is_ascii_control()).collect();
        add(Cow::Borrowed(trim(&without)));
    }
    if std::str::from_utf8(bare).is_err() {
        let valid: Vec<u8> = bare.utf8_chunks().flat_map(|chunk| chunk.valid().bytes()).collect();
        add(Cow::Borrowed(trim(&valid)));
        add(Cow::Borrowed(trim_with(trim_wide(bare), |byte| is_edge(byte) || !byte.is_ascii())));
    }
    all
}

/// Without the two bytes of an ideographic blank in Shift-JIS and Big5 at each end.
fn trim_wide(value: &[u8]) -> &[u8] {
    let is_wide = |pair: &[u8]| matches!(pair, b"\x81\x40" | b"\xA1\x40");
    let mut rest = value;
    while let Some((_, after)) = rest.split_at_checked(2).filter(|(pair, _)| is_wide(pair)) {
        rest = after;
    }
    let last = |rest: &[u8]| rest.len().checked_sub(2);
    while let Some((before, _)) =
        last(rest).and_then(|at| rest.split_at_checked(at)).filter(|(_, pair)| is_wide(pair))
    {
        rest = before;
    }
    rest
}

/// Without everything that any language trims.
fn trim(value: &[u8]) -> &[u8] {
    let mut rest = trim_with(value, is_edge);
    loop {
        let before = rest.len();
        if let Some(letter) = first_letter(rest).filter(|&letter| is_trimmed(letter)) {
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
        if let Some(letter) = last_letter(rest).filter(|&letter| is_trimmed(letter)) {
            rest = rest.get(..rest.len() - letter.len_utf8()).unwrap_or_default();
        }
        if rest.len() == before {
            return rest;
        }
        rest = trim_with(rest, is_edge);
    }
}

fn trim_with(value: &[u8], is_dropped: impl Fn(u8) -> bool) -> &[u8] {
    let from = value.iter().position(|&byte| !is_dropped(byte)).unwrap_or(value.len());
    let to = value.iter().rposition(|&byte| !is_dropped(byte)).map_or(from, |last| last + 1);
    value.get(from..to).unwrap_or_default()
}

fn is_edge(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7F
}

fn is_trimmed(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || is_invisible(letter)
}

fn first_letter(text: &[u8]) -> Option<char> {
    text.get(..4.min(text.len()))?.utf8_chunks().next()?.valid().chars().next()
}

fn last_letter(text: &[u8]) -> Option<char> {
    let from = (1..=4.min(text.len()))
        .map(|length| text.len() - length)
        .find(|&at| text.get(at).is_some_and(|byte| !(0x80..0xC0).contains(byte)))?;
    std::str::from_utf8(text.get(from..)?).ok()?.chars().next()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &[u8]) -> Vec<Vec<u8>> {
        Password::new(text.to_vec()).spellings().map(Cow::into_owned).collect()
    }

    #[test]
    fn ordinary_password_is_looked_up_once() {
        assert_eq!(all(b"123456"), [b"123456"]);
        assert_eq!(all("correct horse é".as_bytes()), ["correct horse é".as_bytes()]);
        assert_eq!(all(b" 123456\n"), [b" 123456\n".to_vec(), b"123456".to_vec()]);
    }

    #[test]
    fn what_some_application_drops_is_looked_up_without_it() {
        for sent in [
            &b"\x0b123456"[..],
            b"\x00123456",
            b"123456\0rest",
            b"\x01\x1c123456\x1f\x7f",
            b"12\x0034\x0156",
            b"\xc2\xa0123456\xc2\x85",
            b"\xef\xbb\xbf123456\xe3\x80\x80",
            b"\xe2\x80\x83 123456 \xe2\x80\x8b",
            b"123456\xa0",
            b"\xa1\xa1123456",
            b"\x81\x40123456\x81\x40",
            b"123\xff456",
        ] {
            let found = all(sent);
            assert_eq!(found[0], sent);
            assert!(found.contains(&b"123456".to_vec()), "{sent:?}: {found:?}");
        }
        assert!(all(b"i\x01love\x02you").contains(&b"i love you".to_vec()));
    }

    #[test]
    fn second_colon_of_basic_may_end_it() {
        let mut password = Password::new(b"123456:x".to_vec());
        assert!(!password.spellings().any(|it| *it == *b"123456"));
        password.end_at_colon();
        assert!(password.spellings().any(|it| *it == *b"123456"));
        assert_eq!(password.as_sent(), b"123456:x");
    }

    #[test]
    fn debug_shows_no_password() {
        assert_eq!(format!("{:?}", Password::new(b"hunter2".to_vec())), "Password(…)");
    }

    proptest! {
        #[test]
        fn spellings_are_few_and_distinct(value: Vec<u8>) {
            let found = all(&value);
            prop_assert!(found.len() <= 8);
            prop_assert_eq!(&found[0], &value);
            prop_assert!((1..found.len()).all(|at| !found[..at].contains(&found[at])));
        }
    }
}
