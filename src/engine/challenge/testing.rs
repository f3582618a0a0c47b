//! Helpers for the tests of the challenge: keys, bindings, a solver.

use super::binding::{BindingPolicy, TokenBinding};
use super::puzzle::{Puzzle, PuzzleWork, SUB_PUZZLES};
use crate::request::client::Client;
use crate::request::headers::Headers;
use crate::tokens::signing::{Keys, SecretKey};

/// Keys of one repeated byte each; the first one signs.
pub(super) fn keys(bytes: &[u8]) -> Keys {
    let key = |byte: &u8| SecretKey::new(vec![*byte; 32]).unwrap();
    Keys::configured(&bytes.iter().map(key).collect::<Vec<_>>()).unwrap()
}

/// The default binding of a client at this address.
pub(super) fn binding(ip: &str) -> TokenBinding {
    let client = Client::at(ip.parse().unwrap());
    TokenBinding::of(&BindingPolicy::default(), &client, Headers::new(&[]))
}

/// The solution of a puzzle.
pub(super) fn solve(puzzle: &Puzzle) -> String {
    let work = PuzzleWork::new(puzzle.algorithm, &puzzle.id);
    let numbers = (0..SUB_PUZZLES).map(|part| work.solve(part, puzzle.bits).unwrap());
    numbers.fold(puzzle.token.clone(), |text, number| format!("{text}.{number}"))
}
