//! A native solver of the challenge's puzzles: what an attacker would write.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use sha2::compress256;
use sha2::digest::generic_array::GenericArray;

/// A puzzle as a problem document holds it.
#[derive(Clone, Debug)]
pub struct Puzzle {
    /// What is brought back with the solution.
    pub token: String,
    seed: String,
    parts: u32,
    bits: u32,
}

impl Puzzle {
    /// The puzzle in the body of an answer.
    ///
    /// # Panics
    /// If there is none.
    pub fn of(body: &[u8]) -> Self {
        let document: Value = serde_json::from_slice(body).expect("a problem document");
        let puzzle = &document["puzzle"];
        let text = |key: &str| puzzle[key].as_str().expect("a text").to_owned();
        let number = |key: &str| puzzle[key].as_u64().expect("a number");
        Self {
            token: text("token"),
            seed: text("seed"),
            parts: u32::try_from(number("parts")).expect("a few"),
            bits: u32::try_from(number("bits")).expect("a few"),
        }
    }

    /// Solves it on so many threads; what goes into `x-unstuff-solution`.
    pub fn solve(&self, threads: usize) -> String {
        let next = AtomicU32::new(0);
        let work = || {
            let mut found = Vec::new();
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= self.parts {
                    return found;
                }
                found.push((part, self.solve_part(part)));
            }
        };
        let mut found: Vec<(u32, u32)> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().flat_map(|worker| worker.join().expect("a number")).collect()
        });
        found.sort_unstable();
        let numbers = found.iter().map(|(_, number)| format!(".{number}"));
        std::iter::once(self.token.clone()).chain(numbers).collect()
    }

    fn solve_part(&self, part: u32) -> u32 {
        let prefix = format!("{}:{part}:", self.seed);
        let solves = |number: &u32| first_word(prefix.as_bytes(), *number) >> (32 - self.bits) == 0;
        (0..u32::MAX).find(solves).expect("a number")
    }
}

/// The first word of the SHA-256 of `prefix` and a decimal number, which fit in one block: the
/// inner loop, so without the detours that a library takes.
fn first_word(prefix: &[u8], number: u32) -> u32 {
    let mut block = GenericArray::<u8, _>::default();
    let mut digits = [0; 10];
    let mut from = digits.len();
    let mut rest = number;
    loop {
        from -= 1;
        digits[from] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let end = prefix.len() + digits.len() - from;
    block[..prefix.len()].copy_from_slice(prefix);
    block[prefix.len()..end].copy_from_slice(&digits[from..]);
    block[end] = 0x80;
    let bits = u64::try_from(end * 8).unwrap_or(0);
    block[56..].copy_from_slice(&bits.to_be_bytes());
    let mut state = START;
    compress256(&mut state, &[block]);
    state[0]
}

/// What SHA-256 starts from (FIPS 180-4, section 5.3.3).
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
