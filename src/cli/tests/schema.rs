//! Tests of `unstuff schema` against the fixtures of the validator.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests say what they expect by panicking")]

use std::path::PathBuf;
use std::process::Command;

use jsonschema::Validator;
use serde_json::Value;

/// What a schema cannot refuse: the files that the validator refuses for a reason that depends on
/// other values, on names that the validator knows, or on how the JSON is written.
const BEYOND_A_SCHEMA: [&str; 19] = [
    "attack_mode_blocks",
    "ban_by_a_rule_that_lets_through",
    "ban_of_several_identities",
    "ban_on_pressure_alone",
    "ban_without_time",
    "challenge_beside_an_own_reply",
    "credentials_none",
    "duplicate_key",
    "duplicate_signal",
    "endpoint_names_twice",
    "endpoint_without_name_or_path",
    "fleet_rule_without_fleet",
    "keys_twice",
    "live_lookup_missing",
    "record_key_of_another_use",
    "record_key_signs",
    "reply_body_without_type",
    "rule_breached_password_alone_blocks",
    "success_hidden_by_failure",
];

fn schema() -> Validator {
    let output = Command::new(env!("CARGO_BIN_EXE_unstuff")).arg("schema").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let schema = serde_json::from_slice(&output.stdout).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

/// The fixtures of a folder that are JSON, by name.
fn fixtures(folder: &str) -> Vec<(String, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/config").join(folder);
    let files = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter_map(|path| {
            let name = path.file_stem()?.to_str()?.to_owned();
            Some((name, serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?))
        })
        .collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert!(!found.is_empty(), "{folder:?}");
    found
}

#[test]
fn every_good_configuration_is_valid_under_the_schema() {
    let schema = schema();
    for (name, configuration) in fixtures("good") {
        let wrong: Vec<_> = schema.iter_errors(&configuration).map(|it| it.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
    }
}

#[test]
fn the_schema_refuses_every_bad_configuration_that_a_schema_can_refuse() {
    let schema = schema();
    let accepted = fixtures("bad").into_iter().filter(|(_, bad)| schema.is_valid(bad));
    let accepted: Vec<_> = accepted.map(|(name, _)| name).collect();
    assert_eq!(accepted, BEYOND_A_SCHEMA);
}
