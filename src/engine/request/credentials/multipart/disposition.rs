//! The `Content-Disposition` of a part: its field's name, and whether it is a file.

/// What a disposition says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PartDisposition<'a> {
    /// The value of `name`, as it stands between the quotes.
    pub(super) name: &'a [u8],
    /// There is a `filename` or `filename*`, even an empty one: Go takes an empty one for a field.
    pub(super) has_filename: bool,
    /// Every parser reads the same name.
    pub(super) is_plain: bool,
}

/// Reads `form-data; name="…"` with an optional filename; `None` if there is no name.
pub(super) fn read(value: &[u8]) -> Option<PartDisposition<'_>> {
    let (kind, mut rest) = cut(value, |byte| byte == b';');
    let mut is_plain = kind == b"form-data";
    let mut name = None;
    let mut has_filename = false;
    while let Some(parameter) = rest.strip_prefix(b";") {
        let (key, after) = cut(skip_spaces(parameter), |byte| matches!(byte, b'=' | b';'));
        let is_bare = !after.starts_with(b"=\"");
        let (value, after, is_quoted) = match after.strip_prefix(b"=") {
            Some(after) => read_value(after),
            None => (&b""[..], after, false),
        };
        // .NET quotes a name only if it must.
        let is_quoted = is_quoted || (is_bare && key == b"name" && is_token(value));
        is_plain &= is_quoted && after.first().is_none_or(|&byte| byte == b';');
        match key {
            // A name after a filename: some expressions find `name=` within `filename=`.
            b"name" if name.is_none() => {
                is_plain &= !has_filename && is_plain_name(value);
                name = Some(value);
            }
            b"filename" if !has_filename => {
                is_plain &= is_plain_filename(value);
                has_filename = true;
            }
            b"filename*" => has_filename = true,
            _ => {
                is_plain = false;
                let spelt = key.trim_ascii().to_ascii_lowercase();
                has_filename |= spelt.starts_with(b"filename");
                if name.is_none() && spelt.starts_with(b"name") {
                    name = Some(value);
                }
            }
        }
        // What stands between a value and the next `;` is not plain; it is skipped.
        rest = cut(after, |byte| byte == b';').1;
    }
    is_plain &= rest.is_empty();
    Some(PartDisposition { name: name?, has_filename, is_plain })
}

/// A value, what follows it, and whether it is plain: quoted, or the only form that `filename*` has.
fn read_value(text: &[u8]) -> (&[u8], &[u8], bool) {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let (value, after) = cut(text, |byte| byte == b';');
        return (value, after, value.starts_with(b"UTF-8''") || value.starts_with(b"utf-8''"));
    };
    let (value, after) = cut(quoted, |byte| byte == b'"');
    // An escape for some, the end for others.
    let is_escaped = value.last() == Some(&b'\\');
    match after.strip_prefix(b"\"") {
        Some(after) => (value, after, !is_escaped),
        None => (value, after, false),
    }
}

/// A value that every parser reads without quotes.
fn is_token(value: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !value.is_empty() && value.iter().all(is_letter)
}

/// Parsers differ about backslashes, about `;` in quotes, and Tomcat decodes `=?utf-8?B?…?=`.
fn is_plain_name(name: &[u8]) -> bool {
    !name.is_empty()
        && !name.iter().any(|byte| matches!(byte, b'\\' | b';'))
        && !name.windows(2).any(|pair| pair == b"=?")
}

/// A file may be called anything, but some parsers split it at `;` and find a name in it.
fn is_plain_filename(name: &[u8]) -> bool {
    !(name.contains(&b';') && name.contains(&b'='))
}

fn skip_spaces(mut text: &[u8]) -> &[u8] {
    while let Some(rest) = text.strip_prefix(b" ") {
        text = rest;
    }
    text
}

/// What stands before the first byte that is an end, and the rest from there on.
fn cut(text: &[u8], is_end: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let at = text.iter().position(|&byte| is_end(byte)).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, b""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_fields_and_files_are_plain() {
        for (value, name, has_filename) in [
            ("form-data; name=\"password\"", "password", false),
            ("form-data;name=\"password\"", "password", false),
            ("form-data; name=password", "password", false),
            ("form-data; name=Input.Password", "Input.Password", false),
            ("form-data; name=\"user[password]\"", "user[password]", false),
            ("form-data; name=\"a%22b\"", "a%22b", false),
            ("form-data; name=\"Straße\"", "Straße", false),
            ("form-data; name=\"a\"; filename=\"b.png\"", "a", true),
            ("form-data; name=\"a\"; filename=\"\"", "a", true),
            ("form-data; name=\"a\"; filename=\"C:\\b.png\"", "a", true),
            ("form-data; name=\"a\"; filename=\"b\"; filename*=UTF-8''b", "a", true),
        ] {
            let expected = PartDisposition { name: name.as_bytes(), has_filename, is_plain: true };
            assert_eq!(read(value.as_bytes()), Some(expected), "{value}");
        }
    }

    #[test]
    fn name_that_parsers_read_differently_is_not_plain() {
        for (value, name) in [
            ("form-data; name=pass word", "pass word"),
            ("form-data; name=user[password]", "user[password]"),
            ("form-data; name=", ""),
            ("form-data; name='password'", "'password'"),
            ("form-data; name*=utf-8''password", "utf-8''password"),
            ("form-data; name*0=pass; name*1=word", "pass"),
            ("form-data; name=\"a\"; name=\"password\"", "a"),
            ("form-data; name=\"a\"; name*=utf-8''password", "a"),
            ("form-data; Name=\"password\"", "password"),
            ("form-data; name =\"password\"", "password"),
            ("form-data; name= \"password\"", " \"password\""),
            ("form-data; name=\"pass\\word\"", "pass\\word"),
            ("form-data; name=\"a\\\"; name=\"password\"", "a\\"),
            ("form-data; name=\"a;b\"", "a;b"),
            ("form-data; name=\"\"", ""),
            ("form-data; name=\"=?UTF-8?B?cGFzc3dvcmQ=?=\"", "=?UTF-8?B?cGFzc3dvcmQ=?="),
            ("form-data; filename=\"x\"; name=\"password\"", "password"),
            ("form-data; name=\"a\"; filename=\"; name=password\"", "a"),
            ("form-data; name=\"a\"; filename=b.png", "a"),
            ("form-data; name=\"a\"; size=1", "a"),
            ("form-data; name=\"a\"x", "a"),
            ("form-data; name=\"a\";", "a"),
            ("form-data; name=\"a", "a"),
            ("form-data ; name=\"a\"", "a"),
            ("Form-Data; name=\"a\"", "a"),
            ("attachment; name=\"a\"", "a"),
            ("; name=\"a\"", "a"),
        ] {
            let found = read(value.as_bytes()).expect(value);
            assert_eq!((found.is_plain, found.name), (false, name.as_bytes()), "{value}");
        }
        assert_eq!(read(b"form-data"), None);
        assert_eq!(read(b"form-data; filename=\"a\""), None);
    }

    proptest! {
        #[test]
        fn quoted_names_round_trip(name in "[^\\\\;\"=\\r\\n]{1,40}") {
            let value = format!("form-data; name=\"{name}\"");
            let expected = PartDisposition { name: name.as_bytes(), has_filename: false, is_plain: true };
            prop_assert_eq!(read(value.as_bytes()), Some(expected));
        }

        #[test]
        fn never_panics(bytes: Vec<u8>, text in "form-data[;= \"\\\\a*n]{0,30}") {
            let _ = (read(&bytes), read(text.as_bytes()));
        }
    }
}
