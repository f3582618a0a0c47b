//! Characters that nobody sees: Unicode's default-ignorable ones.
//!
//! They make a second spelling of a name that looks the same, and many applications drop them.

/// Whether the character is default-ignorable (Unicode 16, `DerivedCoreProperties.txt`).
pub(super) fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joiners_and_marks_are_invisible_and_letters_and_blanks_are_not() {
        for letter in ['\u{200B}', '\u{200D}', '\u{FEFF}', '\u{AD}', '\u{E0020}'] {
            assert!(is_invisible(letter), "{letter:?}");
        }
        assert!(!"aé ß\u{A0}\u{3000}\n漢".chars().any(is_invisible));
    }
}
