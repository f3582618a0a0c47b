//! The proof-of-work puzzles and their solutions.
//!
//! A puzzle has [`SUB_PUZZLES`] small parts rather than one large one. The time to solve one part
//! is exponentially distributed: its 99th percentile is 6.6 times the median. For the sum of
//! sixteen it is 1.7 times.
//!
//! Each part is solved by a number, found by trying, whose result under the puzzle's
//! [`PuzzleAlgorithm`] begins with the wanted number of zero bits. A solution is the token and the
//! sixteen numbers, joined by dots. Verification stops early at wrong numbers.
//!
//! The token's value holds the algorithm and the bits, so a solution is checked by the rule of its
//! own token whatever this version issues: a page that was open during an upgrade finishes.

mod memory_walk;
mod sha256;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use self::memory_walk::{LANES, MemoryWalk};
use super::refusal::Refusal;
use super::token::{Claims, TokenId};
use crate::tokens::signing::{Keys, Purpose};

/// The number of parts of a puzzle.
pub const SUB_PUZZLES: u32 = 16;

/// The longest solution: a token, and for each part a dot and ten digits.
const MAX_CHARS: usize = super::token::TOKEN_CHARS + 16 * 11;

/// What a program's puzzle has more in bits than a browser's of the same difficulty: a native
/// solver tries twelve to thirty-five hashes in the time of one walk, by its processor
/// (`make bench-challenge`).
const SHA256_MORE_BITS: u8 = 5;

/// The bits of a token's value that hold the number of zero bits; the upper two are the algorithm.
const BITS_MASK: u8 = 0x3f;

/// How the numbers of a solution are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PuzzleAlgorithm {
    /// SHA-256, for programs. Tokens of before there was another have it, too.
    Sha256 = 0,
    /// The memory walk, for scripts in browsers.
    MemoryWalk = 1,
}

impl PuzzleAlgorithm {
    /// Its name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::MemoryWalk => "memory-walk",
        }
    }

    /// The zero bits that a puzzle of this difficulty asks for. The difficulty is the bits of a
    /// walk; both puzzles then cost a native solver about the same.
    #[must_use]
    pub fn bits(self, difficulty: u8) -> u8 {
        match self {
            // Of the hash's first 64 bits.
            Self::Sha256 => difficulty.saturating_add(SHA256_MORE_BITS).min(BITS_MASK),
            // A result has 32 bits.
            Self::MemoryWalk => difficulty.min(32),
        }
    }

    /// The algorithm and the bits in a token's value, unless another version has issued it.
    fn of_value(value: u8) -> Option<(Self, u8)> {
        let algorithm = match value >> 6 {
            0 => Self::Sha256,
            1 => Self::MemoryWalk,
            _ => return None,
        };
        Some((algorithm, value & BITS_MASK))
    }
}

/// A puzzle as a client gets it.
#[derive(Clone, Debug)]
pub struct Puzzle {
    /// How numbers are checked.
    pub algorithm: PuzzleAlgorithm,
    /// The token that the solution begins with.
    pub token: String,
    /// The token's id.
    pub id: TokenId,
    /// Leading zero bits that each result must have.
    pub bits: u8,
}

impl Puzzle {
    /// The puzzle of these claims, whatever their value, at this difficulty.
    #[must_use]
    pub fn new(claims: &Claims, algorithm: PuzzleAlgorithm, difficulty: u8, keys: &Keys) -> Self {
        let bits = algorithm.bits(difficulty);
        let claims = Claims { value: (algorithm as u8) << 6 | bits, ..*claims };
        Self { algorithm, token: claims.seal(keys, Purpose::Puzzle), id: claims.id, bits }
    }

