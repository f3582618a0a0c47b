//! Tests of `build` with every kind of list.

use std::io::Write;

use crate::lists::{hibp, plain, shuffled, sorted};
use crate::workspace::{ToolWorkspace, repository};

/// Flags with which two builds of the same keys give the same bytes.
const SAME: &str = "--source test --date 2026-11-21";

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &str) -> Vec<u8> {
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    ruzstd::encoding::compress_to_vec(text.as_bytes(), level)
}

#[test]
fn same_keys_in_any_format_give_the_same_filter() {
    let workspace = ToolWorkspace::new();
    workspace.put("sorted.txt", hibp(0..20_000));
    workspace.put("sorted.gz", gzip(&hibp(0..20_000)));
    workspace.put("named-like-text.txt", zstd(&hibp(0..20_000)));
    workspace.put("shuffled.txt", shuffled(0..20_000));
    workspace.put("twice.txt", shuffled(0..15_000) + &shuffled(5_000..20_000));
    workspace.run(&format!("build sorted.txt -o expected {SAME}")).quiet();
    for input in
        ["sorted.gz", "named-like-text.txt", "--unsorted shuffled.txt", "--unsorted twice.txt"]
    {
        workspace.run(&format!("build {input} -o filter {SAME}")).quiet();
        assert!(workspace.get("filter") == workspace.get("expected"), "{input}");
    }
    workspace.run_with(&format!("build - -o filter {SAME}"), hibp(0..20_000).as_bytes()).quiet();
    assert!(workspace.get("filter") == workspace.get("expected"), "standard input");
}

#[test]
fn folder_of_ranges_is_one_sorted_list() {
    let workspace = ToolWorkspace::new();
    let mut ranges = std::collections::BTreeMap::<String, String>::new();
    for (hash, count) in sorted(0..5_000) {
        let (range, suffix) = hash.split_at(5);
        *ranges.entry(range.to_owned()).or_default() += &format!("{suffix}:{count}\r\n");
    }
    for (n, (range, text)) in ranges.iter().enumerate() {
        let text = text.trim_end();
        let (path, content) = match n % 4 {
            0 => (format!("{range}.txt"), text.into()),
            1 => (range.clone(), format!("{text}\r\n{}:0", "F".repeat(35)).into()),
            2 => (format!("{}/{range}.gz", &range[..2]), gzip(text)),
            _ => (format!("{}.zst", range.to_lowercase()), zstd(&text.to_lowercase())),
        };
        workspace.put(&format!("ranges/{path}"), content);
    }
    workspace.put("ranges/.fetch/00000.gz", "half-written");
    workspace.put("sorted.txt", hibp(0..5_000));
    workspace.run(&format!("build sorted.txt -o expected {SAME}")).quiet();
    let missing = format!("1,04{},", (1_048_576 - ranges.len()) / 1_000 % 10);
    workspace.run(&format!("build ranges -o filter {SAME}")).ok().warned(&missing);
    assert!(workspace.get("filter") == workspace.get("expected"));
}

#[test]
fn starter_and_golden_filter_are_built_as_in_the_repository() {
    let workspace = ToolWorkspace::new();
    let starter = repository("filters/starter.txt");
    workspace.run(&format!("build --passwords {} -o starter", starter.display())).quiet();
    let all = std::fs::read(&starter).unwrap();
    assert_eq!(workspace.run_with("query starter", &all).out.matches("breached").count(), 10_000);

    let golden: String = (0..16).map(|n| format!("golden{n}\n")).collect();
    let flags = "--keys 2001 --fp-rate 0.01 --date 2026-11-21 --source golden.txt";
    workspace.run_with(&format!("build --passwords - {flags} -o golden"), golden.as_bytes()).ok();
    let fixture = std::fs::read(repository("tests/fixtures/golden.unstuff")).unwrap();
    assert!(workspace.get("golden") == fixture, "see src/engine/breached/filter/tests.rs");
}

#[test]
fn min_count_and_top_keep_the_most_frequent_hashes() {
    let workspace = ToolWorkspace::new();
    workspace.put("list", hibp(0..3_000));
    let top = plain(2_000..3_000);
    for flags in
        ["--min-count 2001", "--top 1000", "--top 1000 --min-count 5", "--top 1000 --unsorted"]
    {
        workspace.run(&format!("build list {flags} -o filter {SAME}")).quiet();
        let output = workspace.run_with("query filter", top.as_bytes());
        assert_eq!(output.out.matches("breached").count(), 1_000, "{flags}");
        let output = workspace.run("inspect filter --json").ok();
        let json: serde_json::Value = serde_json::from_str(&output.out).unwrap();
        assert_eq!(json["filters"][0]["keys"], 1_000, "{flags}");
        assert_eq!(json["filters"][0]["min_count"], 2_001, "{flags}");
    }
    let filter = workspace.get("filter");
    workspace
        .run_with(&format!("build - --top 1000 -o filter {SAME}"), hibp(0..3_000).as_bytes())
        .quiet();
    assert!(workspace.get("filter") == filter, "standard input is kept and read twice");
}

