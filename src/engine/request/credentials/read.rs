//! Reading of a request's credentials from address, body, cookies and `Authorization`.
//!
//! The body is read in every way, regardless of its content type: as JSON if it starts like JSON,
//! and always as a form, because a text can be both (`{"a":"&password=x&"}`). A body from which
//! some application may read something else is *opaque*: it meets every condition, and the
//! credentials are unreadable in addition to what was found. A body that is plainly readable and
//! holds nothing that could be the password is another form at the login's URL, or one whose field
//! is not configured: the credentials are *absent*.

use super::collect::{Collector, FieldPlace};
use super::fields::{BodyCondition, CredentialFields};
use super::json::{JsonScalar, JsonShape};
use super::media::Media;
use super::reading::{Body, Credentials, Reading};
use super::sent_name::SentName;
use super::several::SeveralLogins;
use super::{basic, json, media, multipart};
use crate::request::headers::Headers;
use crate::request::{cookies, endpoint_match, urlencoded};

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
    let mut several = SeveralLogins::new(fields);
    let mut unreadable = false;
    for query in endpoint_match::queries(headers) {
        unreadable |= !read_address(query, &mut found);
        several.parameters(query);
    }
    // Fastify 4 takes what follows a `;` in the path for the query, servlets for parameters.
    for parameters in endpoint_match::path_parameters(headers) {
        unreadable |= !read_address(parameters, &mut found);
    }
    if !fields.only_basic() {
        read_cookies(headers, &mut found);
    }

    let content = read_body(headers, body, &mut found, &mut several);
    let is_opaque = content == Content::Opaque;
    if !is_opaque && !(found.conditions_met() && (needs_method.is_none() || found.method_named())) {
        return Reading::NotALogin;
    }
    let several = several.read();
    // A body that holds no credential fields may be anything.
    if fields.reads_body() {
        unreadable |= is_opaque || content == Content::Ambiguous || several.is_unreadable;
    }

    let elsewhere = found.passwords_offered();
    let mut by_basic = false;
    if fields.basic {
        for basic in basic::all(headers) {
            by_basic = true;
            unreadable |= !basic.is_strict;
            if let Some((username, password)) = basic.pair {
                found.offer_basic(&username, &password);
            }
        }
    }
    // Sites keep a setting of theirs in a cookie called `pwd`. PHP's `$_REQUEST` may take it for the
    // password, but nobody logs in without a username.
    let is_page = content == Content::Empty && found.has_only_password_cookies();
    let is_offered = found.could_have_password() && !is_page;
    let has_password = is_offered || several.has_password();
    let is_other = content == Content::Empty || several.is_other_request;
    // An odd escape in the address of the page itself is no login.
    let is_odd = several.is_unreadable || (unreadable && content != Content::Empty);
    let could_be_login = by_basic || has_password || is_odd || several.may_be_login || !is_other;
    if !could_be_login || (fields.only_basic() && !by_basic) {
        return Reading::NotALogin;
    }
    let has_other = elsewhere > 0 && !several.is_array;
    Reading::Login(Credentials {
        absent: !(has_password || unreadable),
        unreadable,
        ambiguous: found.is_ambiguous() || several.is_ambiguous(has_other),
        further_attempts: several.further_attempts(),
        basic: by_basic && elsewhere == 0 && !several.has_password(),
        candidates: several.candidates(found.candidates()),
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

fn read_body(
    headers: Headers<'_>,
    body: Body<'_>,
    found: &mut Collector<'_>,
    several: &mut SeveralLogins<'_>,
) -> Content {
    let (bytes, is_cut) = match body {
        Body::None => (&b""[..], false),
        Body::Complete(bytes) => (bytes, false),
        Body::Cut(bytes) => (bytes, true),
    };
    if bytes.is_empty() && !is_cut {
        return Content::Empty;
    }
    let text = media::without_mark(bytes);
    let multipart = multipart::boundary(headers)
        .map(|boundary| read_multipart(boundary, bytes, found, several));
    if let Some(is_plain) = multipart.or_else(|| several.other_body(headers, text)) {
        let is_read = is_plain && !is_cut && !media::is_encoded(headers);
        return if is_read { Content::Clear } else { Content::Opaque };
    }
    let shape = read_json(text, found, several);
    let is_document = shape == JsonShape::Document;
    let place = if is_document { FieldPlace::WithinJson } else { FieldPlace::Body };
    let is_well_formed = read_form(text, place, found);
    let media = Media::of(headers);
    several.body(shape, media, text);
    let is_text = match shape {
        JsonShape::Document => media.permits_json(text),
        JsonShape::Broken => false,
        JsonShape::Other => media.permits_form(text),
    };
    if is_cut || !is_text || media::is_wide(bytes) {
        Content::Opaque
    } else if is_well_formed {
        Content::Clear
    } else {
        Content::Ambiguous
    }
}

fn read_json(text: &[u8], found: &mut Collector<'_>, several: &mut SeveralLogins<'_>) -> JsonShape {
    json::walk(text, &mut |name, value| match value {
        JsonScalar::Text(value) => {
            let is_credential = found.offer(FieldPlace::Body, name, value);
            if let Some(at) = name.element.filter(|_| is_credential) {
                several.element(at, value, found.seeks_password(name));
            }
            is_credential
        }
        JsonScalar::NoText => found.seeks_password(name),
    })
}

/// Offers every part of a multipart form; returns whether every application reads the same.
fn read_multipart(
    boundary: &[u8],
    body: &[u8],
    found: &mut Collector<'_>,
    several: &mut SeveralLogins<'_>,
) -> bool {
    let mut is_plain = true;
    let is_split = multipart::walk(boundary, body, &mut |part| {
        if part.is_json {
            is_plain &= read_json(part.value, found, several) == JsonShape::Document;
        }
        several.parameter(part.name, part.value);
        let name = SentName::of(part.name);
        if found.seeks(&name) {
            let place = if part.is_file { FieldPlace::File } else { FieldPlace::Body };
            found.offer(place, &name, part.value);
        } else {
            is_plain &= !found.see_operator(&name);
        }
    });
    is_split && is_plain
}

/// Reads a query or the parameters of a path. Node's parsers end it at `#`.
fn read_address(text: &[u8], found: &mut Collector<'_>) -> bool {
    let fragment = text.iter().position(|&byte| byte == b'#');
    let before = fragment.and_then(|at| text.get(..at));
    let is_well_formed = before.is_none_or(|text| read_form(text, FieldPlace::Address, found));
    read_form(text, FieldPlace::Address, found) && is_well_formed
}

/// Offers every pair of a form or a query; returns `false` if a credential has an escape that
/// applications read differently, or is an operator.
fn read_form(text: &[u8], place: FieldPlace, found: &mut Collector<'_>) -> bool {
    let mut is_well_formed = true;
    if !text.contains(&b'=') {
        return true;
    }
    for (name, value) in urlencoded::raw_pairs(text) {
        let decoded = urlencoded::decode(name);
        let name = SentName::of(&decoded);
        if !found.seeks(&name) {
            let is_foreign = media::is_foreign_charset(&name.text, value);
            is_well_formed &= !found.see_operator(&name) && !is_foreign;
            continue;
        }
        let readings = urlencoded::readings(value);
        let mut is_credential = false;
        for reading in &readings {
            is_credential |= found.offer(place, &name, reading);
        }
        is_well_formed &= !is_credential || readings.len() == 1;
    }
    is_well_formed
}

/// Offers every cookie as a field, as PHP's `$_REQUEST` has them.
fn read_cookies(headers: Headers<'_>, found: &mut Collector<'_>) {
    for (name, value) in cookies::pairs(headers) {
        let decoded = urlencoded::decode(name);
        let name = SentName::of(&decoded);
        if !value.is_empty() && found.seeks(&name) {
            found.offer(FieldPlace::Cookie, &name, &urlencoded::decode(value));
        }
    }
}
