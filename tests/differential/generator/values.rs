//! Values of the credentials, with what applications trim.

use rand::RngExt;
use rand_pcg::Pcg64;

use super::{chance, pick};
use crate::judge::PASSWORD;

/// What some language's trim takes off, and what looks as if.
const BLANKS: [&str; 34] = [
    " ", "\t", "\n", "\r", "\x0b", "\x0c", "\0", "\x01", "\x08", "\x1b", "\x1c", "\x1d", "\x1e",
    "\x1f", "\x7f", "\u{80}", "\u{85}", "\u{a0}", "\u{ad}", "\u{1680}", "\u{180e}", "\u{2000}",
    "\u{2007}", "\u{200a}", "\u{200b}", "\u{200e}", "\u{2028}", "\u{2029}", "\u{202f}", "\u{205f}",
    "\u{2060}", "\u{3000}", "\u{feff}", "\u{fffe}",
];

fn trimmed(rng: &mut Pcg64, value: &str) -> Vec<u8> {
    let mut around = [String::new(), String::new()];
    for _ in 0..*pick(rng, &[1, 1, 2]) {
        let blank = *pick(rng, &BLANKS);
        around[usize::from(chance(rng, 50))].push_str(blank);
    }
    let [before, after] = around;
    format!("{before}{value}{after}").into_bytes()
}

pub(super) fn password(rng: &mut Pcg64) -> Vec<u8> {
    match rng.random_range(0..20) {
        0..3 => trimmed(rng, PASSWORD),
        3 => b"123456\0x".to_vec(),
        4 => "１２３４５６".as_bytes().to_vec(),
        _ => PASSWORD.as_bytes().to_vec(),
    }
}

pub(super) fn username(rng: &mut Pcg64) -> Vec<u8> {
    match rng.random_range(0..20) {
        0 => trimmed(rng, "alice"),
        1 => b"Alice".to_vec(),
        _ => b"alice".to_vec(),
    }
}

pub(super) fn grant(rng: &mut Pcg64) -> Vec<u8> {
    match rng.random_range(0..10) {
        0..2 => trimmed(rng, "password"),
        2 => b"Password".to_vec(),
        _ => b"password".to_vec(),
    }
}
