//! Spellings of a field's name.

use rand::RngExt;
use rand_pcg::Pcg64;

use super::{chance, pick};

/// What parsers drop, split at, or take for something else.
pub(super) const MARKS: [&str; 62] = [
    "!", "\"", "#", "$", "%", "&", "'", "(", ")", "*", "+", ",", "-", ".", "/", ":", ";", "<", "=",
    ">", "?", "@", "[", "\\", "]", "^", "_", "`", "{", "|", "}", "~", " ", "\t", "\n", "\r", "\0",
    "\x01", "\x0b", "\x0c", "\x1f", "\x7f", "\u{85}", "\u{a0}", "\u{ad}", "\u{200b}", "\u{2028}",
    "\u{feff}", "\u{3000}", "[]", "[0]", "[1]", "[][]", "[x]", "[[", "]]", "][", "..", "%00",
    "%5b", "->", "::",
];

/// The name as configured: `user[email]`.
pub(super) fn plain(path: &[&str]) -> Vec<u8> {
    let mut name = path[0].to_owned();
    path[1..].iter().for_each(|segment| name.push_str(&format!("[{segment}]")));
    name.into_bytes()
}

/// In another letter case.
pub(super) fn in_case(rng: &mut Pcg64, name: &[u8]) -> Vec<u8> {
    match rng.random_range(0..3) {
        0 => name.to_ascii_uppercase(),
        1 => {
            let mut name = name.to_vec();
            name[0].make_ascii_uppercase();
            name
        }
        _ => {
            let flip = |byte: &u8| if chance(rng, 30) { byte.to_ascii_uppercase() } else { *byte };
            name.iter().map(flip).collect()
        }
    }
}

/// A spelling that some parser may read as this name.
pub(super) fn spelled(rng: &mut Pcg64, path: &[&str]) -> Vec<u8> {
    let mut name = if path.len() > 1 { nested(rng, path) } else { brackets(rng, path[0]) };
    for _ in 0..*pick(rng, &[0, 0, 1, 1, 2]) {
        let mark = pick(rng, &MARKS).as_bytes();
        let at = match rng.random_range(0..4) {
            0 => 0,
            1 => name.len(),
            _ => rng.random_range(0..=name.len()),
        };
        name.splice(at..at, mark.iter().copied());
    }
    match rng.random_range(0..20) {
        0 | 1 => in_case(rng, &name),
        2 => letters(rng, &name),
        3 => percent(&name),
        _ => name,
    }
}

fn brackets(rng: &mut Pcg64, name: &str) -> Vec<u8> {
    let forms = [
        "N",
        "N",
        "N",
        "[N]",
        "[N",
        "N]",
        "]N",
        "[]N",
        "N[]",
        "N[0]",
        "N[][]",
        "[N][0]",
        "[N]x",
        "N[x]",
        "N.0",
        "[[N]]",
        "[[]N",
        "][N",
        "N[",
        "[N][]",
        "N[$]",
        "[N].x",
        "[].N",
        "[0].N",
        "[0][N]",
        "N[N]",
        "[]][N]",
        "[[N]",
        "N[toString]",
        "N[length]",
        "N]x",
        "N\0x",
        "N[\0]",
        "[N]]",
        "][N]",
        "[]]N",
        "N[0",
        "N[]x",
        "{N}",
        "(N)",
        "\"N\"",
        "'N'",
        "N:string",
        "$N",
        "_N",
        "N_",
        "body.N",
        "body[N]",
        "x[N]",
        "N:",
        "N;",
        "*N",
        "N*",
        "N*0",
        "N*=utf-8''",
        "&N",
        "?N",
    ];
    pick(rng, &forms).replace('N', name).into_bytes()
}

fn nested(rng: &mut Pcg64, path: &[&str]) -> Vec<u8> {
    let forms = [
        "A[B]", "A[B]", "A[B]", "A.B", "A[B]x", "[A][B]", "A[][B]", "A[B][]", "A[B].", "A.[B]",
        "A [B]", "A[ B]", "A[B ]", "A[B", "A]B]", "A[[B]", "A[B]]", "A[.B]", "A[[B]]", "[A[B]]",
        "[A]B", "A][B]", "A[B][0]", "A[0][B]", "A[B]y[z]", "A[B][", "A['B']", "A[\"B\"]", "A[B]\0",
        "A[B\0]", "A.B.", ".A.B", "A..B", "A/B", "A_B", "A->B", "A:B", "[A].B", "A[B].x", "A[]B",
        "A[B]=", "]A[B]", "[[A][B]", "A[B][x]", "A%5bB%5d", "A[B%5d", "A{B}", "A(B)", "A[B}",
        "A.B[]", "A[B][][]",
    ];
    pick(rng, &forms).replace('A', path[0]).replace('B', path[1]).into_bytes()
}

/// Letters that fold to others: long s, full width, Kelvin's K, dotless i.
fn letters(rng: &mut Pcg64, name: &[u8]) -> Vec<u8> {
    let mut spelled = Vec::new();
    for &byte in name {
        let character = char::from(byte);
        let strange = match rng.random_range(0..6) {
            0 if byte == b's' => 'ſ',
            1 if byte.is_ascii_alphabetic() => {
                char::from_u32(u32::from(byte) + 0xfee0).unwrap_or(character)
            }
            2 if byte == b'p' => 'р',
            3 if byte == b's' => 'Ѕ',
            _ => character,
        };
        spelled.extend(strange.to_string().as_bytes());
    }
    spelled
}

/// Percent-encoded as a whole, so that it is encoded twice once a form encodes it.
fn percent(name: &[u8]) -> Vec<u8> {
    name.iter().flat_map(|byte| format!("%{byte:02x}").into_bytes()).collect()
}
