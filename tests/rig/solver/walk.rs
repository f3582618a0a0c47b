//! The memory walk, written a second time from its description in docs/challenge.md: the module
//! must agree with it.

/// `X` and `Y` of the description.
const FACTORS: (u32, u32) = (0x9e37_79b1, 0x85eb_ca77);

/// The memory that each walk begins with: sfc32, without its first sixteen numbers.
///
/// # Panics
/// If the seed is no hexadecimal.
pub fn memory(seed: &str) -> Vec<u32> {
    let id = u128::from_str_radix(seed, 16).expect("hexadecimal").to_be_bytes();
    let word = |at: usize| u32::from_be_bytes([id[at], id[at + 1], id[at + 2], id[at + 3]]);
    let [mut a, mut b, mut c, mut counter] = [0, 4, 8, 12].map(word);
    let mut next = || {
        let number = a.wrapping_add(b).wrapping_add(counter);
        counter = counter.wrapping_add(1);
        a = b ^ (b >> 9);
        b = c.wrapping_add(c << 3);
        c = c.rotate_left(21).wrapping_add(number);
        number
    };
    (0..1040).map(|_| next()).skip(16).collect()
}

/// The result of a number.
pub(super) fn result(memory: &[u32], part: u32, number: u32) -> u32 {
    let mut memory = memory.to_vec();
    let mut x = number.wrapping_mul(FACTORS.0);
    let mut y = part.wrapping_mul(FACTORS.1).wrapping_add(number);
    for _ in 0..384 {
        let (i, j) = ((x >> 22) as usize, (y >> 22) as usize);
        let (v, w) = (memory[i], memory[j]);
        x = (x ^ v).wrapping_mul(FACTORS.0).wrapping_add(w.rotate_left(16));
        y = (y ^ w).wrapping_mul(FACTORS.1).wrapping_add(v);
        memory[i] = y;
        memory[j] = x;
    }
    x ^ y
}
