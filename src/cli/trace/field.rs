//! The fields of a line, read one by one.
//!
//! By hand rather than derived, because serde's errors for a field of the wrong type do not
//! say which field it was, and a trace has a dozen.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use unstuff_engine::time::Millis;

use super::value::{Digest, Headers, Ip, Response, Status, Time};
use super::{Line, Text};

impl<'de: 'a, 'a> Deserialize<'de> for Line<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Line<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, one login attempt")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line<'de>, A::Error> {
        let (mut time, mut ip, mut user, mut status) = (None, None, None, None);
        let (mut response, mut known): (Option<Response>, Option<bool>) = (None, None);
        let mut headers: Option<Headers<'de>> = None;
        let mut digest: Option<Digest> = None;
        let mut line = Line {
            time: Millis(0),
            ip: IpAddr::from([0, 0, 0, 0]),
            user: Cow::Borrowed(""),
            password: None,
            password_sha1: None,
            breached: None,
            pair_breached: None,
            headers: Vec::new(),
            host: None,
            method: None,
            path: None,
            status: 0,
            response_ms: 0,
            client: None,
            known_device: false,
            solves: None,
            label: None,
            unknown: None,
        };
        while let Some(Text(name)) = map.next_key()? {
            match name.as_ref() {
                "time" => put(&mut time, &mut map, &name)?,
                "ip" => put(&mut ip, &mut map, &name)?,
                "user" => text(&mut user, &mut map, &name)?,
                "password" => text(&mut line.password, &mut map, &name)?,
                "password_sha1" => put(&mut digest, &mut map, &name)?,
                "breached" => put(&mut line.breached, &mut map, &name)?,
                "pair_breached" => put(&mut line.pair_breached, &mut map, &name)?,
                "headers" => put(&mut headers, &mut map, &name)?,
                "host" => text(&mut line.host, &mut map, &name)?,
                "method" => text(&mut line.method, &mut map, &name)?,
                "path" => text(&mut line.path, &mut map, &name)?,
                "status" => put(&mut status, &mut map, &name)?,
                "response_ms" => put(&mut response, &mut map, &name)?,
                "client" => text(&mut line.client, &mut map, &name)?,
                "known_device" => put(&mut known, &mut map, &name)?,
                "solves" => put(&mut line.solves, &mut map, &name)?,
                "label" => text(&mut line.label, &mut map, &name)?,
                _ => {
                    let IgnoredAny = map.next_value()?;
                    line.unknown.get_or_insert(name);
                }
            }
        }
        line.time = time.map(|Time(time)| time).ok_or_else(|| A::Error::custom(MISSING_TIME))?;
        line.ip = ip.map(|Ip(ip)| ip).ok_or_else(|| A::Error::custom(MISSING_IP))?;
        line.user = user.ok_or_else(|| A::Error::custom(MISSING_USER))?;
        line.status =
            status.map(|Status(code)| code).ok_or_else(|| A::Error::custom(MISSING_STATUS))?;
        line.password_sha1 = digest.map(|Digest(digest)| digest);
        line.headers = headers.map_or_else(Vec::new, |Headers(headers)| headers);
        line.response_ms = response.map_or(0, |Response(time)| time);
        line.known_device = known.unwrap_or(false);
        Ok(line)
    }
}

const MISSING_TIME: &str = "`time` is missing: give seconds since 1970, or RFC 3339";
const MISSING_IP: &str = "`ip` is missing: give the address that the attempt came from";
const MISSING_USER: &str = "`user` is missing: give the username as typed";
const MISSING_STATUS: &str = "`status` is missing: give what upstream answered, as 200 or 401";

/// Reads a value into `slot`; `null` counts as absent.
fn put<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    slot: &mut Option<T>,
    map: &mut A,
    name: &str,
) -> Result<(), A::Error> {
    if slot.is_some() {
        return Err(A::Error::custom(format!("`{name}` is given twice")));
    }
    // Serde repeats what it was given, which for these must not be seen.
    let named = |error: A::Error| match name {
        "password" => A::Error::custom("`password`: not a string"),
        "password_sha1" => A::Error::custom("`password_sha1`: not a SHA-1: give 40 hex digits"),
        _ => A::Error::custom(format!("`{name}`: {error}")),
    };
    *slot = map.next_value::<Option<T>>().map_err(named)?;
    Ok(())
}

/// Reads text into `slot`.
fn text<'de, A: MapAccess<'de>>(
    slot: &mut Option<Cow<'de, str>>,
    map: &mut A,
    name: &str,
) -> Result<(), A::Error> {
    let mut read = slot.take().map(Text);
    put(&mut read, map, name)?;
    *slot = read.map(|Text(text)| text);
    Ok(())
}
