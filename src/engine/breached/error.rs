//! Reasons for which a filter is refused.

use std::fmt;

use super::format::{FP_RATES, VERSION};

/// Why a filter cannot be read or made. The message says what is wrong and what to try; the caller
/// adds the location (a path, "the packed passwords").
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FilterError {
    /// The first bytes are not those of a filter.
    NotAFilter,
    /// The file is from a later version of Unstuff.
    Newer {
        /// The version in its header.
        version: u16,
    },
    /// The length differs from the header's.
    Length {
        /// Bytes that the header implies (or the header itself needs).
        expected: u64,
        /// Bytes that are present.
        given: u64,
    },
    /// A field of the header has a value that no writer writes.
    Field {
        /// The field's name, as in the table of [`super::header`].
        name: &'static str,
    },
    /// The header's checksum is wrong.
    HeaderChecksum,
    /// The checksum of the shards is wrong.
    Checksum,
    /// A shard's prefix differs from the header's.
    Shard {
        /// The shard's index, from 0.
        index: u64,
    },
    /// Bytes within the filter could not be read.
    Read {
        /// Offset in bytes from the start of the filter.
        offset: u64,
    },
    /// The false-positive rate is outside of [`FP_RATES`].
    FpRate,
    /// More keys than the format allows.
    TooManyKeys,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const AGAIN: &str = "copy it again, or build it again with `unstuff build`";
        match self {
            Self::NotAFilter => f.write_str(
                "not a breached-password filter: it does not begin as one; \
                 make one with `unstuff build`",
            ),
            Self::Newer { version } => write!(
                f,
                "the filter has format version {version}, and this unstuff reads up to \
                 {VERSION}; use the unstuff that built it, or a newer one"
            ),
            Self::Length { expected, given } => {
                let how = if given < expected { "truncated" } else { "too long" };
                write!(f, "the filter is {how}: {given} bytes, not {expected}; {AGAIN}")
            }
            Self::Field { name } => {
                write!(f, "the filter is corrupt: its header has an impossible {name}; {AGAIN}")
            }
            Self::HeaderChecksum => {
                write!(f, "the filter is corrupt: its header's checksum is wrong; {AGAIN}")
            }
            Self::Checksum => {
                write!(f, "the filter is corrupt: the checksum of its shards is wrong; {AGAIN}")
            }
            Self::Shard { index } => {
                write!(f, "the filter is corrupt: shard {index} does not begin as one; {AGAIN}")
            }
            Self::Read { offset } => write!(f, "the filter cannot be read at byte {offset}"),
            Self::FpRate => write!(
                f,
                "a false-positive rate is between {:e} and {}",
                FP_RATES.start(),
                FP_RATES.end()
            ),
            Self::TooManyKeys => f.write_str("more keys than a filter can number"),
        }
    }
}

impl std::error::Error for FilterError {}
