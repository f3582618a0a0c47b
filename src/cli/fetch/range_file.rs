//! A range file: what the server sent, as gzip, labelled with where it came from.
//!
//! The label stands in the gzip header's comment, so that content and ETag are written and
//! replaced as one and cannot disagree, whenever the process is killed; every gzip reader
//! skips it. It reads `unstuff-fetch 1 SIZE ADDRESS ETAG`. An ETag is only worth something at
//! the address that gave it: after a change of mirror it is not used.
//!
//! A file counts as whole if the size in its last bytes is the size in its label: that is two
//! small reads, not an inflation, and finds a file cut short by a power failure, too.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::SystemTime;

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};

use super::content::Suffix;

/// First word and version of a label.
const MAGIC: &str = "unstuff-fetch 1";

/// Where a range came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The address it was fetched from; no spaces.
    pub address: String,
    /// The server's name for this content, if it gave one.
    pub etag: Option<String>,
}

/// What a range file says about itself.
#[derive(Clone)]
pub struct Stored {
    /// Where it came from.
    pub label: Label,
    /// Its first suffix, by which a body of the wrong range is told.
    pub first: Suffix,
    /// When it was last written or found unchanged.
    pub validated: SystemTime,
    /// Size and CRC-32 of the text.
    pub tail: Tail,
}

/// Size and CRC-32 of a text, as gzip writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// CRC-32 of the text.
    pub crc: u32,
    /// Bytes of the text.
    pub size: u32,
}

impl Tail {
    /// The tail that a file of this text ends in.
    pub fn of(text: &[u8]) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(text);
        Self { crc: crc.sum(), size: crc.amount() }
    }
}

/// Compresses a text under its label into `out`, which is cleared first.
///
/// # Errors
///
/// None in practice: memory does not fail to be written.
pub fn write(label: &Label, text: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    out.clear();
    let Label { address, etag } = label;
    let etag = etag.as_deref().unwrap_or_default();
    let comment = format!("{MAGIC} {} {address} {etag}", text.len());
    // The hexadecimal digits of a hash hold no repetition that a higher level would find: 41 KB
    // of 77, and 43 at any other level of miniz. (zlib-rs needs level 2, three times the time.)
    let mut gzip = GzBuilder::new().comment(comment).write(out, Compression::fast());
    gzip.write_all(text)?;
    gzip.finish().map(drop)
}

/// Reads what a range file says about itself; none if it is absent, cut short or not ours.
///
/// # Errors
///
/// The file is there and cannot be read.
pub fn inspect(path: &Path) -> io::Result<Option<Stored>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let validated = file.metadata()?.modified()?;
    let Some((size, label, first)) = head(&file) else { return Ok(None) };
    let Some(tail) = tail(&mut file)? else { return Ok(None) };
    let whole = tail.size == size;
    Ok(whole.then_some(Stored { label, first, validated, tail }))
}

/// The size that the label states, the label, and the first suffix.
fn head(file: &File) -> Option<(u32, Label, Suffix)> {
    let mut gzip = GzDecoder::new(BufReader::with_capacity(512, file));
    let mut digits = [0; 35];
    gzip.read_exact(&mut digits).ok()?;
    let comment = std::str::from_utf8(gzip.header()?.comment()?).ok()?;
    let mut words = comment.strip_prefix(MAGIC)?.strip_prefix(' ')?.splitn(3, ' ');
    let size = words.next()?.parse().ok()?;
    let address = words.next()?.to_owned();
    let etag = Some(words.next()?.to_owned()).filter(|etag| !etag.is_empty());
    Some((size, Label { address, etag }, Suffix::parse(&digits)?))
}

/// The last eight bytes, none if there are fewer.
fn tail(file: &mut File) -> io::Result<Option<Tail>> {
    if file.seek(SeekFrom::End(0))? < 8 {
        return Ok(None);
    }
    file.seek(SeekFrom::End(-8))?;
    let (mut crc, mut size) = ([0; 4], [0; 4]);
    file.read_exact(&mut crc)?;
    file.read_exact(&mut size)?;
    Ok(Some(Tail { crc: u32::from_le_bytes(crc), size: u32::from_le_bytes(size) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] =
        b"0123456789ABCDEF0123456789ABCDEF012:7\r\n1123456789ABCDEF0123456789ABCDEF012:1";

    fn label(etag: Option<&str>) -> Label {
        Label { address: "http://mirror/range/00000".into(), etag: etag.map(str::to_owned) }
    }

    fn stored(bytes: &[u8]) -> Option<Stored> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("00000.gz");
        std::fs::write(&path, bytes).unwrap();
        inspect(&path).unwrap()
    }

    #[test]
    fn a_file_gives_back_text_and_label() {
        for etag in [None, Some("W/\"0x8D A\"")] {
            let mut bytes = Vec::new();
            write(&label(etag), TEXT, &mut bytes).unwrap();
            let stored = stored(&bytes).unwrap();
            assert_eq!((stored.label, stored.tail), (label(etag), Tail::of(TEXT)));
            let mut text = Vec::new();
            flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut text).unwrap();
            assert_eq!(text, TEXT);
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_not_taken_for_whole() {
        let mut bytes = Vec::new();
        write(&label(Some("\"a\"")), TEXT, &mut bytes).unwrap();
        for length in 0..bytes.len() {
            assert!(stored(&bytes[..length]).is_none(), "{length} of {} bytes", bytes.len());
        }
        // A file whose blocks never reached the disk.
        assert!(stored(&vec![0; bytes.len()]).is_none());
    }

    #[test]
    fn a_file_of_somebody_else_has_no_label() {
        let mut bytes = Vec::new();
        let mut gzip = GzBuilder::new().comment("hello").write(&mut bytes, Compression::fast());
        gzip.write_all(TEXT).unwrap();
        gzip.finish().unwrap();
        assert!(stored(&bytes).is_none());
    }

    #[test]
    fn no_file_is_no_error() {
        assert!(inspect(Path::new("/nonexistent/00000.gz")).unwrap().is_none());
    }
}
