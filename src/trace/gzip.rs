//! gzip with any number of members, and zeros after the last one.
//!
//! Tapes and block devices pad files with zeros, and `gzip -d` ignores them. Anything else after a
//! member is an error: a part that is silently left out would look like a whole file.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// The text of all members.
pub struct GzipMembers<R> {
    /// The current member; none at the end.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> GzipMembers<R> {
    /// Begins with the first member.
    pub fn new(source: R) -> Self {
        Self { member: Some(GzDecoder::new(source)) }
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(into)?;
            if read > 0 || into.is_empty() {
                return Ok(read);
            }
            let Some(mut source) = self.member.take().map(GzDecoder::into_inner) else { break };
            if is_member_next(&mut source)? {
                self.member = Some(GzDecoder::new(source));
            }
        }
        Ok(0)
    }
}

/// Skips zeros. Whether another member follows, and not the end.
fn is_member_next(source: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = source.fill_buf()?;
        if bytes.is_empty() {
            return Ok(false);
        }
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        match bytes.get(zeros) {
            None => source.consume(zeros),
            // The first byte of a member.
            Some(0x1f) => {
                source.consume(zeros);
                return Ok(true);
            }
            Some(_) => {
                return Err(io::Error::other("something that is not gzip follows a gzip member"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Write as _};

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn text(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        // Zeros are more than a buffer.
        GzipMembers::new(BufReader::with_capacity(16, bytes)).read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn all_members_are_read_and_zeros_after_them_are_ignored() {
        let (one, two, zeros) = (gzip("one\n"), gzip("two\n"), vec![0; 1000]);
        for (parts, expected) in [
            (vec![&one], "one\n"),
            (vec![&one, &zeros], "one\n"),
            (vec![&one, &two], "one\ntwo\n"),
            (vec![&one, &zeros, &two, &zeros], "one\ntwo\n"),
        ] {
            let bytes: Vec<u8> = parts.into_iter().flatten().copied().collect();
            assert_eq!(text(&bytes).unwrap(), expected);
        }
    }

    #[test]
    fn anything_else_after_a_member_is_an_error() {
        for rest in ["more", "\0\0more", "\x1f\0"] {
            let bytes = [gzip("one\n"), rest.as_bytes().to_vec()].concat();
            assert!(text(&bytes).is_err(), "{rest:?}");
        }
        let whole = gzip("one\n");
        assert!(text(&whole[..whole.len() - 1]).is_err());
    }
}
