//! Tables of every key of a configuration: its name, the values that it takes, and what it means.
//!
//! The readers take the allowed keys, ranges, words and hints from these rows: a [`ConfigValue`]
//! carries the [`ValueKind`] of its row, and a key without a row cannot be read. The page
//! docs/configuration.md is generated from the same rows (`markdown`), so it says what is
//! enforced. The texts for people are only compiled into tests: they would make the module larger.
//!
//! [`ConfigValue`]: super::reader::ConfigValue

pub(super) mod challenge;
pub(super) mod client;
pub(super) mod endpoints;
mod fleet;
#[cfg(test)]
mod json_schema;
mod lift;
mod live_lookup;
#[cfg(test)]
mod markdown;
pub(super) mod presets;
pub(super) mod record;
pub(super) mod replies;
pub(super) mod rules;
#[cfg(test)]
mod tests;
mod top;

use std::ops::RangeInclusive;

use crate::decision::signals::Signal;
pub(super) use top::{TOP, VARIABLE};

/// The keys of an object.
pub(super) type KeyTable = &'static [KeySpec];

/// A key, and everything that is fixed about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeySpec {
    pub name: &'static str,
    pub kind: ValueKind,
    /// What to try where the key is missing and needed.
    pub hint: Option<&'static str>,
    /// A value of an object or a list, as JSON: what to write instead of a value of another type.
    pub form: &'static str,
    #[cfg(test)]
    pub doc: KeyDoc,
}

/// What people read about a key.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyDoc {
    pub meaning: &'static str,
    pub absent: AbsentKey,
    /// A value, as JSON.
    pub example: &'static str,
}

