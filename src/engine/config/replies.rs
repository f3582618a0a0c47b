//! Reader of the section `replies`: what a stopped client is told.
//!
//! A reply says nothing about signals or rules. Its status is never 401: failed logins are
//! recognised by it, here and in proxies in front.

use super::problem::Problem;
use super::reader::ConfigValue;
use super::schema::NOT_REPLY_STATUS;
use crate::cors::CorsPolicy;
use crate::policy::{Replies, Reply};

/// The longest value of a header.
pub(super) const MAX_VALUE: usize = 1024;

/// 429 tells clients to wait (RFC 6585, section 4).
fn default_block() -> Reply {
    Reply {
        status: 429,
        content_type: "text/plain; charset=utf-8".to_owned(),
        body: "Too many login attempts. Try again later.\n".to_owned(),
        retry_after: Some(60),
        location: None,
    }
}

/// A challenge that an application's code can tell from other refusals (RFC 9457).
fn default_challenge() -> Reply {
    let body = concat!(
        r#"{"type":"urn:unstuff:challenge","title":"More is needed to log in","status":403,"#,
        r#""detail":"This login needs another proof, such as a second factor or a challenge."}"#,
        "\n"
    );
    Reply {
        status: 403,
        content_type: "application/problem+json".to_owned(),
        body: body.to_owned(),
        retry_after: None,
        location: None,
    }
}

/// Reads the section, where there is one.
pub(super) fn read(section: Option<&ConfigValue<'_>>) -> Replies {
    let given = section.and_then(ConfigValue::object);
    let get = |key| given.as_ref().and_then(|given| given.get(key));
    let block = get("block").and_then(|value| block(&value)).unwrap_or_else(default_block);
    let challenge =
        get("challenge").and_then(|value| challenge(&value)).unwrap_or_else(default_challenge);
    let cors = get("cors").and_then(|value| cors(&value));
    Replies { block, challenge, cors }
}

fn cors(value: &ConfigValue<'_>) -> Option<CorsPolicy> {
    let given = value.object()?;
    let listed = given.need("origins")?;
    let origins = listed.list()?;
    if origins.len() < listed.kind.least() {
        let problem = Problem::new("no origin").fix("name one, or leave \"cors\" out");
        return listed.refuse(problem);
    }
    let origins: Option<Vec<_>> = origins.iter().map(origin).collect();
    let credentials = given.get("credentials").and_then(|it| it.boolean()).unwrap_or_default();
    Some(CorsPolicy { origins: origins?, credentials })
}

/// An origin as browsers send it: a scheme, a host, and a port if it is not the scheme's own.
fn origin(value: &ConfigValue<'_>) -> Option<String> {
    let origin = value.text()?.to_ascii_lowercase();
    let host = ["https://", "http://"].iter().find_map(|scheme| origin.strip_prefix(scheme));
    let in_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    let is_origin = |host: &str| (1..=MAX_VALUE).contains(&host.len()) && host.bytes().all(in_host);
    if host.is_some_and(is_origin) {
        return Some(origin);
    }
    let fix = match origin.contains('*') {
        true => "name each origin: a pattern would let pages of others read replies",
        false => "write it as the browser sends it in the header Origin, without a path",
    };
    value.refuse(
        Problem::new("not an origin").allowed("https://host, or https://host:port").fix(fix),
    )
}

fn block(value: &ConfigValue<'_>) -> Option<Reply> {
    let given = value.object()?;
    let default = default_block();
    let retry_after = match given.get("retry_after") {
        None => default.retry_after,
        Some(value) if value.is_null() => None,
        Some(value) => value.seconds(),
    };
    Some(Reply {
        status: given.get("status").and_then(|it| status(&it)).unwrap_or(default.status),
        body: given.get("body").and_then(|it| body(&it)).unwrap_or(default.body),
        content_type: given
            .get("content_type")
            .and_then(|it| header_value(&it))
            .unwrap_or(default.content_type),
        retry_after,
        location: None,
    })
}

fn challenge(value: &ConfigValue<'_>) -> Option<Reply> {
    let given = value.object()?;
    if let Some(redirect) = given.get("redirect") {
        for key in ["status", "body", "content_type"] {
            if let Some(value) = given.get(key) {
                value.report(
                    Problem::new("a redirect has none of its own").fix(
                        "leave it out: a redirect answers 303, so that no password is sent on",
                    ),
                );
            }
        }
        return Some(Reply {
            status: 303,
            content_type: "text/plain; charset=utf-8".to_owned(),
            body: String::new(),
            retry_after: None,
            location: target(&redirect),
        });
    }
    let default = default_challenge();
    let own_body = given.get("body");
    if let (Some(body), None) = (&own_body, given.get("content_type")) {
        body.report(Problem::new("a body needs a type").fix("add \"content_type\""));
    }
    Some(Reply {
        status: given.get("status").and_then(|it| status(&it)).unwrap_or(default.status),
        body: own_body.and_then(|it| body(&it)).unwrap_or(default.body),
        content_type: given
            .get("content_type")
            .and_then(|it| header_value(&it))
            .unwrap_or(default.content_type),
        ..default
    })
}

fn status(value: &ConfigValue<'_>) -> Option<u16> {
    let status = value.integer()?;
    if NOT_REPLY_STATUS.contains(&status) {
        return value.refuse(
            Problem::new("this reply would look like a failed login")
                .allowed("400 to 599 without 401 and 407")
                .fix("use 429 or 403"),
        );
    }
    u16::try_from(status).ok()
}

fn body(value: &ConfigValue<'_>) -> Option<String> {
    value.limited_text("").map(str::to_owned)
}

pub(super) fn header_value(value: &ConfigValue<'_>) -> Option<String> {
    let text = value.text()?;
    let visible = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if visible && (1..=MAX_VALUE).contains(&text.len()) {
        return Some(text.to_owned());
    }
    value.refuse(Problem::new("not a header value").allowed("1 to 1024 visible ASCII characters"))
}

/// A target that a browser may be sent to.
pub(super) fn target(value: &ConfigValue<'_>) -> Option<String> {
    let target = header_value(value)?;
    let path = target.starts_with('/') && !target.starts_with("//");
    if (path || target.starts_with("https://")) && !target.contains(' ') {
        return Some(target);
    }
    value.refuse(
        Problem::new("not a place to send people who log in")
            .allowed("a URL with https://, or a path that begins with one /"),
    )
}