    /// The puzzle as JSON: what a page's script and a program get.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let seed = match self.algorithm {
            PuzzleAlgorithm::Sha256 => base64url(&self.id),
            PuzzleAlgorithm::MemoryWalk => hex::encode(self.id),
        };
        serde_json::json!({
            "algorithm": self.algorithm.name(),
            "token": self.token,
            "seed": seed,
            "parts": SUB_PUZZLES,
            "bits": self.bits,
        })
    }
}

/// A solution whose token is signed; its numbers are not verified yet.
#[derive(Clone, Debug)]
pub struct Solution<'k> {
    /// The puzzle's token.
    pub token: super::token::VerifiedToken<'k>,
    algorithm: PuzzleAlgorithm,
    bits: u8,
    numbers: Vec<u32>,
}

impl<'k> Solution<'k> {
    /// Parses a solution and verifies its token.
    ///
    /// # Errors
    /// [`Refusal::Forged`] if the token is not ours or has an algorithm that this version does not
    /// know, [`Refusal::Unsolved`] if there are not [`SUB_PUZZLES`] numbers.
    pub fn read(text: &[u8], keys: &'k Keys) -> Result<Self, Refusal> {
        if text.len() > MAX_CHARS {
            return Err(Refusal::Forged);
        }
        let mut parts = text.split(|&byte| byte == b'.');
        let token = Claims::open(parts.next().unwrap_or_default(), keys, Purpose::Puzzle)?;
        let (algorithm, bits) =
            PuzzleAlgorithm::of_value(token.claims.value).ok_or(Refusal::Forged)?;
        let numbers: Option<Vec<u32>> = parts.map(number).collect();
        match numbers {
            Some(numbers) if u32::try_from(numbers.len()) == Ok(SUB_PUZZLES) => {
                Ok(Self { token, algorithm, bits, numbers })
            }
            _ => Err(Refusal::Unsolved),
        }
    }

    /// Verifies the numbers with at most one try per part.
    ///
    /// # Errors
    /// [`Refusal::Unsolved`] if any part is not solved.
    pub fn verify(&self) -> Result<(), Refusal> {
        let work = PuzzleWork::new(self.algorithm, &self.token.claims.id);
        let tries: Vec<(u32, u32)> = (0..).zip(self.numbers.iter().copied()).collect();
        // Sixteen parts: nothing remains.
        let solved = tries.chunks_exact(LANES).all(|tries| {
            let tries = tries.first_chunk().copied().unwrap_or_default();
            work.zero_bits(tries).iter().all(|zero_bits| *zero_bits >= u32::from(self.bits))
        });
        if solved { Ok(()) } else { Err(Refusal::Unsolved) }
    }
}

/// The computation that tries numbers for one puzzle, and that checks them.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one at a time, on the stack")]
pub enum PuzzleWork {
    /// With the seed of the texts that are hashed.
    Sha256(String),
    /// With the memory that walks begin with.
    MemoryWalk(MemoryWalk),
}

impl PuzzleWork {
    /// The work of the puzzle with this id.
    #[must_use]
    pub fn new(algorithm: PuzzleAlgorithm, id: &TokenId) -> Self {
        match algorithm {
            PuzzleAlgorithm::Sha256 => Self::Sha256(base64url(id)),
            PuzzleAlgorithm::MemoryWalk => Self::MemoryWalk(MemoryWalk::new(id)),
        }
    }

    /// The leading zero bits of the results of these parts' numbers.
    #[must_use]
    pub fn zero_bits(&self, tries: [(u32, u32); LANES]) -> [u32; LANES] {
        match self {
            Self::Sha256(seed) => tries.map(|(part, number)| sha256::zero_bits(seed, part, number)),
            Self::MemoryWalk(walk) => walk.results(tries).map(u32::leading_zeros),
        }
    }

    /// Solves a part, as clients do. Tests and benchmarks need it.
    #[must_use]
    pub fn solve(&self, part: u32, bits: u8) -> Option<u32> {
        (0..u32::MAX - 3).step_by(LANES).find_map(|n| {
            let tries = [(part, n), (part, n + 1), (part, n + 2), (part, n + 3)];
            let found = self.zero_bits(tries).iter().position(|it| *it >= u32::from(bits))?;
            tries.get(found).map(|(_, number)| *number)
        })
    }
}

