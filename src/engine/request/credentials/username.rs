//! Normalisation of usernames: one function, so that counters, pair filters and replayed logs agree
//! on the account.

use unicode_normalization::UnicodeNormalization;

/// The most bytes of a normalised username. An e-mail address has at most 254. Longer usernames with
/// the same beginning count as one account, which only makes their counters stricter.
pub const MAX_USERNAME_BYTES: usize = 256;

/// The normalised form of a username: NFKC, lower case, trimmed, at most [`MAX_USERNAME_BYTES`].
/// Invalid UTF-8 becomes U+FFFD.
///
/// `Alice@Example.com `, `alice@example.com` and `ａｌｉｃｅ@example.com` are one account, as in
/// most applications. An attacker who varies the spelling gains no new counter.
#[must_use]
pub fn normalise_username(username: &[u8]) -> String {
    if username.is_ascii() {
        return normalise_ascii(username);
    }
    let text = String::from_utf8_lossy(username);
    // Trimmed before the cut, or leading padding would merge all accounts. Composed again, because
    // lower case can decompose (`İ`).
    let folded = text.trim_matches(is_blank).nfkc().flat_map(char::to_lowercase).nfkc();
    let mut normal = String::new();
    for letter in folded.skip_while(|&letter| is_blank(letter)) {
        if normal.len() + letter.len_utf8() > MAX_USERNAME_BYTES {
            break;
        }
        normal.push(letter);
    }
    normal.truncate(normal.trim_end_matches(is_blank).len());
    normal
}

/// The same for ASCII, which NFKC does not change: ten times as fast, and nearly all usernames are
/// ASCII.
fn normalise_ascii(username: &[u8]) -> String {
    // ASCII is UTF-8.
    let text = std::str::from_utf8(username).unwrap_or_default().trim_start_matches(is_blank);
    let cut = text.get(..MAX_USERNAME_BYTES).unwrap_or(text);
    cut.trim_end_matches(is_blank).to_ascii_lowercase()
}

fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_account_are_equal() {
        for spelling in ["Alice", " alice ", "ALICE\r\n", "ａｌｉｃｅ", "\u{a0}alice\0"] {
            assert_eq!(normalise_username(spelling.as_bytes()), "alice", "{spelling:?}");
        }
        assert_eq!(normalise_username("Cafe\u{301}".as_bytes()), "café");
        assert_eq!(normalise_username(b"\xFFx"), "\u{FFFD}x");
        assert_eq!(normalise_username(b" \t"), "");
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
            // A leading non-ASCII letter takes the general path and keeps the rest from being
            // trimmed.
            let name = name.trim_start_matches(is_blank);
            let long = normalise_username(format!("é{name}").as_bytes());
            let cut = name.get(..name.len().min(MAX_USERNAME_BYTES - "é".len())).unwrap_or("");
            prop_assert_eq!(format!("é{}", normalise_username(cut.as_bytes())), long);
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
