//! A folder of ranges as `unstuff fetch` leaves it, served by `unstuff serve-ranges`.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::envoy::target;

/// The range of the password `abc`.
pub const ABC_RANGE: &str = "A9993";

/// That range, with the password.
pub const ABC_LINES: &str = "00000000000000000000000000000000001:3\r\n\
                             E364706816ABA3E25717850C26C9CD0D89D:5\r\n";

/// The tool as a mirror.
pub struct RangeMirror {
    process: Child,
    /// Holds the files of a mirror that was started with one range.
    _folder: Option<TempDir>,
    /// Its port on loopback.
    pub port: u16,
}

impl RangeMirror {
    /// Serves one range.
    ///
    /// # Panics
    /// If the tool does not start.
    pub fn start(range: &str, lines: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let sub_folder = folder.path().join(range.get(..2).expect("five digits"));
        fs::create_dir(&sub_folder).expect("a folder");
        let file = File::create(sub_folder.join(format!("{range}.gz"))).expect("a file");
        let mut gzip = GzEncoder::new(file, Compression::fast());
        gzip.write_all(lines.as_bytes()).and_then(|()| gzip.finish()).expect("a range");
        let mut mirror = Self::serve(folder.path());
        mirror._folder = Some(folder);
        mirror
    }

    /// Serves a folder.
    ///
    /// # Panics
    /// If the tool does not start.
    pub fn serve(folder: &Path) -> Self {
        let mut process = Command::new(target().join("release/unstuff"))
            .arg("serve-ranges")
            .arg(folder)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tool, which `make build` makes");
        let mut said = String::new();
        let stdout = process.stdout.take().expect("standard output");
        BufReader::new(stdout).read_line(&mut said).expect("a line");
        let port = said.trim_end().strip_suffix("/range/").and_then(|it| it.rsplit(':').next());
        let port = port.and_then(|port| port.parse().ok()).expect("an address");
        Self { process, _folder: None, port }
    }
}

impl Drop for RangeMirror {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
