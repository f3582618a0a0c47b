//! A range file: the content of a range as gzip, with a label that says where it came from.
//!
//! The label is the comment in the gzip header, which every gzip reader skips. So content and
//! ETag are replaced together and cannot disagree, even if the process is killed. The label is
//! `unstuff-fetch 1 SIZE ADDRESS ETAG`. An ETag is only valid at the address that gave it: after a
//! change of mirror it is not used.
//!
//! A file counts as whole if the size in its last bytes equals the size in its label. This takes
//! two small reads instead of inflating it, and detects a file truncated by a power failure.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::SystemTime;

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};

use super::validate::Suffix;

/// Start of a label: its name and version.
const MAGIC: &str = "unstuff-fetch 1";

/// Where a range came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RangeLabel {
    /// The address it was fetched from; no spaces.
    pub address: String,
    /// The server's name for this content, if it gave one.
    pub etag: Option<String>,
}

/// What a range file says about itself.
#[derive(Clone)]
pub(super) struct StoredRange {
    /// The label.
    pub label: RangeLabel,
    /// Its first suffix, which detects a body of another range.
    pub first: Suffix,
    /// When it was last written or confirmed as unchanged.
    pub validated: SystemTime,
    /// Size and CRC-32 of the text.
    pub trailer: GzipTrailer,
}

/// Size and CRC-32 of a text, as gzip writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GzipTrailer {
    /// CRC-32 of the text.
    pub crc: u32,
    /// Bytes of the text.
    pub size: u32,
}

impl GzipTrailer {
    /// The trailer of a file with this text.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(text);
        Self { crc: crc.sum(), size: crc.amount() }
    }
}

/// A range file as it is read to be served: with one read, and without a look at its label.
pub(crate) struct StoredText {
    gzip: Vec<u8>,
    /// Size and CRC-32 of the text.
    pub trailer: GzipTrailer,
}

impl StoredText {
    /// Reads a file. None if it is absent or no gzip.
    ///
    /// # Errors
    ///
    /// The file is there and cannot be read.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Self>> {
        let gzip = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        Ok(trailer(&gzip).map(|trailer| Self { gzip, trailer }))
    }

    /// The text, whose size and CRC-32 are those of the trailer.
    ///
    /// # Errors
    ///
    /// The file is damaged.
    pub(crate) fn text(&self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        GzDecoder::new(self.gzip.as_slice()).read_to_end(&mut text)?;
        Ok(text)
    }
}

/// Compresses a text and its label into `out`, which is cleared first.
///
/// # Errors
///
/// None in practice: writes to memory succeed.
pub(super) fn write(label: &RangeLabel, text: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    out.clear();
    let RangeLabel { address, etag } = label;
    let etag = etag.as_deref().unwrap_or_default();
    let comment = format!("{MAGIC} {} {address} {etag}", text.len());
    // Hexadecimal digits of hashes have no repetition that a higher level would find: 77 KB become
    // 41 KB, and 43 KB at any other level of miniz. (zlib-rs needs level 2, three times the time.)
    let mut gzip = GzBuilder::new().comment(comment).write(out, Compression::fast());
    gzip.write_all(text)?;
    gzip.finish().map(drop)
}

/// Reads the label and trailer of a range file. None if it is absent, truncated or not ours.
///
/// # Errors
///
/// The file is there and cannot be read.
pub(super) fn inspect(path: &Path) -> io::Result<Option<StoredRange>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let validated = file.metadata()?.modified()?;
    let Some((size, label, first)) = head(&file) else { return Ok(None) };
    let last = last_bytes(&mut file)?;
    let Some(trailer) = last.and_then(|last| trailer(&last)) else { return Ok(None) };
    let whole = trailer.size == size;
    Ok(whole.then_some(StoredRange { label, first, validated, trailer }))
}

/// The size that the label states, the label, and the first suffix.
fn head(file: &File) -> Option<(u32, RangeLabel, Suffix)> {
    let mut gzip = GzDecoder::new(BufReader::with_capacity(512, file));
    let mut digits = [0; 35];
    gzip.read_exact(&mut digits).ok()?;
    let comment = std::str::from_utf8(gzip.header()?.comment()?).ok()?;
    let mut words = comment.strip_prefix(MAGIC)?.strip_prefix(' ')?.splitn(3, ' ');
    let size = words.next()?.parse().ok()?;
    let address = words.next()?.to_owned();
    let etag = Some(words.next()?.to_owned()).filter(|etag| !etag.is_empty());
    Some((size, RangeLabel { address, etag }, Suffix::parse(&digits)?))
}

/// The last eight bytes of a file; none if there are fewer.
fn last_bytes(file: &mut File) -> io::Result<Option<[u8; 8]>> {
    if file.seek(SeekFrom::End(0))? < 8 {
        return Ok(None);
    }
    file.seek(SeekFrom::End(-8))?;
    let mut bytes = [0; 8];
    file.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

/// The trailer at the end of a gzip stream; none if there are too few bytes.
fn trailer(gzip: &[u8]) -> Option<GzipTrailer> {
    let (rest, size) = gzip.split_last_chunk()?;
    let crc = rest.last_chunk()?;
    Some(GzipTrailer { crc: u32::from_le_bytes(*crc), size: u32::from_le_bytes(*size) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] =
        b"0123456789ABCDEF0123456789ABCDEF012:7\r\n1123456789ABCDEF0123456789ABCDEF012:1";

    fn label(etag: Option<&str>) -> RangeLabel {
        RangeLabel { address: "http://mirror/range/00000".into(), etag: etag.map(str::to_owned) }
    }

    fn stored(bytes: &[u8]) -> Option<StoredRange> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("00000.gz");
        fs::write(&path, bytes).unwrap();
        inspect(&path).unwrap()
    }

    #[test]
    fn written_file_gives_back_text_and_label() {
        for etag in [None, Some("W/\"0x8D A\"")] {
            let mut bytes = Vec::new();
            write(&label(etag), TEXT, &mut bytes).unwrap();
            let stored = stored(&bytes).unwrap();
            assert_eq!((stored.label, stored.trailer), (label(etag), GzipTrailer::of(TEXT)));
            let mut text = Vec::new();
            flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut text).unwrap();
            assert_eq!(text, TEXT);
        }
    }

    #[test]
    fn truncated_file_is_never_taken_for_whole() {
        let mut bytes = Vec::new();
        write(&label(Some("\"a\"")), TEXT, &mut bytes).unwrap();
        for length in 0..bytes.len() {
            assert!(stored(&bytes[..length]).is_none(), "{length} of {} bytes", bytes.len());
        }
        // A file whose blocks never reached the disk.
        assert!(stored(&vec![0; bytes.len()]).is_none());
    }

    #[test]
    fn gzip_file_without_our_label_is_not_ours() {
        let mut bytes = Vec::new();
        let mut gzip = GzBuilder::new().comment("hello").write(&mut bytes, Compression::fast());
        gzip.write_all(TEXT).unwrap();
        gzip.finish().unwrap();
        assert!(stored(&bytes).is_none());
    }

    #[test]
    fn absent_file_is_not_an_error() {
        assert!(inspect(Path::new("/nonexistent/00000.gz")).unwrap().is_none());
    }
}
