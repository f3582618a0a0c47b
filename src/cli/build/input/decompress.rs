//! Decompression of lists; the format is detected by content, not by name.
//!
//! gzip (any number of members) and zstd (any number of frames, skippable ones included) are
//! decompressed while they are read, and checksums are compared. A truncated stream is an error,
//! never a short list. So is one in a format that is not read, compressed or not.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use unstuff_trace::gzip::GzipMembers;

use super::foreign;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// A skippable zstd frame (its first byte may be up to 15 higher); `pzstd` begins with one.
const ZSTD_SKIPPABLE: [u8; 4] = [0x50, 0x2a, 0x4d, 0x18];
/// Bytes read at once.
const BUFFER: usize = 128 * 1024;

/// The decompressed text of a stream that may be compressed.
pub(super) fn text<'a>(mut raw: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    let start = head(&mut raw)?;
    let (gzip, zstd) = (start.starts_with(&GZIP), start.starts_with(&ZSTD) || is_skippable(&start));
    if !gzip && !zstd {
        foreign::check(&start)?;
    }
    let whole = BufReader::with_capacity(BUFFER, Cursor::new(start).chain(raw));
    let mut unpacked: Box<dyn Read + Send + 'a> = match (gzip, zstd) {
        (true, _) => Box::new(GzipMembers::new(whole)),
        (_, true) => Box::new(ZstdReader::new(whole)),
        _ => return Ok(Box::new(whole)),
    };
    let start = head(&mut unpacked)?;
    foreign::check(&start)?;
    Ok(Box::new(Cursor::new(start).chain(unpacked)))
}

/// The first bytes. The first read from a pipe may return less than a magic number.
fn head(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    source.take(foreign::HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn is_skippable(head: &[u8]) -> bool {
    let (low, rest) = (head.first().map(|first| first & 0xf0), head.get(1..ZSTD.len()));
    low == ZSTD_SKIPPABLE.first().copied() && rest == ZSTD_SKIPPABLE.get(1..)
}

/// A reader of many zstd frames; the library decodes one.
struct ZstdReader<R> {
    source: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> ZstdReader<R> {
    fn new(source: R) -> Self {
        Self { source, decoder: FrameDecoder::new(), in_frame: false }
    }

    /// Starts the next frame, or skips a skippable one.
    fn start_frame(&mut self) -> io::Result<()> {
        use FrameDecoderError::ReadFrameHeaderError as InHeader;
        match self.decoder.reset(&mut self.source) {
            Ok(()) => self.in_frame = true,
            Err(InHeader(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                let length = u64::from(length);
                let skipped = io::copy(&mut self.source.by_ref().take(length), &mut io::sink())?;
                if skipped < length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            Err(error) => return Err(io::Error::other(error)),
        }
        Ok(())
    }

    fn read_frame(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.decoder.can_collect() < into.len() && !self.decoder.is_finished() {
            let missing = into.len() - self.decoder.can_collect();
            let strategy = BlockDecodingStrategy::UptoBytes(missing);
            self.decoder.decode_blocks(&mut self.source, strategy).map_err(io::Error::other)?;
        }
        self.decoder.read(into)
    }

    fn check_frame(&self) -> io::Result<()> {
        let stored = self.decoder.get_checksum_from_data();
        if stored.is_some() && stored != self.decoder.get_calculated_checksum() {
            return Err(io::Error::other("a zstd frame's checksum is wrong"));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for ZstdReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.in_frame {
                let read = self.read_frame(into)?;
                if read > 0 || into.is_empty() {
                    return Ok(read);
                }
                self.check_frame()?;
                self.in_frame = false;
            } else if self.source.fill_buf()?.is_empty() {
                return Ok(0);
            } else {
                self.start_frame()?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    use std::io::Write;

    fn unpacked(bytes: &[u8]) -> io::Result<String> {
        let mut unpacked = String::new();
        text(bytes)?.read_to_string(&mut unpacked)?;
        Ok(unpacked)
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &str) -> Vec<u8> {
        compress_to_vec(text.as_bytes(), CompressionLevel::Fastest)
    }

    /// A stream that returns one byte at a time.
    struct SlowReader<'a>(&'a [u8]);

    impl Read for SlowReader<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let len = into.len().min(1);
            self.0.read(&mut into[..len])
        }
    }

    #[test]
    fn compression_is_detected_by_content() {
        let long = "password\n".repeat(100_000);
        for given in ["", "a", "abc", "password\n", &long] {
            assert_eq!(unpacked(given.as_bytes()).unwrap(), given);
            assert_eq!(unpacked(&gzip(given)).unwrap(), given);
            assert_eq!(unpacked(&zstd(given)).unwrap(), given);
        }
    }

    #[test]
    fn all_members_and_frames_are_read() {
        assert_eq!(unpacked(&[gzip("one\n"), gzip("two\n")].concat()).unwrap(), "one\ntwo\n");
        let skipped = [0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        for frames in [
            [zstd("one\n"), zstd("two\n")].concat(),
            [skipped.to_vec(), zstd("one\n"), skipped.to_vec(), zstd("two\n")].concat(),
        ] {
            assert_eq!(unpacked(&frames).unwrap(), "one\ntwo\n");
        }
    }

    #[test]
    fn zeros_after_gzip_are_padding() {
        let padded = [gzip("one\n"), vec![0; 700], gzip("two\n"), vec![0; 512]].concat();
        assert_eq!(unpacked(&padded).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn formats_that_are_not_read_are_refused_compressed_or_not() {
        for given in ["PK\x03\x04", "p\0a\0s\0s\0"] {
            for bytes in [given.as_bytes().to_vec(), gzip(given), zstd(given)] {
                let error = unpacked(&bytes).unwrap_err().to_string();
                assert!(error.contains("lists are text"), "{given:?}: {error}");
            }
        }
        let twice = gzip("x");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&twice).unwrap();
        let error = unpacked(&encoder.finish().unwrap()).unwrap_err().to_string();
        assert!(error.contains("compressed twice"), "{error}");
    }

    #[test]
    fn truncated_stream_is_an_error() {
        let text = "password\n".repeat(1_000);
        for packed in [gzip(&text), zstd(&text)] {
            for len in [5, packed.len() / 2, packed.len() - 1] {
                assert!(unpacked(&packed[..len]).is_err(), "{len} of {}", packed.len());
            }
        }
    }

    #[test]
    fn flipped_byte_is_an_error() {
        let text = (0..10_000).map(|n| format!("{n}\n")).collect::<String>();
        for mut packed in [gzip(&text), zstd(&text)] {
            let middle = packed.len() / 2;
            packed[middle] ^= 0xff;
            assert_ne!(unpacked(&packed).ok(), Some(text.clone()));
        }
    }

    #[test]
    fn compression_of_a_slow_pipe_is_detected() {
        for packed in [gzip("password\n"), zstd("password\n"), b"password\n".to_vec()] {
            let mut unpacked = String::new();
            text(SlowReader(&packed)).unwrap().read_to_string(&mut unpacked).unwrap();
            assert_eq!(unpacked, "password\n");
        }
    }
}
