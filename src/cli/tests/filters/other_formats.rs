//! Tests that a list in another format than the flags say is refused, and never built as it is.

use std::process::Command;

use crate::lists::{hibp, plain, sorted};
use crate::workspace::{ToolWorkspace, end, piped};

#[test]
fn archives_and_other_encodings_are_refused_with_what_to_do() {
    let utf_16: Vec<u8> = plain(0..100).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let lists: [(&str, &[u8], &str); 7] = [
        ("marked", &[b"\xff\xfe", utf_16.as_slice()].concat(), "iconv -f UTF-16"),
        ("unmarked", &utf_16, "iconv -f UTF-16"),
        ("list.zip", b"PK\x03\x04\x14\0\0\0\x08\0", "unzip -p"),
        ("list.7z", b"7z\xbc\xaf\x27\x1c\0\x04", "7z e -so"),
        ("list.xz", b"\xfd7zXZ\0\0\x04", "xz -dc"),
        ("list.bz2", b"BZh91AY&SY\0\0", "bzip2 -dc"),
        ("page", b"<!DOCTYPE html><title>Sign in</title>", "a web page"),
    ];
    for (name, content, expected) in lists {
        for flags in ["--passwords", "--pairs", "", "--unsorted --top 5"] {
            let workspace = ToolWorkspace::new();
            workspace.put(name, content);
            let failed = workspace.run(&format!("build {flags} {name} -o filter")).error(expected);
            assert!(failed.err.contains(&format!("cannot read {name}")), "{failed:?}");
            assert_eq!(workspace.names(), [name], "{flags}");
        }
    }
}

#[test]
fn hashes_are_no_passwords() {
    let workspace = ToolWorkspace::new();
    workspace.put("hashes", hibp(0..100));
    workspace.put("counted", "  9 123456\n  8 password\n  7 a b\n");
    let (hash, _) = &sorted(0..1)[0];
    workspace.put(&format!("ranges/{}", &hash[..5]), format!("{}:1\r\n", &hash[5..]));
    for flag in ["--passwords", "--pairs"] {
        let place = workspace.run(&format!("build {flag} hashes -o filter")).error("hashes: most");
        assert!(place.err.contains("without --passwords"), "{place:?}");
        assert!(!place.err.contains(hash.as_str()), "{place:?}");
        workspace.run(&format!("build {flag} ranges -o filter")).error("most lines are hashes");
    }
    workspace.run("build --passwords counted -o filter").error("begins with a count");
    assert_eq!(workspace.names(), ["counted", "hashes", "ranges"]);
}

#[test]
fn list_that_is_not_used_says_so_once() {
    let workspace = ToolWorkspace::new();
    workspace.put("empty", "");
    for flags in ["--keys 100", "", "--passwords"] {
        let failed = workspace.run(&format!("build empty {flags} -o filter")).error("no line");
        assert!(!failed.err.contains("build again with --keys"), "{failed:?}");
    }
}

#[test]
fn empty_range_file_is_a_missing_range() {
    let workspace = ToolWorkspace::new();
    let mut first = String::new();
    for (number, (hash, count)) in sorted(0..3).iter().enumerate() {
        let (range, suffix) = hash.split_at(5);
        first = if number == 0 { range.to_owned() } else { first };
        workspace.put(&format!("ranges/{range}"), format!("{suffix}:{count}"));
    }
    workspace.run("build ranges -o filter").ok().warned("1,048,573 of the 1,048,576 ranges");
    workspace.put(&format!("ranges/{first}"), "");
    let warned = workspace.run("build ranges -o filter").ok();
    let expected = "1,048,574 of the 1,048,576 ranges are missing, one of them because";
    warned.warned(expected).warned(&format!("ranges/{first} is empty"));
}

#[test]
fn named_pipe_is_kept_and_read_twice_for_top() {
    let workspace = ToolWorkspace::new();
    workspace.put("list", hibp(0..3_000));
    workspace.run("build list --top 1000 -o expected --source x --date 2026-11-21").quiet();
    let pipe = workspace.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = {
        let (from, to) = (workspace.path("list"), pipe.clone());
        std::thread::spawn(move || std::fs::copy(from, to).unwrap())
    };
    let command = "build pipe --top 1000 -o filter --source x --date 2026-11-21";
    end(piped(&mut workspace.command(command))).quiet();
    writer.join().unwrap();
    assert!(workspace.get("filter") == workspace.get("expected"));
}

#[test]
fn hashes_that_occur_twice_count_once_for_top() {
    let workspace = ToolWorkspace::new();
    workspace.put("list", hibp(0..2_000) + &hibp(0..1_000).to_lowercase());
    workspace.put("sorted", sorted_twice(2_000));
    let keys = |flags: &str| {
        workspace.run(&format!("build {flags} -o filter")).quiet();
        let json = workspace.run("inspect filter --json").ok().out;
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        (json["filters"][0]["keys"].clone(), json["filters"][0]["min_count"].clone())
    };
    for top in [1_000_u64, 1_500, 1_996] {
        let expected = (top.into(), (2_001 - top).into());
        assert_eq!(keys(&format!("list --unsorted --top {top}")), expected);
        assert_eq!(keys(&format!("sorted --top {top}")), expected);
    }
    assert_eq!(keys("list --unsorted --top 5000").0, 2_000);
}

/// A sorted list with each hash twice.
fn sorted_twice(numbers: u64) -> String {
    let both = |(hash, count): &(String, u64)| format!("{hash}:{count}\n{hash}:{count}\n");
    sorted(0..numbers).iter().map(both).collect()
}

#[test]
fn full_standard_output_is_an_error_and_no_crash() {
    let workspace = ToolWorkspace::new();
    workspace.put("list", hibp(0..10));
    workspace.run("build list -o filter").quiet();
    for command in ["build list -o filter", "verify filter", "inspect filter"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = workspace.command(command).stdout(full).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command}: {err}");
        assert!(err.contains("cannot write to standard output"), "{command}: {err}");
    }
}
