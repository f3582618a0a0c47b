//! The command line of `build`, and what its flags mean together.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use unstuff_engine::breached::{Date, FP_RATES, FilterKind, FilterSource};

use super::input::ListFormat;

/// Build a breached-password filter
///
/// Reads lists sorted by hash, as Have I Been Pwned publishes them (HASH:COUNT), or folders of its
/// range files, as `unstuff fetch` writes them. With --passwords or --pairs it reads plain-text
/// lists. Any list may be compressed with gzip or zstd.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  unstuff build hibp/ -o hibp.unstuff                      what `unstuff fetch hibp/` downloaded
  unstuff build hibp/ --top 10000000 -o top.unstuff        the 10 million most frequent passwords
  unstuff build --passwords words.txt -o words.unstuff     a plain-text list

Exit status: 0 built, 2 an error; the old filter is kept then.")]
pub(crate) struct BuildArgs {
    /// Files or folders to read, in this order; - is standard input
    #[arg(required = true, value_name = "INPUT")]
    pub input: Vec<PathBuf>,
    /// The filter to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// The lists have plain-text passwords, one per line, in any order
    #[arg(long, conflicts_with_all = ["pairs", "min_count", "top"])]
    passwords: bool,
    /// The lists have username:password, one pair per line, in any order
    #[arg(long, conflicts_with_all = ["min_count", "top"])]
    pairs: bool,
    /// The hashes are in any order; takes 20 bytes per key on the disk of the output, 28 with --top
    #[arg(long)]
    unsorted: bool,
    /// Target rate of false positives: one in a thousand is 0.001
    #[arg(long, value_name = "P", default_value = "0.001", value_parser = fp_rate)]
    pub fp_rate: f64,
    /// Only hashes with at least this count
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    min_count: Option<u64>,
    /// Only the N most frequent hashes (all or none with the same count); reads sorted lists twice
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub top: Option<u64>,
    /// The number of keys, if you know it; otherwise it is extrapolated
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..1 << 40))]
    pub keys: Option<u64>,
    /// Stop at the first bad line
    #[arg(long)]
    pub strict: bool,
    /// The source of the list, for the header [default: the names of the inputs]
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// The date of the list, for the header [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<Date>,
}

/// The order of the keys in the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyOrder {
    /// Sorted by hash.
    Sorted,
    /// Any order.
    Any,
}

impl BuildArgs {
    /// The kind of the keys.
    pub(crate) fn kind(&self) -> FilterKind {
        if self.pairs { FilterKind::Pairs } else { FilterKind::Passwords }
    }

    /// The format of the lines.
    pub(crate) fn format(&self) -> ListFormat {
        match (self.passwords, self.pairs) {
            (true, _) => ListFormat::Passwords,
            (_, true) => ListFormat::Pairs,
            // A count of 0 is padding of a range file.
            _ => ListFormat::Hashes {
                min_count: self.min_count.unwrap_or(1),
                counts: self.unsorted && self.top.is_some(),
            },
        }
    }

    /// The order of the keys. Hashes of plain-text lists are never sorted.
    pub(crate) fn order(&self) -> KeyOrder {
        if self.unsorted || self.passwords || self.pairs { KeyOrder::Any } else { KeyOrder::Sorted }
    }

    /// The source of the list: as given, or the names of the inputs. Folders are left out, because
    /// the filter is published and they may be private.
    pub(crate) fn source(&self) -> FilterSource {
        let name = |path: &PathBuf| {
            let name = if path == Path::new("-") { None } else { path.file_name() };
            name.map_or(OsString::from("standard input"), OsString::from)
        };
        let names: Vec<_> =
            self.input.iter().map(|path| name(path).to_string_lossy().into_owned()).collect();
        FilterSource::new(self.source.as_deref().unwrap_or(&names.join(", ")))
    }

    /// The date of the list: as given, or today.
    pub(crate) fn date(&self) -> Option<Date> {
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
