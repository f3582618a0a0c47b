//! Writes the members of a JSON object into a buffer, in order.
//!
//! By hand, because a line is written at each login: a serialiser would cost the module more bytes
//! and the login more time. Objects are written where they belong, because another buffer for each would
//! cost more than what is in it. Functions are kept out of line, because a line has forty members. Texts
//! may come from a request, so all but printable ASCII is escaped, and bytes that are no UTF-8 become
//! U+FFFD. So a line is one line of ASCII.

use std::io::Write as _;
use std::net::IpAddr;

/// The members of an object, without its braces: ASCII.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members(Vec<u8>);

impl Members {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    #[inline(never)]
    fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.0.reserve(name.len() + 4);
        // The first of an object has nothing in front of it.
        if !matches!(self.0.last(), None | Some(b'{')) {
            self.0.push(b',');
        }
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
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
        push_word(self.name(name), word);
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
        // The first digit becomes the point.
        let point = out.len();
        push_number(out, 1000 + milliseconds % 1000);
        if let Some(digit) = out.get_mut(point) {
            *digit = b'.';
        }
    }

    /// An address.
    #[inline(never)]
    pub(crate) fn address(&mut self, name: &str, address: IpAddr) {
        let out = self.name(name);
        let IpAddr::V4(address) = address else { return push_word(out, &address.to_string()) };
        for (index, byte) in address.octets().into_iter().enumerate() {
            out.push(if index > 0 { b'.' } else { b'"' });
            push_number(out, byte.into());
        }
        out.push(b'"');
    }

    /// Bytes in hexadecimal.
    #[inline(never)]
    pub(crate) fn hex(&mut self, name: &str, bytes: &[u8]) {
        push_hex(self.name(name), bytes);
    }

    /// A value as JSON has it.
    #[inline(never)]
    pub(crate) fn bare(&mut self, name: &str, json: &str) {
        self.name(name).extend_from_slice(json.as_bytes());
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
        self.list(name, numbers, |out, number| push_number(&mut out.0, *number));
    }

    /// A list of words of ours.
    #[inline(never)]
    pub(crate) fn words(&mut self, name: &str, words: &[&str]) {
        self.list(name, words, |out, word| push_word(&mut out.0, word));
    }

    /// A list of bytes in hexadecimal.
    #[inline(never)]
    pub(crate) fn hexes(&mut self, name: &str, all: impl Iterator<Item = [u8; 4]>) {
        let all: Vec<_> = all.collect();
        self.list(name, &all, |out, bytes| push_hex(&mut out.0, bytes));
    }

    /// A list whose items `push` writes.
    pub(crate) fn list<T>(&mut self, name: &str, items: &[T], push: impl Fn(&mut Self, &T)) {
        self.name(name);
        self.items(items, push);
    }

    fn items<T>(&mut self, items: &[T], push: impl Fn(&mut Self, &T)) {
        self.0.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.0.push(b',');
            }
            push(self, item);
        }
        self.0.push(b']');
    }

    /// An object, whose members `push` writes.
    pub(crate) fn object(&mut self, name: &str, push: impl FnOnce(&mut Self)) {
        self.name(name);
        self.item(push);
    }

    /// The same, unless it has no members.
    pub(crate) fn object_if_any(&mut self, name: &str, push: impl FnOnce(&mut Self)) {
        let before = self.0.len();
        self.object(name, push);
        if self.0.ends_with(b"{}") {
            self.0.truncate(before);
        }
    }

    /// An object in a list, whose members `push` writes.
    pub(crate) fn item(&mut self, push: impl FnOnce(&mut Self)) {
        self.0.push(b'{');
        push(self);
        self.0.push(b'}');
    }

    /// Bytes in hexadecimal, or null, in a list.
    pub(crate) fn hex_item(&mut self, bytes: Option<[u8; 8]>) {
        match bytes {
            Some(bytes) => push_hex(&mut self.0, &bytes),
            None => self.0.extend_from_slice(b"null"),
        }
    }

    /// Numbers in a list.
    pub(crate) fn numbers_item(&mut self, numbers: [u32; 2]) {
        self.items(&numbers, |out, number| push_number(&mut out.0, (*number).into()));
    }
}

/// A word of ours in quotes.
#[inline(never)]
fn push_word(out: &mut Vec<u8>, word: &str) {
    out.push(b'"');
    out.extend_from_slice(word.as_bytes());
    out.push(b'"');
}

/// A number. Without the machinery of formatting, which would take a tenth of a line's time.
#[inline(never)]
pub(crate) fn push_number(out: &mut Vec<u8>, mut number: u64) {
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
    out.extend_from_slice(digits.get(at..).unwrap_or_default());
}

/// Bytes in hexadecimal, in quotes.
#[inline(never)]
pub(crate) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
    out.reserve(2 * bytes.len() + 2);
    out.push(b'"');
    for byte in bytes {
        out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    out.push(b'"');
}

/// A text in quotes, escaped.
#[inline(never)]
fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if text.iter().all(is_plain) {
        out.extend_from_slice(text);
    } else {
        push_escaped(out, text);
    }
    out.push(b'"');
}

#[inline(never)]
fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    for character in String::from_utf8_lossy(text).chars() {
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            ' '..='~' => out.extend(u8::try_from(character)),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to memory cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
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
        members.address("v4", [10, 0, 200, 3].into());
        members.address("v6", [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into());
        members.object("in", |out| {
            out.word("w", "x");
            out.object_if_any("none", |_| ());
            out.object("empty", |_| ());
        });
        let text = format!("{{{}}}", String::from_utf8_lossy(members.as_bytes()));
        assert!(text.is_ascii() && !text.contains('\n'), "{text}");
        let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(
            read,
            serde_json::json!({
                "a": "q\" b\\ \n ü 😀", "junk": "\u{fffd}{", "time": 1_760_000_000.007,
                "up": true, "order": [1, 2], "most": u64::MAX, "hex": "00abff",
                "v4": "10.0.200.3", "v6": "2001:db8::1", "in": {"w": "x", "empty": {}}
            })
        );
    }
}
