//! How upstream answers at an endpoint: a small table of counts, for an operator who has to say
//! what a failure looks like there.
//!
//! It holds no value that a person typed and none that names a session: statuses, the paths of
//! redirects, names of cookies, types and sizes. Rows, texts and paths are bounded, because a
//! client can influence some of them. Each worker has its own table, in memory. It is read after
//! [`FEW_ATTEMPTS`] attempts if it tells failures from successes by then, otherwise once more
//! after [`QUIET_ATTEMPTS`], and then dropped. It is dropped at the first failure that the
//! endpoint's conditions tell: an endpoint that runs well keeps nothing. Where successes are learned
//! from 401s alone, a failure without a 401 leaves them unknown, so the table is kept until an
//! answer is known for a success.

use super::preset_fit::KnownPreset;
use super::record::QUIET_ATTEMPTS;
use super::suggestion::OutcomeSuggestion;
use super::{Outcome, set_cookie};
use crate::policy::Endpoint;
use crate::request::headers::Headers;
use crate::short_list;
use crate::time::Millis;

/// Attempts after which a table is read for the first time.
pub const FEW_ATTEMPTS: u16 = 50;

/// More kinds of answers than this differ by something that is new each time.
const MAX_ROWS: usize = 16;

/// More paths than this are a client's work.
const MAX_PATHS: usize = 8;

/// Longer texts are cut.
const MAX_TEXT: usize = 80;

/// More cookies than this are not told apart.
const MAX_COOKIES: usize = 8;

/// What an answer looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AnswerShape {
    pub status: u16,
    /// Where it redirects to.
    pub target: Option<RedirectTarget>,
    /// The names of the cookies that it sets, sorted.
    pub cookies: Vec<String>,
    /// `content-type`, without parameters.
    pub content_type: String,
    pub size: SizeClass,
}

/// The local part of a redirect's target, without values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RedirectTarget {
    pub path: String,
    /// The name of the first parameter of its query.
    pub parameter: Option<String>,
}

/// The length of a body, roughly: the same page differs by a name or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SizeClass {
    /// The response does not say.
    Unknown,
    Empty,
    /// Less than a kibibyte.
    Small,
    Large,
}

/// A kind of answer, and how often it came.
#[derive(Clone, Debug)]
pub(super) struct AnswerRow {
    pub shape: AnswerShape,
    pub count: u16,
}

/// The answers at an endpoint so far.
#[derive(Debug, Default)]
pub(super) struct AnswerTable {
    rows: Vec<AnswerRow>,
    /// The paths that logins came to.
    paths: Vec<String>,
    /// Logins that the presets were compared with, and how many of them each preset reads.
    requests: u16,
    read_by: Vec<(&'static str, u16)>,
    attempts: u16,
    /// Answers with a 403 that the endpoint's own conditions tell as failures.
    forbidden: u16,
    /// Answers that they tell as failures, where these say nothing about successes.
    refused: u16,
    is_read: bool,
}

impl AnswerTable {
    /// Whether it has been read for the last time.
    pub(super) fn is_read(&self) -> bool {
        self.is_read
    }

    /// The answers so far.
    pub(super) fn attempts(&self) -> u16 {
        self.attempts
    }

    /// Notes the path that a login came to.
    pub(super) fn note_path(&mut self, request: Headers<'_>) {
        let path = request.first(":path").unwrap_or_default();
        let path = text(path.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default());
        if self.paths.len() < MAX_PATHS && !self.paths.contains(&path) {
            self.paths.push(path);
        }
    }

    /// Notes the presets that read a login's username and password.
    pub(super) fn note_readers<'p>(&mut self, presets: impl Iterator<Item = &'p KnownPreset>) {
        self.requests = self.requests.saturating_add(1);
        for KnownPreset { name, .. } in presets {
            match self.read_by.iter_mut().find(|(known, _)| known == name) {
                Some((_, count)) => *count = count.saturating_add(1),
                None => self.read_by.push((name, 1)),
            }
        }
    }

