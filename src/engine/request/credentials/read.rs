//! Reading of a request's credentials from query, body and `Authorization`.
//!
//! The body is read in every way, regardless of its content type: as JSON if it starts like JSON,
//! and always as a form, because a text can be both (`{"a":"&password=x&"}`). A body from which
//! some application may read something else is *opaque*: it meets every condition, and the
//! credentials are unreadable in addition to what was found.

use super::collect::Collector;
use super::fields::{BodyCondition, CredentialFields};
use super::reading::{Body, Credentials, Reading};
use super::{basic, json, media, names};
use crate::request::headers::Headers;
use crate::request::{endpoint_match, percent, urlencoded};

/// Reads the credentials of a request. With `needs_method` it is a login only if the body or the
/// query names one of these methods as `_method`, or the body cannot be read.
#[must_use]
pub fn read(
    fields: &CredentialFields,
    conditions: &[BodyCondition],
    needs_method: Option<&[String]>,
    headers: Headers<'_>,
    body: Body<'_>,
) -> Reading {
    let mut found = Collector::new(fields, conditions, needs_method.unwrap_or_default());
    let mut unreadable = false;
    for query in endpoint_match::queries(headers) {
        unreadable |= !read_form(query, &mut found);
    }

    let before = found.passwords_offered();
    let content = read_body(headers, body, &mut found);
    let is_opaque = content == Content::Opaque;
    if !is_opaque && !(found.conditions_met() && (needs_method.is_none() || found.method_named())) {
        return Reading::NotALogin;
    }
    // A body that holds no credential fields may be anything.
    if fields.form.is_some() || fields.json.is_some() {
        let has_password = found.passwords_offered() > before;
        unreadable |= is_opaque || content == Content::Ambiguous;
        unreadable |= content != Content::Empty && !has_password;
    }

    let elsewhere = found.passwords_offered();
    let mut by_basic = false;
    if fields.basic {
        for basic in basic::all(headers) {
            by_basic = true;
            unreadable |= !basic.is_strict;
            if let Some((username, password)) = basic.pair {
                found.offer_username(&username);
                found.offer_password(&password);
            }
        }
    }
    if fields.only_basic() && !by_basic {
        return Reading::NotALogin;
    }
    Reading::Login(Credentials {
        missing: found.passwords_offered() == 0 && !unreadable,
        unreadable,
        ambiguous: found.is_ambiguous(),
        basic: by_basic && elsewhere == 0,
        candidates: found.candidates(),
    })
}

/// How applications read a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// No body.
    Empty,
    /// A text that every application reads the same.
    Clear,
    /// A text with a credential whose escapes applications read differently.
    Ambiguous,
    /// A body that cannot be read here, or not completely.
    Opaque,
}

fn read_body(headers: Headers<'_>, body: Body<'_>, found: &mut Collector<'_>) -> Content {
    let (bytes, is_cut) = match body {
        Body::None => (&b""[..], false),
        Body::Complete(bytes) => (bytes, false),
        Body::Cut(bytes) => (bytes, true),
    };
    if bytes.is_empty() && !is_cut {
        return Content::Empty;
    }
    let text = media::without_mark(bytes);
    let shape = json::walk(text, &mut |name, value| found.offer(name, value));
    let is_well_formed = read_form(text, found);
    let is_text = match shape {
        json::JsonShape::Document => true,
        json::JsonShape::Broken => false,
        // XML has `=` too.
        json::JsonShape::Other => {
            text.contains(&b'=') && !text.trim_ascii_start().starts_with(b"<")
        }
    };
    if is_cut || !is_text || media::is_wide(bytes) || media::is_opaque(headers) {
        Content::Opaque
    } else if is_well_formed {
        Content::Clear
    } else {
        Content::Ambiguous
    }
}

/// Offers every pair of a form or a query; returns `false` if a credential has an escape that
/// applications read differently.
fn read_form(text: &[u8], found: &mut Collector<'_>) -> bool {
    let mut is_well_formed = true;
    for (name, value) in urlencoded::raw_pairs(text) {
        let decoded = urlencoded::decode(name);
        let name = names::canonical(&String::from_utf8_lossy(&decoded));
        if found.offer(&name, &urlencoded::decode(value)) {
            is_well_formed &= percent::is_well_formed(value);
        }
    }
    is_well_formed
}
