//! The presets: every one is complete, and the page about them is up to date.

use std::collections::BTreeSet;

use serde_json::Value;

use super::PRESETS;
use super::page::{document, doors, page};
use crate::config::parse;
use crate::policy::Endpoint;
use crate::request::credentials::ConfiguredName;

/// Where the facts of a preset may be from.
const KNOWN: [&str; 3] = ["recorded", "source", "docs"];

fn endpoints(config: &str) -> Vec<Endpoint> {
    let parsed = parse(config.as_bytes());
    parsed.unwrap_or_else(|problems| panic!("{config}: {problems:?}")).policy.endpoints
}

fn names(config: &str) -> Vec<String> {
    endpoints(config).into_iter().map(|endpoint| endpoint.name).collect()
}

#[test]
fn every_preset_makes_an_endpoint_for_each_door() {
    for preset in PRESETS {
        let (name, document) = (preset.name, document(preset));
        let expected: Vec<_> = doors(&document)
            .iter()
            .enumerate()
            .map(|(index, door)| match index {
                0 => name.to_owned(),
                _ => format!("{name}-{}", door["name"].as_str().expect("a name")),
            })
            .collect();
        let whole = format!(r#"{{"endpoints": [{{"preset": "{name}"}}]}}"#);
        assert_eq!(names(&whole), expected);
        for (door, endpoint) in doors(&document).iter().zip(expected) {
            let door = door["name"].as_str().expect("a name");
            let alone = format!(r#"{{"endpoints": [{{"preset": "{name}/{door}"}}]}}"#);
            assert_eq!(names(&alone), [endpoint]);
        }
    }
}

#[test]
fn every_preset_says_what_it_knows_and_from_where() {
    for preset in PRESETS {
        let document = document(preset);
        let known = document["known"].as_str().expect("a word");
        assert!(KNOWN.contains(&known), "{}: {known}", preset.name);
        for door in doors(&document) {
            let about = door.get("about").and_then(Value::as_str).unwrap_or_default();
            let name = format!("{}/{}", preset.name, door["name"]);
            assert!(about.ends_with('.'), "{name}: {about:?}");
            // An endpoint without `failure` takes 401 and 403 for one, and a preset knows.
            assert!(door.contains_key("failure"), "{name} has no failure");
        }
    }
}

#[test]
fn presets_are_in_alphabetical_order_and_every_file_is_one() {
    assert!(PRESETS.is_sorted_by_key(|preset| preset.name));
    let listed = PRESETS.iter().map(|preset| format!("{}.json", preset.name));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/config/presets");
    let files = std::fs::read_dir(folder).expect("the folder of presets");
    let files =
        files.map(|entry| entry.expect("an entry").file_name().into_string().expect("text"));
    let files: BTreeSet<_> = files.filter(|file| file.ends_with(".json")).collect();
    assert_eq!(files, listed.collect());
}

#[test]
fn a_preset_can_be_narrowed_to_a_host_and_overridden() {
    let blog = endpoints(
        r#"{"endpoints": [{"name": "blog", "preset": "wordpress",
            "match": {"hosts": ["blog.example.com"]}, "failure": {"status": 403}}]}"#,
    );
    let plain = endpoints(r#"{"endpoints": [{"preset": "wordpress"}]}"#);
    assert_eq!(blog.len(), plain.len());
    for (index, (blog, plain)) in blog.iter().zip(&plain).enumerate() {
        assert_eq!(blog.name, plain.name.replace("wordpress", "blog"));
        assert_eq!(blog.matcher.hosts.len(), 1, "{}", blog.name);
        assert_eq!(blog.matcher.paths.len(), plain.matcher.paths.len());
        // The first door's key, and no other's.
        assert_eq!(blog.failure == plain.failure, index > 0, "{}", blog.name);
    }
    assert_eq!(blog[0].failure[0].status[0].first, 403);
    assert_eq!(
        blog[0].fields.form.as_ref().expect("the preset's").username,
        [ConfiguredName::of("log")]
    );
}

/// `UNSTUFF_BLESS=1` writes the page instead.
#[test]
fn the_page_about_presets_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/presets.md");
    let text = page();
    if std::env::var_os("UNSTUFF_BLESS").is_some() {
        std::fs::write(path, &text).expect("the page");
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == text, "docs/presets.md is out of date: UNSTUFF_BLESS=1");
}
