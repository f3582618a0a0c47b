//! Parsed lines of a list: digests, and errors of bad lines.

use unstuff_engine::breached::Sha1Digest;
use unstuff_engine::breached::hibp::{self, HibpLine, Range};
use unstuff_engine::request::credentials::normalise_username;

use super::looks::ListLooks;

/// The longest password in bytes; the module reads no more of a body.
const MAX_PASSWORD: usize = 16 * 1024;
/// The number of bad lines per block that are described; all are counted.
const DESCRIBED: usize = 10;

/// The format of the lines of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListFormat {
    /// `HASH:COUNT`; hashes with at least this count are used.
    Hashes {
        /// At least 1.
        min_count: u64,
        /// Whether the counts are kept beside the keys.
        counts: bool,
    },
    /// Plain-text passwords.
    Passwords,
    /// `username:password`, split at the first colon.
    Pairs,
}

/// The result of parsing a block of lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ParsedLines {
    /// The keys that are used, in the order of the lines.
    pub keys: Vec<Sha1Digest>,
    /// Their counts, if the format asks for them.
    pub counts: Vec<u64>,
    /// The lowest count among them; `u64::MAX` if there are none or they have no counts.
    pub least_count: u64,
    /// Number of lines, blank ones included.
    pub lines: u64,
    /// Number of bad lines.
    pub bad: u64,
    /// The first bad lines: number from 1, and the error.
    pub described: Vec<(u64, String)>,
    /// First and last hash, used or not.
    pub ends: Option<(Sha1Digest, Sha1Digest)>,
    /// The first line (from 1) whose hash is lower than the one before.
    pub out_of_order: Option<u64>,
    /// What the lines of a plain-text list look like, if they are no passwords.
    pub lookalike: Option<&'static str>,
    /// Whether it is a range file without a hash.
    pub empty_range: bool,
}

impl ParsedLines {
    /// Parses a text of whole lines.
    pub(crate) fn read(format: ListFormat, range: Option<Range>, text: &[u8]) -> Self {
        let mut found = Self { least_count: u64::MAX, ..Self::default() };
        match format {
            ListFormat::Hashes { min_count, counts } => {
                found.read_hashes(min_count, counts, range, text);
                found.empty_range = range.is_some() && found.ends.is_none() && found.bad == 0;
            }
            ListFormat::Passwords => found.read_plain(text, password),
            ListFormat::Pairs => found.read_plain(text, pair),
        }
        found
    }

    fn read_hashes(&mut self, min_count: u64, counts: bool, range: Option<Range>, mut text: &[u8]) {
        self.keys.reserve(text.len() / 43);
        let mut last = None;
        while let Some(line) = hibp::next_line(&mut text, range) {
            self.lines += 1;
            let (digest, count) = match line {
                HibpLine::Entry(digest, count) => (digest, count),
                HibpLine::Blank => continue,
                HibpLine::Bad(why) => {
                    self.bad_line(&why.to_string());
                    continue;
                }
            };
            if last.is_some_and(|last| digest < last) && self.out_of_order.is_none() {
                self.out_of_order = Some(self.lines);
            }
            self.ends = Some((self.ends.map_or(digest, |(first, _)| first), digest));
            // A list may have the same hash twice in a row, in upper and lower case for example.
            let again = last == Some(digest) && self.keys.last() == Some(&digest);
            // A sort by key finds the same hash with other counts.
            if count >= min_count && (counts || !again) {
                self.keys.push(digest);
                self.least_count = self.least_count.min(count);
                if counts {
                    self.counts.push(count);
                }
            }
            last = Some(digest);
        }
    }

    fn read_plain(&mut self, text: &[u8], key: fn(&[u8]) -> Result<Sha1Digest, &'static str>) {
        let mut looks = ListLooks::default();
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            self.lines += 1;
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            looks.add(line);
            match key(line) {
                Ok(digest) => self.keys.push(digest),
                Err(why) => self.bad_line(why),
            }
        }
        self.lookalike = looks.lookalike();
    }

    fn bad_line(&mut self, why: &str) {
        self.bad += 1;
        if self.described.len() < DESCRIBED {
            self.described.push((self.lines, why.to_owned()));
        }
    }
}

fn password(line: &[u8]) -> Result<Sha1Digest, &'static str> {
    if line.len() > MAX_PASSWORD {
        return Err("longer than any password that the module reads");
    }
    Ok(Sha1Digest::of(line))
}

fn pair(line: &[u8]) -> Result<Sha1Digest, &'static str> {
    if line.len() > MAX_PASSWORD {
        return Err("longer than any login that the module reads");
    }
    let mut parts = line.splitn(2, |&byte| byte == b':');
    match (parts.next(), parts.next()) {
        (Some(username), Some(password)) if !username.is_empty() && !password.is_empty() => {
            let username = normalise_username(username);
            Ok(Sha1Digest::of_pair(username.as_bytes(), password))
        }
        _ => Err("not username:password"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASHES: ListFormat = ListFormat::Hashes { min_count: 1, counts: false };

    #[test]
    fn counts_below_the_minimum_and_padding_are_dropped() {
        let line = |digit: char, count| format!("{}:{count}\n", digit.to_string().repeat(40));
        let text = [line('0', 0), line('1', 5), line('1', 5), line('2', 9), line('3', 4)].concat();
        let found = ParsedLines::read(HASHES, None, text.as_bytes());
        assert_eq!((found.keys.len(), found.least_count, found.lines), (3, 4, 5));
        let format = ListFormat::Hashes { min_count: 5, counts: false };
        let found = ParsedLines::read(format, None, text.as_bytes());
        assert_eq!((found.keys.len(), found.least_count), (2, 5));
        assert_eq!(found.ends.map(|(first, last)| first < last), Some(true));
    }

    #[test]
    fn first_line_out_of_order_is_named() {
        let text: String = "1132435".chars().map(|c| c.to_string().repeat(40) + ":1\n").collect();
        let found = ParsedLines::read(HASHES, None, text.as_bytes());
        assert_eq!(found.out_of_order, Some(4));
    }

    #[test]
    fn passwords_are_used_unchanged_without_the_line_end() {
        let found = ParsedLines::read(ListFormat::Passwords, None, b" a b \r\n\nc:d\n\xff");
        let expected = [&b" a b "[..], b"c:d", b"\xff"].map(Sha1Digest::of);
        assert!(found.keys == expected);
        assert_eq!((found.lines, found.bad), (4, 0));
    }

    #[test]
    fn pairs_are_split_at_the_first_colon_and_the_username_is_normalised() {
        let text = "Ann@Example.org:a:b\nno colon\n:x\nx:\n";
        let found = ParsedLines::read(ListFormat::Pairs, None, text.as_bytes());
        assert!(found.keys == [Sha1Digest::of(b"ann@example.org:a:b")]);
        let why = "not username:password".to_owned();
        assert_eq!(found.described, [2, 3, 4].map(|line| (line, why.clone())));
    }

    #[test]
    fn only_the_first_bad_lines_are_described() {
        let found = ParsedLines::read(HASHES, None, "secret\n".repeat(1_000).as_bytes());
        assert_eq!((found.bad, found.described.len()), (1_000, DESCRIBED));
        assert!(!format!("{found:?}").contains("secret"));
    }
}
