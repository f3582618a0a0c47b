//! The access log format `combined` of nginx and Apache, also with the virtual host before it or more
//! fields behind it:
//!
//! ```text
//! 203.0.113.7 - alice [05/Jan/2026:08:00:00 +0000] "POST /login HTTP/1.1" 401 179 "-" "curl/8.5"
//! ```

use std::net::IpAddr;

use unstuff_trace::fields::TraceField;

use super::LogLine;
use super::mapping::short;
use super::record::{LogRecord, RecordField, from_right};

/// The form of the time in brackets.
const TIME: &str = "%d/%b/%Y:%H:%M:%S %z";

/// The error for a line of another form.
const OTHER_FORM: &str = "not of the format `combined`: ADDRESS - USER [TIME] \"REQUEST\" STATUS SIZE \
                          \"REFERER\" \"USER-AGENT\"";

/// Reads a line. With `hops`, the address is so many places from the right of the last quoted text.
///
/// # Errors
/// The line has another form.
pub(super) fn read(line: &[u8], hops: Option<usize>) -> Result<LogLine, String> {
    let line = String::from_utf8_lossy(line);
    let parts = Parts::of(&line).ok_or(OTHER_FORM)?;
    let (method, target) = match parts.quoted.first().map(String::as_str) {
        Some(request) => match split_request(request) {
            Some(request) => request,
            None => return Ok(LogLine::Unanswered),
        },
        None => return Err(OTHER_FORM.to_owned()),
    };
    let mut record = LogRecord::default();
    let mut set = |field, text: &str| record.set(&RecordField::Field(field), text);
    set(TraceField::Time, &time(parts.time)?);
    let address = match hops {
        None => parts.address,
        Some(hops) => {
            // Request, referer and user agent are no addresses.
            let list = parts.quoted.get(3..).and_then(<[String]>::last);
            let list = list.ok_or("there is no quoted list of addresses behind the user agent")?;
            from_right(list, hops).ok_or_else(|| short(hops))?
        }
    };
    set(TraceField::Ip, address);
    set(TraceField::User, &unescaped(parts.user));
    set(TraceField::Host, parts.host);
    set(TraceField::Method, method);
    set(TraceField::Path, target);
    set(TraceField::Status, parts.status);
    let agent = parts.quoted.get(2).map_or("", String::as_str);
    record.set(&RecordField::Header("user-agent".to_owned()), agent);
    Ok(LogLine::Request(record))
}

/// A line in parts.
struct Parts<'a> {
    /// The virtual host, if the line begins with one.
    host: &'a str,
    address: &'a str,
    user: &'a str,
    time: &'a str,
    status: &'a str,
    /// Everything in quotes, without escapes: the request, the referer, the user agent, and more.
    quoted: Vec<String>,
}

impl<'a> Parts<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let (before, rest) = line.split_once(" [")?;
        let (time, rest) = rest.split_once("] \"")?;
        let (first, others) = before.split_once(' ')?;
        let (second, _) = others.split_once(' ').unwrap_or((others, ""));
        let has_host = first.parse::<IpAddr>().is_err() && second.parse::<IpAddr>().is_ok();
        let (host, before) = if has_host { (first, others) } else { ("", before) };
        // A username may hold spaces.
        let mut parts = before.splitn(3, ' ');
        let (address, _identity, user) = (parts.next()?, parts.next()?, parts.next()?);
        let (request, rest) = quoted(rest)?;
        let status = rest.trim_start().split(' ').next().unwrap_or_default();
        let mut all = vec![request];
        let mut rest = rest;
        while let Some((_, behind)) = rest.split_once('"') {
            let (text, behind) = quoted(behind)?;
            all.push(text);
            rest = behind;
        }
        Some(Self { host, address, user, time, status, quoted: all })
    }
}

/// The text up to the closing quote, without escapes, and what is behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' if !is_escaped => {
                return Some((unescaped(text.get(..at)?), text.get(at + 1..)?));
            }
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    None
}

/// A text without its escapes: `\x22`, `\"`, `\\`, `\n`.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(
            match rest.next() {
                Some(b'x') => {
                    let mut digit = || rest.next().and_then(|it| char::from(it).to_digit(16));
                    let (high, low) = (digit(), digit());
                    high.zip(low).and_then(|(high, low)| u8::try_from(high * 16 + low).ok())
                }
                Some(b'n') => Some(b'\n'),
                Some(b't') => Some(b'\t'),
                Some(b'r') => Some(b'\r'),
                Some(other) => Some(other),
                None => None,
            }
            .unwrap_or(b'\\'),
        );
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The method and the target of a request line; `None` for junk that is no request.
fn split_request(request: &str) -> Option<(&str, &str)> {
    let (method, rest) = request.split_once(' ')?;
    let (target, _protocol) = rest.rsplit_once(' ')?;
    Some((method, target))
}