/// What the absence of a key means.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AbsentKey {
    /// A problem.
    Refused,
    /// The same as this value, as JSON.
    Default(&'static str),
    /// Something that no value of the key can say.
    Otherwise(&'static str),
}

/// The values that a key takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum ValueKind {
    /// The value of an unknown key: nobody reads it.
    Unknown,
    /// `true` or `false`.
    Boolean,
    /// A whole number in a range.
    Integer { min: u32, max: u32 },
    /// One of these numbers, in ascending order.
    Numbers(&'static [u32]),
    /// Seconds, typed as a duration.
    Seconds { min: u32, max: u32 },
    /// The same, or `null`.
    SecondsOrNull { min: u32, max: u32 },
    /// Bytes, typed as a number or a size.
    Bytes(&'static RangeInclusive<u64>),
    /// One of these words.
    Words(&'static [&'static str]),
    /// A string of at most so many bytes.
    Text { max: u32 },
    /// The name of an endpoint or a rule.
    Name,
    /// The name of a preset.
    Preset,
    /// The name of an HTTP header.
    HeaderName,
    /// The value of an HTTP header.
    HeaderValue,
    /// `network`, or the name of a header that a browser sends alike with every request.
    Binding,
    /// A URL with `https://`, or a path.
    Target,
    /// An origin: a scheme and a host.
    Origin,
    /// A host, or a pattern of hosts.
    Host,
    /// An HTTP method.
    Method,
    /// A path.
    Path,
    /// A regular expression on paths.
    PathRegex,
    /// The name of a form field.
    Field,
    /// A JSON pointer.
    Pointer,
    /// The status of a response, or a range of them.
    Status,
    /// The status of a reply.
    ReplyStatus,
    /// The beginning of a redirect's target.
    Location,
    /// The name of a cookie, or the beginning of one and a star.
    Cookie,
    /// The details of a local reply, or the beginning of them and a star.
    CodeDetails,
    /// A value of JSON without parts.
    Scalar,
    /// The address of a client.
    Address,
    /// A network in CIDR notation.
    Network,
    /// A secret key, or the variable that holds it: [`VARIABLE`].
    SecretKey,
    /// A window that the signal is kept for.
    Window,
    /// Conditions by signal: the kind of each is [`rules::condition`].
    Conditions,
    /// An object with these keys.
    Object(KeyTable),
    /// `true`, `false` or an object with these keys.
    Switch(KeyTable),
    /// An object with any keys.
    Map(&'static ValueKind),
    /// A list of rules, or an object of changes to the default rules: [`rules::CHANGE`].
    Rules { of: &'static ValueKind, max: u16 },
    /// What becomes of a default rule: a word, or an object with these keys.
    RuleChange(KeyTable),
    /// A list.
    List { of: &'static ValueKind, min: u16, max: u16 },
    /// A value, or a list of at least one.
    OneOrMore(&'static ValueKind),
}

/// A string without a limit of its own.
const TEXT: ValueKind = ValueKind::Text { max: u32::MAX };

/// A list's `max` where there is none.
const UNLIMITED: u16 = u16::MAX;

/// The statuses of responses that conditions may name.
pub(super) const STATUS: RangeInclusive<u64> = 100..=599;

/// The statuses of replies: errors, so that no client takes one for a success.
pub(super) const REPLY_STATUS: RangeInclusive<u64> = 400..=599;

/// Statuses that failed logins are recognised by, so no reply has them.
pub(super) const NOT_REPLY_STATUS: [u64; 2] = [401, 407];

impl ValueKind {
    /// The kind of what stands under `key`, in an object of this kind.
    #[inline(never)]
    pub(super) fn at(&self, key: &str) -> &'static Self {
        match self {
            Self::Map(kind) => kind,
            Self::Rules { .. } => &rules::CHANGE,
            // JSON has no comments.
            Self::Object(_) | Self::Switch(_) | Self::RuleChange(_) if key == ABOUT => &TEXT,
            _ => self.row(key).map_or(&Self::Unknown, |row| &row.kind),
        }
    }

    /// The row of `key`, in an object of this kind.
    #[inline(never)]
    pub(super) fn row(&self, key: &str) -> Option<&'static KeySpec> {
        self.keys().iter().find(|row| row.name == key)
    }

    /// Whether an object of this kind can have `key`.
    pub(super) fn has(&self, key: &str) -> bool {
        !matches!(self.at(key), Self::Unknown)
    }

    /// The keys of an object of this kind.
    pub(super) const fn keys(&self) -> KeyTable {
        if let Self::Object(keys) | Self::Switch(keys) | Self::RuleChange(keys) = self {
            keys
        } else {
            &[]
        }
    }

    /// The key of an object of this kind whose own object can have `key`.
    pub(super) fn parent_of(&self, key: &str) -> Option<&'static str> {
        let has = |row: &&KeySpec| match row.kind {
            Self::Conditions => Signal::named(key).is_some(),
            _ => row.kind.row(key).is_some(),
        };
        self.keys().iter().find(has).map(|row| row.name)
    }

    /// Whether values of this kind can be objects or lists.
    pub(super) const fn has_parts(&self) -> bool {
        match self {
            Self::Conditions
            | Self::Object(_)
            | Self::Switch(_)
            | Self::Map(_)
            | Self::Rules { .. }
            | Self::RuleChange(_)
            | Self::List { .. } => true,
            Self::OneOrMore(of) => of.has_parts(),
            _ => false,
        }
    }

    /// The kind of the values of a list of this kind.
    pub(super) const fn item(&self) -> &'static Self {
        match self {
            Self::List { of, .. } | Self::OneOrMore(of) | Self::Rules { of, .. } => of,
            _ => &Self::Unknown,
        }
    }

    /// How many values a list of this kind must have.
    pub(super) fn least(&self) -> usize {
        if let Self::List { min, .. } = self { usize::from(*min) } else { 0 }
    }

    /// How many values a list of this kind may have.
    #[inline(never)]
    pub(super) fn most(&self) -> usize {
        if let Self::List { max: UNLIMITED, .. } = self {
            usize::MAX
        } else if let Self::List { max, .. } | Self::Rules { max, .. } = self {
            usize::from(*max)
        } else {
            0
        }
    }

    /// The numbers, seconds or bytes of this kind; no number at all for other kinds.
    #[inline(never)]
    pub(super) fn range(&self) -> RangeInclusive<u64> {
        match self {
            Self::Integer { min, max }
            | Self::Seconds { min, max }
            | Self::SecondsOrNull { min, max } => u64::from(*min)..=u64::from(*max),
            Self::Numbers(numbers) => 0..=numbers.last().copied().unwrap_or_default().into(),
            Self::Bytes(range) => (*range).clone(),
            Self::Status => STATUS,
            Self::ReplyStatus => REPLY_STATUS,
            _ => RangeInclusive::new(1, 0),
        }
    }
}

/// The key that every object with fixed keys may have: a free text.
pub(super) const ABOUT: &str = "about";

/// Begins a row.
const fn key(name: &'static str, kind: ValueKind) -> KeySpec {
    KeySpec {
        name,
        kind,
        hint: None,
        form: "",
        #[cfg(test)]
        doc: KeyDoc { meaning: "", absent: AbsentKey::Refused, example: "" },
    }
}

impl KeySpec {
    /// What to try where the key is missing and needed.
    const fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// The key is needed.
    const fn needed(
        self,
        hint: &'static str,
        meaning: &'static str,
        example: &'static str,
    ) -> Self {
        self.hint(hint).documented(meaning, "", "", example)
    }

    /// The absent key means the same as `default`, which is JSON.
    const fn default(
        self,
        default: &'static str,
        meaning: &'static str,
        example: &'static str,
    ) -> Self {
        self.documented(meaning, default, "", example)
    }

    /// The absent key means what `otherwise` says in words.
    const fn optional(
        self,
        otherwise: &'static str,
        meaning: &'static str,
        example: &'static str,
    ) -> Self {
        self.documented(meaning, "", otherwise, example)
    }

    #[cfg(not(test))]
    const fn documented(
        self,
        _: &'static str,
        _: &'static str,
        _: &'static str,
        example: &'static str,
    ) -> Self {
        self.formed(example)
    }

    /// What to write, where it is not the example: nobody shall use a key of a document.
    const fn form(self, form: &'static str) -> Self {
        Self { form, ..self }
    }

    /// Keeps the example of an object or a list. Those of other kinds are for documents alone.
    const fn formed(self, example: &'static str) -> Self {
        let form = if self.kind.has_parts() { example } else { "" };
        Self { form, ..self }
    }

    #[cfg(test)]
    const fn documented(
        self,
        meaning: &'static str,
        default: &'static str,
        otherwise: &'static str,
        example: &'static str,
    ) -> Self {
        let absent = match (default.is_empty(), otherwise.is_empty()) {
            (true, true) => AbsentKey::Refused,
            (true, false) => AbsentKey::Otherwise(otherwise),
            (false, _) => AbsentKey::Default(default),
        };
        Self { doc: KeyDoc { meaning, absent, example }, ..self }.formed(example)
    }
}

/// The words of a table of words and their meanings.
const fn words<T: Copy, const N: usize>(meanings: &[(&'static str, T); N]) -> [&'static str; N] {
    let mut words = [""; N];
    let (mut from, mut to): (&[(&'static str, T)], &mut [&'static str]) = (meanings, &mut words);
    while let ([(word, _), meanings @ ..], [place, places @ ..]) = (from, to) {
        *place = word;
        (from, to) = (meanings, places);
    }
    words
}
