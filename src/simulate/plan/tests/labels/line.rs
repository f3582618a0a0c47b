//! The features of a written line: its values and its format.

use serde_json::Value;

use crate::random::whole;

/// A feature: its name and its value.
pub(super) type LineFeature = (String, String);

/// Fields whose values may differ between attacks and people.
const EXEMPT: [&str; 7] = ["ip", "user", "client", "copies", "known_device", "solves", "label"];

/// The features of a line, without the exempt fields and without those that the scenario is `about`.
pub(super) fn facts(line: &str, about: &[&str]) -> Vec<LineFeature> {
    let Ok(Value::Object(fields)) = serde_json::from_str(line) else { panic!("{line}") };
    let mut facts = vec![fact("form", form(line))];
    for (name, value) in &fields {
        match (name.as_str(), value) {
            (exempt, _) if EXEMPT.contains(&exempt) || about.contains(&exempt) => {}
            ("time", time) => {
                let ms = whole((time.as_f64().unwrap() * 1000.0).round());
                facts.push(fact("last digit of time", (ms % 10).to_string()));
                facts.push(fact("tenth of a second", (ms / 100 % 10).to_string()));
                facts.push(fact("five seconds", (ms / 5_000 % 12).to_string()));
            }
            ("response_ms", ms) => {
                let ms = ms.as_u64().unwrap();
                facts.push(fact("last digit of response", (ms % 10).to_string()));
                facts.push(fact("response in 20 ms", (ms / 20).to_string()));
            }
            ("headers", Value::Object(headers)) => {
                facts.extend(headers.iter().map(|(name, value)| fact(name, value.to_string())));
            }
            (name, value) => facts.push(fact(name, value.to_string())),
        }
    }
    facts
}

fn fact(what: &str, value: String) -> LineFeature {
    (what.to_owned(), value)
}

/// The line without its values: names of fields and headers in their order, blanks, and the decimal
/// places of numbers. `client` is left out, because only some clients keep cookies.
pub(super) fn form(line: &str) -> String {
    let mut form = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let run = |is_in: fn(char) -> bool| rest.find(|c| !is_in(c)).unwrap_or(rest.len());
        let length = match first {
            '"' => string(rest),
            '-' | '0'..='9' => run(|c| "+-.eE".contains(c) || c.is_ascii_digit()),
            'a'..='z' => run(|c| c.is_ascii_lowercase()),
            other => other.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        match first {
            '"' if after.starts_with(':') => form += token,
            '"' => form += "\"\"",
            '-' | '0'..='9' => form += &number(token),
            't' | 'f' => form += "bool",
            _ => form += token,
        }
        rest = after;
    }
    form.replace("\"client\":\"\",", "").replace("\"copies\":\"\",", "")
}

/// The length of the string at the start of `text`, with its quotes.
fn string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|&(_, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// A number with nines for digits: one for all digits before the point.
fn number(token: &str) -> String {
    let nines = token.replace(|c: char| c.is_ascii_digit(), "9");
    format!("9{}", nines.trim_start_matches('9'))
}

#[test]
fn form_of_a_line_excludes_its_values() {
    let line = r#"{"time":1767513978.79,"user":"a\"b","client":"c-1","headers":{"x":""},"solves":true, "n":-1e3}"#;
    let same = r#"{"time":9.99,"user":"","headers":{"x":""},"solves":bool, "n":9-9e9}"#;
    assert_eq!(form(line), same);
    let plain = form(r#"{"a":1,"b":"x"}"#);
    assert_eq!(form(r#"{"a":20,"b":"\\"}"#), plain);
    for other in [r#"{"b":"x","a":1}"#, r#"{"a":1.0,"b":"x"}"#, r#"{"a": 1,"b":"x"}"#, r#"{"a":1}"#]
    {
        assert_ne!(form(other), plain);
    }
}
