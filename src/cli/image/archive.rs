//! The image's one layer: a gzipped tar that holds `plugin.wasm`.
//!
//! Written by hand, because a header is one block, and because nothing in it may depend on the time
//! or on who writes it.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// The name that Istio and Envoy Gateway look for.
const NAME: &[u8] = b"plugin.wasm";

/// A tar consists of blocks of this size, and ends with two empty ones.
const BLOCK: usize = 512;

/// The layer, and the digest of the tar that is compressed in it.
pub(super) struct LayerArchive {
    pub compressed: Vec<u8>,
    pub tar_sha256: [u8; 32],
}

/// Makes the layer.
///
/// # Errors
/// The module is too long for a tar.
pub(super) fn layer(module: &[u8]) -> io::Result<LayerArchive> {
    let padding = module.len().next_multiple_of(BLOCK) - module.len();
    let header = header(module.len())?;
    let end = [0; BLOCK * 2];
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let mut hash = Sha256::new();
    for part in [&header[..], module, end.get(..padding).unwrap_or_default(), &end] {
        hash.update(part);
        gzip.write_all(part)?;
    }
    Ok(LayerArchive { compressed: gzip.finish()?, tar_sha256: hash.finalize().into() })
}

/// The header of the file, in the format of POSIX: mode 644, owner 0, time 0.
fn header(size: usize) -> io::Result<[u8; BLOCK]> {
    let size = format!("{size:011o}\0");
    if size.len() > 12 {
        return Err(io::Error::other("the module is too long for a tar"));
    }
    let fields: [(usize, &[u8]); 9] = [
        (0, NAME),
        (100, b"0000644\0"),
        (108, b"0000000\0"),
        (116, b"0000000\0"),
        (124, size.as_bytes()),
        (136, b"00000000000\0"),
        // The sum is made with blanks in its own place.
        (148, b"        "),
        (156, b"0"),
        (257, b"ustar\x0000"),
    ];
    let mut header = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| {
        let place = header.get_mut(at..).unwrap_or_default();
        place.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    };
    fields.iter().for_each(|(at, bytes)| put(*at, bytes));
    let sum: u32 = header.iter().copied().map(u32::from).sum();
    let sum = format!("{sum:06o}\0 ");
    let place = header.iter_mut().skip(148);
    place.zip(sum.bytes()).for_each(|(place, byte)| *place = byte);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// What the system's tar prints of the layer.
    fn tar(layer: &[u8], options: &[&str]) -> Vec<u8> {
        let mut tar = Command::new("tar");
        tar.args(options).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = tar.spawn().expect("tar runs");
        child.stdin.take().expect("a pipe").write_all(layer).expect("tar reads");
        let output = child.wait_with_output().expect("tar ends");
        assert!(output.status.success());
        output.stdout
    }

    #[test]
    fn tar_finds_the_module_in_it() {
        for size in [0, 1, 511, 512, 513, 5000] {
            let module: Vec<u8> = (0..size).map(|it: u32| it.to_le_bytes()[0]).collect();
            let layer = layer(&module).expect("a layer");
            assert_eq!(tar(&layer.compressed, &["-xzOf", "-"]), module, "{size}");
            assert_eq!(tar(&layer.compressed, &["-tzf", "-"]), b"plugin.wasm\n");
        }
    }

    #[test]
    fn a_layer_says_nothing_of_time_and_machine() {
        let compressed = layer(b"module").expect("a layer").compressed;
        // RFC 1952: no flags, no time, the best compression, an unknown system.
        assert_eq!(compressed.get(..10), Some(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255][..]));
    }
}
