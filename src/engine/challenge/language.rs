//! The languages of the page, and the one that a visitor reads.
//!
//! The texts of a language are in `texts/TAG.json`. The visitor's `accept-language` chooses (RFC
//! 9110, section 12.5.4) by lookup (RFC 4647, section 3.4): the ranges by their weight, and each
//! without its last subtags until a language is found, so `de-CH-1996` is German. Without one it is
//! English. Of a long header only the first [`MAX_RANGES`] ranges count.

use serde_json::Value;

use crate::request::headers::Headers;

/// The most ranges that are read. Browsers send up to ten.
const MAX_RANGES: usize = 32;

/// The longest range that is looked up, in bytes (RFC 5646, section 4.4.1).
const MAX_RANGE_BYTES: usize = 35;

macro_rules! languages {
    ($($tag:literal)*) => { &[$(($tag, include_str!(concat!("texts/", $tag, ".json")))),*] };
}

/// The tag and the texts of each language. The first one is for everybody else.
const LANGUAGES: &[(&str, &str)] = languages! {
    "en" "ar" "cs" "de" "es" "fi" "fr" "it" "ja" "nl" "pl" "pt" "ru" "sv" "tr" "uk" "zh"
};

/// A language of the page. The default is English.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Language(usize);

/// The texts of a language.
#[derive(Clone, Debug)]
pub(super) struct Texts(Value);

impl Language {
    /// The language that the sender of a request prefers.
    #[must_use]
    pub fn of(headers: Headers<'_>) -> Self {
        let sent = headers.all("accept-language").flat_map(|value| value.split(|&it| it == b','));
        let mut ranges: Vec<_> = sent.take(MAX_RANGES).filter_map(range).collect();
        // A stable sort: of equal weights the first one counts.
        ranges.sort_by_key(|&(_, weight)| std::cmp::Reverse(weight));
        ranges.into_iter().find_map(|(tag, _)| Self::lookup(tag)).unwrap_or_default()
    }

    /// Its texts.
    pub(super) fn texts(self) -> Texts {
        let (_, file) = LANGUAGES.get(self.0).copied().unwrap_or_default();
        Texts(serde_json::from_str(file).unwrap_or_default())
    }

    /// Every language.
    #[cfg(test)]
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..LANGUAGES.len()).map(Self)
    }

    fn lookup(mut range: &str) -> Option<Self> {
        loop {
            let is_it = |(tag, _): &(&str, &str)| tag.eq_ignore_ascii_case(range);
            if let Some(found) = LANGUAGES.iter().position(is_it) {
                return Some(Self(found));
            }
            range = range.rsplit_once('-')?.0;
        }
    }
}

impl Texts {
    /// A text, if there is one of this name.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The names of all texts.
    #[cfg(test)]
    pub(super) fn names(&self) -> Vec<&str> {
        let texts = self.0.as_object().into_iter();
        texts.flat_map(|texts| texts.keys()).map(String::as_str).collect()
    }

    /// A text, empty if there is none of this name.
    pub(super) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }
}

/// A range and its weight in thousandths. `None` if it is malformed or not wanted.
fn range(sent: &[u8]) -> Option<(&str, u16)> {
    let mut parts = sent.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let tag = parts.next().filter(|tag| (1..=MAX_RANGE_BYTES).contains(&tag.len()))?;
    let weight = match parts.next() {
        None => 1000,
        Some(parameter) => weight(parameter)?,
    };
    (weight > 0).then_some((std::str::from_utf8(tag).ok()?, weight))
}

