//! Little-endian cursors that cannot fail: a read past the end gives zeros, a write past the
//! end does nothing.
//!
//! Lengths are checked once, where a value enters ([`crate::state::record`]). A wrong length
//! after that is a bug, and must not become a panic in a worker.

/// Reads numbers from the front of a byte slice.
pub(crate) struct ByteReader<'a>(pub(crate) &'a [u8]);

impl ByteReader<'_> {
    pub(crate) fn take<const N: usize>(&mut self) -> [u8; N] {
        if let Some((head, rest)) = self.0.split_first_chunk::<N>() {
            self.0 = rest;
            *head
        } else {
            self.0 = &[];
            [0; N]
        }
    }

    pub(crate) fn u8(&mut self) -> u8 {
        let [byte] = self.take();
        byte
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    pub(crate) fn u24(&mut self) -> u32 {
        let [a, b, c] = self.take();
        u32::from_le_bytes([a, b, c, 0])
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    pub(crate) fn i32(&mut self) -> i32 {
        i32::from_le_bytes(self.take())
    }
}

/// Writes numbers to the front of a byte slice.
pub(crate) struct ByteWriter<'a>(pub(crate) &'a mut [u8]);

impl ByteWriter<'_> {
    pub(crate) fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        if let Some((head, rest)) = std::mem::take(&mut self.0).split_first_chunk_mut::<N>() {
            *head = bytes;
            self.0 = rest;
        }
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.put([value]);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.put(value.to_le_bytes());
    }

    /// The low 24 bits; larger values become the largest.
    pub(crate) fn u24(&mut self, value: u32) {
        let [a, b, c, _] = value.min(U24_MAX).to_le_bytes();
        self.put([a, b, c]);
    }

    pub(crate) fn i32(&mut self, value: i32) {
        self.put(value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.put(value.to_le_bytes());
    }
}

/// The largest number of three bytes.
pub(crate) const U24_MAX: u32 = 0x00FF_FFFF;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_written() {
        let mut bytes = [0; 10];
        let mut writer = ByteWriter(&mut bytes);
        writer.u8(1);
        writer.u16(0x0203);
        writer.u24(0x0004_0506);
        writer.u32(0x0708_090A);
        let mut reader = ByteReader(&bytes);
        assert_eq!((reader.u8(), reader.u16(), reader.u24()), (1, 0x0203, 0x0004_0506));
        assert_eq!(reader.u32(), 0x0708_090A);
    }

    #[test]
    fn reads_past_the_end_are_zeros_and_writes_do_nothing() {
        let mut reader = ByteReader(&[1]);
        assert_eq!((reader.u16(), reader.u8()), (0, 0));
        let mut bytes = [7];
        ByteWriter(&mut bytes).u16(9);
        assert_eq!(bytes, [7]);
        let mut three = [0; 3];
        ByteWriter(&mut three).u24(u32::MAX);
        assert_eq!(ByteReader(&three).u24(), U24_MAX);
    }
}
