//! Which types, charsets and first bytes are read.

use super::*;
use crate::request::headers::Header;

fn media(lines: &[(&str, &str)]) -> Media {
    let headers: Vec<Header> =
        lines.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    Media::of(Headers::new(&headers))
}

#[test]
fn ordinary_types_are_read() {
    for value in [
        "application/json",
        "Application/JSON; Charset=\"utf-8\"",
        "application/json; utf-8",
        "application/json;odata=verbose",
        "application/vnd.api+json",
        "application/x-amz-json-1.1",
        "text/json;charset=UTF8",
    ] {
        assert_eq!(media(&[("content-type", value)]), Media::Json(TextCoding::Ascii), "{value}");
    }
    for value in [
        "application/x-www-form-urlencoded; charset=UTF-8",
        "application/x-www-form-urlencoded; charset=",
        "text/plain;charset=ISO-8859-1",
        "text/plain;",
        "",
    ] {
        assert_eq!(media(&[("content-type", value)]), Media::Any(TextCoding::Ascii), "{value}");
    }
    assert_eq!(media(&[]), Media::Any(TextCoding::Ascii));
    assert_eq!(media(&[("content-encoding", "Identity")]), Media::Any(TextCoding::Ascii));
}

#[test]
fn body_that_the_application_decodes_first_is_opaque() {
    for value in [
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded; charset=ibm037",
        "text/plain; charset=utf-8; charset=utf-7",
        "application/json, text/plain",
        "application/msgpack",
        "application/xml",
    ] {
        assert_eq!(media(&[("content-type", value)]), Media::Opaque, "{value}");
    }
    for codings in [&["identity, gzip"][..], &["identity", "br"]] {
        let lines: Vec<_> = codings.iter().map(|it| ("Content-Encoding", *it)).collect();
        assert_eq!(media(&lines), Media::Opaque, "{codings:?}");
    }
}

#[test]
fn type_that_only_resembles_one_is_opaque() {
    for value in [
        "\"multipart/form-data\"; boundary=x",
        "application/x-www-form-urlencoded; multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded; x=multipart; boundary=x",
        "application/json; charset*=utf-7",
        "application/json; charset*0=utf-7",
        "application/json; charset*=utf-8''utf-7",
        "application/x-www-form-urlencoded; xcharset=utf-7",
        "text/plain; x=\"; charset=utf-7\"",
        "application/json; charset=\"utf-8",
        "application/json\u{a0}; charset=utf-8",
        "\"application/json\"",
        "application/x+json<",
        "application/transit+json",
    ] {
        assert_eq!(media(&[("content-type", value)]), Media::Opaque, "{value}");
    }
}

#[test]
fn charset_with_letters_of_two_bytes_is_read_as_long_as_the_text_is_ascii() {
    let gbk = media(&[("content-type", "application/x-www-form-urlencoded; charset=GBK")]);
    assert_eq!(gbk, Media::Any(TextCoding::AsciiAlone));
    assert!(gbk.permits_form(b"a=%81%5c") && gbk.permits_json(b"{}"));
    assert!(!gbk.permits_form(b"a=\x81\x5c") && !gbk.permits_json(b"{\"a\":\"\xc3\xa9\"}"));
}

#[test]
fn field_may_name_the_charset() {
    assert!(is_foreign_charset("_charset_", b"ibm037"));
    assert!(!is_foreign_charset("_charset_", b"UTF-8"));
    assert!(!is_foreign_charset("charset", b"ibm037"));
}

#[test]
fn text_that_begins_with_a_mark_is_no_plain_form() {
    let any = Media::Any(TextCoding::Ascii);
    for form in ["a=b", "&a=b", "%5ba=b\r\n", "_x=1", "[a]=b", "a=J\u{f6}rg"] {
        assert!(any.permits_form(form.as_bytes()), "{form}");
    }
    for other in [
        "/*&a=b&*/{}",
        "//&a=b\n{}",
        "#&a=b",
        ")]}'&a=b",
        "<a b=\"c\"/>",
        "'a'=b",
        "\x0b&a=b",
        "a=b\n{}",
        "a",
        "",
    ] {
        assert!(!any.permits_form(other.as_bytes()), "{other}");
    }
    assert!(!Media::Json(TextCoding::Ascii).permits_form(b"a=b"), "a form that says JSON");
}

#[test]
fn duplicate_content_type_is_flagged() {
    let twice = [("content-type", "application/json"), ("Content-Type", "application/json")];
    assert_eq!(media(&twice), Media::Opaque);
}

#[test]
fn wide_text_is_recognised_and_a_byte_order_mark_is_skipped() {
    assert!(is_wide(b"\xFF\xFEa\0") && is_wide(b"\0{\0}") && !is_wide(b"a=b"));
    assert_eq!(without_mark(b"\xEF\xBB\xBF{}"), b"{}");
}
