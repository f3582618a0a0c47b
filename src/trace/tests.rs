//! The format: what each field means, and the errors for lines that break it.

use super::*;

const SAMPLE: &str = r#"{"time": 1766000000.123, "ip": "203.0.113.7", "user": "alice@example.com",
 "password_sha1": "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", "breached": true,
 "headers": {"user-agent": "a \"b\"", "accept-language": "de"}, "host": "example.com",
 "method": "POST", "path": "/login", "status": 401, "response_ms": 300,
 "client": "c-17", "known_device": true, "solves": true, "label": "benign/home"}"#;

/// The sample with `from` replaced.
fn problem(from: &str, to: &str) -> String {
    assert!(SAMPLE.contains(from), "{from}");
    let line = SAMPLE.replace(from, to).replace('\n', "");
    match parse(line.as_bytes()) {
        Ok(_) => panic!("no problem in {line}"),
        Err(problem) => problem,
    }
}

#[test]
fn every_field_is_read() {
    let line = parse(SAMPLE.as_bytes()).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(line.time, Millis(1_766_000_000_123));
    assert_eq!(line.ip.to_string(), "203.0.113.7");
    assert_eq!(line.user.as_deref(), Some("alice@example.com"));
    assert_eq!(line.digest(), Some(Sha1Digest::of(b"password")));
    assert_eq!((line.breached, line.pair_breached), (Some(true), None));
    let headers: Vec<_> =
        line.headers.iter().flatten().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(headers, [("user-agent", "a \"b\""), ("accept-language", "de")]);
    assert_eq!((line.status, line.response_ms, line.known_device), (Some(401), 300, true));
    assert_eq!(line.client.as_deref(), Some("c-17"));
    assert_eq!(line.label.as_deref(), Some("benign/home"));
}

#[test]
fn absent_fields_have_their_defaults() {
    let shortest = br#"{"time": "2025-12-17T19:33:20.5Z", "ip": "2001:db8::7", "status": 302}"#;
    let line = parse(shortest).ok().unwrap();
    assert_eq!(line.time, Millis(1_766_000_000_500));
    assert!(line.digest().is_none() && line.headers.is_none() && line.label.is_none());
    assert!(line.user.is_none() && line.outcome.is_none() && line.response_headers.is_empty());
    assert_eq!((line.response_ms, line.known_device, line.solves()), (0, false, false));
    let with_client = br#"{"time": 1, "ip": "::1", "user": "a", "status": 200, "client": "c"}"#;
    assert!(parse(with_client).ok().unwrap().solves());
}

#[test]
fn password_gives_its_digest() {
    let line = br#"{"time": 1, "ip": "::1", "user": "a", "status": 200, "password": "password"}"#;
    assert_eq!(parse(line).ok().unwrap().digest(), Some(Sha1Digest::of(b"password")));
}

#[test]
fn line_tells_an_outcome_with_or_without_a_status() {
    let line = |fields: &str| parse(format!("{{\"time\":1,\"ip\":\"::1\",{fields}}}").as_bytes());
    let told = line("\"outcome\": \"failure\"").ok().unwrap();
    assert_eq!((told.outcome, told.status, told.answered()), (Some(Outcome::Failure), None, 401));
    let both = line("\"outcome\": \"success\", \"status\": 303").ok().unwrap();
    assert_eq!((both.outcome, both.answered()), (Some(Outcome::Success), 303));
    let wrong = line("\"outcome\": \"ok\"").err().unwrap();
    assert!(
        wrong.contains("\"ok\" is not an outcome; give success, failure or unknown"),
        "{wrong}"
    );
    let neither = line("\"user\": \"a\"").err().unwrap();
    assert!(neither.contains("or give `outcome`"), "{neither}");
}

