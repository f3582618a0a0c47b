//! Unicode's normalisation forms NFKD and NFKC.
//!
//! The module is to be small, and tables that are made for speed take 110 KB of it. These take 45:
//! `tables` reads them from files that a test writes with the crate `unicode-normalization`, and
//! compares both for every character. Latin, Han and Hangul letters are found without a search, and
//! the work is linear in the text, whatever it consists of.
//!
//! The algorithms are those of Unicode Standard Annex 15 and of chapter 3.12 of the standard.

mod hangul;
mod tables;
#[cfg(test)]
mod tests;

/// Passes the text to `take` in NFKD, letter by letter.
pub(crate) fn nfkd(text: impl Iterator<Item = char>, mut take: impl FnMut(char)) {
    let mut marks = Marks::default();
    let mut take_decomposed = |letter| match tables::combining_class(letter) {
        0 => {
            marks.pass_on(&mut take);
            take(letter);
        }
        class => marks.0.push((class, letter)),
    };
    for letter in text {
        decompose(letter, &mut take_decomposed);
    }
    marks.pass_on(&mut take);
}

/// The text in NFKC.
pub(crate) fn nfkc(text: impl Iterator<Item = char>) -> Vec<char> {
    let mut composed = Composed::default();
    nfkd(text, |letter| composed.push(letter));
    composed.letters
}

fn decompose(letter: char, mut take: impl FnMut(char)) {
    if let Some(jamo) = hangul::decompose(letter) {
        jamo.for_each(take);
    } else if let Some(letters) = tables::decomposition(letter) {
        letters.for_each(take);
    } else {
        take(letter);
    }
}

/// Marks that follow one letter, with their combining classes, as they came.
#[derive(Default)]
struct Marks(Vec<(u8, char)>);

impl Marks {
    /// Passes them on in the order of their classes; those of one class stay as they came. There are
    /// few classes, so a look at all marks for each of them is linear.
    fn pass_on(&mut self, take: &mut impl FnMut(char)) {
        let mut passed = 0;
        while let Some(class) = self.0.iter().map(|mark| mark.0).filter(|it| *it > passed).min() {
            self.0.iter().filter(|mark| mark.0 == class).for_each(|mark| take(mark.1));
            passed = class;
        }
        self.0.clear();
    }
}

/// Letters that are composed as they come.
#[derive(Default)]
struct Composed {
    letters: Vec<char>,
    /// The place of the last letter that is no mark.
    starter: Option<usize>,
    /// The class of what came last after it; 0 if nothing did.
    last_class: u8,
}

impl Composed {
    fn push(&mut self, letter: char) {
        let class = tables::combining_class(letter);
        let starter = self.starter.and_then(|at| self.letters.get_mut(at));
        // What has the same class as the one before it is hidden by it.
        if let (Some(starter), true) = (starter, self.last_class < class || self.last_class == 0) {
            if let Some(composed) = compose(*starter, letter) {
                *starter = composed;
                return;
            }
        }
        if class == 0 {
            self.starter = Some(self.letters.len());
        }
        self.last_class = class;
        self.letters.push(letter);
    }
}

fn compose(first: char, second: char) -> Option<char> {
    hangul::compose(first, second).or_else(|| tables::composition(first, second))
}
