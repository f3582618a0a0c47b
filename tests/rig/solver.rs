//! A native solver of the challenge's puzzles: what an attacker would write.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use sha2::{Digest, Sha256};

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
        let mut text = prefix.clone().into_bytes();
        let solves = |number: &u32| {
            text.truncate(prefix.len());
            push_decimal(&mut text, *number);
            let digest = Sha256::digest(&text);
            let front = digest.first_chunk().map_or(u32::MAX, |front| u32::from_be_bytes(*front));
            front.leading_zeros() >= self.bits
        };
        (0..u32::MAX).find(solves).expect("a number")
    }
}

/// Appends a number without a detour through a string: this is the solver's inner loop.
fn push_decimal(text: &mut Vec<u8>, number: u32) {
    let start = text.len();
    let mut rest = number;
    loop {
        text.push(b'0' + u8::try_from(rest % 10).unwrap_or(0));
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if let Some(digits) = text.get_mut(start..) {
        digits.reverse();
    }
}
