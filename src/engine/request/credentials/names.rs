//! Field names, compared as the most tolerant application compares them.
//!
//! A name is stored as parts joined by `_`: `user[password]`, `user.password`, `User_Password`
//! and the JSON pointer `/user/password` are one name. The rules and their applications:
//!
//! - letter case: Go's JSON (by Unicode folding, so that `paſſword` is `password`), ASP.NET;
//! - brackets for nesting: PHP, Rails, Express (`qs`); dots: Spring, ASP.NET;
//! - ` `, `.` and an unclosed `[` become `_`, leading blanks are dropped, NUL ends the name: PHP;
//! - an index (`password[]`, `password[0]`, an index of a JSON array) is optional: an application
//!   takes the first or the last of several values, so each is a candidate.

/// The canonical form of a name.
pub(super) fn canonical(name: &str) -> String {
    let mut canonical = String::with_capacity(name.len());
    push(&mut canonical, name);
    canonical
}

/// The canonical name of a configured JSON pointer (`/user/password`) or form field.
pub(super) fn configured(name: &str) -> String {
    let Some(pointer) = name.strip_prefix('/') else {
        return canonical(name);
    };
    let keys = pointer.split('/').map(|key| canonical(&key.replace("~1", "/").replace("~0", "~")));
    keys.collect::<Vec<_>>().join("_")
}

/// Marks a part as an index, so that `input[1]` differs from the field `input_1`.
pub(super) const INDEX: char = '#';

/// Appends a canonical name to `onto`.
pub(super) fn push(onto: &mut String, name: &str) {
    let name = name.split('\0').next().unwrap_or_default().trim_start();
    let mut letters = name.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '[' if is_index(letters.as_str()) => onto.extend(['_', INDEX]),
            ' ' | '.' | '[' => onto.push('_'),
            ']' => {}
            // Upper, then lower case folds `ſ` to `s` and the Kelvin sign to `k`, as Go does.
            _ => onto.extend(letter.to_uppercase().flat_map(char::to_lowercase)),
        }
    }
}

/// The most bytes of optional parts in a name. PHP and `qs` nest less deeply, and each value under
/// a long name would cost its length again.
const MAX_OPTIONAL: usize = 128;

/// Whether two canonical names denote the same field.
pub(super) fn same(wanted: &str, given: &str) -> bool {
    if given.len() > wanted.len() + MAX_OPTIONAL {
        return false;
    }
    let mut expected = wanted.split('_').peekable();
    for (place, part) in given.split('_').enumerate() {
        let index = part.strip_prefix(INDEX);
        let is_optional = index.is_some() || (place > 0 && part.is_empty());
        if expected.peek().is_some_and(|&next| next == part || Some(next) == index) {
            expected.next();
        } else if !is_optional {
            return false;
        }
    }
    expected.peek().is_none()
}

/// Whether the text after a `[` is digits and a `]`.
fn is_index(rest: &str) -> bool {
    let digits = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
    digits.len() < rest.len() && digits.starts_with(']')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is(wanted: &str, given: &str) -> bool {
        same(&configured(wanted), &canonical(given))
    }

    #[test]
    fn field_is_recognised_in_every_spelling_that_some_application_reads() {
        for (wanted, given) in [
            ("password", "Password"),
            ("password", "password[]"),
            ("password", "password[0]"),
            ("password", "password[ ]"),
            ("password", " password"),
            ("password", "password\0x"),
            ("password", "paſſword"),
            ("user[password]", "user[password]"),
            ("user[password]", "USER[password][]"),
            ("user[password]", "user.password"),
            ("user_password", "user password"),
            ("user_password", "user[password"),
            ("_username", "_username"),
            ("/user/password", "user[password]"),
            ("/credentials/1/value", "credentials[1][value]"),
            ("/a~1b/c~0d", "a/b[c~d]"),
            ("/password", "#0_password"),
            ("/0/password", "#0_password"),
            ("input_1", "input_1[0]"),
            ("input[1]", "input[1]"),
        ] {
            assert!(is(wanted, given), "{wanted} is not {given}");
        }
    }

    #[test]
    fn other_fields_are_not_recognised() {
        for (wanted, given) in [
            ("password", "password2"),
            ("password", "password[confirm]"),
            ("password", "password_confirmation"),
            ("password", "old[password]"),
            ("password", "_password"),
            ("_password", "password"),
            ("password", "pass"),
            ("password", ""),
            ("input_3", "input_1_3"),
            ("input_3", "input_3_1"),
            ("user[password]", "password"),
            ("/credentials/1/value", "credentials[0][value]"),
        ] {
            assert!(!is(wanted, given), "{wanted} is {given}");
        }
    }

    proptest! {
        #[test]
        fn name_is_recognised_in_any_case(name in "[a-z_.\\[\\]]{1,20}") {
            prop_assert!(is(&name, &name));
            prop_assert!(is(&name, &name.to_uppercase()));
            prop_assert_eq!(canonical(&canonical(&name)), canonical(&name));
        }
    }
}
