//! Compares with the crate `unicode-normalization`, and writes the tables.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{canonical_combining_class, compose, decompose_canonical};

use super::tables::{self, PLACE_BITS};
use super::{hangul, nfkc, nfkd};

fn ours(text: &str) -> (String, String) {
    let mut decomposed = String::new();
    nfkd(text.chars(), |letter| decomposed.push(letter));
    (decomposed, nfkc(text.chars()).into_iter().collect())
}

fn theirs(text: &str) -> (String, String) {
    (text.nfkd().collect(), text.nfkc().collect())
}

fn letters() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

/// Two letters that compose, and what they compose to.
fn pairs() -> Vec<(char, char, char)> {
    let mut pairs = Vec::new();
    for letter in letters().filter(|letter| hangul::decompose(*letter).is_none()) {
        let mut parts = Vec::new();
        decompose_canonical(letter, |part| parts.push(part));
        let Some((second, rest)) = parts.split_last() else { continue };
        let rest: String = rest.iter().collect();
        let first: Vec<char> = rest.nfc().collect();
        if let [first] = first[..] {
            if compose(first, *second) == Some(letter) {
                pairs.push((first, *second, letter));
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

fn three(letter: char) -> [u8; 3] {
    let [a, b, c, _] = u32::from(letter).to_le_bytes();
    [a, b, c]
}

/// The place of what is wanted in `all`, to which it is added where it is missing.
fn place_in<T: PartialEq>(all: &mut Vec<T>, wanted: T) -> usize {
    all.iter().position(|it| *it == wanted).unwrap_or_else(|| {
        all.push(wanted);
        all.len() - 1
    })
}

/// The tables, by the names of their files.
fn written() -> Vec<(&'static str, Vec<u8>)> {
    let mut decompositions = BTreeMap::new();
    for letter in letters().filter(|letter| hangul::decompose(*letter).is_none()) {
        let parts: String = letter.nfkd().collect();
        if parts != letter.to_string() {
            decompositions.insert(u32::from(letter), parts.encode_utf16().collect::<Vec<u16>>());
        }
    }
    // The longest first, so that the shorter ones are found in them.
    let mut all: Vec<&Vec<u16>> = decompositions.values().collect();
    all.sort_by_key(|units| (std::cmp::Reverse(units.len()), *units));
    all.dedup();
    // The first place is taken, so that no entry is 0.
    let mut pool: Vec<u16> = vec![0];
    let mut places = BTreeMap::new();
    for units in all {
        let count = u16::try_from(units.len()).expect("few letters");
        let is_long = count > 7;
        let known = pool.windows(units.len()).position(|window| window == units && !is_long);
        let place = known.unwrap_or(pool.len());
        if known.is_none() {
            pool.extend(is_long.then_some(count));
            pool.extend(units);
        }
        assert!(place < 1 << PLACE_BITS, "too many letters");
        let place = u16::try_from(place).expect("13 bits");
        places.insert(units, if is_long { place } else { count << PLACE_BITS | place });
    }
    let entry = |code: u32| decompositions.get(&code).map_or(0, |units| places[units]);
    let (mut root, mut branches, mut leaves) = (Vec::new(), Vec::new(), Vec::new());
    let last = *decompositions.keys().next_back().expect("some");
    for block in 0..=last >> 10 {
        let leaf = |n: u32| (0..16).map(|m| entry(block << 10 | n << 4 | m)).collect::<Vec<u16>>();
        let branch: Vec<usize> = (0..64).map(|n| place_in(&mut leaves, leaf(n))).collect();
        root.push(u8::try_from(place_in(&mut branches, branch)).expect("few branches"));
    }
    let two = |number: &u16| number.to_le_bytes();
    let branches: Vec<u16> =
        branches.concat().iter().map(|leaf| u16::try_from(*leaf).expect("few leaves")).collect();

    let mut classes: Vec<(char, u8, u8)> = Vec::new();
    for letter in letters() {
        let class = canonical_combining_class(letter);
        match classes.last_mut() {
            _ if class == 0 => {}
            Some((first, more, same))
                if *same == class
                    && u32::from(*first) + u32::from(*more) + 1 == u32::from(letter) =>
            {
                *more += 1;
            }
            _ => classes.push((letter, 0, class)),
        }
    }
    let class = |(first, more, class): &(char, u8, u8)| {
        let [a, b, c] = three(*first);
        [a, b, c, *more, *class]
    };
    let pair = |(first, second, composed): &(char, char, char)| {
        [three(*first), three(*second), three(*composed)].concat()
    };
    vec![
        ("root.bin", root),
        ("branches.bin", branches.iter().flat_map(two).collect()),
        ("leaves.bin", leaves.concat().iter().flat_map(two).collect()),
        ("letters.bin", pool.iter().flat_map(two).collect()),
        ("pairs.bin", pairs().iter().flat_map(pair).collect()),
        ("classes.bin", classes.iter().flat_map(class).collect()),
    ]
}

#[test]
fn tables_are_those_of_the_crate_and_small() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("request/unicode_forms");
    let tables = written();
    for (name, table) in &tables {
        let path = folder.join(name);
        if std::env::var_os("UNSTUFF_BLESS").is_some() {
            std::fs::write(&path, table).expect("the table is written");
        }
        let found = std::fs::read(&path).unwrap_or_default();
        assert!(found == *table, "{name} is out of date: UNSTUFF_BLESS=1");
    }
    let bytes: usize = tables.iter().map(|(_, table)| table.len()).sum();
    assert!(bytes < 48 << 10, "{bytes} bytes");
}

#[test]
fn every_letter_is_normalised_as_by_the_crate() {
    for letter in letters() {
        let text = letter.to_string();
        assert_eq!(ours(&text), theirs(&text), "{letter:?}");
        assert_eq!(
            tables::combining_class(letter),
            canonical_combining_class(letter),
            "{letter:?}"
        );
    }
}

#[test]
fn every_pair_composes_as_by_the_crate() {
    let pairs = pairs();
    assert!(pairs.len() > 900, "{} pairs", pairs.len());
    for (first, second, composed) in pairs {
        let texts = [
            format!("{first}{second}"),
            format!("{first}\u{301}\u{327}{second}{composed}"),
            format!("{second}{first}\u{20d0}{second}"),
        ];
        for text in texts {
            assert_eq!(ours(&text), theirs(&text), "{text:?}");
        }
    }
}

/// Letters that are apt to move or to compose.
fn lively() -> impl Strategy<Value = char> {
    let from = |range: std::ops::RangeInclusive<char>| proptest::char::ranges(vec![range].into());
    prop_oneof![
        from('\u{300}'..='\u{36f}'),
        from('a'..='z'),
        from('\u{c0}'..='\u{17f}'),
        from('\u{1100}'..='\u{11ff}'),
        from('\u{ac00}'..='\u{d7a3}'),
        from('\u{591}'..='\u{5c7}'),
        from('\u{9bc}'..='\u{dff}'),
        from('\u{1e00}'..='\u{1fff}'),
        from('\u{f900}'..='\u{ffef}'),
        from('\u{11000}'..='\u{11fff}'),
        from('\u{1d100}'..='\u{1d7ff}'),
        any::<char>(),
    ]
}

proptest! {
    #[test]
    fn any_text_is_normalised_as_by_the_crate(text in prop::collection::vec(lively(), 0..40)) {
        let text: String = text.into_iter().collect();
        prop_assert_eq!(ours(&text), theirs(&text), "{:?}", text);
    }
}
