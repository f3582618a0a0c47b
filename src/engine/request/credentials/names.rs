//! Configured field names, and what a request may write for them.
//!
//! Parsers disagree on what a name is. Each drops something else: a bracket around the name, text
//! behind a bracket, a dot, a mark in front. So a name that was sent is not decoded as one
//! parser would do it, but compared: it *could be* the field if some parser reads it so. A name
//! that could be the field without being exactly the configured one is [`Spelling::Loose`], and its
//! value is one that the login is ambiguous by.
//!
//! What parsers drop, and which ones:
//!
//! - letter case: Go's JSON (by Unicode folding, so that `paſſword` is `password`), ASP.NET;
//! - brackets around and before the name (`[password]`, `][password`), and text behind a closing
//!   bracket (`user[password]x`): `qs` of Express and Koa, Rack 2, PHP;
//! - a dot (Koa), `!` (Spring's binder), `?` (formidable) and any other mark;
//! - an index (`password[]`, `password[0]`, an index of a JSON array): an application takes the
//!   first or the last of several values, so each is a candidate;
//! - segments behind a name that has segments itself (`user[password][x`): Gin;
//! - a NUL and what follows; ` `, `.` and an unclosed `[` stand for `_`: PHP.
//!
//! Not dropped are words: `old[password]`, `password[confirm]`, `new_password` and `_password` are
//! other fields than `password`.

use std::borrow::Cow;

use super::sent_name::{SentName, fold, is_word};
use crate::short_list;

/// A name of the configuration, brought into the form in which it is compared when the configuration
/// is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredName {
    /// As a form spells it: a JSON pointer `/user/password` is `user[password]`.
    text: Cow<'static, str>,
    /// The index that a JSON pointer begins with.
    element: Option<usize>,
}

/// How a name in a request denotes a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spelling {
    /// By the configured name, or by that name with an index.
    Exact,
    /// By another name, which some parser reads as the configured one.
    Loose,
}

impl ConfiguredName {
    /// A name in ASCII that a framework gives to a form field.
    pub(super) const fn of_framework(name: &'static str) -> Self {
        Self { text: Cow::Borrowed(name), element: None }
    }

    /// A form field's name, or a JSON pointer.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let Some(pointer) = name.strip_prefix('/') else {
            return Self { text: folded(name).into(), element: None };
        };
        let mut keys = pointer.split('/').peekable();
        let element = keys.peek().and_then(|key| key.parse().ok());
        if element.is_some() {
            keys.next();
        }
        let mut text = String::new();
        for key in keys {
            push_key(&mut text, &key.replace("~1", "/").replace("~0", "~"));
        }
        Self { text: folded(&text).into(), element }
    }

    /// How `sent` denotes this field; `None` if no parser takes it for this field.
    pub(super) fn spelling(&self, sent: &SentName<'_>) -> Option<Spelling> {
        let is_other = |own| sent.element.is_some_and(|element| element != own);
        if self.element.is_some_and(is_other) {
            return None;
        }
        let (wanted, given) = (&*self.text, &*sent.text);
        let is_same = wanted.eq_ignore_ascii_case(given);
        if !is_same && (sent.is_one_word || !could_be(wanted, given)) {
            return None;
        }
        let is_exact = sent.is_regular && self.is_exact(given, is_same, sent.is_one_word);
        Some(if is_exact { Spelling::Exact } else { Spelling::Loose })
    }

    fn is_exact(&self, given: &str, is_same: bool, is_one_word: bool) -> bool {
        if is_same {
            return *given == self.text || is_usual_case(given);
        }
        let bare = if is_one_word { Cow::Borrowed(given) } else { without_indices(given) };
        self.text.eq_ignore_ascii_case(&bare) && is_usual_case(&bare)
    }
}

/// Appends a key below others: `user[password]`.
pub(super) fn push_key(path: &mut String, key: &str) {
    if path.is_empty() {
        path.push_str(key);
    } else {
        path.push('[');
        path.push_str(key);
        path.push(']');
    }
}

/// Names of properties and of accessors differ in the case of their words' first letters:
/// `Password`, `UserName`, `userID`. Clients of .NET and Go send them so to applications that do
/// not mind. A name in capitals is not written by chance.
fn is_usual_case(name: &str) -> bool {
    let mut capitals = 0;
    name.bytes().all(|byte| {
        capitals = if byte.is_ascii_uppercase() { capitals + 1 } else { 0 };
        capitals < 3
    })
}

