//! Hangul syllables, which are composed by arithmetic.

/// The first syllable, and the number of them.
const SYLLABLES: (u32, u32) = (0xAC00, 11_172);
/// The first leading consonant, and the number of them that compose.
const LEADING: (u32, u32) = (0x1100, 19);
/// The first vowel, and the number of them that compose.
const VOWELS: (u32, u32) = (0x1161, 21);
/// The place before the first trailing consonant, which stands for none, and their number with it.
const TRAILING: (u32, u32) = (0x11A7, 28);

/// The place of a letter in a row of letters.
fn place(letter: char, (first, count): (u32, u32)) -> Option<u32> {
    u32::from(letter).checked_sub(first).filter(|place| *place < count)
}

/// The letters of a syllable.
pub(super) fn decompose(syllable: char) -> Option<impl Iterator<Item = char>> {
    let place = place(syllable, SYLLABLES)?;
    let trailing = place % TRAILING.1;
    let vowel = place / TRAILING.1 % VOWELS.1;
    let leading = place / TRAILING.1 / VOWELS.1;
    let trailing = (trailing > 0).then_some(TRAILING.0 + trailing);
    let letters = [Some(LEADING.0 + leading), Some(VOWELS.0 + vowel), trailing];
    Some(letters.into_iter().flatten().filter_map(char::from_u32))
}

/// A consonant and a vowel, or a syllable without a trailing consonant and one, as a syllable.
pub(super) fn compose(first: char, second: char) -> Option<char> {
    let of_place = |place: u32| char::from_u32(SYLLABLES.0 + place);
    if let (Some(leading), Some(vowel)) = (place(first, LEADING), place(second, VOWELS)) {
        return of_place((leading * VOWELS.1 + vowel) * TRAILING.1);
    }
    let syllable = place(first, SYLLABLES).filter(|place| place % TRAILING.1 == 0)?;
    let trailing = place(second, TRAILING).filter(|trailing| *trailing > 0)?;
    of_place(syllable + trailing)
}
