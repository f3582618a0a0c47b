//! Generated lists with fixed seeds.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use crate::folder;

/// A list in HIBP's format with about this number of uniform SHA-1s in order. Few counts are
/// large. The file is generated once.
pub(crate) fn sorted(keys: u64) -> PathBuf {
    generated(&format!("hibp-{keys}.txt"), |file| {
        let mut random = Pcg64Mcg::seed_from_u64(keys);
        let mut position = 0.0_f64;
        loop {
            // The gaps between uniform points have an exponential distribution.
            position += -(1.0 - random.random::<f64>()).ln() / keys as f64;
            if position >= 1.0 {
                return;
            }
            let leading = (position * 2_f64.powi(64)) as u64;
            let (middle, low): (u64, u32) = random.random();
            let count = (1.0 / (1.0 - random.random::<f64>())) as u64;
            write!(file, "{leading:016X}{middle:016X}{low:08X}:{count}\r\n").expect("a line");
        }
    })
}

/// The passwords `member0`, `member1` …. The file is generated once.
pub(crate) fn members(count: u64) -> PathBuf {
    generated(&format!("members-{count}.txt"), |file| {
        for number in 0..count {
            writeln!(file, "member{number}").expect("a line");
        }
    })
}

fn generated(name: &str, write: impl FnOnce(&mut BufWriter<File>)) -> PathBuf {
    let path = folder().join(name);
    if !path.exists() {
        println!("generating {}", path.display());
        let part = path.with_extension("part");
        let mut file = BufWriter::new(File::create(&part).expect("a file"));
        write(&mut file);
        file.flush().expect("room on the disk");
        std::fs::rename(part, &path).expect("a rename");
    }
    path
}
