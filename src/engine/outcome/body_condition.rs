//! Conditions on the body of a response, and what the known part of it says about them.
//!
//! Some applications answer a failed login with 200 and a page, or with 200 and an error in JSON.
//! Only the beginning of a body is read, and it may be cut off anywhere, so a condition holds, does
//! not hold, or is not told.

use super::json_lookup::{self, JsonLeaf, JsonPointer};
use super::told::Told;

/// A condition on the body of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseBodyCondition {
    /// It contains this text, byte for byte.
    Contains(String),
    /// It is JSON, with a value at this place.
    Json {
        /// The place.
        pointer: JsonPointer,
        /// The value; without one, any that says something.
        equals: Option<JsonLeaf>,
    },
}

/// The part of a response's body that is known.
#[derive(Clone, Copy, Debug)]
pub enum BodySeen<'a> {
    /// None yet: it follows the headers.
    Awaited,
    /// All of it.
    Whole(&'a [u8]),
    /// Its beginning. The rest is not read, cannot be read, or never came.
    Cut(&'a [u8]),
    /// None, because a trace records no bodies.
    Unrecorded,
}

impl ResponseBodyCondition {
    /// Whether the body meets the condition. An empty body tells nothing.
    pub(super) fn holds(&self, body: BodySeen<'_>) -> Told {
        let (bytes, is_whole) = match body {
            BodySeen::Awaited | BodySeen::Unrecorded | BodySeen::Whole([]) => return Told::Untold,
            BodySeen::Whole(bytes) => (bytes, true),
            BodySeen::Cut(bytes) => (bytes, false),
        };
        match self {
            Self::Contains(text) if contains(bytes, text.as_bytes()) => Told::Yes,
            Self::Contains(_) if is_whole => Told::No,
            Self::Contains(_) => Told::Untold,
            Self::Json { pointer, equals } => {
                json_lookup::look_up(bytes, is_whole, pointer, equals.as_ref())
            }
        }
    }

    /// The text that a page must contain.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Contains(text) = self { Some(text) } else { None }
    }
}

/// Whether `text` stands somewhere in `bytes`.
pub(super) fn contains(bytes: &[u8], text: &[u8]) -> bool {
    let Some(first) = text.first() else { return true };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        let here = rest.get(at..).unwrap_or_default();
        if here.starts_with(text) {
            return true;
        }
        rest = here.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_found_anywhere_and_its_absence_is_told_only_by_the_whole_body() {
        let wrong = ResponseBodyCondition::Contains("wrong password".into());
        let page = b"<p>Sorry, wrong password.</p>";
        assert_eq!(wrong.holds(BodySeen::Whole(page)), Told::Yes);
        assert_eq!(wrong.holds(BodySeen::Cut(page)), Told::Yes);
        assert_eq!(wrong.holds(BodySeen::Whole(b"<p>Wrong password</p>")), Told::No);
        let cut = page.strip_suffix(b"d.</p>").expect("the page's end");
        assert_eq!(wrong.holds(BodySeen::Cut(cut)), Told::Untold);
        assert_eq!(wrong.holds(BodySeen::Whole(cut)), Told::No);
    }

    #[test]
    fn body_that_never_came_tells_nothing() {
        let wrong = ResponseBodyCondition::Contains("x".into());
        for nothing in
            [BodySeen::Awaited, BodySeen::Unrecorded, BodySeen::Whole(b""), BodySeen::Cut(b"")]
        {
            assert_eq!(wrong.holds(nothing), Told::Untold, "{nothing:?}");
        }
    }

    proptest! {
        #[test]
        fn search_agrees_with_the_standard_library(text in "[ab]{0,40}", part in "[ab]{0,4}") {
            prop_assert_eq!(contains(text.as_bytes(), part.as_bytes()), text.contains(&part));
        }
    }
}