#[test]
fn response_header_may_be_repeated() {
    let cookies = r#"{"set-cookie": "a=1", "set-cookie": "b=2"}"#;
    let line = SAMPLE
        .replace("\"response_ms\"", &format!("\"response_headers\": {cookies}, \"response_ms\""));
    let line = parse(line.as_bytes()).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(line.response_headers.len(), 2);
    let mut written = Vec::new();
    line.write(&mut written).unwrap();
    assert_eq!(parse(&written).ok().unwrap().response_headers, line.response_headers);
}

#[test]
fn errors_name_the_field_and_what_is_allowed() {
    let missing = problem(r#""status": 401,"#, "");
    assert!(missing.starts_with("`status` is missing: give"), "{missing}");
    let typed = problem("401", r#""401""#);
    assert!(typed.starts_with("`status`: invalid type: string"), "{typed}");
    assert!(typed.contains("(column ") && !typed.contains("at line"), "{typed}");
    let nested = problem("\"de\"", "7");
    assert!(nested.starts_with("`headers.accept-language`: invalid type: integer"), "{nested}");
    assert!(problem("401", "99").contains("give one of 100 to 599"));
    assert!(problem("203.0.113.7", "203.0.113").contains("`ip`: \"203.0.113\" is not an address"));
    assert!(problem("1766000000.123", "1766000000123").contains("in milliseconds?"));
    assert!(problem("1766000000.123", "\"today\"").contains("`time`: \"today\" is not RFC 3339"));
    assert!(problem("1766000000.123", "-1").contains("`time`"));
    assert!(problem("300", "-1").contains("give milliseconds"));
    assert!(problem(r#""user": "#, r#""user": "b", "user": "#).contains("`user` is given twice"));
    assert!(problem("{\"time\"", "[\"time\"").contains("expected an object"));
}

#[test]
fn errors_never_repeat_a_password_or_a_hash() {
    let text = problem("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", "hunter2");
    assert!(text.contains("give 40 hex digits") && !text.contains("hunter2"), "{text}");
    let text = problem(
        "\"password_sha1\": \"5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8\"",
        "\"password\": 4711",
    );
    assert!(text.starts_with("`password`: not a string") && !text.contains("4711"), "{text}");
}

#[test]
fn first_unknown_field_is_kept() {
    let line = SAMPLE.replace("known_device", "know_device");
    let line = parse(line.as_bytes()).ok().unwrap();
    assert!(!line.known_device);
    assert_eq!(line.unknown.as_deref(), Some("know_device"));
}

#[test]
fn written_line_is_read_back_unchanged() {
    let line = parse(SAMPLE.as_bytes()).unwrap_or_else(|problem| panic!("{problem}"));
    let written = serde_json::to_string(&line).unwrap();
    let again = serde_json::to_string(&parse(written.as_bytes()).ok().unwrap()).unwrap();
    assert_eq!(written, again);
    let value: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), value);
}

#[test]
fn bad_line_has_its_number_and_the_next_is_read() {
    let sample = SAMPLE.replace('\n', "");
    let long = "x".repeat(3 << 20);
    let trace = format!("{sample}\n\n{{}}\n{long}\n{sample}");
    let mut reader = TraceReader::new("a.jsonl", io::Cursor::new(trace));
    let mut problems = Vec::new();
    while reader.advance().unwrap() {
        problems.push(reader.line().err().map(|bad| bad.to_string()).unwrap_or_default());
    }
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(problems[0].is_empty() && problems[3].is_empty(), "{problems:?}");
    assert!(problems[1].starts_with("a.jsonl:3: `time` is missing"), "{problems:?}");
    assert!(problems[2].starts_with("a.jsonl:4: longer than"), "{problems:?}");
}

#[test]
fn error_for_invalid_utf8_has_its_column() {
    let line = b"{\"time\": 1, \"ip\": \"::1\", \"user\": \"\xE9\", \"status\": 200}";
    assert_eq!(parse(line).err().as_deref(), Some("not UTF-8 (column 35)"));
}