    /// The presets that read every login that they were compared with.
    fn readers<'p>(&self, presets: &'p [KnownPreset]) -> Vec<&'p KnownPreset> {
        let reads_all =
            |preset: &&KnownPreset| self.read_by.contains(&(preset.name, self.requests));
        presets.iter().filter(reads_all).collect()
    }

    /// Notes an answer with the outcome that the endpoint's conditions tell. Returns a suggestion
    /// where the table has become one.
    pub(super) fn note(
        &mut self,
        endpoint: &Endpoint,
        response: Headers<'_>,
        now: Millis,
        outcome: Outcome,
        presets: &[KnownPreset],
    ) -> Option<OutcomeSuggestion> {
        let shape = AnswerShape::of(response, now);
        // A 403 alone is no proof that failures are seen: a CSRF check answers so, too.
        let is_403 = shape.status == 403;
        let is_failure = outcome == Outcome::Failure;
        // Successes follow from 401s, and are known where they are configured.
        let leaves_success = endpoint.learns_success && shape.status != 401;
        // A configured success tells nothing: it may take every answer for one.
        let is_success = outcome == Outcome::Success && endpoint.learns_success;
        let is_told = is_success || (is_failure && !is_403 && !leaves_success);
        if is_told {
            *self = Self { is_read: true, ..Self::default() };
            return None;
        }
        self.refused = self.refused.saturating_add(u16::from(is_failure && !is_403));
        self.forbidden = self.forbidden.saturating_add(u16::from(is_failure));
        self.attempts = self.attempts.saturating_add(1);
        // What has no row is the difference to `attempts`.
        let has_room = self.rows.len() < MAX_ROWS;
        match self.rows.iter_mut().find(|row| row.shape == shape) {
            Some(row) => row.count = row.count.saturating_add(1),
            None if has_room => self.rows.push(AnswerRow { shape, count: 1 }),
            None => {}
        }
        if self.attempts != FEW_ATTEMPTS && self.attempts < QUIET_ATTEMPTS {
            return None;
        }
        let is_last = self.attempts >= QUIET_ATTEMPTS;
        let logins = (self.paths.as_slice(), self.readers(presets));
        let suggestion = OutcomeSuggestion::of(endpoint, &self.rows, logins, self.attempts);
        let suggestion = match self.refused {
            0 => Some(suggestion).filter(|it| is_last || it.tells_failures()),
            _ => suggestion.about_success(is_last),
        };
        let is_known = self.forbidden > 0 && self.refused == 0;
        if suggestion.is_some() || is_last {
            *self = Self { is_read: true, ..Self::default() };
        }
        suggestion.filter(|suggestion| !(is_known && suggestion.is_forbidden_alone()))
    }
}

impl AnswerShape {
    /// What a response looks like.
    pub(super) fn of(response: Headers<'_>, now: Millis) -> Self {
        let mut cookies = Vec::new();
        let names = set_cookie::names(response, now).map(text).take(MAX_COOKIES);
        names.for_each(|name| short_list::insert(&mut cookies, name));
        let content_type = response.first("content-type").unwrap_or_default();
        let content_type = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
        Self {
            status: response.status().unwrap_or_default(),
            target: response.first("location").map(RedirectTarget::of),
            cookies,
            content_type: text(content_type.trim_ascii()).to_ascii_lowercase(),
            size: SizeClass::of(response),
        }
    }
}

impl RedirectTarget {
    fn of(location: &[u8]) -> Self {
        let mut parts = super::local_part(location).splitn(2, |byte| *byte == b'?');
        let path = parts.next().unwrap_or_default();
        let path = path.split(|byte| *byte == b'#').next().unwrap_or_default();
        let query = parts.next().unwrap_or_default();
        let parameter = query.split(|byte| matches!(byte, b'=' | b'&' | b'#')).next();
        let path = if path.is_empty() { b"/" } else { path };
        Self { path: text(path), parameter: parameter.filter(|it| !it.is_empty()).map(text) }
    }
}

impl SizeClass {
    fn of(response: Headers<'_>) -> Self {
        match response.content_length() {
            None => Self::Unknown,
            Some(0) => Self::Empty,
            Some(1..=1023) => Self::Small,
            Some(_) => Self::Large,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Empty => "empty",
            Self::Small => "below 1KiB",
            Self::Large => "1KiB or more",
        }
    }
}

/// Bytes as a short text for a line of a log.
fn text(bytes: &[u8]) -> String {
    let visible = |byte: &u8| if byte.is_ascii_graphic() { char::from(*byte) } else { '?' };
    bytes.iter().take(MAX_TEXT).map(visible).collect()
}
