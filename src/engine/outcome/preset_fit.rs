//! Which preset fits what was seen at an endpoint: the paths that logins came to, the fields that
//! their credentials were in, and the answers.

use super::answers::AnswerShape;
use super::suggestion::AnswerMeaning;
use super::{Outcome, UpstreamResponse, asks_body, judge};
use crate::config;
use crate::policy::Endpoint;
use crate::request::credentials::{self, Body, Reading};
use crate::request::endpoint_match::{EndpointMatch, Target};
use crate::request::headers::{Header, Headers};
use crate::time::Millis;

/// A preset, and an endpoint for each of its doors.
#[derive(Debug)]
pub(super) struct KnownPreset {
    pub name: &'static str,
    doors: Vec<Endpoint>,
}

/// The presets, as far as they have been read.
///
/// Reading them all takes as long as a hundred logins, so it is done in steps.
#[derive(Debug, Default)]
pub(super) struct KnownPresets {
    read: Vec<KnownPreset>,
    /// How many of the built-in ones have been looked at.
    looked_at: usize,
}

impl KnownPresets {
    /// Reads one more, if there is one.
    pub(super) fn read_next(&mut self) {
        if let Some(preset) = config::PRESETS.get(self.looked_at) {
            self.looked_at += 1;
            self.read.extend(KnownPreset::named(preset.name));
        }
    }

    /// How many have been looked at.
    #[cfg(test)]
    pub(super) fn looked_at(&self) -> usize {
        self.looked_at
    }

    /// All of them, once all have been read.
    pub(super) fn all(&self) -> Option<&[KnownPreset]> {
        (self.looked_at >= config::PRESETS.len()).then_some(&self.read)
    }
}

impl KnownPreset {
    fn named(name: &'static str) -> Option<Self> {
        // Without rules, or the default ones would be read for each.
        let document = format!("{{\"endpoints\": [{{\"preset\": {name:?}}}], \"rules\": []}}");
        let doors = config::parse(document.as_bytes()).ok()?.policy.endpoints;
        Some(Self { name, doors })
    }

    /// Whether a request is plainly a login at one of the doors: its fields are named exactly so.
    pub(super) fn reads(&self, request: Headers<'_>, body: Body<'_>) -> bool {
        let target = Target::of(request);
        let reads = |door: &Endpoint| {
            let Endpoint { fields, body: conditions, .. } = door;
            matches!(
                credentials::read(fields, conditions, None, request, body),
                Reading::Login(read) if !(read.absent || read.unreadable || read.ambiguous)
            )
        };
        self.doors
            .iter()
            .any(|door| door.matcher.match_target(&target) != EndpointMatch::No && reads(door))
    }

    fn door_at(&self, path: &str) -> Option<&Endpoint> {
        let header =
            |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        let headers =
            [header(":method", "POST"), header(":authority", "localhost"), header(":path", path)];
        let target = Target::of(Headers::new(&headers));
        self.doors.iter().find(|door| door.matcher.match_target(&target) != EndpointMatch::No)
    }

    /// Whether its conditions tell an answer, contradict none, and miss no refusal. A 400 or 422
    /// may be a CSRF check's, and what a body tells is not known here.
    fn fits(&self, told: &[(&AnswerShape, AnswerMeaning)], paths: &[String]) -> bool {
        let Some(door) = paths.iter().find_map(|path| self.door_at(path)) else { return false };
        let mut tells = false;
        for (shape, meaning) in told {
            let headers = shape.headers();
            let response = UpstreamResponse::begun(Headers::new(&headers), Millis(0));
            if asks_body(door, &response) {
                tells = true;
                continue;
            }
            match (judge(door, &response, false), meaning) {
                (Outcome::Success, AnswerMeaning::Refused)
                | (Outcome::Failure, AnswerMeaning::Accepted) => return false,
                (Outcome::Unknown, AnswerMeaning::Refused) => {
                    if !matches!(shape.status, 400 | 422) {
                        return false;
                    }
                }
                (Outcome::Unknown, _) => {}
                _ => tells = true,
            }
        }
        tells
    }
}

/// The one preset that reads every login, tells answers and contradicts none.
pub(super) fn fitting(
    told: &[(&AnswerShape, AnswerMeaning)],
    paths: &[String],
    readers: &[&KnownPreset],
) -> Option<&'static str> {
    let mut fits = readers.iter().filter(|preset| preset.fits(told, paths));
    match (fits.next(), fits.next()) {
        (Some(only), None) => Some(only.name),
        _ => None,
    }
}

impl AnswerShape {
    /// Headers of a response that looks so.
    fn headers(&self) -> Vec<Header> {
        let header = |name: &str, value: String| (name.as_bytes().to_vec(), value.into_bytes());
        let mut headers = vec![header(":status", self.status.to_string())];
        if !self.content_type.is_empty() {
            headers.push(header("content-type", self.content_type.clone()));
        }
        if let Some(target) = &self.target {
            headers.push(header("location", target.text()));
        }
        headers.extend(self.cookies.iter().map(|name| header("set-cookie", format!("{name}=x"))));
        headers
    }
}
