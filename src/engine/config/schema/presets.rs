//! The keys of a preset's document.

use super::endpoints::DOORS;
use super::{KeyTable, TEXT, ValueKind, key};

/// A file of the folder `presets`.
pub(in super::super) const PRESET: ValueKind = ValueKind::Object(KEYS);

const KEYS: KeyTable = &[
    // The application's name, as its makers write it.
    key("application", TEXT),
    // The versions whose recordings, source or docs were read.
    key("versions", TEXT),
    // `recorded`, `source` or `docs`: where the facts are from.
    key("known", TEXT),
    // The files or pages that were read.
    key("sources", ValueKind::OneOrMore(&TEXT)),
    // Endpoints; the first is the page where people log in.
    key("doors", DOORS).hint("a preset has at least one door"),
];
