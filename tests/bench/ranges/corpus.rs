//! A folder of ranges of real length, generated once and kept below target/.
//!
//! The names are all there: 1,048,576 files in 256 folders. Their contents are 4,096 files with hard
//! links, 168 MB in place of 43 GB. So the names cost what they cost in the real corpus, and a file is
//! in memory unless the measurement puts it out.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use rustix::fs::{Advice, fadvise};
use unstuff_tests::envoy::target;

/// All ranges there are.
const ALL: u32 = 1 << 20;

/// Files with different contents.
const CONTENTS: u32 = 4_096;

/// Lines of a range: two billion passwords in 1,048,576 ranges.
const LINES: usize = 1_960;

/// A folder as `unstuff fetch` leaves it.
pub(super) struct Corpus {
    folder: PathBuf,
    ranges: u32,
}

fn home() -> PathBuf {
    target().join("bench-ranges")
}

impl Corpus {
    /// The folder of so many ranges, evenly spread.
    pub(super) fn of(ranges: u32) -> Self {
        let corpus = Self { folder: home().join(ranges.to_string()), ranges };
        once(&corpus.folder, |folder| corpus.link(folder));
        corpus
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A range of the folder, by any number.
    pub(super) fn range(&self, number: u32) -> u32 {
        number % self.ranges * (ALL / self.ranges)
    }

    /// Puts the content of a range out of memory. The names stay.
    pub(super) fn forget(&self, range: u32) {
        let file = File::open(self.folder.join(path(range))).expect("a range");
        fadvise(&file, 0, None, Advice::DontNeed).expect("a file on a disk");
    }

    fn link(&self, folder: &Path) {
        let contents = contents();
        println!("· linking {} ranges (once)", self.ranges);
        for first in 0..256 {
            fs::create_dir_all(folder.join(format!("{first:02X}"))).expect("a folder");
        }
        for number in 0..self.ranges {
            let content = contents.join((number % CONTENTS).to_string());
            fs::hard_link(content, folder.join(path(self.range(number))))
                .expect("a file system whose files can have hundreds of hard links");
        }
    }
}

/// Reads all contents once.
pub(super) fn warm_up() {
    for number in 0..CONTENTS {
        fs::read(contents().join(number.to_string())).expect("a content");
    }
}

/// Where a range is below its folder.
fn path(range: u32) -> PathBuf {
    PathBuf::from(format!("{:02X}/{range:05X}.gz", range >> 12))
}

/// The folder of the contents.
fn contents() -> PathBuf {
    let folder = home().join("contents");
    once(&folder, |folder| {
        println!("· generating {CONTENTS} contents (once)");
        let mut chance = Pcg64Mcg::seed_from_u64(1);
        for number in 0..CONTENTS {
            let file = File::create(folder.join(number.to_string())).expect("a file");
            let mut gzip = GzEncoder::new(file, Compression::fast());
            gzip.write_all(text(&mut chance).as_bytes()).expect("room for 168 MB");
            // What is not on the disk yet cannot be put out of memory.
            gzip.finish().and_then(|file| file.sync_all()).expect("room for 168 MB");
        }
    });
    folder
}

/// The lines of a range: suffixes in order, most passwords seen a few times.
fn text(chance: &mut Pcg64Mcg) -> String {
    let mut suffixes: Vec<(u128, u16)> =
        (0..LINES).map(|_| (chance.random(), chance.random_range(0..1 << 12))).collect();
    suffixes.sort_unstable();
    let line = |(high, low): (u128, u16)| {
        let count = 1_000 / chance.random_range(1..=1_000);
        format!("{high:032X}{low:03X}:{count}")
    };
    suffixes.into_iter().map(line).collect::<Vec<_>>().join("\r\n")
}

/// Makes a folder unless a run before has made all of it.
fn once(folder: &Path, make: impl FnOnce(&Path)) {
    if !folder.exists() {
        let part = folder.with_extension("part");
        if part.exists() {
            fs::remove_dir_all(&part).expect("a folder of a run before");
        }
        fs::create_dir_all(&part).expect("a folder");
        make(&part);
        fs::rename(part, folder).expect("a folder");
    }
}
