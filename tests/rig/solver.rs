//! A native solver of the challenge's puzzles, such as an attacker would write.

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
    seed: String,
    parts: u32,
    bits: u32,
}

impl ClientPuzzle {
    /// The puzzle in the body of a response.
    ///
    /// # Panics
    /// If the body has no puzzle.
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

    /// Solves the puzzle on several threads. Returns the value of `x-unstuff-solution`.
    pub fn solve(&self, threads: usize) -> String {
        self.solve_timed(threads).0
    }

    /// The solution, and its CPU time on all cores.
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

/// Runs a bot that solves puzzles on all cores. It repeats its login with each solution until it
/// is challenged again.
///
/// # Panics
/// If the login is not challenged.
pub async fn run_bot(sandbox: &Sandbox, login: impl Fn() -> Request, puzzles: u32) -> BotYield {
    let mut bot_yield = BotYield { attempts: 0, cpu_time: Duration::ZERO };
    for _ in 0..puzzles {
        let puzzle = ClientPuzzle::of(&sandbox.send(login()).await.body);
        let (solution, cpu_time) = puzzle.solve_timed(cores());
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
fn time_of_this_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("a CPU time")
}

/// The initial hash value of SHA-256 (FIPS 180-4, section 5.3.3).
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
