//! The values of a line, each with a sentence for a value that is not allowed.

use std::fmt;
use std::net::IpAddr;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use unstuff_engine::breached::Sha1Digest;
use unstuff_engine::outcome::Outcome;
use unstuff_engine::time::Millis;

/// The last second of the year 9999. Later times are milliseconds by mistake.
const LATEST: f64 = 253_402_300_799.0;

/// The longest response time in milliseconds: a day.
const LONGEST_RESPONSE: f64 = 86_400_000.0;

/// The address of a client.
pub(crate) struct AddressValue(pub IpAddr);

impl<'de> Deserialize<'de> for AddressValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(AddressVisitor)
    }
}

struct AddressVisitor;

impl Visitor<'_> for AddressVisitor {
    type Value = AddressValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<AddressValue, E> {
        let wrong =
            |_| format!("{text:?} is not an address; give one as 203.0.113.7 or 2001:db8::7");
        text.parse().map(AddressValue).map_err(wrong).map_err(E::custom)
    }
}

/// The SHA-1 of a password. The parser words its errors, so that none repeats a hash.
pub(crate) struct DigestValue(pub Sha1Digest);

impl<'de> Deserialize<'de> for DigestValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DigestVisitor)
    }
}

struct DigestVisitor;

impl Visitor<'_> for DigestVisitor {
    type Value = DigestValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("40 hex digits")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<DigestValue, E> {
        sha1(text.as_bytes()).map(DigestValue).ok_or_else(|| E::custom("not a SHA-1"))
    }
}

/// The digest written as 40 hex digits.
fn sha1(digits: &[u8]) -> Option<Sha1Digest> {
    let mut bytes = [0; 20];
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(Sha1Digest::new(bytes))
}

/// A status from 100 to 599.
pub(crate) struct StatusValue(pub u16);

impl<'de> Deserialize<'de> for StatusValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u16::deserialize(deserializer)? {
            code @ 100..=599 => Ok(Self(code)),
            code => {
                Err(D::Error::custom(format!("{code} is not a status; give one of 100 to 599")))
            }
        }
    }
}

/// How a login went.
pub(crate) struct OutcomeValue(pub Outcome);

impl<'de> Deserialize<'de> for OutcomeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let named = Outcome::ALL.into_iter().find(|outcome| outcome.name() == name);
        named.map(Self).ok_or_else(|| {
            D::Error::custom(format!(
                "{name:?} is not an outcome; give success, failure or unknown"
            ))
        })
    }
}

/// A response time in milliseconds.
pub(crate) struct ResponseTimeValue(pub u64);

impl<'de> Deserialize<'de> for ResponseTimeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = f64::deserialize(deserializer)?;
        if !(0.0..=LONGEST_RESPONSE).contains(&given) {
            let text = format!(
                "{given} is not a response time; give milliseconds, at most a day \
                 ({LONGEST_RESPONSE})"
            );
            return Err(D::Error::custom(text));
        }
        Ok(Self(rounded(given)))
    }
}

/// A time: seconds, or RFC 3339.
pub(crate) struct TimeValue(pub Millis);

impl<'de> Deserialize<'de> for TimeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeVisitor)
    }
}

struct TimeVisitor;

impl Visitor<'_> for TimeVisitor {
    type Value = TimeValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seconds since 1970 or RFC 3339")
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<TimeValue, E> {
        self.visit_f64(seconds as f64)
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<TimeValue, E> {
        self.visit_f64(seconds as f64)
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<TimeValue, E> {
        if !(0.0..=LATEST).contains(&seconds) {
            let text = format!("{seconds} is not seconds since 1970; is it in milliseconds?");
            return Err(E::custom(text));
        }
        Ok(TimeValue(Millis(rounded(seconds * 1000.0))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<TimeValue, E> {
        let wrong =
            || E::custom(format!("{text:?} is not RFC 3339; give one as 2026-01-04T08:00:00.123Z"));
        let time: jiff::Timestamp = text.parse().map_err(|_| wrong())?;
        u64::try_from(time.as_millisecond()).map(|ms| TimeValue(Millis(ms))).map_err(|_| wrong())
    }
}

/// Headers in their order; repeated names stay repeated.
pub(crate) struct HeadersValue(pub Vec<(String, String)>);

impl<'de> Deserialize<'de> for HeadersValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = HeadersValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of header names and values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HeadersValue, A::Error> {
        let mut headers = Vec::new();
        while let Some(header) = map.next_entry()? {
            headers.push(header);
        }
        Ok(HeadersValue(headers))
    }
}

/// A number that is not negative, rounded to a whole one.
#[allow(clippy::cast_possible_truncation, reason = "saturates, which is what is wanted")]
fn rounded(number: f64) -> u64 {
    number.round() as u64
}
