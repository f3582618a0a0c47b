//! Methods: a request's own, and method overrides.

/// The form field of a method override: Rails, Laravel, Symfony, Spring, Express.
pub(crate) const FIELD: &str = "_method";

/// The headers of a method override.
pub(super) const OVERRIDE_HEADERS: [&str; 3] =
    ["x-http-method-override", "x-http-method", "x-method-override"];

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
