//! Built-in documents without what only people read.
//!
//! A module is compiled by each proxy and kept by each worker, so what explains a preset stays out
//! of it: blanks, `about`, and where the facts are from. The tool has the documents whole. The compiler does it, so
//! that no step of the build can be forgotten.

/// A built-in JSON document: whole in the tool, squeezed in the module.
macro_rules! document {
    ($file:expr) => {{
        const WHOLE: &str = include_str!($file);
        const LENGTH: usize = $crate::config::squeezed::length(WHOLE);
        const SQUEEZED: [u8; LENGTH] = $crate::config::squeezed::bytes(WHOLE);
        if cfg!(target_family = "wasm") { $crate::config::squeezed::text(&SQUEEZED) } else { WHOLE }
    }};
}
pub(super) use document;

/// The members that are left out.
const FOR_PEOPLE: [&[u8]; 5] =
    [b"\"about\"", b"\"application\"", b"\"known\"", b"\"sources\"", b"\"versions\""];

/// The length of a squeezed document.
pub(super) const fn length(json: &str) -> usize {
    squeeze(json.as_bytes(), &mut [])
}

/// A squeezed document, whose length is `N`.
pub(super) const fn bytes<const N: usize>(json: &str) -> [u8; N] {
    let mut squeezed = [b' '; N];
    squeeze(json.as_bytes(), &mut squeezed);
    squeezed
}

/// A squeezed document as text.
pub(super) const fn text(squeezed: &'static [u8]) -> &'static str {
    match std::str::from_utf8(squeezed) {
        Ok(text) => text,
        // What is left out is ASCII, or in whole strings.
        Err(_) => "",
    }
}

/// Writes a valid JSON document to `out`, as far as there is room. Returns its length.
const fn squeeze(mut rest: &[u8], mut out: &mut [u8]) -> usize {
    let mut length = 0;
    let mut before = 0;
    let mut has_comma = false;
    loop {
        rest = after_blanks(rest);
        let Some(&byte) = rest.first() else { return length };
        if byte == b',' {
            // Nothing to part: a member that is left out stood before it.
            has_comma = !matches!(before, b'{' | b'[');
            rest = after(rest, 1);
            continue;
        }
        if let (b'{' | b',', Some(member)) =
            (if has_comma { b',' } else { before }, member_for_people(rest))
        {
            rest = after(rest, member);
            continue;
        }
        if has_comma && !matches!(byte, b'}' | b']') {
            out = written(out, b',');
            length += 1;
        }
        has_comma = false;
        before = byte;
        let (token, tail) = rest.split_at(if byte == b'"' { string(rest) } else { 1 });
        length += token.len();
        let mut left = token;
        while let Some((first, more)) = left.split_first() {
            out = written(out, *first);
            left = more;
        }
        rest = tail;
    }
}

/// The length of a member with a key and a value for people, if the text begins with one.
const fn member_for_people(json: &[u8]) -> Option<usize> {
    let mut index = 0;
    let mut names: &[&[u8]] = &FOR_PEOPLE;
    while let Some((name, more)) = names.split_first() {
        if begins(json, name) {
            index = name.len();
        }
        names = more;
    }
    let Some((b':', value)) = after_blanks(after(json, index)).split_first() else { return None };
    let value = after_blanks(value);
    let end = match value.first() {
        Some(b'"') => after(value, string(value)),
        Some(b'[') => after_list(value),
        _ => return None,
    };
    if index == 0 { None } else { Some(json.len() - end.len()) }
}

/// What comes after a list of strings.
const fn after_list(mut json: &[u8]) -> &[u8] {
    while let Some(byte) = json.first() {
        match byte {
            b'"' => json = after(json, string(json)),
            b']' => return after(json, 1),
            _ => json = after(json, 1),
        }
    }
    json
}

/// The length of the string that the text begins with, quotes included.
const fn string(json: &[u8]) -> usize {
    let mut rest = after(json, 1);
    while let Some(byte) = rest.first() {
        match byte {
            b'\\' => rest = after(rest, 2),
            b'"' => return json.len() - rest.len() + 1,
            _ => rest = after(rest, 1),
        }
    }
    json.len()
}

const fn begins(mut text: &[u8], mut wanted: &[u8]) -> bool {
    while let Some((letter, more)) = wanted.split_first() {
        match text.split_first() {
            Some((same, tail)) if *same == *letter => (text, wanted) = (tail, more),
            _ => return false,
        }
    }
    true
}

const fn after_blanks(mut json: &[u8]) -> &[u8] {
    while let Some((b' ' | b'\n' | b'\r' | b'\t', rest)) = json.split_first() {
        json = rest;
    }
    json
}

const fn after(text: &[u8], length: usize) -> &[u8] {
    match text.split_at_checked(length) {
        Some((_, rest)) => rest,
        None => &[],
    }
}

/// Writes a byte if there is room, and returns the room that is left.
const fn written(out: &mut [u8], byte: u8) -> &mut [u8] {
    match out.split_first_mut() {
        Some((first, rest)) => {
            *first = byte;
            rest
        }
        None => &mut [],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::config::{PRESETS, defaults};

    fn squeezed(json: &str) -> String {
        let mut out = vec![b' '; length(json)];
        squeeze(json.as_bytes(), &mut out);
        String::from_utf8(out).expect("text")
    }

    fn without_what_is_for_people(value: Value) -> Value {
        match value {
            Value::Object(members) => members
                .into_iter()
                .filter(|(key, _)| {
                    !["about", "application", "known", "sources", "versions"].contains(&&**key)
                })
                .map(|(key, value)| (key, without_what_is_for_people(value)))
                .collect(),
            Value::Array(values) => values.into_iter().map(without_what_is_for_people).collect(),
            value => value,
        }
    }

    #[test]
    fn only_what_is_for_people_is_left_out() {
        let built_in = PRESETS.iter().map(|preset| preset.json).chain(defaults::DOCUMENTS);
        let edges = [
            r#"{ "about": "a \" b", "x" : [ "about", "sources" ] }"#,
            r#"{ "x": { "about" : "only" }, "sources": [ "]", "b" ], "about": "last" }"#,
            r#"[ { "x": "about", "y": "a  b\\" , "about":"c\\" }, [], {} ,1 ]"#,
        ];
        for json in built_in.chain(edges) {
            let whole: Value = serde_json::from_str(json).expect("JSON");
            let short = squeezed(json);
            let left: Value = serde_json::from_str(&short).unwrap_or_else(|_| panic!("{short}"));
            assert_eq!(left, without_what_is_for_people(whole), "{short}");
            assert_eq!(short.len(), left.to_string().len(), "no blanks: {short}");
        }
    }
}
