//! Reader of the section `keys`: the keys that sign cookies and tokens.
//!
//! A key is written there, or named as a variable of the VM's environment. Problems never quote a
//! key: a reader of the log could log in as a known device.

use super::environment::{self, VmEnvironment};
use super::object::ConfigObject;
use super::problem::Problem;
use super::reader::ConfigValue;
use super::schema::VARIABLE;
use crate::tokens::signing::{MIN_KEY_BYTES, SecretKey};
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Reads the section; the key that signs comes first.
pub(super) fn read(section: &ConfigValue<'_>, env: VmEnvironment<'_>) -> Vec<SecretKey> {
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
    let keys: Vec<Option<SecretKey>> = values.iter().map(|value| key(value, env)).collect();
    if let [Some(first), Some(second)] = keys.as_slice() {
        if first == second {
            section.report_bare(Problem::new("both keys are the same"));
        }
    }
    keys.into_iter().flatten().collect()
}

/// One key: at least 32 bytes in hexadecimal or base64, or the name of a variable that holds them.
pub(super) fn key(value: &ConfigValue<'_>, env: VmEnvironment<'_>) -> Option<SecretKey> {
    if value.is_object() {
        return of_variable(value, env);
    }
    let key = value.as_text().and_then(decode);
    if key.is_none() {
        value.report_bare(wrong());
    }
    key
}

/// The key that a variable holds.
fn of_variable(value: &ConfigValue<'_>, env: VmEnvironment<'_>) -> Option<SecretKey> {
    let name = environment::variable(value)?;
    let VmEnvironment::Known(get) = env else { return SecretKey::unknown(name) };
    let key = decode(environment::text(value, name, get)?.trim());
    if key.is_none() {
        let problem = Problem { wrong: "the variable holds no key".to_owned(), ..wrong() };
        value.report_bare(problem);
    }
    key
}

/// The names of the variables that `keys`, the hand-over, the fleet and the record refer to.
pub(super) fn variables(top: &ConfigObject<'_>) -> Vec<String> {
    let listed = top.get("keys").filter(ConfigValue::is_list).and_then(|value| value.list());
    let handover = top.get("challenge").and_then(|value| inside(&value, "handover"));
    let shared = handover.and_then(|value| inside(&value, "key"));
    let fleet = top.get("fleet").and_then(|value| inside(&value, "key"));
    let record = top.get("record").and_then(|value| inside(&value, "key"));
    let keys = listed.into_iter().flatten().chain(shared).chain(fleet).chain(record);
    let name =
        |key: ConfigValue<'_>| inside(&key.of_kind(&VARIABLE), "env")?.as_text().map(str::to_owned);
    keys.filter_map(name).collect()
}

/// The value under a key, if it is in an object.
fn inside<'d>(value: &ConfigValue<'d>, key: &str) -> Option<ConfigValue<'d>> {
    if value.is_object() { value.map()?.get(key) } else { None }
}

/// The key in a text, in hexadecimal or base64; `None` if it is none.
pub(crate) fn decode(text: &str) -> Option<SecretKey> {
    hex::decode(text.as_bytes()).ok().or_else(|| base64(text)).and_then(SecretKey::new)
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
