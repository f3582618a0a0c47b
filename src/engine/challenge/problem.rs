//! The problem document (RFC 9457) for API clients: the puzzle and how to answer it.

use super::protocol::SOLUTION_HEADER;
use super::puzzle::{Puzzle, SUB_PUZZLES};
use super::refusal::Refusal;

/// The document as JSON text.
#[must_use]
pub(super) fn document(puzzle: &Puzzle, expires_seconds: u32, refused: Option<Refusal>) -> String {
    let Puzzle { token, seed, bits } = puzzle;
    let mut document = serde_json::json!({
        "type": "urn:unstuff:challenge",
        "title": "More is needed to log in",
        "status": 403,
        "detail": format!(
            "For each part i from 0 to {last} find a number n such that the SHA-256 of the text \
             SEED:i:n begins with {bits} zero bits. Repeat the request with the header \
             {SOLUTION_HEADER}: TOKEN.n0.n1. … .n{last}",
            last = SUB_PUZZLES - 1,
        ),
        "puzzle": {
            "algorithm": "sha-256",
            "token": token,
            "seed": seed,
            "parts": SUB_PUZZLES,
            "bits": bits,
            "expires_in": expires_seconds,
        },
    });
    if let (Some(refused), Some(document)) = (refused, document.as_object_mut()) {
        // It concerns a token that the client sent itself, so it discloses nothing.
        document.insert("refused".to_owned(), refused.name().into());
    }
    format!("{document}\n")
}
