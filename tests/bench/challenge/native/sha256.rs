//! Native solvers of SHA-256 puzzles: with SHA instructions, several hashes side by side, and
//! sixteen in vectors (AVX-512); without either, the library that the module uses, too.
//!
//! All numbers have ten digits. Then the text SEED:part:number fills nine words, and only the last one,
//! with three or four digits, changes from try to try: the first eight rounds are done once for a
//! thousand numbers and more.

use std::ops::Range;

use sha2::compress256;
use sha2::digest::generic_array::GenericArray;
use unstuff_tests::solver::{ClientPuzzle, START};

use super::{NativeSolver, Search};

/// The numbers of ten digits. A multiple of each solver's lanes.
const NUMBERS: Range<u32> = 1_000_000_000..4_294_960_000;

/// The words of a block: its bytes, big-endian.
type TextBlock = [u32; 16];

pub(super) fn solvers() -> Vec<NativeSolver> {
    let of = |name, search| NativeSolver { name, search, numbers: NUMBERS };
    #[allow(unused_mut, reason = "other processors have none of these instructions")]
    let mut solvers = vec![of("hashes of the library", library)];
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("sha")
            && std::arch::is_x86_feature_detected!("sse4.1")
        {
            solvers.push(of("hashes, 2 with SHA instructions", sha_instructions::search::<2>));
            solvers.push(of("hashes, 3 with SHA instructions", sha_instructions::search::<3>));
            solvers.push(of("hashes, 4 with SHA instructions", sha_instructions::search::<4>));
        }
        if std::arch::is_x86_feature_detected!("avx512f") {
            solvers.push(of("hashes, 16 with AVX-512", vectors::search));
        }
    }
    solvers
}

/// The block of a number's text.
fn block(seed: &str, part: u32, number: u32) -> TextBlock {
    let text = format!("{seed}:{part}:{number}");
    let mut bytes = [0; 64];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    bytes[text.len()] = 0x80;
    let bits = u64::try_from(text.len() * 8).expect("a short text");
    bytes[56..].copy_from_slice(&bits.to_be_bytes());
    std::array::from_fn(|at| {
        u32::from_be_bytes([bytes[4 * at], bytes[4 * at + 1], bytes[4 * at + 2], bytes[4 * at + 3]])
    })
}

/// The numbers of a range in runs whose blocks differ in the ninth word alone.
fn runs(part: u32, numbers: Range<u32>) -> impl Iterator<Item = Range<u32>> {
    let length = if part < 10 { 1_000 } else { 10_000 };
    let Range { start, end } = numbers;
    std::iter::successors(Some(start), move |from| Some((from / length + 1) * length))
        .take_while(move |from| *from < end)
        .map(move |from| from..((from / length + 1) * length).min(end))
}

/// The ninth word of a number's block: the digits, counted up by `carry`, and the end mark.
fn ninth_word(part: u32, number: u32) -> u32 {
    let digit = |at: u32| 0x30 + number / 10_u32.pow(at) % 10;
    if part < 10 {
        digit(2) << 24 | digit(1) << 16 | digit(0) << 8 | 0x80
    } else {
        digit(3) << 24 | digit(2) << 16 | digit(1) << 8 | digit(0)
    }
}

fn library(puzzle: &ClientPuzzle) -> Search {
    let (seed, bits) = (puzzle.seed.clone(), puzzle.bits);
    Box::new(move |part, numbers| {
        runs(part, numbers).find_map(|mut run| {
            let words = block(&seed, part, run.start);
            let mut bytes = GenericArray::default();
            for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
                place.copy_from_slice(&word.to_be_bytes());
            }
            run.find(|number| {
                bytes[32..36].copy_from_slice(&ninth_word(part, *number).to_be_bytes());
                let mut state = START;
                compress256(&mut state, std::slice::from_ref(&bytes));
                state[0].leading_zeros() >= bits
            })
        })
    })
}

/// Searches run by run. `results` gives the first words of the hashes of `LANES` ninth words; it gets
/// the block of the run and the state after eight rounds.
#[cfg(target_arch = "x86_64")]
fn search_runs<const LANES: usize>(
    puzzle: &ClientPuzzle,
    results: impl Fn(&TextBlock, &[u32; 8], &[u32; LANES]) -> [u32; LANES] + Sync + 'static,
) -> Search {
    let (seed, bits) = (puzzle.seed.clone(), puzzle.bits);
    Box::new(move |part, numbers| {
        runs(part, numbers).find_map(|run| {
            let block = block(&seed, part, run.start);
            let state = first_rounds(&block);
            let last = run.end - 1;
            run.step_by(LANES).find_map(|n| {
                // The last lanes of a run may repeat its last number.
                let number = |lane: usize| (n + u32::try_from(lane).expect("a few")).min(last);
                let words = std::array::from_fn(|lane| ninth_word(part, number(lane)));
                let found = results(&block, &state, &words);
                found.iter().position(|it| it.leading_zeros() >= bits).map(number)
            })
        })
    })
}

/// The state after the eight rounds whose words are the same in a run.
#[cfg(target_arch = "x86_64")]
fn first_rounds(block: &TextBlock) -> [u32; 8] {
    let mut state = START;
    for (word, k) in block.iter().zip(K).take(8) {
        let [a, b, c, d, e, f, g, h] = state;
        let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let t1 =
            h.wrapping_add(s1).wrapping_add(e & f ^ !e & g).wrapping_add(k).wrapping_add(*word);
        let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let t2 = s0.wrapping_add(a & b ^ a & c ^ b & c);
        state = [t1.wrapping_add(t2), a, b, c, d.wrapping_add(t1), e, f, g];
    }
    state
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "SHA instructions; run where detected")]
#[allow(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "vectors are signed")]
mod sha_instructions {
    use std::arch::x86_64::*;

