//! Writes the members of a JSON object into a string, in order.
//!
//! By hand, because a line is written at each login: a serialiser would cost the module more bytes
//! and the login more time. Functions are kept out of line, because a line has forty members. Texts
//! may come from a request, so all but printable ASCII is escaped, and bytes that are no UTF-8 become
//! U+FFFD. So a line is one line of ASCII.

use std::fmt::Write as _;

/// The members of an object, without its braces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members(String);

impl Members {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    #[inline(never)]
    fn name(&mut self, name: &str) -> &mut String {
        let between = if self.0.is_empty() { "\"" } else { ",\"" };
        for part in [between, name, "\":"] {
            self.0.push_str(part);
        }
        &mut self.0
    }

    /// A text, which may be anything.
    #[inline(never)]
    pub(crate) fn text(&mut self, name: &str, text: &[u8]) {
        push_text(self.name(name), text);
    }

    /// A text of ours: a word or hexadecimal digits, with nothing to escape.
    #[inline(never)]
    pub(crate) fn word(&mut self, name: &str, word: &str) {
        let out = self.name(name);
        for part in ["\"", word, "\""] {
            out.push_str(part);
        }
    }

    #[inline(never)]
    pub(crate) fn number(&mut self, name: &str, number: u64) {
        push_number(self.name(name), number);
    }

    /// Milliseconds, as seconds with three decimals.
    #[inline(never)]
    pub(crate) fn seconds(&mut self, name: &str, milliseconds: u64) {
        let out = self.name(name);
        push_number(out, milliseconds / 1000);
        out.push('.');
        let rest = milliseconds % 1000;
        out.push_str(if rest < 10 {
            "00"
        } else if rest < 100 {
            "0"
        } else {
            ""
        });
        push_number(out, rest);
    }

    /// Bytes in hexadecimal.
    #[inline(never)]
    pub(crate) fn hex(&mut self, name: &str, bytes: &[u8]) {
        push_hex(self.name(name), bytes);
    }

    /// A value as JSON has it.
    #[inline(never)]
    pub(crate) fn bare(&mut self, name: &str, json: &str) {
        self.name(name).push_str(json);
    }

    /// Only a flag that is up.
    pub(crate) fn flag(&mut self, name: &str, is_up: bool) {
        if is_up {
            self.bare(name, "true");
        }
    }

    /// A list of numbers.
    #[inline(never)]
    pub(crate) fn numbers(&mut self, name: &str, numbers: &[u64]) {
        self.list(name, numbers, |out, number| push_number(out, *number));
    }

    /// A list whose items `push` writes.
    pub(crate) fn list<T>(&mut self, name: &str, items: &[T], push: impl Fn(&mut String, &T)) {
        let out = self.name(name);
        for (index, item) in items.iter().enumerate() {
            out.push_str(if index > 0 { "," } else { "[" });
            push(out, item);
        }
        out.push_str(if items.is_empty() { "[]" } else { "]" });
    }

    /// An object.
    #[inline(never)]
    pub(crate) fn object(&mut self, name: &str, members: &Self) {
        let out = self.name(name);
        for part in ["{", members.as_str(), "}"] {
            out.push_str(part);
        }
    }
}

/// A word of ours in quotes.
#[inline(never)]
pub(crate) fn push_word(out: &mut String, word: &str) {
    for part in ["\"", word, "\""] {
        out.push_str(part);
    }
}

/// A number. Without the machinery of formatting, which would take a tenth of a line's time.
#[inline(never)]
pub(crate) fn push_number(out: &mut String, mut number: u64) {
    const DIGITS: usize = 20;
    let (mut digits, mut at) = ([b'0'; DIGITS], DIGITS);
    loop {
        at -= 1;
        if let Some(digit) = digits.get_mut(at) {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        }
        number /= 10;
        if number == 0 || at == 0 {
            break;
        }
    }
    out.push_str(digits.get(at..).and_then(|it| std::str::from_utf8(it).ok()).unwrap_or_default());
}

/// Bytes in hexadecimal, in quotes.
#[inline(never)]
pub(crate) fn push_hex(out: &mut String, bytes: &[u8]) {
    let digit =
        |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble });
    out.reserve(2 * bytes.len() + 2);
    out.push('"');
    for byte in bytes {
        out.push(digit(byte >> 4));
        out.push(digit(byte & 15));
    }
    out.push('"');
}

/// A text in quotes, escaped.
#[inline(never)]
pub(crate) fn push_text(out: &mut String, text: &[u8]) {
    out.push('"');
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if let Some(plain) =
        std::str::from_utf8(text).ok().filter(|it| it.as_bytes().iter().all(is_plain))
    {
        out.push_str(plain);
        out.push('"');
        return;
    }
    for character in String::from_utf8_lossy(text).chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_an_object_whatever_a_text_holds() {
        let mut members = Members::default();
        members.text("a", "q\" b\\ \n ü 😀".as_bytes());
        members.text("junk", b"\xff{");
        members.seconds("time", 1_760_000_000_007);
        members.flag("up", true);
        members.flag("down", false);
        members.numbers("order", &[1, 2]);
        members.number("most", u64::MAX);
        members.hex("hex", &[0, 0xab, 255]);
        let mut inner = Members::default();
        inner.word("w", "x");
        members.object("in", &inner);
        let text = format!("{{{}}}", members.as_str());
        assert!(text.is_ascii() && !text.contains('\n'), "{text}");
        let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(
            read,
            serde_json::json!({
                "a": "q\" b\\ \n ü 😀", "junk": "\u{fffd}{", "time": 1_760_000_000.007,
                "up": true, "order": [1, 2], "most": u64::MAX, "hex": "00abff", "in": {"w": "x"}
            })
        );
    }
}
