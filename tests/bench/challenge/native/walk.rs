//! Native solvers of walks: several walks side by side in general registers, and sixteen in vectors
//! that gather and scatter (AVX-512). AVX2 can only gather; its stores, one by one, make it slower.

use std::ops::Range;

use unstuff_tests::solver::ClientPuzzle;
use unstuff_tests::solver::walk::memory;

use super::{NativeSolver, Search};

const WORDS: usize = 1024;
const STEPS: usize = 384;
const X: u32 = 0x9e37_79b1;
const Y: u32 = 0x85eb_ca77;

/// The memory of one walk, on lines of the cache.
#[repr(align(64))]
#[derive(Clone)]
struct Memory([u32; WORDS]);

impl Memory {
    fn of(puzzle: &ClientPuzzle) -> Self {
        Self(memory(&puzzle.seed).try_into().expect("1024 words"))
    }
}

/// A multiple of the lanes of each solver.
const NUMBERS: Range<u32> = 0..4_294_963_200;

pub(super) fn solvers() -> Vec<NativeSolver> {
    let of = |name, search| NativeSolver { name, search, numbers: NUMBERS };
    let mut solvers = vec![
        of("walks, one", scalar::<1>),
        of("walks, 3 side by side", scalar::<3>),
        of("walks, 4 side by side", scalar::<4>),
        of("walks, 5 side by side", scalar::<5>),
        of("walks, 6 side by side", scalar::<6>),
    ];
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512f") {
        solvers.push(of("walks, 16 with AVX-512", vectors::search));
    }
    solvers
}

fn scalar<const LANES: usize>(puzzle: &ClientPuzzle) -> Search {
    let (start, bits) = (Memory::of(puzzle), puzzle.bits);
    Box::new(move |part, numbers| {
        let mut memories: [Memory; LANES] = std::array::from_fn(|_| start.clone());
        let mut n = numbers.start;
        while n < numbers.end {
            let results = walks(&start, &mut memories, part, n);
            if let Some(lane) = results.iter().position(|it| it.leading_zeros() >= bits) {
                return Some(n + u32::try_from(lane).expect("a few"));
            }
            n += u32::try_from(LANES).expect("a few");
        }
        None
    })
}

/// The results of as many numbers as there are lanes.
#[inline(never)]
fn walks<const LANES: usize>(
    start: &Memory,
    memories: &mut [Memory; LANES],
    part: u32,
    from: u32,
) -> [u32; LANES] {
    let lane = |lane: usize| from.wrapping_add(u32::try_from(lane).expect("a few"));
    let mut x: [u32; LANES] = std::array::from_fn(|it| lane(it).wrapping_mul(X));
    let mut y: [u32; LANES] = std::array::from_fn(|it| part.wrapping_mul(Y).wrapping_add(lane(it)));
    memories.iter_mut().for_each(|memory| memory.0.copy_from_slice(&start.0));
    for _ in 0..STEPS {
        for lane in 0..LANES {
            let memory = &mut memories[lane].0;
            let (i, j) = ((x[lane] >> 22) as usize, (y[lane] >> 22) as usize);
            let (v, w) = (memory[i], memory[j]);
            x[lane] = (x[lane] ^ v).wrapping_mul(X).wrapping_add(w.rotate_left(16));
            y[lane] = (y[lane] ^ w).wrapping_mul(Y).wrapping_add(v);
            memory[i] = y[lane];
            memory[j] = x[lane];
        }
    }
    std::array::from_fn(|lane| x[lane] ^ y[lane])
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, clippy::incompatible_msrv, reason = "vector instructions; run where detected")]
mod vectors {
    use std::arch::x86_64::*;

    use super::{ClientPuzzle, Memory, STEPS, Search, WORDS, X, Y};

    /// One word of each lane. A walk's memory is a column, so that filling it needs no scatter.
    #[repr(align(64))]
    #[derive(Clone)]
    struct Row([i32; 16]);

    pub(super) fn search(puzzle: &ClientPuzzle) -> Search {
        let (start, bits) = (Memory::of(puzzle), puzzle.bits);
        Box::new(move |part, numbers| {
            let mut rows = vec![Row([0; 16]); WORDS];
            numbers.clone().step_by(16).find_map(|n| {
                // SAFETY: the caller of `solvers` has the instructions.
                let zeros = unsafe { walks(&start, &mut rows, part, n, bits) };
                (zeros != 0).then(|| n + zeros.trailing_zeros())
            })
        })
    }

    /// One bit for each of sixteen numbers: whether its result begins with so many zero bits.
    #[target_feature(enable = "avx512f")]
    #[allow(clippy::cast_possible_wrap, reason = "vectors are signed")]
    unsafe fn walks(start: &Memory, rows: &mut [Row], part: u32, from: u32, bits: u32) -> u16 {
        for (row, word) in rows.iter_mut().zip(start.0) {
            row.0 = [word as i32; 16];
        }
        let lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        let all = |word: u32| _mm512_set1_epi32(word as i32);
        let numbers = _mm512_add_epi32(all(from), lanes);
        let mut x = _mm512_mullo_epi32(numbers, all(X));
        let mut y = _mm512_add_epi32(all(part.wrapping_mul(Y)), numbers);
        let base = rows.as_mut_ptr().cast::<i32>();
        // The first ten bits, times sixteen, and the lane: (it >> 18 & !15) | lane.
        let place =
            |it| _mm512_ternarylogic_epi32::<0xea>(_mm512_srli_epi32::<18>(it), all(!15), lanes);
        for _ in 0..STEPS {
            let (i, j) = (place(x), place(y));
            // SAFETY: places are below 1024 × 16, the words of the rows.
            unsafe {
                let v = _mm512_i32gather_epi32::<4>(i, base);
                let w = _mm512_i32gather_epi32::<4>(j, base);
                let turned = _mm512_rol_epi32::<16>(w);
                x = _mm512_add_epi32(_mm512_mullo_epi32(_mm512_xor_si512(x, v), all(X)), turned);
                y = _mm512_add_epi32(_mm512_mullo_epi32(_mm512_xor_si512(y, w), all(Y)), v);
                _mm512_i32scatter_epi32::<4>(base, i, y);
                _mm512_i32scatter_epi32::<4>(base, j, x);
            }
        }
        let mask = u32::MAX.checked_shr(bits).map_or(u32::MAX, |rest| !rest);
        _mm512_testn_epi32_mask(_mm512_xor_si512(x, y), all(mask))
    }
}
