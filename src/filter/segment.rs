//! What the tool reads and writes in the module's file: the packed filters, and the version.
//!
//! `pack` adds a filter as a passive data segment and replaces the bodies of the two stub
//! functions of its kind in place, by `memory.init` from that segment and by its length. A
//! passive segment belongs to the compiled module, which all workers share; linear memory
//! would hold a copy per worker (100 MiB at 8 workers: 641 MB resident against 1,663 MB).
//! Rust has no way to say `memory.init`, hence the stubs.
//!
//! Until it is packed, the module says that its filters have a length of 0.
#![allow(
    unsafe_code,
    reason = "the exported stubs that `unstuff pack` replaces, and a custom section"
)]

use std::hint::black_box;

use unstuff_engine::breached::ReadAt;

#[cfg(target_arch = "wasm32")]
use crate::VERSION;

/// The version as a custom section of the file: `unstuff inspect` reads it without running
/// the module, and `unstuff pack` leaves it in place.
// SAFETY (link_section): a custom section is never loaded into memory.
#[cfg(target_arch = "wasm32")]
#[used]
#[unsafe(link_section = "unstuff.version")]
static VERSION_SECTION: [u8; VERSION.len()] = match VERSION.as_bytes().first_chunk() {
    Some(bytes) => *bytes,
    None => [0; VERSION.len()],
};

/// Reads `len` bytes at `offset` of a packed filter to `into`.
type Read = unsafe extern "C" fn(into: *mut u8, offset: u32, len: u32);

/// Stub for the filter of passwords, replaced by `unstuff pack`.
///
/// # Safety
///
/// `into` must be writable for `len` bytes. (Reading past the filter's end traps; it is not
/// undefined.)
// SAFETY (no_mangle): nothing else that is linked has a name with this prefix.
#[unsafe(no_mangle)]
#[inline(never)]
pub(crate) unsafe extern "C" fn unstuff_passwords_read(into: *mut u8, offset: u32, len: u32) {
    // The pointer escapes, so the optimiser must assume that what it points to is written.
    // The names keep the four bodies apart: equal ones would be merged, and replaced as one.
    black_box(("passwords", into, offset, len));
}

/// Stub for the filter of passwords, replaced by `unstuff pack`. Length in bytes.
// SAFETY (no_mangle): as above.
#[unsafe(no_mangle)]
#[inline(never)]
pub(crate) extern "C" fn unstuff_passwords_len() -> u32 {
    black_box(("passwords", 0)).1
}

/// Stub for the filter of pairs, replaced by `unstuff pack`.
///
/// # Safety
///
/// As [`unstuff_passwords_read`].
// SAFETY (no_mangle): as above.
#[unsafe(no_mangle)]
#[inline(never)]
pub(crate) unsafe extern "C" fn unstuff_pairs_read(into: *mut u8, offset: u32, len: u32) {
    black_box(("pairs", into, offset, len));
}

/// Stub for the filter of pairs, replaced by `unstuff pack`. Length in bytes.
// SAFETY (no_mangle): as above.
#[unsafe(no_mangle)]
#[inline(never)]
pub(crate) extern "C" fn unstuff_pairs_len() -> u32 {
    black_box(("pairs", 0)).1
}

/// A filter in this module. Open it with `Filter::open(segment, segment.len().into())` if
/// its length is not 0.
#[derive(Clone, Copy)]
pub(crate) struct Segment {
    read: Read,
    len: u32,
}

impl Segment {
    /// The packed filter of passwords; of length 0 if there is none.
    pub(crate) fn passwords() -> Self {
        Self { read: unstuff_passwords_read, len: unstuff_passwords_len() }
    }

    /// The packed filter of `username:password` pairs; of length 0 if there is none.
    pub(crate) fn pairs() -> Self {
        Self { read: unstuff_pairs_read, len: unstuff_pairs_len() }
    }

    /// Bytes of the filter.
    pub(crate) fn len(self) -> u32 {
        self.len
    }
}

impl ReadAt for Segment {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> bool {
        let (Ok(offset), Ok(len)) = (u32::try_from(offset), u32::try_from(into.len())) else {
            return false;
        };
        // `memory.init` past the segment's end would trap, and a trap kills the VM.
        if offset.checked_add(len).is_none_or(|end| end > self.len) {
            return false;
        }
        // SAFETY: `into` is writable for `len` bytes, its own length.
        unsafe { (self.read)(into.as_mut_ptr(), offset, len) };
        true
    }
}