/// The thousandths of `q=0.8` (RFC 9110, section 12.4.2).
fn weight(parameter: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(parameter).ok()?;
    let (name, value) = text.split_once('=')?;
    let (whole, decimals) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if !name.trim().eq_ignore_ascii_case("q") || decimals.len() > 3 {
        return None;
    }
    let digits = format!("{whole}{decimals:0<3}");
    let is_number = whole.len() == 1 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|&thousandths| is_number && thousandths <= 1000)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn chosen(values: &[&str]) -> &'static str {
        let headers: Vec<_> =
            values.iter().map(|&value| ("Accept-Language".into(), value.into())).collect();
        LANGUAGES[Language::of(Headers::new(&headers)).0].0
    }

    fn texts() -> Vec<(&'static str, BTreeMap<String, String>)> {
        let read = |&(tag, file): &(&'static str, &str)| {
            (tag, serde_json::from_str(file).unwrap_or_else(|error| panic!("{tag}: {error}")))
        };
        LANGUAGES.iter().map(read).collect()
    }

    #[test]
    fn the_preferred_language_is_looked_up() {
        for (sent, wanted) in [
            ("de", "de"),
            ("de-CH-1996, en;q=0.9", "de"),
            ("DE-at", "de"),
            ("en;q=0.5, fr;q=0.8", "fr"),
            ("zz, fr ; Q=0.3 , de;q=0.2", "fr"),
            ("fr;q=0, de;q=0.001", "de"),
            ("pt-BR,pt;q=0.9,en-US;q=0.8", "pt"),
            ("zh-Hant-TW", "zh"),
            ("es, fr", "es"),
            ("*", "en"),
            ("*;q=0.1, ar", "ar"),
            ("zz-de", "en"),
            ("deu", "en"),
            ("", "en"),
        ] {
            assert_eq!(chosen(&[sent]), wanted, "{sent}");
        }
        assert_eq!(chosen(&["zz", "fr;q=0.5, sv"]), "sv", "several headers are one list");
        assert_eq!(chosen(&[]), "en");
    }

    #[test]
    fn malformed_ranges_do_not_count() {
        let malformed = ["de;q=2", "de;q=1.1", "de;q=-1", "de;q=0.1234", "de;q", "de;x=1", "-de"];
        for sent in malformed.into_iter().chain(["de_DE", "d e", ";q=1", "de;q=0.+5", "de;q=+.5"]) {
            assert_eq!(chosen(&[sent]), "en", "{sent}");
            assert_eq!(chosen(&[&format!("{sent}, fr;q=0.1")]), "fr", "{sent}");
        }
    }

    #[test]
    fn a_huge_header_counts_as_far_as_the_bound() {
        let long = "x".repeat(100_000);
        assert_eq!(chosen(&[&format!("{long}, de")]), "de");
        assert_eq!(chosen(&[&"-".repeat(100_000)]), "en");
        assert_eq!(chosen(&[&format!("{}de", "zz,".repeat(MAX_RANGES))]), "en");
    }

    proptest! {
        #[test]
        fn any_header_chooses_some_language(value: Vec<u8>) {
            let headers = [(b"accept-language".to_vec(), value)];
            prop_assert!(Language::of(Headers::new(&headers)).0 < LANGUAGES.len());
        }
    }

    #[test]
    fn every_language_has_every_text() {
        let all = texts();
        let names: Vec<_> = all[0].1.keys().collect();
        for (tag, texts) in &all {
            assert_eq!(texts.keys().collect::<Vec<_>>(), names, "{tag}");
            for (name, text) in texts {
                assert!(!text.trim().is_empty() && text.trim() == text, "{tag}: {name}");
            }
        }
    }

    #[test]
    fn every_text_keeps_its_placeholders_and_holds_no_others() {
        let all = texts();
        let english = &all[0].1;
        for (tag, texts) in &all {
            for (name, text) in texts {
                let count = |text: &str| text.matches("{seconds}").count();
                assert_eq!(count(text), count(&english[name]), "{tag}: {name}");
                let rest = text.replace("{seconds}", "");
                assert!(!rest.contains(['{', '}', '<', '>']), "{tag}: {name}: {text}");
            }
        }
    }

    #[test]
    fn no_text_is_left_in_english() {
        let all = texts();
        let english = &all[0].1;
        for (tag, texts) in all.iter().skip(1) {
            for (name, text) in texts.iter().filter(|(name, _)| *name != "dir") {
                assert_ne!(text, &english[name], "{tag}: {name}");
            }
        }
    }

    #[test]
    fn every_language_names_itself_and_its_direction() {
        for (tag, texts) in texts() {
            assert!(texts["lang"].split('-').next() == Some(tag), "{tag}");
            assert_eq!(texts["dir"], if tag == "ar" { "rtl" } else { "ltr" }, "{tag}");
        }
    }
}
