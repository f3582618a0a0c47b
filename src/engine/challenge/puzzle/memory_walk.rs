//! The memory walk: proof of work that a browser does about as fast as any other program.
//!
//! A hash such as SHA-256 is made of a few operations that processors have instructions for and
//! that run in many lanes side by side, neither of which a script can use. A walk is made of what
//! scripts, too, do at full speed: 32-bit arithmetic, and reads and writes at unpredictable places of
//! a small memory.
//!
//! ```text
//! memory = 1024 words of sfc32, seeded with the puzzle's id
//! x = number × X                    y = part × Y + number
//! 384 times:
//!     i = first 10 bits of x        j = first 10 bits of y
//!     v = memory[i]                 w = memory[j]
//!     x = (x ⊕ v) × X + (w ⋘ 16)    y = (y ⊕ w) × Y + v
//!     memory[i] = y, then memory[j] = x
//! ```
//!
//! All of it modulo 2^32; `X` and `Y` are two primes of xxHash. The result is x ⊕ y, and a number
//! solves its part if the result begins with the wanted zero bits.
//!
//! # Why there is no shortcut
//!
//! - Each step's addresses come from the values that the step before has read, so a walk is done
//!   one step after the other. Only different walks can be done side by side.
//! - Each walk needs a memory of its own. Its 768 accesses touch some 540 of the 1024 words, and
//!   the others come back to a word that was written before, so leaving the writes out, or keeping
//!   only the latest of them, gives a wrong result practically always. Keeping the written words alone,
//!   beside a start that all walks share, saves less than half and costs a search at each read.
//! - Vector instructions gain nothing: sixteen lanes read and write sixteen words, which the
//!   processor does one after the other, and their memories of 64 KiB do not fit a first-level
//!   cache of 32 or 48 KiB. On a graphics card, too, fast memory is what is scarce.
//! - The memory depends on the puzzle's id, which is random, so nothing can be computed before the
//!   puzzle is there. Filling it costs less than one walk, and one puzzle needs half a million walks. Two
//!   numbers have nothing in common after the first steps.
//!
//! The memory is as large as a script can use for four walks side by side in the first-level cache
//! of a phone. The steps are as many as leave the check in the module some room below its bar.

/// The words of a walk's memory, of 32 bits each: 4 KiB.
const WORDS: usize = 1 << ADDRESS_BITS;
const ADDRESS_BITS: u32 = 10;

/// The steps of a walk; each reads and writes two words.
const STEPS: u32 = 384;

/// The walks that are done side by side, so that the processor does not wait for its memory.
pub const LANES: usize = 4;

/// `PRIME32_1` and `PRIME32_2` of xxHash (Yann Collet).
const X: u32 = 0x9e37_79b1;
const Y: u32 = 0x85eb_ca77;

/// The first numbers of sfc32 are not used: its author discards twelve, until the seed is mixed.
const DISCARDED: usize = 16;

/// The walks of one puzzle.
#[derive(Clone, Debug)]
pub struct MemoryWalk {
    memory: [u32; WORDS],
}

impl MemoryWalk {
    /// The walks of the puzzle with this id.
    pub(super) fn new(id: &[u8; 16]) -> Self {
        let mut numbers = Sfc32::new(id);
        for _ in 0..DISCARDED {
            numbers.next();
        }
        Self { memory: std::array::from_fn(|_| numbers.next()) }
    }

    /// The results of these parts' numbers. All lanes together take little longer than one.
    pub(super) fn results(&self, tries: [(u32, u32); LANES]) -> [u32; LANES] {
        let mut memory = [self.memory; LANES];
        let mut x = tries.map(|(_, number)| number.wrapping_mul(X));
        let mut y = tries.map(|(part, number)| part.wrapping_mul(Y).wrapping_add(number));
        for _ in 0..STEPS {
            for ((x, y), memory) in x.iter_mut().zip(&mut y).zip(&mut memory) {
                step(x, y, memory);
            }
        }
        let mut results = x;
        results.iter_mut().zip(y).for_each(|(x, y)| *x ^= y);
        results
    }
}

fn step(x: &mut u32, y: &mut u32, memory: &mut [u32; WORDS]) {
    let [i, j] = [*x, *y].map(|it| (it >> (u32::BITS - ADDRESS_BITS)) as usize);
    // The addresses have ten bits, so each is there, and the compiler leaves the checks out.
    let [v, w] = [i, j].map(|at| memory.get(at).copied().unwrap_or_default());
    *x = (*x ^ v).wrapping_mul(X).wrapping_add(w.rotate_left(16));
    *y = (*y ^ w).wrapping_mul(Y).wrapping_add(v);
    for (at, value) in [(i, *y), (j, *x)] {
        if let Some(word) = memory.get_mut(at) {
            *word = value;
        }
    }
}

/// The generator sfc32 (Chris Doty-Humphrey, PractRand 0.94) with 128 bits of seed.
struct Sfc32 {
    state: [u32; 3],
    counter: u32,
}

impl Sfc32 {
    fn new(id: &[u8; 16]) -> Self {
        let seed = u128::from_be_bytes(*id);
        let [a, b, c, counter] = [96, 64, 32, 0].map(|shift| {
            #[allow(clippy::cast_possible_truncation, reason = "one word of four")]
            let word = (seed >> shift) as u32;
            word
        });
        Self { state: [a, b, c], counter }
    }