/// The name without `[]` and `[0]` behind its first word.
fn without_indices(name: &str) -> Cow<'_, str> {
    let mut bare = String::new();
    let mut kept = name;
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        let behind = after.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix(']');
        rest = after;
        if let Some(behind) = behind.filter(|_| before.len() + bare.len() > 0) {
            let length = kept.len() - after.len() - 1;
            bare.push_str(kept.get(..length).unwrap_or_default());
            (kept, rest) = (behind, behind);
        }
    }
    if bare.is_empty() {
        return Cow::Borrowed(name);
    }
    bare.push_str(kept);
    Cow::Owned(bare)
}

fn folded(name: &str) -> String {
    name.chars().map(fold).collect()
}

/// Whether some parser reads the name `given` as `wanted`.
///
/// The words of `given` are matched with the text of `wanted` from left to right. `reached` has the
/// places of `wanted` up to which that is possible. A word that parsers drop may be skipped.
fn could_be(wanted: &str, given: &str) -> bool {
    let (wanted, mut rest) = (wanted.as_bytes(), given.as_bytes());
    let start = skip(wanted, 0, |byte| !is_word(byte));
    let mut reached = vec![start];
    if rest.first().is_some_and(|&byte| !is_word(byte)) && wanted.get(start) == Some(&b'_') {
        reached.push(start + 1);
    }
    let mut dropped = Dropped::default();
    loop {
        let marks = skip(rest, 0, |byte| !is_word(byte));
        let (before, word_on) = rest.split_at_checked(marks).unwrap_or_default();
        let (word, after) = word_on.split_at_checked(skip(word_on, 0, is_word)).unwrap_or_default();
        if word.is_empty() {
            return reached.contains(&END);
        }
        // Gin ends a name of two segments here.
        if before.first() == Some(&b']') && wanted.contains(&b'[') && reached.contains(&END) {
            return true;
        }
        dropped.pass(before, word_on);
        let is_index = !before.is_empty() && word.iter().all(u8::is_ascii_digit);
        let is_optional = is_index || dropped.is_dropped();
        dropped.pass_word();
        let mut next = if is_optional { reached.clone() } else { Vec::new() };
        for at in reached {
            let end = at.saturating_add(word.len());
            if wanted.get(at..end).is_some_and(|part| part.eq_ignore_ascii_case(word)) {
                let ends = boundaries(wanted, end, after.first() == Some(&b' '));
                // At most one of each place, however many words are skipped.
                ends.for_each(|end| short_list::insert(&mut next, end));
            }
        }
        if next.is_empty() {
            return false;
        }
        (reached, rest) = (next, after);
    }
}

/// The place behind the whole of the wanted name.
const END: usize = usize::MAX;

/// The places at which a word of the wanted name may go on after `end`. A mark may stand for `_`,
/// and a blank for nothing.
fn boundaries(wanted: &[u8], end: usize, is_before_blank: bool) -> impl Iterator<Item = usize> {
    let place = |at: usize| if at < wanted.len() { at } else { END };
    let next = wanted.get(end);
    let behind = match next {
        Some(b'_') => Some(place(skip(wanted, end, |byte| byte == b'_'))),
        Some(&byte) if is_word(byte) => None,
        _ => Some(place(skip(wanted, end, |byte| !is_word(byte)))),
    };
    let joined = (is_before_blank && next.is_some()).then_some(end);
    behind.into_iter().chain(joined)
}

fn skip(text: &[u8], from: usize, skips: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().position(|&byte| !skips(byte)).unwrap_or(rest.len())
}

/// Which words parsers drop: those behind a closing bracket, up to the next opening one; PHP drops
/// the rest of the name then, and all that is behind a NUL.
#[derive(Default)]
struct Dropped {
    is_behind_bracket: bool,
    is_rest: bool,
}

impl Dropped {
    fn pass(&mut self, marks: &[u8], rest: &[u8]) {
        // Gin drops what is in a bracket that is not closed.
        if !self.is_rest && marks.windows(2).any(|pair| pair == b"][") {
            self.is_rest = !rest.contains(&b']');
        }
        let mut before = 0;
        for &mark in marks {
            self.is_rest |= mark == 0 || (before == b']' && !matches!(mark, b'[' | b']'));
            self.is_behind_bracket = mark == b']' || (self.is_behind_bracket && mark != b'[');
            before = mark;
        }
    }

    fn pass_word(&mut self) {
        self.is_rest |= self.is_behind_bracket;
        self.is_behind_bracket = false;
    }

    fn is_dropped(&self) -> bool {
        self.is_behind_bracket || self.is_rest
    }
}

#[cfg(test)]
mod tests;
