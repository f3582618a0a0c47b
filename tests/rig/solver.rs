//! A native solver of the challenge's puzzles: what an attacker would write.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;
use sha2::compress256;
use sha2::digest::consts::U64;
use sha2::digest::generic_array::GenericArray;

use crate::{Request, Sandbox};

/// A puzzle as a problem document holds it.
#[derive(Clone, Debug)]
pub struct ClientPuzzle {
    /// What is brought back with the solution.
    pub token: String,
    seed: String,
    parts: u32,
    bits: u32,
}

impl ClientPuzzle {
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
        self.solve_timed(threads).0
    }

    /// The solution, and the time of all cores that it took.
    fn solve_timed(&self, threads: usize) -> (String, Duration) {
        let next = AtomicU32::new(0);
        let work = || {
            let mut found = Vec::new();
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= self.parts {
                    return (found, time_of_this_thread());
                }
                found.push((part, self.solve_part(part)));
            }
        };
        let (found, times): (Vec<_>, Vec<_>) = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|worker| worker.join().expect("numbers")).unzip()
        });
        let mut found = found.concat();
        found.sort_unstable();
        let numbers = found.iter().map(|(_, number)| format!(".{number}"));
        (std::iter::once(self.token.clone()).chain(numbers).collect(), times.iter().sum())
    }

    fn solve_part(&self, part: u32) -> u32 {
        let prefix = format!("{}:{part}:", self.seed);
        let mut block = HashBlock::of(&prefix, 0);
        for number in 0..u32::MAX {
            if block.first_word() >> (32 - self.bits) == 0 {
                return number;
            }
            if !block.count_up() {
                block = HashBlock::of(&prefix, number + 1);
            }
        }
        panic!("no number solves {prefix}");
    }
}

/// The one block of SHA-256 that a prefix and a decimal number fit in. The number is counted up
/// in place: this is the inner loop, so it goes without the detours that a library takes.
struct HashBlock {
    bytes: GenericArray<u8, U64>,
    digits: Range<usize>,
}

impl HashBlock {
    fn of(prefix: &str, number: u32) -> Self {
        let text = format!("{prefix}{number}");
        let end = text.len();
        let mut bytes = GenericArray::default();
        bytes[..end].copy_from_slice(text.as_bytes());
        bytes[end] = 0x80;
        let bits = u64::try_from(end * 8).expect("a short text");
        bytes[56..].copy_from_slice(&bits.to_be_bytes());
        Self { bytes, digits: prefix.len()..end }
    }

    /// To the next number; false if that has a digit more.
    fn count_up(&mut self) -> bool {
        for digit in self.bytes[self.digits.clone()].iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                return true;
            }
            *digit = b'0';
        }
        false
    }

    fn first_word(&self) -> u32 {
        let mut state = START;
        compress256(&mut state, std::slice::from_ref(&self.bytes));
        state[0]
    }
}

/// What a bot got, and what it paid.
#[derive(Clone, Copy, Debug)]
pub struct BotYield {
    /// Logins that were let in.
    pub attempts: u32,
    /// Core time for solving.
    pub paid: Duration,
}

impl BotYield {
    /// Attempts for a second of one core.
    pub fn rate(self) -> f64 {
        f64::from(self.attempts) / self.paid.as_secs_f64()
    }
}

/// A bot that solves so many puzzles on every core, and repeats its login with each solution
/// for as long as it is let in.
///
/// # Panics
/// If the login is not challenged.
pub async fn run_bot(sandbox: &Sandbox, login: impl Fn() -> Request, puzzles: u32) -> BotYield {
    let mut bot_yield = BotYield { attempts: 0, paid: Duration::ZERO };
    for _ in 0..puzzles {
        let puzzle = ClientPuzzle::of(&sandbox.send(login()).await.body);
        let (solution, paid) = puzzle.solve_timed(cores());
        bot_yield.paid += paid;
        let with_it = || login().header("x-unstuff-solution", solution.clone());
        while sandbox.send(with_it()).await.unstuff_reply().is_none() {
            bot_yield.attempts += 1;
        }
    }
    bot_yield
}

/// How many threads such a bot has.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// How long this thread was running: what else the machine does is not counted.
fn time_of_this_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("a time since it began")
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
