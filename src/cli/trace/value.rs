//! The values of a line, each with a sentence for what does not fit.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use unstuff_engine::breached::Sha1Digest;
use unstuff_engine::time::Millis;

use super::Text;
use crate::format::whole;

/// The last second of the year 9999: later ones are milliseconds by mistake.
const LATEST: f64 = 253_402_300_799.0;

/// A value that is read from a string, or refused with a sentence.
macro_rules! from_text {
    ($doc:literal, $name:ident($inner:ty), $read:expr) => {
        #[doc = $doc]
        pub struct $name(pub $inner);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let Text(text) = Text::deserialize(deserializer)?;
                let read: Result<$inner, String> = $read(text.as_ref());
                read.map($name).map_err(D::Error::custom)
            }
        }
    };
}

from_text!("An address.", Ip(IpAddr), |text: &str| text
    .parse()
    .map_err(|_| format!("{text:?} is not an address; give one as 203.0.113.7 or 2001:db8::7")));
from_text!("The SHA-1 of a password.", Digest(Sha1Digest), sha1);

/// A digest from 40 hex digits; the caller words the error.
fn sha1(text: &str) -> Result<Sha1Digest, String> {
    let wrong = || "not a SHA-1".to_owned();
    let mut bytes = [0; 20];
    let digits = text.as_bytes();
    if digits.len() != 40 {
        return Err(wrong());
    }
    let value =
        |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let mut nibbles = pair.iter().map(|&digit| value(digit));
        let (Some(Some(high)), Some(Some(low))) = (nibbles.next(), nibbles.next()) else {
            return Err(wrong());
        };
        *byte = high << 4 | low;
    }
    Ok(Sha1Digest::new(bytes))
}

/// A status, 100 to 599.
pub struct Status(pub u16);

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u16::deserialize(deserializer)? {
            code @ 100..=599 => Ok(Self(code)),
            code => {
                Err(D::Error::custom(format!("{code} is not a status; give one of 100 to 599")))
            }
        }
    }
}

/// A response time in milliseconds.
pub struct Response(pub u64);

impl<'de> Deserialize<'de> for Response {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = f64::deserialize(deserializer)?;
        if !(0.0..=86_400_000.0).contains(&given) {
            let text = format!("{given} is not a response time; give milliseconds, at most a day");
            return Err(D::Error::custom(text));
        }
        Ok(Self(whole(given.round())))
    }
}

/// A moment: seconds, or RFC 3339.
pub struct Time(pub Millis);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeVisitor)
    }
}

struct TimeVisitor;

impl Visitor<'_> for TimeVisitor {
    type Value = Time;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seconds since 1970 or RFC 3339")
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Time, E> {
        self.visit_f64(seconds as f64)
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Time, E> {
        self.visit_f64(seconds as f64)
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Time, E> {
        if !(0.0..=LATEST).contains(&seconds) {
            let text = format!("{seconds} is not seconds since 1970; is it in milliseconds?");
            return Err(E::custom(text));
        }
        Ok(Time(Millis(whole((seconds * 1000.0).round()))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
        let wrong =
            || E::custom(format!("{text:?} is not RFC 3339; give one as 2026-01-04T08:00:00.123Z"));
        let time: jiff::Timestamp = text.parse().map_err(|_| wrong())?;
        u64::try_from(time.as_millisecond()).map(|time| Time(Millis(time))).map_err(|_| wrong())
    }
}

/// Headers in their order, repeated names repeated.
pub struct Headers<'a>(pub Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Headers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Headers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of header names and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers<'de>, A::Error> {
                let mut headers = Vec::new();
                while let Some((Text(name), Text(value))) = map.next_entry()? {
                    headers.push((name, value));
                }
                Ok(Headers(headers))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}
