//! A native solver of the challenge's puzzles, such as an attacker would write in an afternoon.
//!
//! `make bench-challenge` has faster ones.

pub mod walk;

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;
use sha2::compress256;
use sha2::digest::consts::U64;
use sha2::digest::generic_array::GenericArray;

use crate::{Request, Sandbox};

/// A puzzle that a client received in a problem document.
#[derive(Clone, Debug)]
pub struct ClientPuzzle {
    /// The token, which begins the solution.
    pub token: String,
    /// What the parts are made from, in the spelling of the algorithm.
    pub seed: String,
    /// The number of parts.
    pub parts: u32,
    /// The zero bits that each part needs.
    pub bits: u32,
    /// Whether its algorithm is the memory walk.
    pub is_walk: bool,
}

impl ClientPuzzle {
    /// The puzzle for programs in the body of a response.
    ///
    /// # Panics
    /// If the body has no puzzle.
    pub fn of(body: &[u8]) -> Self {
        Self::member(body, "puzzle", "sha-256")
    }

    /// The puzzle for the scripts of browsers, likewise.
    ///
    /// # Panics
    /// If the body has no puzzle.
    pub fn walk_of(body: &[u8]) -> Self {
        Self::member(body, "walk", "memory-walk")
    }

    fn member(body: &[u8], name: &str, algorithm: &str) -> Self {
        let document: Value = serde_json::from_slice(body).expect("a problem document");
        let puzzle = &document[name];
        let text = |key: &str| puzzle[key].as_str().expect("a text").to_owned();
        let number = |key: &str| puzzle[key].as_u64().expect("a number");
        assert_eq!(text("algorithm"), algorithm);
        Self {
            token: text("token"),
            seed: text("seed"),
            parts: u32::try_from(number("parts")).expect("a few"),
            bits: u32::try_from(number("bits")).expect("a few"),
            is_walk: name == "walk",
        }
    }

    /// Solves the puzzle on several threads. Returns the value of `x-unstuff-solution`.
    pub fn solve(&self, threads: usize) -> String {
        self.solve_timed(threads, |part| self.solve_part(part)).0
    }

    /// The solution by a solver of parts, and its CPU time on all cores.
    ///
    /// # Panics
    /// If the solver does.
    pub fn solve_timed(
        &self,
        threads: usize,
        solve_part: impl Fn(u32) -> u32 + Sync,
    ) -> (String, Duration) {
        let next = AtomicU32::new(0);
        let work = || {
            let mut found = Vec::new();
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= self.parts {
                    return (found, time_of_this_thread());
                }
                found.push((part, solve_part(part)));
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
        if self.is_walk {
            let memory = walk::memory(&self.seed);
            let solves =
                |number: &u32| walk::result(&memory, part, *number).leading_zeros() >= self.bits;
            return (0..u32::MAX).find(solves).expect("a number");
        }
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

/// The one SHA-256 block that holds a prefix and a decimal number. The number is incremented in
/// place, because this is the solver's inner loop.
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

    /// Increments the number. Returns false if the next number needs another digit.
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

/// The successful attempts of a bot, and their cost.
#[derive(Clone, Copy, Debug)]
pub struct BotYield {
    /// Logins that reached the application.
    pub attempts: u32,
    /// CPU time for solving.
    pub cpu_time: Duration,
}

impl BotYield {
    /// Attempts per second of one core.
    pub fn rate(self) -> f64 {
        f64::from(self.attempts) / self.cpu_time.as_secs_f64()
    }
}

/// Runs a bot that gets puzzles and solves them with `solve`, which returns the CPU time, too. It
/// repeats its login with each solution until it is challenged again.
///
/// # Panics
/// If the login is not challenged.
pub async fn run_bot(
    sandbox: &Sandbox,
    login: impl Fn() -> Request,
    puzzles: u32,
    solve: impl Fn(&[u8]) -> (String, Duration),
) -> BotYield {
    let mut bot_yield = BotYield { attempts: 0, cpu_time: Duration::ZERO };
    for _ in 0..puzzles {
        let (solution, cpu_time) = solve(&sandbox.send(login()).await.body);
        bot_yield.cpu_time += cpu_time;
        let with_it = || login().header("x-unstuff-solution", solution.clone());
        while sandbox.send(with_it()).await.unstuff_reply().is_none() {
            bot_yield.attempts += 1;
        }
    }
    bot_yield
}

/// The number of threads of the bot.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The CPU time of this thread. Other load on the machine does not count.
///
/// # Panics
/// If there is no such clock.
pub fn time_of_this_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("a CPU time")
}

/// The initial hash value of SHA-256 (FIPS 180-4, section 5.3.3).
pub const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
