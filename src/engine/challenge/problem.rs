//! The problem document (RFC 9457) for API clients: the puzzle and how to answer it.
//!
//! It holds two puzzles, and a client solves the one that suits it: `puzzle` is SHA-256, which a
//! program has in its standard library, and `walk` is a memory walk for the scripts of browsers. Both
//! have the same id, so solving both earns nothing more.

use super::protocol::SOLUTION_HEADER;
use super::puzzle::{Puzzle, SUB_PUZZLES};
use super::refusal::Refusal;

/// The puzzles of one document.
#[derive(Clone, Debug)]
pub(super) struct DocumentPuzzles {
    /// For programs.
    pub(super) sha256: Puzzle,
    /// For scripts.
    pub(super) walk: Puzzle,
}

impl DocumentPuzzles {
    /// Both as clients read them, with their time.
    pub(super) fn json(&self, expires_seconds: u32) -> [serde_json::Value; 2] {
        [&self.sha256, &self.walk].map(|puzzle| {
            let mut json = puzzle.json();
            if let Some(json) = json.as_object_mut() {
                json.insert("expires_in".to_owned(), expires_seconds.into());
            }
            json
        })
    }
}

/// The document as JSON text.
#[must_use]
pub(super) fn document(
    puzzles: &DocumentPuzzles,
    expires_seconds: u32,
    refused: Option<Refusal>,
) -> String {
    let [puzzle, walk] = puzzles.json(expires_seconds);
    let mut document = serde_json::json!({
        "type": "urn:unstuff:challenge",
        "title": "More is needed to log in",
        "status": 403,
        "detail": format!(
            "For each part i from 0 to {last} find a number n such that the SHA-256 of the text \
             SEED:i:n begins with {bits} zero bits. Repeat the request with the header \
             {SOLUTION_HEADER}: TOKEN.n0.n1. … .n{last}",
            last = SUB_PUZZLES - 1,
            bits = puzzles.sha256.bits,
        ),
        "puzzle": puzzle,
        "walk": walk,
    });
    if let (Some(refused), Some(document)) = (refused, document.as_object_mut()) {
        // It concerns a token that the client sent itself, so it discloses nothing.
        document.insert("refused".to_owned(), refused.name().into());
    }
    format!("{document}\n")
}
