//! The time to check one solution: all checks but that of the spent tokens.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use unstuff_engine::challenge::puzzle::{
    Puzzle, PuzzleAlgorithm, PuzzleWork, SUB_PUZZLES, Solution,
};
use unstuff_engine::challenge::token::{Claims, TokenScope};
use unstuff_engine::challenge::{ChallengePolicy, TokenBinding};
use unstuff_engine::request::client::Client;
use unstuff_engine::request::headers::Headers;
use unstuff_engine::time::Millis;
use unstuff_engine::tokens::signing::{Keys, SecretKey};

use crate::now;

/// The number of batches, enough for V8's optimising compiler to finish early on.
const BATCHES: u64 = 1_000;

/// A low difficulty, because it makes no difference to the check.
const DIFFICULTY: u8 = 8;

/// The checks that are timed together. They take less than a time slice, so other load falls
/// into some of the times and not into their median.
const TIMED: u64 = 50;

/// The line for the log.
pub(crate) fn report() -> String {
    let [walk, hashes] = [PuzzleAlgorithm::MemoryWalk, PuzzleAlgorithm::Sha256].map(measure);
    match walk.zip(hashes) {
        Some((walk, hashes)) => {
            format!("probe: {walk} ns a walk's solution, {hashes} ns of hashes")
        }
        None => "probe: the solution was not taken".to_owned(),
    }
}

/// The median nanoseconds to read a solution, to verify its signature, binding and expiry, and
/// to try its sixteen numbers.
fn measure(algorithm: PuzzleAlgorithm) -> Option<u64> {
    // The older of two keys signs, so verification tries the newer one first.
    let [newer, older] = [2, 1].map(|byte| SecretKey::new(vec![byte; 32]));
    let keys = Keys::configured(&[newer?, older.clone()?])?;
    let signing = Keys::configured(&[older?])?;

    let policy = ChallengePolicy::default();
    let client = Client::at(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    let agent = b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let headers = [(b"user-agent".to_vec(), agent.to_vec())];
    let asking = || TokenBinding::of(&policy.binding, &client, Headers::new(&headers));

    let whose = TokenScope { endpoint: "web", binding: &asking() };
    let claims = Claims::new(&signing, [3; 16], Millis(0), policy.expires_seconds, whose);
    let solution = solve(&Puzzle::new(&claims, algorithm, DIFFICULTY, &signing))?;
    let mut times = Vec::new();
    for _ in 0..BATCHES {
        let started = now();
        for _ in 0..TIMED {
            let whose = TokenScope { endpoint: "web", binding: &asking() };
            let read = Solution::read(black_box(solution.as_bytes()), &keys).ok()?;
            read.token.check(Millis(0), whose).ok()?;
            read.verify().ok()?;
        }
        times.push(now().saturating_sub(started));
    }
    times.sort_unstable();
    Some(times.get(times.len() / 2)? / TIMED)
}

fn solve(puzzle: &Puzzle) -> Option<String> {
    let work = PuzzleWork::new(puzzle.algorithm, &puzzle.id);
    (0..SUB_PUZZLES).try_fold(puzzle.token.clone(), |solution, part| {
        Some(format!("{solution}.{}", work.solve(part, puzzle.bits)?))
    })
}
