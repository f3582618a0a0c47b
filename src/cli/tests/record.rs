//! The commands of `docs/record.md`, run as they stand there.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests say what they expect by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The blocks of the page in this language.
fn blocks(language: &str) -> Vec<String> {
    let page = std::fs::read_to_string(repository().join("docs/record.md")).unwrap();
    let begin = format!("```{language}\n");
    let blocks = page.split(begin.as_str()).skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// A folder as the page supposes it: a rotated log, two policies and the key.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let log = std::fs::read_to_string(repository().join("tests/record/sound.log")).unwrap();
    let lines: Vec<_> = log.split_inclusive('\n').collect();
    let (older, newer) = lines.split_at(9);
    write("envoy.log.1", &older.concat());
    write("envoy.log", &newer.concat());
    let key = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    write("record.key", key);
    write("unstuff.json", blocks("json").first().unwrap());
    write("stricter.json", r#"{"mode": "enforce"}"#);
    folder
}

fn run(folder: &Path, command: &str) -> Output {
    let tool = Path::new(env!("CARGO_BIN_EXE_unstuff")).parent().unwrap();
    let path = format!("{}:{}", tool.display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.args(["-euc", command]).current_dir(folder).env("PATH", path);
    shell.env(
        "UNSTUFF_RECORD_KEY",
        "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    );
    shell.output().unwrap()
}

#[test]
fn every_command_of_the_page_works() {
    let folder = folder();
    let commands: Vec<_> =
        blocks("sh").iter().flat_map(|it| it.lines()).map(str::to_owned).collect();
    assert!(commands.len() >= 8, "{commands:#?}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let before = read("envoy.log.1");
    for command in commands {
        // The person of the page is one of those in the log, in another spelling.
        let command = command.replace("anna@example.com", "' USER3'");
        let output = run(folder.path(), &command);
        assert_eq!(output.status.code(), Some(0), "{command}: {output:?}");
    }
    let (tag, after) = (read("tags"), read("envoy.log.1"));
    let theirs = before.lines().filter(|line| line.contains(tag.trim_end())).count();
    assert!(theirs > 0, "{tag}");
    assert!(!after.contains(tag.trim_end()), "{after}");
    assert_eq!(after.lines().count() + theirs, before.lines().count());
}

#[test]
fn tag_needs_a_key_and_a_name() {
    let folder = folder();
    for (command, said) in [
        ("unstuff audit tag anna", "no key: give --policy FILE or --key-file FILE"),
        ("unstuff audit tag --key-file record.key ' '", "a username has at least one letter"),
        ("unstuff audit tag --key-file envoy.log anna", "envoy.log: not a key"),
    ] {
        let output = run(folder.path(), command);
        assert_eq!(output.status.code(), Some(2), "{command}: {output:?}");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(said), "{command}: {errors}");
    }
}

#[test]
fn replay_says_what_the_record_lacks() {
    let output = run(folder().path(), "unstuff replay envoy.log --policy unstuff.json");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the record begins in the middle at 1 worker"), "{said}");
    let compared = run(folder().path(), "unstuff compare envoy.log --policy stricter.json");
    let said = String::from_utf8(compared.stderr).unwrap();
    assert!(said.contains("envoy.log: the record begins in the middle at 1 worker"), "{said}");
    let whole = "unstuff replay envoy.log.1 envoy.log --policy unstuff.json";
    let said = String::from_utf8(run(folder().path(), whole).stderr).unwrap();
    assert!(said.contains("20 of 20 logins have the verdict that they had"), "{said}");
}

/// A record has no labels, so the table is of all attempts.
#[test]
fn comparison_over_a_record_says_how_many_each_policy_stops() {
    let folder = folder();
    let strict = r#"{"mode": "enforce", "rules": [{"name": "one", "when": {"ip.attempts": {"over": 1, "within": "1h"}}, "then": "block"}]}"#;
    std::fs::write(folder.path().join("strict.json"), strict).unwrap();
    let command = "unstuff compare envoy.log.1 --policy strict.json";
    let table = String::from_utf8(run(folder.path(), command).stdout).unwrap();
    let cells = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let rows: Vec<_> = table.lines().skip(1).map(cells).collect();
    assert_eq!(rows[0].join(" "), "POLICY STOPPED % BLOCKED % CHALLENGED %", "{table}");
    let of = |policy: &str| rows.iter().find(|row| row[0] == policy).unwrap()[1].clone();
    assert_eq!(of("default"), "0", "{table}");
    assert!(of("strict.json").parse::<f64>().unwrap() > 50.0, "{table}");
}

/// Containers write Envoy's log and its access log into one stream.
#[test]
fn lines_of_the_access_log_between_those_of_the_record_are_passed_over() {
    let folder = folder();
    let path = folder.path().join("envoy.log.1");
    let record = std::fs::read_to_string(&path).unwrap();
    let access = "2026-11-30T10:06:12.304Z POST /login 200 127.0.0.11 verdict=allow reasons=-\n";
    let log = "[2026-11-30 10:06:12.306][22280][info][wasm] [context.cc:1151] wasm log unstuff: ";
    let mixed = record.lines().map(|line| format!("{log}{line}\n{access}")).collect::<String>();
    std::fs::write(&path, format!("{log}version 0.1.0\n{mixed}")).unwrap();
    let output = run(folder.path(), "unstuff replay envoy.log.1 --policy unstuff.json");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("bad line"), "{said}");
    assert!(said.contains("logins have the verdict that they had"), "{said}");
    let broken = run(folder.path(), "echo 'not a line' >> envoy.log.1; unstuff replay envoy.log.1");
    let said = String::from_utf8(broken.stderr).unwrap();
    assert!(said.contains("bad lines, left out: 1"), "{said}");
}

#[test]
fn bad_log_ends_with_one_and_a_missing_key_with_two() {
    let folder = folder();
    let broken = run(folder.path(), "unstuff audit verify --key-file record.key envoy.log");
    assert_eq!(broken.status.code(), Some(1), "{broken:?}");
    let without = run(folder.path(), "unstuff audit verify envoy.log");
    assert_eq!(without.status.code(), Some(2), "{without:?}");
    let cut = "unstuff audit verify --key-file record.key --expect 26 envoy.log.1 envoy.log";
    let cut = run(folder.path(), cut);
    assert_eq!(cut.status.code(), Some(1), "{cut:?}");
}

/// Each field that a line of the fixtures has is in the page's table, and the other way round.
#[test]
fn page_has_every_field_of_a_line() {
    let page = std::fs::read_to_string(repository().join("docs/record.md")).unwrap();
    let (_, table) = page.split_once("| field | in a line of | meaning |").unwrap();
    let rows = table.split("\n\n").next().unwrap();
    let names: Vec<_> = rows.lines().filter_map(|row| row.split('|').nth(1)).collect();
    let log = std::fs::read_to_string(repository().join("tests/record/sound.log")).unwrap();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        for name in line.as_object().unwrap().keys() {
            assert!(names.iter().any(|it| it.contains(&format!("`{name}`"))), "{name}");
        }
    }
}
