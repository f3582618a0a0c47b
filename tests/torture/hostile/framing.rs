//! How a body is framed: lengths, chunks, frames and trailers, right and wrong.

use rand::RngExt;
use rand_pcg::Pcg64;

use super::{HttpVersion, chance, pick};

/// The framing of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Its length is announced.
    Length,
    /// Chunks (HTTP/1.1) or DATA frames (HTTP/2) of so many bytes, without a length.
    Chunks(usize),
    /// The same, ending in trailers.
    Trailers(usize),
    /// More is announced than is sent.
    TooLong,
    /// Less is announced than is sent.
    TooShort,
    /// Two lengths that differ.
    TwoLengths,
    /// A length beside chunks.
    LengthAndChunks,
    /// A chunk whose size is no number, or a frame of an unknown type in between.
    BadChunk,
    /// Neither a length nor chunks: in HTTP/1 there is no body then, and what follows is a request.
    Unannounced,
    /// Chunks with extensions, leading zeros and upper case; frames with padding.
    Odd(usize),
}

impl Framing {
    pub(super) fn choose(rng: &mut Pcg64, version: HttpVersion) -> Self {
        let bytes = *pick(rng, &[1, 2, 3, 7, 50, 1_000, 8_192, 16_384]);
        let framing = match rng.random_range(0..100) {
            0..40 => Self::Length,
            40..60 => Self::Chunks(bytes),
            60..72 => Self::Trailers(bytes),
            72..82 => Self::Odd(bytes),
            82..86 => Self::TooLong,
            86..89 => Self::TooShort,
            89..92 => Self::TwoLengths,
            92..95 => Self::LengthAndChunks,
            95..98 => Self::BadChunk,
            _ => Self::Unannounced,
        };
        // HTTP/1.0 has no chunks; now and then it is sent them all the same.
        match version {
            HttpVersion::Http10 if chance(rng, 80) => Self::Length,
            _ => framing,
        }
    }

    /// The size of a chunk, at least so large that there are not thousands of them.
    pub(crate) fn piece_bytes(&self, body: usize) -> usize {
        match self {
            Self::Chunks(bytes) | Self::Trailers(bytes) | Self::Odd(bytes) => {
                (*bytes).max(body / 2_000).max(1)
            }
            _ => body.max(1),
        }
        .min(16_384)
    }

    /// Whether nothing contradicts itself, so that another request can follow.
    pub(crate) fn is_proper(&self) -> bool {
        matches!(self, Self::Length | Self::Chunks(_) | Self::Trailers(_) | Self::Odd(_))
    }

    /// Whether everything that is announced is sent.
    pub(crate) fn is_whole(&self) -> bool {
        *self != Self::TooLong
    }
}
