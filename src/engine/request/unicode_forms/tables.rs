//! What letters decompose to, which ones compose, and the order of marks, in compact tables.
//!
//! The files beside this one are written by `UNSTUFF_BLESS=1`; `tests` tells their format. Numbers
//! are little-endian.

/// For each 1,024 code points, the number of a branch.
pub(super) static ROOT: &[u8] = include_bytes!("root.bin");
/// For each 16 code points of a branch, the number of a leaf, in two bytes.
pub(super) static BRANCHES: &[u8] = include_bytes!("branches.bin");
/// For each code point of a leaf, two bytes: 13 bits for a place in the letters, and above them 3
/// for the number of letters. If these are 0, the number is at that place. All are 0 if the letter
/// does not decompose.
pub(super) static LEAVES: &[u8] = include_bytes!("leaves.bin");
/// What letters decompose to, as UTF-16.
pub(super) static LETTERS: &[u8] = include_bytes!("letters.bin");
/// Two letters that compose and what they compose to, in order, as three times three bytes.
pub(super) static PAIRS: &[u8] = include_bytes!("pairs.bin");
/// Runs of marks of one class, in order: the first in three bytes, how many follow it, the class.
pub(super) static CLASSES: &[u8] = include_bytes!("classes.bin");

/// The bits of a place in the letters.
pub(super) const PLACE_BITS: u32 = 13;

/// Marks are at or above this. There are none from `HAN` on, except above them.
const FIRST_MARK: u32 = 0x300;
/// Han letters and others that neither are marks nor have been any, first and last.
const HAN: (u32, u32) = (0x3100, 0xA66E);

/// What a letter decomposes to, if it does.
pub(super) fn decomposition(letter: char) -> Option<impl Iterator<Item = char>> {
    let code = usize::try_from(u32::from(letter)).ok()?;
    let branch = usize::from(*ROOT.get(code >> 10)?);
    let leaf = usize::from(unit(BRANCHES, branch << 6 | code >> 4 & 0x3F)?);
    let entry = unit(LEAVES, leaf << 4 | code & 0xF).filter(|entry| *entry != 0)?;
    let place = usize::from(entry & ((1 << PLACE_BITS) - 1));
    let (start, count) = match entry >> PLACE_BITS {
        0 => (place + 1, unit(LETTERS, place)?),
        count => (place, count),
    };
    let units = (start..start + usize::from(count)).filter_map(|place| unit(LETTERS, place));
    Some(char::decode_utf16(units).filter_map(Result::ok))
}

/// The combining class; 0 if the letter is no mark.
pub(super) fn combining_class(letter: char) -> u8 {
    let code = u32::from(letter);
    if code < FIRST_MARK || (HAN.0..=HAN.1).contains(&code) {
        return 0;
    }
    // The last run that begins at or before the letter.
    let record = |place: usize| CLASSES.get(place * 5..)?.first_chunk::<5>();
    let begins_before = |place: usize| {
        record(place).is_some_and(|[a, b, c, ..]| u32::from_le_bytes([*a, *b, *c, 0]) <= code)
    };
    let place = first_not(CLASSES.len() / 5, begins_before);
    match place.checked_sub(1).and_then(record) {
        Some([a, b, c, more, class])
            if code - u32::from_le_bytes([*a, *b, *c, 0]) <= u32::from(*more) =>
        {
            *class
        }
        _ => 0,
    }
}

/// What two letters compose to, if they do.
pub(super) fn composition(first: char, second: char) -> Option<char> {
    if u32::from(second) < FIRST_MARK {
        return None;
    }
    let key = (u32::from(first), u32::from(second));
    let record = |place: usize| {
        let [a, b, c, d, e, f, g, h, i] = *PAIRS.get(place * 9..)?.first_chunk::<9>()?;
        let number = |a, b, c| u32::from_le_bytes([a, b, c, 0]);
        Some(((number(a, b, c), number(d, e, f)), number(g, h, i)))
    };
    let is_before = |place: usize| record(place).is_some_and(|(pair, _)| pair < key);
    let (pair, composed) = record(first_not(PAIRS.len() / 9, is_before))?;
    (pair == key).then(|| char::from_u32(composed)).flatten()
}

/// The number in two bytes at a place of a table.
fn unit(table: &[u8], place: usize) -> Option<u16> {
    table.get(place * 2..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

/// The first of `count` places that does not meet a condition, which no place after it meets.
fn first_not(count: usize, meets: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if meets(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
