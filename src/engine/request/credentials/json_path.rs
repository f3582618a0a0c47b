//! The path of a value in a JSON document, as the name that a form would have.

use std::borrow::Cow;

use super::sent_name::{SentName, is_clean_byte, is_word, push_clean};

/// The names on the way to a value, as one name.
#[derive(Default)]
pub(super) struct JsonPath {
    text: String,
    marked: PathMark,
}

/// What a path returns to.
#[derive(Clone, Copy, Default)]
pub(super) struct PathMark {
    length: usize,
    is_irregular: bool,
    has_marks: bool,
    element: Option<usize>,
}

/// The longest name: parsers drop nothing from a key, and each value would cost the length again.
const MAX_PATH: usize = 512;

impl JsonPath {
    pub(super) fn name(&self) -> SentName<'_> {
        SentName {
            text: Cow::Borrowed(&self.text),
            is_one_word: !self.marked.has_marks,
            is_regular: !self.marked.is_irregular,
            element: self.marked.element,
        }
    }

    /// Whether this is the path of the whole document.
    pub(super) fn is_document(&self) -> bool {
        self.text.is_empty() && self.marked.element.is_none()
    }

    pub(super) fn mark(&self) -> PathMark {
        PathMark { length: self.text.len(), ..self.marked }
    }

    pub(super) fn return_to(&mut self, mark: PathMark) {
        self.text.truncate(mark.length);
        self.marked = mark;
    }

    pub(super) fn push_index(&mut self, index: usize) {
        if self.is_document() {
            self.marked.element = Some(index);
        } else if self.text.len() < MAX_PATH {
            self.marked.has_marks = true;
            self.text.push('[');
            self.text.push_str(&index.to_string());
            self.text.push(']');
        }
    }

    pub(super) fn push(&mut self, key: &str) {
        let is_below = !self.text.is_empty();
        if self.text.len() + key.len() > MAX_PATH {
            // Too long for a configured name: no field.
            self.text.push('{');
            return;
        }
        if is_below {
            self.text.push('[');
        }
        let (mut is_one_word, mut is_clean) = (!is_below, !key.is_empty());
        for byte in key.bytes() {
            is_one_word &= is_word(byte);
            is_clean &= is_clean_byte(byte);
        }
        if is_clean {
            self.text.push_str(key);
        } else {
            is_one_word = false;
            self.marked.is_irregular |=
                key.is_empty() || !push_clean(&mut self.text, key.as_bytes());
        }
        self.marked.has_marks |= !is_one_word;
        if is_below {
            self.text.push(']');
        }
    }
}
