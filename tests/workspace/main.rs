//! Promises about the repository itself: names, dependencies and language.
//!
//! The tests read the files that git tracks, so a new file is covered as soon as it is added.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects by panicking"
)]

mod dependencies;
mod glossary;
mod lacking;
mod links;
mod named_tests;
mod plain_english;
mod type_names;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file that git tracks.
struct TrackedFile {
    /// Relative to the repository.
    path: String,
    text: String,
}

impl TrackedFile {
    /// The lines with their numbers.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    /// The lines with their numbers, without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().map(|(number, line)| (number, line.split("//").next().unwrap_or_default()))
    }

    /// The places of the lines of code that have this word.
    fn places_of(&self, word: &str) -> Vec<String> {
        let found = self.code().filter(|(_, line)| has_word(line, word));
        found.map(|(number, line)| format!("{}:{number}: {}", self.path, line.trim())).collect()
    }
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The tracked text files below these paths. A symbolic link is skipped, because its target is
/// a file of its own.
fn tracked(paths: &[&str]) -> Vec<TrackedFile> {
    let git = Command::new("git").arg("ls-files").args(paths).current_dir(root()).output();
    let git = git.expect("git runs");
    assert!(git.status.success(), "git ls-files: {}", String::from_utf8_lossy(&git.stderr));
    let names = String::from_utf8(git.stdout).expect("paths in UTF-8");
    let files: Vec<TrackedFile> = names.lines().filter_map(read).collect();
    assert!(!files.is_empty(), "no tracked files match {paths:?}");
    files
}

fn read(path: &str) -> Option<TrackedFile> {
    let full = root().join(path);
    let is_file = fs::symlink_metadata(&full).is_ok_and(|metadata| metadata.is_file());
    let text = is_file.then(|| fs::read_to_string(&full).ok())??;
    Some(TrackedFile { path: path.to_owned(), text })
}

/// Whether a line has a word, bounded by characters that cannot belong to an identifier.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (line.get(..at), line.get(at + word.len()..));
        !before.is_some_and(|it| it.ends_with(is_part))
            && !after.is_some_and(|it| it.starts_with(is_part))
    })
}

/// Fails with a line for each problem.
fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}
