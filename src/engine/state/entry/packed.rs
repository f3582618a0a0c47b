//! A distinct counter in its stored bytes, decoded only when it is needed.
//!
//! An address has four of them, 144 of its 249 bytes, and most updates touch one or none. To
//! decode all of them with each entry took half the time of an update.

use std::fmt;

use super::distinct::DistinctCount;
use super::window::{WindowPhase, WindowStep};
use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::identity::Tag;

/// The bytes of a [`DistinctCount`], and which of its two forms they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PackedCount {
    estimated: bool,
    bytes: [u8; Self::BYTES],
}

impl Default for PackedCount {
    fn default() -> Self {
        Self { estimated: false, bytes: [0; Self::BYTES] }
    }
}

impl PackedCount {
    pub(crate) const BYTES: usize = DistinctCount::BYTES;

    /// The counter that was stored as these bytes.
    pub(crate) fn new(estimated: bool, bytes: [u8; Self::BYTES]) -> Self {
        // Empty bitmaps are junk, because they are never stored: an empty list.
        let empty = bytes == [0; Self::BYTES];
        Self { estimated: estimated && !empty, bytes }
    }

    pub(crate) fn is_estimated(&self) -> bool {
        self.estimated
    }

    pub(crate) fn bytes(&self) -> [u8; Self::BYTES] {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes == [0; Self::BYTES]
    }

    /// Adds a value, see [`DistinctCount::insert`].
    pub(crate) fn insert(&mut self, tag: Tag) -> bool {
        let mut distinct = self.open();
        let new = distinct.insert(tag);
        self.close(&distinct);
        new
    }

    pub(crate) fn estimate(&self, phase: WindowPhase) -> u32 {
        if self.estimated {
            self.open().estimate(phase)
        } else {
            DistinctCount::estimate_of_list(&self.bytes, phase)
        }
    }

    pub(crate) fn estimate_with(&self, tag: Tag, phase: WindowPhase) -> u32 {
        if self.is_empty() { 1 } else { self.open().estimate_with(tag, phase) }
    }

    pub(crate) fn step(&mut self, step: WindowStep) {
        match step {
            WindowStep::Same => {}
            WindowStep::Next if self.is_empty() => {}
            WindowStep::Next => {
                let mut distinct = self.open();
                distinct.step();
                self.close(&distinct);
            }
            WindowStep::Gone => *self = Self::default(),
        }
    }

    fn open(&self) -> DistinctCount {
        DistinctCount::decode(self.estimated, &mut ByteReader(&self.bytes))
    }

    fn close(&mut self, distinct: &DistinctCount) {
        self.estimated = distinct.is_estimated();
        distinct.encode(&mut ByteWriter(&mut self.bytes));
    }
}

/// The bytes may derive from passwords: only the shape is printed.
impl fmt::Debug for PackedCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.open().fmt(f)
    }
}
