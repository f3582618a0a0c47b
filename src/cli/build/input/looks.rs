//! What lines look like that are given as passwords and are not.
//!
//! Any line can be a password, so this is about most lines of a block: people give the wrong flag,
//! and the filter would hold nothing that anybody types.

/// The digits of SHA-1, of MD5 and NTLM, of SHA-256, and of a line in a range file.
const HASHES: [usize; 4] = [40, 32, 64, 35];

/// Fewer lines than this can be all numbers by chance.
const FEWEST_COUNTS: u64 = 3;

/// Counts of lines by what they look like.
#[derive(Default)]
pub(super) struct ListLooks {
    lines: u64,
    hashes: u64,
    /// Lines of `uniq -c`, in descending order.
    counted: u64,
    last_count: Option<u64>,
}

impl ListLooks {
    /// Adds a line that is not empty.
    pub(super) fn add(&mut self, line: &[u8]) {
        self.lines += 1;
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let ends = matches!(line.get(digits), None | Some(b':'));
        self.hashes += u64::from(ends && HASHES.contains(&digits));
        if let Some(count) = leading_count(line) {
            if self.last_count.is_none_or(|last| count <= last) {
                self.counted += 1;
                self.last_count = Some(count);
            }
        }
    }

    /// What most of the lines are, with what to do.
    pub(super) fn lookalike(&self) -> Option<&'static str> {
        if self.hashes * 2 > self.lines {
            return Some(
                "most lines are hashes; a list of SHA-1 hashes is read without --passwords and \
                 --pairs, and other hashes are not read",
            );
        }
        (self.counted == self.lines && self.lines >= FEWEST_COUNTS).then_some(
            "each line begins with a count, as `uniq -c` prints it; remove the counts, with \
             `sed 's/^ *[0-9]* //'` for example",
        )
    }
}

/// The number before the space in `  290729 123456`.
fn leading_count(line: &[u8]) -> Option<u64> {
    let line = line.trim_ascii_start();
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (count, rest) = line.split_at_checked(digits)?;
    let counts = rest.first() == Some(&b' ') && rest.len() > 1;
    if counts { std::str::from_utf8(count).ok()?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookalike(text: &str) -> Option<&'static str> {
        let mut looks = ListLooks::default();
        text.lines().for_each(|line| looks.add(line.as_bytes()));
        looks.lookalike()
    }

    #[test]
    fn most_lines_decide() {
        let hash = |digits| -> String { "0123456789abcdef".chars().cycle().take(digits).collect() };
        for (text, expected) in [
            (format!("{}:3\n{}:2\nword\n", hash(40), hash(40)), "hashes"),
            (format!("{}\n{}\n", hash(32), hash(32).to_uppercase()), "hashes"),
            (format!("{}:9\n", hash(35)), "hashes"),
            (format!("{}:plain\n", hash(64)), "hashes"),
            (" 290729 123456\n  79076 12345\n     3 a b\n".to_owned(), "begins with a count"),
        ] {
            let said = lookalike(&text).unwrap_or_default();
            assert!(said.contains(expected), "{text}: {said}");
        }
    }

    #[test]
    fn passwords_look_like_nothing_else() {
        for text in [
            "deadbeef\ncafe:1\n",
            "0123456789abcdef0123456789abcdef01234567\nword\n",
            "1 love\n2 love\n3 love\n",
            "9 lives\n",
            "123456\n12345\n1234\n",
        ] {
            assert_eq!(lookalike(text), None, "{text}");
        }
    }
}