    fn next(&mut self) -> u32 {
        let [a, b, c] = self.state;
        let number = a.wrapping_add(b).wrapping_add(self.counter);
        self.counter = self.counter.wrapping_add(1);
        self.state = [b ^ (b >> 9), c.wrapping_add(c << 3), c.rotate_left(21).wrapping_add(number)];
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks of part 0 with the numbers from 0 on, in order.
    fn results(walk: &MemoryWalk, numbers: u32) -> impl Iterator<Item = u32> {
        let batches = (0..numbers).step_by(LANES);
        batches.flat_map(|n| walk.results([(0, n), (0, n + 1), (0, n + 2), (0, n + 3)]))
    }

    /// `solver.js` and the solver of `tests/rig` get the same.
    #[test]
    fn results_are_the_documented_ones() {
        let walk = MemoryWalk::new(&std::array::from_fn(|at| u8::try_from(at).unwrap()));
        let tries = [(0, 0), (0, 1), (15, 1), (7, u32::MAX)];
        assert_eq!(
            walk.results(tries),
            [1_376_229_158, 1_599_519_502, 2_924_757_170, 1_758_845_984]
        );
    }

    #[test]
    fn lanes_do_not_affect_each_other() {
        let walk = MemoryWalk::new(&[3; 16]);
        let [a, b, c, d] = walk.results([(0, 9), (1, 8), (2, 7), (3, 6)]);
        assert_eq!(walk.results([(3, 6), (2, 7), (1, 8), (0, 9)]), [d, c, b, a]);
    }

    /// Chi-squared over 256 classes, at each end of the result. 330 is exceeded by chance once in a
    /// thousand times (the numbers are fixed, so the test always gives the same).
    #[test]
    fn results_are_uniform() {
        const NUMBERS: u32 = 1 << 14;
        let walk = MemoryWalk::new(&[7; 16]);
        for shift in [24, 12, 0] {
            let mut counts = [0_u32; 256];
            for result in results(&walk, NUMBERS) {
                counts[(result >> shift) as usize % 256] += 1;
            }
            let expected = f64::from(NUMBERS) / 256.0;
            let chi: f64 =
                counts.iter().map(|it| (f64::from(*it) - expected).powi(2) / expected).sum();
            assert!(chi < 330.0, "{chi} at {shift}");
        }
    }

    #[test]
    fn share_of_numbers_with_k_zero_bits_halves_with_each() {
        const NUMBERS: u32 = 1 << 15;
        let zeros: Vec<u32> =
            results(&MemoryWalk::new(&[9; 16]), NUMBERS).map(u32::leading_zeros).collect();
        for k in 1..9_u32 {
            let found = u32::try_from(zeros.iter().filter(|it| **it >= k).count()).unwrap();
            let expected = f64::from(NUMBERS >> k);
            let deviation = (f64::from(found) - expected) / expected.sqrt();
            assert!(deviation.abs() < 3.5, "{found} with {k} zero bits, {expected} expected");
        }
    }

    #[test]
    fn each_changed_bit_of_number_part_and_id_changes_half_of_the_result() {
        let id = [5; 16];
        let of = |id: &[u8; 16], part, number| MemoryWalk::new(id).results([(part, number); 4])[0];
        let mut changed = Vec::new();
        for number in 0..4 {
            let before = of(&id, 1, number);
            for bit in 0..32 {
                changed.push(before ^ of(&id, 1, number ^ (1 << bit)));
                if bit < 4 {
                    changed.push(before ^ of(&id, 1 ^ (1 << bit), number));
                }
            }
            for bit in 0..128 {
                let mut other = id;
                other[bit / 8] ^= 1 << (bit % 8);
                changed.push(before ^ of(&other, 1, number));
            }
        }
        let count = f64::from(u32::try_from(changed.len()).unwrap());
        for bit in 0..32 {
            let flips: u32 = changed.iter().map(|it| it >> bit & 1).sum();
            let share = f64::from(flips) / count;
            // Four standard deviations of a fair coin that is thrown 656 times are 0.078.
            assert!((0.42..0.58).contains(&share), "bit {bit} changes in {share}");
        }
    }

    /// A solver that leaves the writes out has no memory of its own to keep, and no result.
    #[test]
    fn walk_without_its_writes_has_another_result() {
        let walk = MemoryWalk::new(&[2; 16]);
        let without_writes = |number: u32| {
            let (mut x, mut y) = (number.wrapping_mul(X), number);
            for _ in 0..STEPS {
                step(&mut x, &mut y, &mut walk.memory.clone());
            }
            x ^ y
        };
        let same = (0..).zip(results(&walk, 512)).filter(|(n, it)| without_writes(*n) == *it);
        assert_eq!(same.count(), 0);
    }

    #[test]
    fn walk_touches_most_of_its_memory_and_comes_back_to_it() {
        let before = MemoryWalk::new(&[2; 16]).memory;
        let (mut x, mut y, mut after) = (X, 1, before);
        (0..STEPS).for_each(|_| step(&mut x, &mut y, &mut after));
        let touched = before.iter().zip(after).filter(|(before, after)| **before != *after).count();
        assert!((500..580).contains(&touched), "{touched}");
    }
}
