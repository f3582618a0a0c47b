//! Usernames: one function normalises them everywhere, so that a counter, a pair filter and
//! a replayed log speak of the same account.

use unicode_normalization::UnicodeNormalization;

/// The longest normalised username in bytes. An e-mail address has at most 254; longer ones
/// that begin alike are taken for one, which only makes their counters stricter.
pub const MAX_USERNAME_BYTES: usize = 256;

/// The form in which a username is compared and counted: NFKC, lower case, trimmed, at most
/// [`MAX_USERNAME_BYTES`]. What is not UTF-8 becomes U+FFFD.
///
/// `Alice@Example.com `, `alice@example.com` and `ａｌｉｃｅ@example.com` are one account:
/// so most applications see it, and an attacker who varies the spelling gains no new
/// counter.
#[must_use]
pub fn normalise_username(username: &[u8]) -> String {
    if username.is_ascii() {
        return normalise_ascii(username);
    }
    let text = String::from_utf8_lossy(username);
    // Trimmed before the cut too, or padding in front would make all accounts one. Composed
    // again, for lower case can decompose (`İ`).
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

/// The same for ASCII, which NFKC leaves alone: what nearly all usernames are, and a tenth of
/// the time.
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
    fn spellings_of_one_account_are_one() {
        for spelling in ["Alice", " alice ", "ALICE\r\n", "ａｌｉｃｅ", "\u{a0}alice\0"] {
            assert_eq!(normalise_username(spelling.as_bytes()), "alice", "{spelling:?}");
        }
        assert_eq!(normalise_username("Cafe\u{301}".as_bytes()), "café");
        assert_eq!(normalise_username(b"\xFFx"), "\u{FFFD}x");
        assert_eq!(normalise_username(b" \t"), "");
    }

    #[test]
    fn padding_does_not_make_accounts_one() {
        let padded = format!("{}alice", " ".repeat(1000));
        assert_eq!(normalise_username(padded.as_bytes()), "alice");
        assert_eq!(normalise_username("x".repeat(10_000).as_bytes()).len(), MAX_USERNAME_BYTES);
        assert!(normalise_username("\u{FDFA}".repeat(500).as_bytes()).len() <= MAX_USERNAME_BYTES);
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(name in ".{0,300}") {
            let once = normalise_username(name.as_bytes());
            prop_assert!(once.len() <= MAX_USERNAME_BYTES);
            prop_assert_eq!(normalise_username(once.as_bytes()), once);
        }

        #[test]
        fn ascii_takes_a_short_cut_to_the_same(name in "[\\x00-\\x7F]{0,300}") {
            // The same letters by the long way: a letter that is not ASCII goes in front, and
            // keeps what was leading from being trimmed.
            let name = name.trim_start_matches(is_blank);
            let long = normalise_username(format!("é{name}").as_bytes());
            let cut = name.get(..name.len().min(MAX_USERNAME_BYTES - "é".len())).unwrap_or("");
            prop_assert_eq!(format!("é{}", normalise_username(cut.as_bytes())), long);
        }

        #[test]
        fn ascii_case_and_blanks_around_do_not_matter(name in "[a-zA-Z0-9@.+-]{1,40}") {
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
