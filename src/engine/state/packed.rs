//! A distinct counter in the bytes it is stored in, opened only when it is needed.
//!
//! An address has four of them, 144 of its 249 bytes, and most updates touch one or none.
//! Opening them all with each entry took half the time of an update. Once one is changed it
//! stays open, so that an entry which is never stored as bytes (replay) opens it once.

use std::fmt;

use super::bytes::{Reader, Writer};
use super::distinct::Distinct;
use super::identity::Tag;
use super::window::{Phase, Turn};

/// The bytes of a [`Distinct`], and which of its two forms they are; or itself.
#[derive(Clone, Copy)]
pub(crate) enum Packed {
    Closed { estimated: bool, bytes: [u8; Packed::BYTES] },
    Open(Distinct),
}

const EMPTY: [u8; Packed::BYTES] = [0; Packed::BYTES];

impl Default for Packed {
    fn default() -> Self {
        Self::Closed { estimated: false, bytes: EMPTY }
    }
}

impl Packed {
    pub const BYTES: usize = Distinct::BYTES;

    /// The counter that was stored as these bytes.
    pub fn new(estimated: bool, bytes: [u8; Self::BYTES]) -> Self {
        // Empty bitmaps (junk, for they are never stored) are an empty list.
        Self::Closed { estimated: estimated && bytes != EMPTY, bytes }
    }

    pub fn is_estimated(&self) -> bool {
        match self {
            Self::Closed { estimated, .. } => *estimated,
            Self::Open(distinct) => distinct.is_estimated(),
        }
    }

    pub fn bytes(&self) -> [u8; Self::BYTES] {
        match self {
            Self::Closed { bytes, .. } => *bytes,
            Self::Open(distinct) => {
                let mut bytes = EMPTY;
                distinct.encode(&mut Writer(&mut bytes));
                bytes
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Self::Closed { bytes, .. } => *bytes == EMPTY,
            Self::Open(distinct) => distinct.is_empty(),
        }
    }

    /// As [`Distinct::insert`].
    pub fn insert(&mut self, tag: Tag) -> bool {
        let mut distinct = self.open();
        let new = distinct.insert(tag);
        *self = Self::Open(distinct);
        new
    }

    pub fn estimate(&self, phase: Phase) -> u32 {
        if self.is_empty() { 0 } else { self.open().estimate(phase) }
    }

    pub fn estimate_with(&self, tag: Tag, phase: Phase) -> u32 {
        if self.is_empty() { 1 } else { self.open().estimate_with(tag, phase) }
    }

    pub fn turn(&mut self, turn: Turn) {
        match turn {
            Turn::Same => {}
            Turn::Next if self.is_empty() => {}
            Turn::Next => {
                let mut distinct = self.open();
                distinct.turn();
                *self = Self::Open(distinct);
            }
            Turn::Gone => *self = Self::default(),
        }
    }

    fn open(&self) -> Distinct {
        match self {
            Self::Closed { estimated, bytes } => Distinct::decode(*estimated, &mut Reader(bytes)),
            Self::Open(distinct) => *distinct,
        }
    }
}

impl PartialEq for Packed {
    fn eq(&self, other: &Self) -> bool {
        self.is_estimated() == other.is_estimated() && self.bytes() == other.bytes()
    }
}

impl Eq for Packed {}

/// The bytes may stem from passwords: only the shape is printed.
impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.open().fmt(f)
    }
}
