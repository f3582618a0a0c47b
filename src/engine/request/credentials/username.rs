//! Normalisation of usernames: one function, so that counters, pair filters and replayed logs agree
//! on the account.

use super::invisible::is_invisible;
use crate::request::unicode_forms::nfkc;

/// The most bytes of a normalised username. An e-mail address has at most 254. Longer usernames with
/// the same beginning count as one account, which only makes their counters stricter.
pub const MAX_USERNAME_BYTES: usize = 256;

/// The most letters of a username that are normalised, after blanks have been made one. Four of them
/// may become one letter, so this is more than enough, unless most of them come to nothing.
const MAX_LETTERS: usize = 16 * MAX_USERNAME_BYTES;

/// The normalised form of a username: NFKC, lower case, trimmed, without control characters and
/// characters that nobody sees, at most [`MAX_USERNAME_BYTES`]. Blanks within it are one: `john
/// smith` is not `johnsmith`. Invalid UTF-8 becomes U+FFFD.
///
/// `Alice@Example.com `, `alice@example.com` and `ａｌｉｃｅ@example.com` are one account, as in
/// most applications. An attacker who varies the spelling gains no new counter.
#[must_use]
pub fn normalise_username(username: &[u8]) -> String {
    if username.is_ascii() {
        return normalise_ascii(username);
    }
    let text = String::from_utf8_lossy(username);
    // Composed again, because lower case can decompose (`İ`). Filtered before that, so that nothing
    // unseen stands between a letter and its accent, and after, because it composes unseen letters.
    let seen = text.chars().filter(|&letter| !is_dropped(letter));
    let mut was_blank = true;
    let seen = seen.filter(|letter| {
        let is_blank = letter.is_whitespace();
        !(std::mem::replace(&mut was_blank, is_blank) && is_blank)
    });
    let composed = nfkc(seen.take(MAX_LETTERS));
    let folded = nfkc(composed.into_iter().flat_map(char::to_lowercase));
    let mut normal = String::new();
    for letter in folded.into_iter().filter(|&letter| !is_dropped(letter)) {
        // A blank before the first letter is none, so that padding does not merge accounts.
        let letter = if letter.is_whitespace() { ' ' } else { letter };
        if letter == ' ' && (normal.is_empty() || normal.ends_with(' ')) {
            continue;
        }
        if normal.len() + letter.len_utf8() > MAX_USERNAME_BYTES {
            break;
        }
        normal.push(letter);
    }
    normal.truncate(normal.trim_end_matches(' ').len());
    normal
}

/// The same for ASCII, which NFKC does not change: ten times as fast, and nearly all usernames are
/// ASCII.
fn normalise_ascii(username: &[u8]) -> String {
    let is_odd = |byte: &u8| byte.is_ascii_control() || *byte == b' ';
    // ASCII is UTF-8.
    let text = std::str::from_utf8(username).unwrap_or_default();
    if !username.iter().any(is_odd) {
        return text.get(..MAX_USERNAME_BYTES).unwrap_or(text).to_ascii_lowercase();
    }
    let seen: String = text.chars().filter(|&letter| !is_dropped(letter)).collect();
    let mut normal = String::new();
    for word in seen.split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.extend(word.chars().map(|letter| letter.to_ascii_lowercase()));
    }
    normal.truncate(MAX_USERNAME_BYTES);
    normal.truncate(normal.trim_end_matches(' ').len());
    normal
}

/// Whether the character is nothing in a username. A blank is something.
fn is_dropped(letter: char) -> bool {
    (letter.is_control() && !letter.is_whitespace()) || is_invisible(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_account_are_equal() {
        for spelling in [
            "Alice",
            " alice ",
            "ALICE\r\n",
            "ａｌｉｃｅ",
            "\u{a0}alice\0",
            "al\u{200b}ice",
            "\u{feff}alice\u{ad}",
            "a\u{1}lice",
        ] {
            assert_eq!(normalise_username(spelling.as_bytes()), "alice", "{spelling:?}");
        }
        assert_eq!(normalise_username("Cafe\u{301}".as_bytes()), "café");
        assert_eq!(normalise_username(b"\xFFx"), "\u{FFFD}x");
        assert_eq!(normalise_username(b" \t"), "");
    }

    #[test]
    fn blanks_within_a_name_are_one() {
        for spelling in ["John Smith", "john  smith ", "john\tsmith", "john\u{3000}\u{a0}smith"] {
            assert_eq!(normalise_username(spelling.as_bytes()), "john smith", "{spelling:?}");
        }
        assert_eq!(normalise_username(b"johnsmith"), "johnsmith");
    }

    #[test]
    fn padding_does_not_merge_accounts() {
        let padded = format!("{}alice", " ".repeat(1000));
        assert_eq!(normalise_username(padded.as_bytes()), "alice");
        assert_eq!(normalise_username("x".repeat(10_000).as_bytes()).len(), MAX_USERNAME_BYTES);
        assert!(normalise_username("\u{FDFA}".repeat(500).as_bytes()).len() <= MAX_USERNAME_BYTES);
    }

    proptest! {
        #[test]
        fn normalisation_is_idempotent(name in ".{0,300}") {
            let once = normalise_username(name.as_bytes());
            prop_assert!(once.len() <= MAX_USERNAME_BYTES);
            prop_assert_eq!(normalise_username(once.as_bytes()), once);
        }

        #[test]
        fn ascii_path_gives_the_same_result(name in "[\\x00-\\x7F]{0,300}") {
            // A leading non-ASCII letter takes the general path.
            let long = normalise_username(format!("é{name}").as_bytes());
            let short = normalise_username(format!("e{name}").as_bytes());
            let is_cut = short.len() >= MAX_USERNAME_BYTES - 2;
            prop_assert!(is_cut || long.strip_prefix('é') == short.strip_prefix('e'));
        }

        #[test]
        fn letter_case_and_surrounding_blanks_do_not_matter(name in "[a-zA-Z0-9@.+-]{1,40}") {
            let spelt = format!("\t {} ", name.to_ascii_uppercase());
            let expected = name.to_ascii_lowercase();
            prop_assert_eq!(normalise_username(spelt.as_bytes()), expected);
        }

        #[test]
        fn bytes_never_panic(bytes: Vec<u8>) {
            let _ = normalise_username(&bytes);
        }
    }
}
