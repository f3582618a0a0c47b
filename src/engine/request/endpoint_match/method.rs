//! Methods: a request's own, and method overrides.

use std::borrow::Cow;

/// The form field of a method override: Rails, Laravel, Symfony, Spring, Express.
pub(crate) const FIELD: &str = "_method";

/// Whether a decoded field name is [`FIELD`], in any letter case.
pub(super) fn is_field(name: &[u8]) -> bool {
    name.trim_ascii().eq_ignore_ascii_case(FIELD.as_bytes())
}

/// The methods in a value, in upper case: several if a proxy has joined header lines.
pub(crate) fn named_in(value: &[u8]) -> Vec<String> {
    let names = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    names
        .filter(|name| !name.is_empty())
        .map(|name| String::from_utf8_lossy(name).to_ascii_uppercase())
        .collect()
}

/// The first method in a value, in upper case; empty if there is none.
pub(super) fn first_in(value: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(value) {
        Ok(text) if text.bytes().all(|byte| byte.is_ascii_uppercase()) => Cow::Borrowed(text),
        _ => Cow::Owned(named_in(value).into_iter().next().unwrap_or_default()),
    }
}

/// Whether requests with this method are for sending a body: a form, or JSON.
pub(crate) fn sends_a_body(method: &[u8]) -> bool {
    ["POST", "PUT", "PATCH"].iter().any(|own| method.eq_ignore_ascii_case(own.as_bytes()))
}

/// Parses a method of a configuration; returns it in upper case.
///
/// # Errors
/// A message that says what is wrong with `method` and what to try.
pub fn parse_method(method: &str) -> Result<String, String> {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-';
    if method.is_empty() || !method.bytes().all(is_letter) {
        return Err(format!("`{method}` is not a method; try `POST`, or list several"));
    }
    let method = method.to_ascii_uppercase();
    match method.as_str() {
        "ANY" | "ALL" => Err(format!("`{method}` is not a method; list those that log in")),
        "CONNECT" => Err("`CONNECT` is no login: it is refused wherever logins are".to_owned()),
        _ => Ok(method),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_read_in_any_case_and_as_a_list() {
        assert_eq!(named_in(b" put ,, Post"), ["PUT", "POST"]);
        for (given, first) in [("GET", "GET"), ("", ""), (", get,PUT", "GET"), ("post", "POST")] {
            assert_eq!(first_in(given.as_bytes()), first, "{given}");
        }
        assert_eq!(parse_method("post"), Ok("POST".to_owned()));
    }

    #[test]
    fn errors_say_what_to_try() {
        for (given, part) in [("", "try `POST`"), ("*", "try `POST`"), ("any", "list those")] {
            let error = parse_method(given).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        assert!(parse_method("connect").is_err());
    }
}
