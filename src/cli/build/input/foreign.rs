//! Formats that lists come in and that are not read: each is named, with what to do.
//!
//! Read as text, an archive or UTF-16 would be a list of passwords that nobody has, and the filter
//! would look whole.

use std::io;

/// The number of first bytes that tell a format.
pub(super) const HEAD: usize = 512;

/// The first bytes of a format, its name, and what prints its text.
const FORMATS: [(&[u8], &str, &str); 14] = [
    (b"PK\x03\x04", "a zip archive", "unzip -p"),
    (b"PK\x05\x06", "an empty zip archive", "unzip -p"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z e -so"),
    (b"Rar!\x1a\x07", "a rar archive", "unrar p -inul"),
    (b"\xfd7zXZ\0", "compressed with xz", "xz -dc"),
    (b"BZh", "compressed with bzip2", "bzip2 -dc"),
    (b"LZIP", "compressed with lzip", "lzip -dc"),
    (b"\x04\x22\x4d\x18", "compressed with lz4", "lz4 -dc"),
    (b"\x1f\x9d", "compressed with compress", "gzip -dc"),
    // Inside a list that was decompressed already.
    (b"\x1f\x8b", "compressed twice", "gzip -dc"),
    (b"\x28\xb5\x2f\xfd", "compressed twice", "zstd -dc"),
    (b"SQLite format 3\0", "a database of SQLite", "sqlite3"),
    (b"PAR1", "a Parquet file", "duckdb"),
    (b"%PDF-", "a PDF", "pdftotext"),
];

/// Refuses a text that begins with `head` if it is in one of the formats.
pub(super) fn check(head: &[u8]) -> io::Result<()> {
    let known = FORMATS.iter().find(|(magic, ..)| head.starts_with(magic));
    let (what, command) = match known {
        // Each member begins with a number and pi, and a password can begin with BZh.
        Some((b"BZh", ..)) if head.get(4..10) != Some(b"\x31\x41\x59\x26\x53\x59") => return Ok(()),
        Some((_, what, command)) => (*what, *command),
        None if head.get(257..262) == Some(b"ustar") => ("a tar archive", "tar -xOf"),
        None if is_utf_16(head) => ("UTF-16", "iconv -f UTF-16 -t UTF-8"),
        None if is_page(head) => return Err(refused("it is a web page, not a list")),
        None => return Ok(()),
    };
    Err(refused(&format!(
        "it is {what}, and lists are text, plain or compressed with gzip or zstd; \
         try `{command} FILE | unstuff build - …`"
    )))
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// With a byte order mark, or with every other byte zero, as in ASCII.
fn is_utf_16(head: &[u8]) -> bool {
    let zeros = |first: usize| {
        let every_other = || head.iter().skip(first).step_by(2);
        every_other().count() >= 2 && every_other().all(|byte| *byte == 0)
    };
    head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || zeros(0) != zeros(1)
}

fn is_page(head: &[u8]) -> bool {
    let begins = |text: &[u8]| {
        head.trim_ascii_start().get(..text.len()).is_some_and(|it| it.eq_ignore_ascii_case(text))
    };
    begins(b"<!doctype html") || begins(b"<html")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(head: &[u8]) -> String {
        check(head).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn other_formats_are_named_with_what_to_do() {
        let utf_16 = "password\n".encode_utf16();
        let little: Vec<u8> = utf_16.clone().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = utf_16.flat_map(u16::to_be_bytes).collect();
        let tar = [&[b'a'; 257][..], b"ustar\0"].concat();
        for (head, expected) in [
            (&b"PK\x03\x04\x14\0"[..], "unzip -p FILE | unstuff build -"),
            (b"7z\xbc\xaf\x27\x1c\0\x04", "a 7z archive"),
            (b"Rar!\x1a\x07\x01\0", "a rar archive"),
            (b"\xfd7zXZ\0\0\x04", "xz -dc"),
            (b"BZh91AY&SY", "bzip2 -dc"),
            (b"\x1f\x8b\x08", "compressed twice"),
            (&tar, "tar -xOf"),
            (b"\xff\xfea\0", "iconv -f UTF-16"),
            (b"\xfe\xff\0a", "iconv -f UTF-16"),
            (&little, "iconv -f UTF-16"),
            (&big, "iconv -f UTF-16"),
            (b"\r\n<!DOCTYPE html>", "a web page"),
        ] {
            let said = said(head);
            assert!(said.contains(expected), "{head:?}: {said}");
        }
    }

    #[test]
    fn passwords_are_no_format() {
        for head in ["", "a", "BZhammer\n", "PKW\n", "7zip\n", "<3\n", "\0\0\0\0", "é\n", "a\0\n"]
        {
            assert_eq!(said(head.as_bytes()), "", "{head:?}");
        }
    }
}