#[test]
fn top_that_cuts_hashes_with_the_same_count_is_explained() {
    let workspace = ToolWorkspace::new();
    let lines: String = sorted(0..10).iter().map(|(hash, _)| format!("{hash}:7\n")).collect();
    workspace.put("list", lines);
    workspace.run("build list --top 5 -o filter").error("all with the same count");
    workspace.run("build list --top 10 -o filter").quiet();
}

#[test]
fn pairs_are_found_with_any_spelling_of_the_username() {
    let workspace = ToolWorkspace::new();
    workspace.put("list", "Ann@Example.org:a:b\r\nbob:x\n");
    workspace.run("build --pairs list -o filter").quiet();
    let asked = b"ann@example.org:a:b\n ANN@EXAMPLE.ORG :a:b\nann@example.org:a\nbob: x \nbob:y\n";
    let output = workspace.run_with("query filter", asked);
    assert_eq!(output.out, "breached\nbreached\nnot known\nbreached\nnot known\n");
}

#[test]
fn first_line_out_of_order_stops_the_build() {
    let workspace = ToolWorkspace::new();
    let mut lines: Vec<_> = hibp(0..30_000).lines().map(str::to_owned).collect();
    lines.swap(20_000, 20_001);
    workspace.put("list", lines.join("\n"));
    let output = workspace.run("build list -o filter").error("list:20002: ").error("--unsorted");
    assert!(!output.err.contains(&lines[20_000][..10]), "{output:?}");
    workspace.run("build list --unsorted -o filter").quiet();
    // Two sorted lists whose concatenation is not sorted.
    workspace.put("a", hibp(0..10));
    workspace.put("b", hibp(10..20));
    workspace.run("build a b -o filter").error("b:1: ");
    workspace.run("build a b --unsorted -o filter").quiet();
}

#[test]
fn bad_lines_are_named_and_counted_and_never_shown() {
    let workspace = ToolWorkspace::new();
    let mut lines: Vec<_> = hibp(0..20_000).lines().map(str::to_owned).collect();
    for n in (0..20_000).step_by(1_000) {
        lines[n] = "hunter2".to_owned();
    }
    workspace.put("list", lines.join("\n"));
    let output = workspace.run("build list -o filter").ok();
    let output = output.warned("list:1: not a SHA-1").warned("list:9001: ").warned("20 bad lines");
    assert!(!output.err.contains("list:10001") && !output.err.contains("hunter2"), "{output:?}");
    let output = workspace.run("build list --strict -o strict").error("list:1: not a SHA-1");
    assert!(!output.err.contains("hunter2"), "{output:?}");
    assert_eq!(workspace.names(), ["filter", "list"]);
}

#[test]
fn list_cut_short_is_noticed() {
    let workspace = ToolWorkspace::new();
    let lines: Vec<_> = hibp(0..10_000).lines().map(str::to_owned).collect();
    workspace.put("list", lines[..7_000].join("\n"));
    workspace.run("build list -o filter").ok().warned("cut short").warned("ends at 70.");
    workspace.put("list", lines[5_000..].join("\n"));
    workspace.run("build list -o filter").ok().warned("first 50.");
    workspace.put("list.gz", &gzip(&lines.join("\n"))[..100_000]);
    workspace.run("build list.gz -o filter").error("cannot read list.gz");
}

#[test]
fn wrong_number_of_keys_gives_a_warning_with_the_true_rate() {
    let workspace = ToolWorkspace::new();
    workspace.put("list", hibp(0..10_000));
    workspace.run("build list --keys 9800 -o filter").quiet();
    workspace
        .run("build list --keys 5000 -o filter")
        .ok()
        .warned("100 % more than the 5,000 of --keys")
        .warned("instead of 1.00e-3; build again with --keys 10000");
}

#[test]
fn build_that_fails_gives_the_reason() {
    let workspace = ToolWorkspace::new();
    workspace.put("empty", "");
    workspace.put("words", plain(0..10));
    workspace.put("folder/notes.txt", "");
    workspace.put("hashes", hibp(0..10));
    workspace.run("build empty -o filter").error("no line was used");
    workspace.run("build words -o filter").error("right kind of list? (--passwords");
    workspace.run("build hashes --min-count 11 -o filter").error("no line was used");
    workspace.run("build nothing -o filter").error("cannot read nothing");
    workspace.run("build folder -o filter").error("no range files");
    workspace.run("build words -o no/such/folder").error("there is no folder");
    workspace.run("build words -o folder").error("not a regular file");
    workspace.run("build words -o -").error("renamed when whole");
    workspace.run("build words -o filter --fp-rate 2").error("between 1e-6 and 0.5");
    workspace.run("build words -o filter --passwords --top 5").error("--top");
    workspace.run("build words -o filter --date yesterday").error("YYYY-MM-DD");
    assert_eq!(workspace.names(), ["empty", "folder", "hashes", "words"]);
}

#[test]
fn passwords_are_bytes() {
    let workspace = ToolWorkspace::new();
    workspace.put("list", b" blanks \n\xff\xfe\ncol:on\n");
    workspace.run("build --passwords list -o filter").quiet();
    let output = workspace.run_with("query filter", b" blanks \r\n\xff\xfe\ncol:on\nblanks\n");
    assert_eq!(output.out, "breached\nbreached\nbreached\nnot known\n");
}