    use super::{ClientPuzzle, K, START, Search, TextBlock, search_runs};

    pub(super) fn search<const LANES: usize>(puzzle: &ClientPuzzle) -> Search {
        // SAFETY: the caller of `solvers` has the instructions.
        search_runs(puzzle, |block, state, words| unsafe { results::<LANES>(block, state, words) })
    }

    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    fn vector(words: &[u32]) -> __m128i {
        let [a, b, c, d] = [0, 1, 2, 3].map(|at| words[at] as i32);
        _mm_set_epi32(d, c, b, a)
    }

    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    unsafe fn results<const LANES: usize>(
        block: &TextBlock,
        state: &[u32; 8],
        ninth: &[u32; LANES],
    ) -> [u32; LANES] {
        let [a, b, c, d, e, f, g, h] = *state;
        let mut abef = [vector(&[f, e, b, a]); LANES];
        let mut cdgh = [vector(&[h, g, d, c]); LANES];
        let constant = [0, 4, 8, 12].map(|at| vector(&block[at..]));
        let mut w = [constant; LANES];
        for (w, ninth) in w.iter_mut().zip(ninth) {
            w[2] = _mm_insert_epi32::<0>(w[2], *ninth as i32);
        }
        for quad in 2..16 {
            let k = vector(&K[4 * quad..]);
            for lane in 0..LANES {
                let w = &mut w[lane];
                if quad > 3 {
                    let [first, second, third, fourth] =
                        [0, 1, 2, 3].map(|ahead| w[(quad + ahead) % 4]);
                    let sum = _mm_add_epi32(
                        _mm_sha256msg1_epu32(first, second),
                        _mm_alignr_epi8::<4>(fourth, third),
                    );
                    w[quad % 4] = _mm_sha256msg2_epu32(sum, fourth);
                }
                let sum = _mm_add_epi32(w[quad % 4], k);
                cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], sum);
                let sum = _mm_shuffle_epi32::<0x0e>(sum);
                abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], sum);
            }
        }
        abef.map(|abef| (_mm_extract_epi32::<3>(abef) as u32).wrapping_add(START[0]))
    }
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, clippy::incompatible_msrv, reason = "vector instructions; run where detected")]
#[allow(clippy::cast_possible_wrap, reason = "vectors are signed")]
mod vectors {
    use std::arch::x86_64::*;

    use super::{ClientPuzzle, K, START, Search, TextBlock, search_runs};

    pub(super) fn search(puzzle: &ClientPuzzle) -> Search {
        // SAFETY: the caller of `solvers` has the instructions.
        search_runs(puzzle, |block, state, words| unsafe { results(block, state, words) })
    }

    /// The exclusive or of three.
    const XOR: i32 = 0x96;

    #[target_feature(enable = "avx512f")]
    unsafe fn results(block: &TextBlock, state: &[u32; 8], ninth: &[u32; 16]) -> [u32; 16] {
        let all = |word: u32| _mm512_set1_epi32(word as i32);
        let mut w = block.map(all);
        // SAFETY: sixteen words are read.
        w[8] = unsafe { _mm512_loadu_si512(ninth.as_ptr().cast()) };
        let mut s = state.map(all);
        for round in 8..64 {
            let at = round % 16;
            if round > 15 {
                let [near, far] = [w[(round + 1) % 16], w[(round + 14) % 16]];
                let s0 = _mm512_ternarylogic_epi32::<XOR>(
                    _mm512_ror_epi32::<7>(near),
                    _mm512_ror_epi32::<18>(near),
                    _mm512_srli_epi32::<3>(near),
                );
                let s1 = _mm512_ternarylogic_epi32::<XOR>(
                    _mm512_ror_epi32::<17>(far),
                    _mm512_ror_epi32::<19>(far),
                    _mm512_srli_epi32::<10>(far),
                );
                let sum = _mm512_add_epi32(s0, s1);
                w[at] = _mm512_add_epi32(_mm512_add_epi32(w[at], w[(round + 9) % 16]), sum);
            }
            let [a, b, c, d, e, f, g, h] = s;
            let s1 = _mm512_ternarylogic_epi32::<XOR>(
                _mm512_ror_epi32::<6>(e),
                _mm512_ror_epi32::<11>(e),
                _mm512_ror_epi32::<25>(e),
            );
            // Choice and majority of three.
            let choice = _mm512_ternarylogic_epi32::<0xca>(e, f, g);
            let majority = _mm512_ternarylogic_epi32::<0xe8>(a, b, c);
            let s0 = _mm512_ternarylogic_epi32::<XOR>(
                _mm512_ror_epi32::<2>(a),
                _mm512_ror_epi32::<13>(a),
                _mm512_ror_epi32::<22>(a),
            );
            let known = _mm512_add_epi32(_mm512_add_epi32(h, w[at]), all(K[round]));
            let t1 = _mm512_add_epi32(_mm512_add_epi32(known, s1), choice);
            let t2 = _mm512_add_epi32(s0, majority);
            s = [_mm512_add_epi32(t1, t2), a, b, c, _mm512_add_epi32(d, t1), e, f, g];
        }
        let mut results = [0; 16];
        let first = _mm512_add_epi32(s[0], all(START[0]));
        // SAFETY: sixteen words are written.
        unsafe { _mm512_storeu_si512(results.as_mut_ptr().cast(), first) };
        results
    }
}

/// The constants of its rounds (section 4.2.2).
#[cfg(target_arch = "x86_64")]
const K: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];