/// The time as RFC 3339.
fn time(text: &str) -> Result<String, String> {
    let wrong = |_| format!("{text:?} is not a time; give one as 05/Jan/2026:08:00:00 +0000");
    let time = jiff::fmt::strtime::parse(TIME, text).and_then(|parsed| parsed.to_timestamp());
    time.map(|time| time.to_string()).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, hops: Option<usize>) -> unstuff_trace::TraceLine {
        match read(text.as_bytes(), hops) {
            Ok(LogLine::Request(record)) => {
                unstuff_trace::of_fields(record.into_fields()).unwrap_or_else(|it| panic!("{it}"))
            }
            Ok(LogLine::Unanswered) => panic!("not a request: {text}"),
            Err(problem) => panic!("{problem}: {text}"),
        }
    }

    fn agent(line: &unstuff_trace::TraceLine) -> &str {
        line.headers.as_ref().map_or("", |headers| headers[0].1.as_str())
    }

    #[test]
    fn escapes_of_both_servers_are_undone() {
        let nginx = r#"127.0.0.1 - alice [29/Nov/2026:10:34:49 +0000] "POST /login?next=/ HTTP/1.1" 401 179 "-" "a \x22quoted\x22 \x5C agent \xC3\xA9""#;
        let apache = r#"127.0.0.1 - alice [29/Nov/2026:11:34:49 +0100] "POST /login?next=/ HTTP/1.1" 401 421 "-" "a \"quoted\" \\ agent \xc3\xa9""#;
        for text in [nginx, apache] {
            let line = line(text, None);
            assert_eq!(agent(&line), "a \"quoted\" \\ agent é");
            assert_eq!(line.user.as_deref(), Some("alice"));
            assert_eq!(line.time.0, 1_795_948_489_000);
            assert_eq!(line.path.as_deref(), Some("/login?next=/"));
            assert_eq!((line.method.as_deref(), line.status), (Some("POST"), Some(401)));
        }
    }

    #[test]
    fn virtual_host_is_the_host() {
        let text = r#"www.example.com:443 192.0.2.1 - - [29/Nov/2026:10:34:49 +0000] "POST /login HTTP/2.0" 200 5 "-" "-""#;
        let line = line(text, None);
        assert_eq!(line.host.as_deref(), Some("www.example.com:443"));
        assert_eq!(line.ip.to_string(), "192.0.2.1");
        assert!(line.headers.is_none() && line.user.is_none());
    }

    #[test]
    fn address_is_taken_from_the_last_quoted_text_if_asked_for() {
        let text = r#"10.0.0.7 - - [29/Nov/2026:10:34:49 +0000] "POST /login HTTP/1.1" 401 179 "-" "curl/7.88.1" "203.0.113.9, 10.0.0.8""#;
        assert_eq!(line(text, None).ip.to_string(), "10.0.0.7");
        assert_eq!(line(text, Some(1)).ip.to_string(), "203.0.113.9");
        assert!(read(text.as_bytes(), Some(2)).is_err_and(|it| it.contains("shorter")));
        let short = text.replace(r#" "203.0.113.9, 10.0.0.8""#, "");
        assert!(read(short.as_bytes(), Some(0)).is_err_and(|it| it.contains("no quoted list")));
    }

    #[test]
    fn junk_that_a_server_answers_is_no_request_and_other_forms_are_bad() {
        let junk = r#"127.0.0.1 - - [29/Nov/2026:10:34:49 +0000] "\x16\x03\x01" 400 266 "-" "-""#;
        assert!(matches!(read(junk.as_bytes(), None), Ok(LogLine::Unanswered)));
        for other in ["", "hello", "127.0.0.1 - - [29/Nov/2026:10:34:49 +0000] \"POST /login", "{}"]
        {
            assert!(
                read(other.as_bytes(), None).is_err_and(|it| it.contains("`combined`")),
                "{other}"
            );
        }
        let wrong = junk.replace("\\x16\\x03\\x01", "POST / HTTP/1.1").replace("Nov", "13");
        assert!(read(wrong.as_bytes(), None).is_err_and(|it| it.contains("is not a time")));
    }
}
