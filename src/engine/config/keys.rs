//! Reader of the section `keys`: the keys that sign cookies and tokens.
//!
//! Problems never quote a key: a reader of the log could log in as a known device.

use super::problem::Problem;
use super::reader::ConfigValue;
use crate::tokens::signing::{MIN_KEY_BYTES, SecretKey};
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Reads the section; the key that signs comes first.
pub(super) fn read(section: &ConfigValue<'_>) -> Vec<SecretKey> {
    let values = section.list().unwrap_or_default();
    if values.len() < section.kind.least() && section.is_list() {
        section.report_bare(
            Problem::new("no keys").fix("leave it out to use a random one for each process"),
        );
    }
    if values.len() > section.kind.most() {
        section.report_bare(
            Problem::new(format!("{} keys", values.len()))
                .allowed("the one that signs, and the one before it"),
        );
    }
    let keys: Vec<Option<SecretKey>> = values.iter().map(key).collect();
    if let [Some(first), Some(second)] = keys.as_slice() {
        if first == second {
            section.report_bare(Problem::new("both keys are the same"));
        }
    }
    keys.into_iter().flatten().collect()
}

/// One key: at least 32 bytes in hexadecimal or base64.
pub(super) fn key(value: &ConfigValue<'_>) -> Option<SecretKey> {
    let Some(text) = value.as_text() else {
        value.report_bare(wrong());
        return None;
    };
    let key = hex::decode(text.as_bytes()).ok().or_else(|| base64(text)).and_then(SecretKey::new);
    if key.is_none() {
        value.report_bare(wrong());
    }
    key
}

fn wrong() -> Problem {
    Problem::new("not a key")
        .allowed(format!("at least {MIN_KEY_BYTES} random bytes, in hexadecimal or base64"))
        .fix("make one with: openssl rand -base64 32")
}

/// Of either alphabet, padded or not.
fn base64(text: &str) -> Option<Vec<u8>> {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let decode = |alphabet| GeneralPurpose::new(alphabet, config).decode(text).ok();
    decode(&STANDARD).or_else(|| decode(&URL_SAFE))
}
