//! Bodies as clients send them, and as attackers would.

use proptest::prelude::*;

use super::*;

/// The fields of a body, and whether it is plain.
fn read(boundary: &str, body: &[u8]) -> (Vec<String>, bool) {
    let mut found = Vec::new();
    let is_plain = walk(boundary.as_bytes(), body, &mut |part| {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let file = if part.is_file { " file" } else { "" };
        let json = if part.is_json { " json" } else { "" };
        found.push(format!("{}={}{file}{json}", text(part.name), text(part.value)));
    });
    (found, is_plain)
}

fn field(name: &str, value: &str) -> String {
    format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn with_header(name: &str, header: &str, value: &str) -> String {
    let disposition = format!("Content-Disposition: form-data; name=\"{name}\"");
    format!("--x\r\n{disposition}\r\n{header}\r\n\r\n{value}\r\n--x--\r\n")
}

fn login() -> String {
    field("user", "alice") + &field("password", "123456") + "--x--\r\n"
}

#[test]
fn ordinary_forms_are_plain() {
    let both = || vec!["user=alice".to_owned(), "password=123456".to_owned()];
    assert_eq!(read("x", login().as_bytes()), (both(), true));
    assert_eq!(
        read("x", login().trim_end().as_bytes()),
        (both(), true),
        "without the last line end"
    );
    assert_eq!(read("x", b"--x--\r\n"), (Vec::new(), true), "an empty form");
    // .NET, Retrofit, Apache HttpClient, Dart.
    for header in [
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/plain; charset=\"UTF-8\"",
        "content-type: text/plain;charset=ISO-8859-1\r\nContent-Transfer-Encoding: 8bit",
        "Content-Transfer-Encoding: binary\r\nContent-Length: 1",
    ] {
        let body = with_header("a", header, "b");
        assert_eq!(read("x", body.as_bytes()), (vec!["a=b".to_owned()], true), "{header}");
    }
    let lines =
        field("a", "b\r\nc\r\n") + &field("", "").replace("name=\"\"", "name=\"d\"") + "--x--";
    let expected = vec!["a=b\r\nc\r\n".to_owned(), "d=".to_owned()];
    assert_eq!(read("x", lines.as_bytes()), (expected, true));
}

#[test]
fn file_is_marked_because_some_take_it_for_a_field() {
    for (disposition, header) in [
        ("; filename=\"a.txt\"", "Content-Type: text/plain"),
        ("; filename=\"\"", "Content-Type: application/octet-stream"),
        ("", "Content-Type: application/octet-stream"),
    ] {
        let body = with_header("password", header, "123456")
            .replace("name=\"password\"", &format!("name=\"password\"{disposition}"));
        let expected = vec!["password=123456 file".to_owned()];
        assert_eq!(read("x", body.as_bytes()), (expected, true), "{disposition} {header}");
    }
    let json = with_header("login", "Content-Type: application/json", "{}");
    assert_eq!(read("x", json.as_bytes()), (vec!["login={} json".to_owned()], true));
}

#[test]
fn body_that_parsers_split_differently_is_not_plain() {
    for (from, to) in [
        // Delimiters where only some expect them.
        ("alice", "a\n--x\nContent-Disposition: form-data; name=\"password\"\n\nreal"),
        ("alice", "a--x"),
        ("alice\r\n--x", "alice\n--x"),
        ("alice\r\n--x\r\n", "alice\r\n--x\n"),
        ("alice\r\n--x\r\n", "alice\r\n--x \r\n"),
        ("alice\r\n--x\r\n", "alice\r\n--x--\r\n"),
        ("alice\r\n--x\r\n", "alice\r\n--xy\r\n"),
        ("--x--", "--x-"),
        ("--x--", "--x"),
        ("--x--\r\n", ""),
        ("--x--\r\n", "--x--\r\n--x"),
        ("--x--\r\n", "--x--\n"),
        ("--x--\r\n", "--x--more"),
        // Headers.
        ("name=\"password\"", "\r\n name=\"password\""),
        ("Content-Disposition", "Content-Disposition : form-data; name=\"user\"\r\nX"),
        ("form-data; name=\"password\"", "form-data; name=\"password\"\r\nfolded"),
        ("form-data; name=\"password\"\r\n", "form-data; name=\"password\"\n"),
        (
            "name=\"password\"\r\n",
            "name=\"password\"\r\nContent-Disposition: form-data; name=\"a\"\r\n",
        ),
        ("name=\"password\"\r\n\r\n", "name=\"password\"\n\n"),
        ("name=\"password\"\r\n\r\n", "name=\"password\"\r\nA: b\n\r\n\r\n"),
        ("name=\"password\"", "name=\"pass\u{1}word\""),
        ("name=\"password\"", "name=pass word"),
        ("name=\"password\"", "name*=utf-8''password"),
        ("name=\"password\"", "name=\"a\\\"; name=\"password\""),
        ("Content-Disposition: form-data; name=\"password\"", "Content-Type: text/plain"),
        ("Content-Disposition: form-data; name=\"password\"\r\n\r\n", ""),
    ] {
        let body = login().replace(from, to);
        assert!(body != login(), "{from}");
        assert!(!read("x", body.as_bytes()).1, "{from:?}: {to:?}");
    }
    for body in [
        "",
        "--x",
        "--x\r\n",
        "preamble\r\n--x--\r\n",
        "\r\n--x--\r\n",
        "user=alice",
        "\u{feff}--x--",
    ] {
        assert!(!read("x", body.as_bytes()).1, "{body:?}");
    }
}

#[test]
fn part_that_is_decoded_first_is_not_plain() {
    for header in [
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable",
        "Content-Encoding: gzip",
        "Content-Type: text/plain; charset=utf-7",
        "Content-Type: text/plain; charset*=utf-8''utf-7",
        "Content-Type: text/plain; charset=utf-8; charset=utf-7",
        "Content-Type: text/plain\r\nContent-Type: text/plain",
        "Content-Type: multipart/mixed; boundary=y",
        "Content-Type: application/xml",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: message/rfc822",
    ] {
        let body = with_header("password", header, "MTIzNDU2");
        assert_eq!(read("x", body.as_bytes()), (read("x", body.as_bytes()).0, false), "{header}");
    }
    let charset = |name: &str| field("_charset_", name) + "--x--";
    assert!(read("x", charset("UTF-8").as_bytes()).1);
    assert!(!read("x", charset("utf-16").as_bytes()).1);
}

#[test]
fn what_is_not_plain_is_read_as_far_as_it_goes() {
    for body in [
        login().replace("\r\n", "\n"),
        login().replace("--x--", ""),
        format!("preamble\r\n{}", login()),
        login().replace("name=\"password\"", "NAME=\"password\""),
    ] {
        let (found, is_plain) = read("x", body.as_bytes());
        let read = found.iter().any(|field| field.trim_end() == "password=123456");
        assert!(read && !is_plain, "{found:?}");
    }
}

#[test]
fn parts_and_headers_are_bounded() {
    let parts = |count: usize| field("a", "b").repeat(count) + "--x--";
    assert!(read("x", parts(MAX_PARTS - 1).as_bytes()).1);
    assert!(!read("x", parts(MAX_PARTS + 1).as_bytes()).1);
    let header = |length: usize| with_header("a", &format!("X: {}", "y".repeat(length)), "b");
    assert!(read("x", header(1_000).as_bytes()).1);
    assert!(!read("x", header(3_000).as_bytes()).1);
}

#[test]
fn hostile_bodies_are_read_in_linear_time() {
    let boundary = format!("{}a", "-".repeat(69));
    for body in ["-".repeat(1 << 20), "\r\n--x".repeat(200_000), "--x\r\n".repeat(200_000)] {
        let _ = (read(&boundary, body.as_bytes()), read("x", body.as_bytes()));
    }
}

proptest! {
    #[test]
    fn fields_round_trip(fields in prop::collection::vec(("[^\\\\;\"=\\p{C}]{1,10}", ".{0,20}"), 0..5)) {
        let body: String = fields.iter().map(|(name, value)| field(name, value)).collect();
        prop_assume!(fields.iter().all(|(name, value)| !name.contains("--x") && !value.contains("--x")));
        let expected = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        prop_assert_eq!(read("x", (body + "--x--\r\n").as_bytes()), (expected, true));
    }

    #[test]
    fn never_panics(bytes: Vec<u8>, pieces in prop::collection::vec(
        prop::sample::select(vec![
            "--x", "--", "\r\n", "\n", "\r", "Content-Disposition:", " form-data", "; name=", "\"",
            "a", "\\", " ", ":", "Content-Type: ", "\0",
        ]), 0..40,
    )) {
        let _ = (read("x", &bytes), read("x", pieces.concat().as_bytes()));
    }
}
