//! Helpers for the tests of the challenge: keys, bindings, a solver.

use super::binding::{BindingPolicy, TokenBinding};
use super::puzzle::{Puzzle, SUB_PUZZLES, solves};
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
    let mut text = puzzle.token.clone();
    for part in 0..SUB_PUZZLES {
        let number = (0..u32::MAX).find(|n| solves(&puzzle.seed, part, *n, puzzle.bits));
        text.push_str(&format!(".{}", number.unwrap()));
    }
    text
}