fn base64url(id: &TokenId) -> String {
    URL_SAFE_NO_PAD.encode(id)
}

/// Parses a decimal number without sign, blanks or leading zeros, so that a solution has exactly
/// one spelling.
fn number(text: &[u8]) -> Option<u32> {
    let usual = text.iter().all(u8::is_ascii_digit) && (text == b"0" || !text.starts_with(b"0"));
    std::str::from_utf8(text).ok().filter(|_| usual)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::challenge::testing::{binding, keys, solve};
    use crate::challenge::token::TokenScope;
    use crate::time::Millis;

    const ALGORITHMS: [PuzzleAlgorithm; 2] = [PuzzleAlgorithm::Sha256, PuzzleAlgorithm::MemoryWalk];

    fn claims(id: TokenId) -> Claims {
        let binding = binding("192.0.2.1");
        let scope = TokenScope { endpoint: "web", binding: &binding };
        Claims::new(&keys(&[1]), id, Millis(0), 300, scope)
    }

    fn puzzle_of(id: TokenId, algorithm: PuzzleAlgorithm, difficulty: u8) -> Puzzle {
        Puzzle::new(&claims(id), algorithm, difficulty, &keys(&[1]))
    }

    fn verified(text: &str) -> Result<(), Refusal> {
        Solution::read(text.as_bytes(), &keys(&[1]))?.verify()
    }

    #[test]
    fn only_a_complete_solution_of_the_same_puzzle_verifies() {
        for algorithm in ALGORITHMS {
            let puzzle = puzzle_of([3; 16], algorithm, 4);
            let solution = solve(&puzzle);
            assert_eq!(verified(&solution), Ok(()));
            let other = puzzle_of([4; 16], algorithm, 4);
            let moved = solution.replace(&puzzle.token, &other.token);
            assert_eq!(verified(&moved), Err(Refusal::Unsolved), "work for another puzzle");
            let (front, _) = solution.rsplit_once('.').unwrap();
            assert_eq!(verified(front), Err(Refusal::Unsolved), "fifteen parts");
            assert_eq!(verified(&format!("{solution}.1")), Err(Refusal::Unsolved), "seventeen");
            assert_eq!(verified(&puzzle.token), Err(Refusal::Unsolved), "no work at all");
        }
        assert_eq!(verified(""), Err(Refusal::Forged));
    }

    #[test]
    fn each_wrong_number_of_a_solution_is_found() {
        for algorithm in ALGORITHMS {
            let puzzle = puzzle_of([3; 16], algorithm, 4);
            let solution = solve(&puzzle);
            let work = PuzzleWork::new(algorithm, &puzzle.id);
            let numbers: Vec<String> = solution.split('.').skip(1).map(str::to_owned).collect();
            for (part, at) in (0..).zip(0..numbers.len()) {
                let mut numbers = numbers.clone();
                let solves =
                    |n: u32| work.zero_bits([(part, n); LANES])[0] >= u32::from(puzzle.bits);
                numbers[at] = (0..).find(|n| !solves(*n)).unwrap().to_string();
                let text = format!("{}.{}", puzzle.token, numbers.join("."));
                assert_eq!(verified(&text), Err(Refusal::Unsolved), "{algorithm:?} {at}");
            }
        }
    }

    #[test]
    fn solution_is_checked_by_the_rule_of_its_own_token() {
        for (algorithm, other) in [(0, 1), (1, 0)].map(|(a, b)| (ALGORITHMS[a], ALGORITHMS[b])) {
            let (puzzle, other) = (puzzle_of([3; 16], algorithm, 4), puzzle_of([3; 16], other, 4));
            let moved = solve(&puzzle).replace(&puzzle.token, &other.token);
            assert_eq!(verified(&moved), Err(Refusal::Unsolved), "{algorithm:?}");
        }
    }

    /// A tab that was opened before this version holds such a token, and finishes.
    #[test]
    fn token_without_an_algorithm_is_solved_by_sha_256() {
        let token = Claims { value: 6, ..claims([3; 16]) }.seal(&keys(&[1]), Purpose::Puzzle);
        let work = PuzzleWork::new(PuzzleAlgorithm::Sha256, &[3; 16]);
        let numbers = (0..16).map(|part| format!(".{}", work.solve(part, 6).unwrap()));
        assert_eq!(verified(&(token + &numbers.collect::<String>())), Ok(()));
    }

    #[test]
    fn token_of_an_unknown_algorithm_is_refused() {
        for value in 0x80..=0xff {
            let token = Claims { value, ..claims([3; 16]) }.seal(&keys(&[1]), Purpose::Puzzle);
            let text = token + &".0".repeat(16);
            assert_eq!(verified(&text), Err(Refusal::Forged), "{value}");
        }
    }

    #[test]
    fn every_difficulty_fits_a_token() {
        for (algorithm, difficulty) in
            ALGORITHMS.into_iter().flat_map(|it| (0..=255).map(move |d| (it, d)))
        {
            let bits = algorithm.bits(difficulty);
            assert!(bits >= difficulty.min(32) && bits < 64);
            let puzzle = puzzle_of([3; 16], algorithm, difficulty);
            let text = puzzle.token + &".0".repeat(16);
            let keys = keys(&[1]);
            let solution = Solution::read(text.as_bytes(), &keys).unwrap();
            assert_eq!((solution.algorithm, solution.bits), (algorithm, bits));
        }
    }

    #[test]
    fn number_has_one_spelling() {
        for (text, read) in [("0", Some(0)), ("10", Some(10)), ("4294967295", Some(u32::MAX))] {
            assert_eq!(number(text.as_bytes()), read);
        }
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "4294967296", "1e3"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn each_bit_doubles_the_work() {
        for algorithm in ALGORITHMS {
            let work = PuzzleWork::new(algorithm, &[3; 16]);
            let mean = |bits| {
                let tries = (0..64).map(|part| f64::from(work.solve(part, bits).unwrap() + 1));
                tries.sum::<f64>() / 64.0
            };
            let (four, eight) = (mean(4), mean(8));
            assert!((10.0..24.0).contains(&four), "{algorithm:?} {four}");
            assert!((150.0..400.0).contains(&eight), "{algorithm:?} {eight}");
        }
    }

    proptest! {
        #[test]
        fn bytes_never_panic(value: u8, tail in proptest::collection::vec(any::<u8>(), 0..300)) {
            let token = Claims { value, ..claims([3; 16]) }.seal(&keys(&[1]), Purpose::Puzzle);
            let text = [token.as_bytes(), b".", &tail].concat();
            let _ = Solution::read(&text, &keys(&[1])).map(|it| it.verify());
            let _ = Solution::read(&tail, &keys(&[1]));
        }

        #[test]
        fn any_numbers_are_solved_or_unsolved(value in 0..0x80_u8, numbers: [u32; 16]) {
            let token = Claims { value, ..claims([3; 16]) }.seal(&keys(&[1]), Purpose::Puzzle);
            let (algorithm, bits) = PuzzleAlgorithm::of_value(value).unwrap();
            let work = PuzzleWork::new(algorithm, &[3; 16]);
            let solved = (0..).zip(numbers).all(|(part, n)| {
                work.zero_bits([(part, n); LANES])[0] >= u32::from(bits)
            });
            let text = numbers.iter().fold(token, |text, n| format!("{text}.{n}"));
            prop_assert_eq!(verified(&text), if solved { Ok(()) } else { Err(Refusal::Unsolved) });
        }
    }
}
