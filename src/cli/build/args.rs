//! The command line of `build`: what was typed, and what is meant by it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use unstuff_engine::breached::{Date, FP_RATES, FilterKind, FilterSource};

use super::input::ListFormat;

/// FilterBuild a breached-password filter.
///
/// Reads lists sorted by hash, as Have I Been Pwned publishes them (HASH:COUNT), or folders
/// of its range files, as `unstuff fetch` leaves them; with --passwords or --pairs, lists in
/// the clear. Any of them may be compressed with gzip or zstd.
#[derive(clap::Args)]
pub struct BuildArgs {
    /// Files or folders to read, in this order; - is standard input.
    #[arg(required = true, value_name = "INPUT")]
    pub input: Vec<PathBuf>,
    /// The filter to write.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// The lists are plain passwords, one a line, in any order.
    #[arg(long, conflicts_with_all = ["pairs", "min_count", "top"])]
    passwords: bool,
    /// The lists are username:password, one a line, in any order.
    #[arg(long, conflicts_with_all = ["min_count", "top"])]
    pairs: bool,
    /// The hashes are in any order; takes 20 bytes a key on the disk of the output.
    #[arg(long)]
    unsorted: bool,
    /// False positives to aim at: one in a thousand is 0.001.
    #[arg(long, value_name = "P", default_value = "0.001", value_parser = fp_rate)]
    pub fp_rate: f64,
    /// Only hashes seen at least so often.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    min_count: Option<u64>,
    /// Only the N hashes seen most often (of equals, all or none); reads the lists twice.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub top: Option<u64>,
    /// How many keys there will be, if you know better than an extrapolation.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..1 << 40))]
    pub keys: Option<u64>,
    /// Stop at the first bad line.
    #[arg(long)]
    pub strict: bool,
    /// Where the list is from, for the header [default: the names of the inputs].
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// The day the list is from, for the header [default: today].
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<Date>,
}

/// In what order the keys come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrder {
    /// By hash.
    Sorted,
    /// Any.
    Any,
}

impl BuildArgs {
    /// What the keys are.
    pub fn kind(&self) -> FilterKind {
        if self.pairs { FilterKind::Pairs } else { FilterKind::Passwords }
    }

    /// What the lines are.
    pub fn format(&self) -> ListFormat {
        match (self.passwords, self.pairs) {
            (true, _) => ListFormat::Passwords,
            (_, true) => ListFormat::Pairs,
            // A count of 0 is a range file's padding.
            _ => ListFormat::Hashes { min_count: self.min_count.unwrap_or(1) },
        }
    }

    /// In what order the keys come. Hashes of lists in the clear are never in order.
    pub fn order(&self) -> KeyOrder {
        if self.unsorted || self.passwords || self.pairs { KeyOrder::Any } else { KeyOrder::Sorted }
    }

    /// Where the list is from: as given, or the inputs' names (without their folders, which
    /// are nobody's business).
    pub fn source(&self) -> FilterSource {
        let name = |path: &PathBuf| {
            let name = if path == Path::new("-") { None } else { path.file_name() };
            name.map_or(OsString::from("standard input"), OsString::from)
        };
        let names: Vec<_> =
            self.input.iter().map(|path| name(path).to_string_lossy().into_owned()).collect();
        FilterSource::new(self.source.as_deref().unwrap_or(&names.join(", ")))
    }

    /// The day the list is from: as given, or today.
    pub fn date(&self) -> Option<Date> {
        let today = || {
            let today = jiff::ZonedDateTime::now().date();
            let (month, day) = (today.month().unsigned_abs(), today.day().unsigned_abs());
            Date::new(today.year().unsigned_abs(), month, day)
        };
        self.date.or_else(today)
    }
}

fn fp_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| FP_RATES.contains(rate));
    rate.ok_or_else(|| {
        format!(
            "a rate is between {:e} and {}, as in 0.001 or 1e-3",
            FP_RATES.start(),
            FP_RATES.end()
        )
    })
}
