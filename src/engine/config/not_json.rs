//! What is said about a document that is not JSON: what it looks like, and what to do.

use serde_json::error::Category;

use super::problem::Problem;

/// The beginnings of texts in UTF-16.
const UTF_16: [&[u8]; 2] = [&[0xff, 0xfe], &[0xfe, 0xff]];

/// The problem with `text`, which `serde_json` refused.
pub(super) fn not_json(error: &serde_json::Error, text: &[u8]) -> Problem {
    let (line, column) = (error.line(), error.column());
    let described = error.to_string();
    let what = described.split(" at line ").next().unwrap_or_default();
    let ended = error.classify() == Category::Eof;
    let place = if ended { "ends too early" } else { "is not JSON" };
    let mut problem = Problem::new(format!("{place} at line {line}, column {column}: {what}"));
    if let Some(fix) = fix(text, line, column, what) {
        problem = problem.fix(fix);
    }
    Problem { path: "$".to_owned(), ..problem }
}

/// What to do about it. `serde_json` counts lines and columns from 1.
fn fix(text: &[u8], line: usize, column: usize, what: &str) -> Option<&'static str> {
    if is_protobuf_struct(text) {
        return Some(
            "Envoy hands a google.protobuf.Struct over in binary; give the JSON as the value of \
             a google.protobuf.StringValue",
        );
    }
    if is_utf_16(text) {
        return Some("this is UTF-16; save it as UTF-8");
    }
    if text.starts_with(&[0x1f, 0x8b]) {
        return Some("this is compressed with gzip; decompress it");
    }
    let near = text.split(|byte| *byte == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let at = |column: usize| near.get(column.saturating_sub(1)).copied();
    // A comment or an open quote is reported at its first byte, or just behind it.
    match (at(column), what) {
        _ if is_yaml(text) => Some(
            "this is YAML, and a configuration is JSON: convert it, with `yq -o json` for \
             example; in Envoy's own YAML the JSON stands below `value: |`",
        ),
        (Some(b'/' | b'#'), _) => Some("JSON has no comments; use an \"about\" key"),
        (_, "trailing comma") => Some("JSON has no comma behind the last value; remove it"),
        (Some(b'\''), _) => Some("use double quotes"),
        (_, "key must be a string") => Some("put the key in double quotes"),
        (_, "trailing characters") => Some("a configuration is one object; is there a } too many?"),
        (Some(b'"'), what) if what.starts_with("expected `,`") => {
            Some("is there no comma behind the value before?")
        }
        _ => None,
    }
}

/// UTF-16, with a byte order mark or without: then every other byte of ASCII is zero.
fn is_utf_16(text: &[u8]) -> bool {
    let marked = UTF_16.iter().any(|mark| text.starts_with(mark));
    marked || matches!(text, [0, 1..=0x7f, ..] | [1..=0x7f, 0, ..])
}

/// Whether the first line that says something is one of YAML: `---`, `- value` or `key: …`.
fn is_yaml(text: &[u8]) -> bool {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")).map(yaml_line);
    first.take(1).any(|is_yaml| is_yaml)
}

fn yaml_line(line: &[u8]) -> bool {
    let key = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let in_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.@".contains(byte);
    let keyed = key.len() < line.len() && !key.is_empty() && key.iter().all(in_key);
    line.starts_with(b"---") || line.starts_with(b"- ") || keyed
}

/// Whether this looks like a serialised `google.protobuf.Struct`: a map entry (tag 0x0a and
/// a length of one to three bytes) that begins with its key (tag 0x0a and a length).
fn is_protobuf_struct(bytes: &[u8]) -> bool {
    let [0x0a, rest @ ..] = bytes else { return false };
    let entry = rest.iter().take(3).position(|byte| *byte < 0x80).and_then(|n| rest.get(n + 1..));
    match entry {
        Some([0x0a, length, key @ ..]) => {
            let key = key.get(..usize::from(*length)).unwrap_or_default();
            !key.is_empty() && key.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::config::parse;

    fn said(text: &[u8]) -> String {
        let problems = parse(text).expect_err("not JSON");
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_it_is_instead_is_said_with_what_to_do() {
        for (text, expected) in [
            ("mode: enforce\n", "convert it, with `yq -o json`"),
            ("# ours\n---\nmode: enforce\n", "this is YAML"),
            ("# ours\n{}", "JSON has no comments"),
            ("---\nmode: enforce\n", "this is YAML"),
            ("endpoints:\n  - preset: django\n", "this is YAML"),
            ("- name: a\n", "this is YAML"),
            ("{ // ours\n}", "JSON has no comments"),
            ("{} # ours", "JSON has no comments"),
            ("{\"a\": [1,]}", "no comma behind the last value"),
            ("{'mode': 1}", "use double quotes"),
            ("{mode: 1}", "put the key in double quotes"),
            ("{}}", "is there a } too many?"),
            ("{\"mode\": 1 \"b\": 2}", "is there no comma behind the value before?"),
            ("\u{1f}\u{8b}", "is not JSON"),
        ] {
            assert!(said(text.as_bytes()).contains(expected), "{text}: {}", said(text.as_bytes()));
        }
        assert!(!said(b"{\"mode\": truth}").contains("YAML"));
        assert!(!said(b"{\"mode\": \"a\"").contains("YAML"));
    }

    #[test]
    fn other_encodings_are_named() {
        let utf_16 = |text: &str, mark: &[u8], swap: bool| -> Vec<u8> {
            let bytes = text
                .encode_utf16()
                .flat_map(|unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() });
            mark.iter().copied().chain(bytes).collect()
        };
        for text in [
            utf_16("{}", &[0xff, 0xfe], false),
            utf_16("{}", &[0xfe, 0xff], true),
            utf_16("{}", &[], false),
            utf_16("{}", &[], true),
        ] {
            assert!(said(&text).contains("save it as UTF-8"), "{text:?}");
        }
        assert!(said(&[0x1f, 0x8b, 8, 0]).contains("decompress it"));
    }
}
