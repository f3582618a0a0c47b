//! The proof-of-work puzzle and its solution.
//!
//! A puzzle has [`SUB_PUZZLES`] small parts rather than one large one. The time to solve one part
//! is exponentially distributed: its 99th percentile is 6.6 times the median. For the sum of
//! sixteen it is 1.7 times.
//!
//! Sub-puzzle *i* (0 to 15) is solved by a number *n* such that the SHA-256 of the ASCII text
//! `SEED:i:n` begins with the wanted number of zero bits; `SEED` is the puzzle's id in
//! base64url, `i` and `n` are decimal. The text has at most 36 bytes, one block of SHA-256. A
//! solution is the token and the sixteen numbers, joined by dots. Verification takes at most
//! sixteen hashes and stops at the first wrong one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::refusal::Refusal;
use super::token::{Claims, TokenId};
use crate::tokens::signing::{Keys, Purpose};

/// The number of parts of a puzzle.
pub const SUB_PUZZLES: u32 = 16;

/// The longest solution: a token, and for each part a dot and ten digits.
const MAX_CHARS: usize = super::token::TOKEN_CHARS + 16 * 11;

/// A puzzle as a client gets it.
#[derive(Clone, Debug)]
pub struct Puzzle {
    /// The token that the solution begins with.
    pub token: String,
    /// The text that is hashed with each number.
    pub seed: String,
    /// Leading zero bits that each hash must have.
    pub bits: u8,
}

impl Puzzle {
    /// The puzzle of these claims, whose value is the difficulty in bits.
    #[must_use]
    pub fn new(claims: &Claims, keys: &Keys) -> Self {
        let token = claims.seal(keys, Purpose::Puzzle);
        Self { token, seed: seed(&claims.id), bits: claims.value }
    }
}

/// A solution whose token is signed; its numbers are not verified yet.
#[derive(Clone, Debug)]
pub struct Solution<'k> {
    /// The puzzle's token.
    pub token: super::token::VerifiedToken<'k>,
    numbers: Vec<u32>,
}

impl<'k> Solution<'k> {
    /// Parses a solution and verifies its token.
    ///
    /// # Errors
    /// [`Refusal::Forged`] if the token is not ours, [`Refusal::Unsolved`] if there are not
    /// [`SUB_PUZZLES`] numbers.
    pub fn read(text: &[u8], keys: &'k Keys) -> Result<Self, Refusal> {
        if text.len() > MAX_CHARS {
            return Err(Refusal::Forged);
        }
        let mut parts = text.split(|&byte| byte == b'.');
        let token = Claims::open(parts.next().unwrap_or_default(), keys, Purpose::Puzzle)?;
        let numbers: Option<Vec<u32>> = parts.map(number).collect();
        match numbers {
            Some(numbers) if u32::try_from(numbers.len()) == Ok(SUB_PUZZLES) => {
                Ok(Self { token, numbers })
            }
            _ => Err(Refusal::Unsolved),
        }
    }

    /// Verifies the numbers with at most one hash per part.
    ///
    /// # Errors
    /// [`Refusal::Unsolved`] if any part is not solved.
    pub fn verify(&self) -> Result<(), Refusal> {
        let Claims { id, value: bits, .. } = self.token.claims;
        let seed = seed(&id);
        let mut parts = (0..SUB_PUZZLES).zip(&self.numbers);
        let solved = parts.all(|(part, number)| solves(&seed, part, *number, bits));
        if solved { Ok(()) } else { Err(Refusal::Unsolved) }
    }
}

/// Whether `number` solves part `part` of the puzzle with this seed.
#[must_use]
pub fn solves(seed: &str, part: u32, number: u32, bits: u8) -> bool {
    let digest = Sha256::digest(format!("{seed}:{part}:{number}"));
    let front = digest.first_chunk::<8>().map_or(u64::MAX, |front| u64::from_be_bytes(*front));
    front.leading_zeros() >= u32::from(bits)
}

fn seed(id: &TokenId) -> String {
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

    fn puzzle_of(id: TokenId, bits: u8) -> Puzzle {
        let binding = binding("192.0.2.1");
        let scope = TokenScope { endpoint: "web", binding: &binding };
        let claims = Claims::new(&keys(&[1]), id, Millis(0), 300, scope);
        Puzzle::new(&Claims { value: bits, ..claims }, &keys(&[1]))
    }

    fn verified(text: &str) -> Result<(), Refusal> {
        Solution::read(text.as_bytes(), &keys(&[1]))?.verify()
    }

    #[test]
    fn only_a_complete_solution_of_the_same_puzzle_verifies() {
        let puzzle = puzzle_of([3; 16], 6);
        let solution = solve(&puzzle);
        assert_eq!(verified(&solution), Ok(()));
        let other = puzzle_of([4; 16], 6);
        let moved = solution.replace(&puzzle.token, &other.token);
        assert_eq!(verified(&moved), Err(Refusal::Unsolved), "work for another puzzle");
        let (front, _) = solution.rsplit_once('.').unwrap();
        assert_eq!(verified(front), Err(Refusal::Unsolved), "fifteen parts");
        assert_eq!(verified(&format!("{solution}.1")), Err(Refusal::Unsolved), "seventeen");
        assert_eq!(verified(&puzzle.token), Err(Refusal::Unsolved), "no work at all");
        assert_eq!(verified(""), Err(Refusal::Forged));
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
        let tries = |bits| -> u32 {
            let of = |part| (0..).position(|n| solves("seed", part, n, bits)).unwrap() + 1;
            (0..64).map(|part| u32::try_from(of(part)).unwrap()).sum()
        };
        let (four, eight) = (f64::from(tries(4)) / 64.0, f64::from(tries(8)) / 64.0);
        assert!((10.0..24.0).contains(&four) && (150.0..400.0).contains(&eight), "{four} {eight}");
    }

    proptest! {
        #[test]
        fn bytes_never_panic(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
            let token = puzzle_of([3; 16], 6).token;
            let text = [token.as_bytes(), b".", &tail].concat();
            let _ = Solution::read(&text, &keys(&[1])).map(|it| it.verify());
            let _ = Solution::read(&tail, &keys(&[1]));
        }
    }
}
