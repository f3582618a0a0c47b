//! Filters from every kind of list.

use std::io::Write;

use crate::lists::{hibp, plain, shuffled, sorted};
use crate::tool::{Desk, repository};

/// Flags that make two builds of the same keys the same bytes.
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
fn the_same_keys_in_any_form_give_the_same_filter() {
    let desk = Desk::new();
    desk.put("sorted.txt", hibp(0..20_000));
    desk.put("sorted.gz", gzip(&hibp(0..20_000)));
    desk.put("named-like-text.txt", zstd(&hibp(0..20_000)));
    desk.put("shuffled.txt", shuffled(0..20_000));
    desk.put("twice.txt", shuffled(0..15_000) + &shuffled(5_000..20_000));
    desk.run(&format!("build sorted.txt -o expected {SAME}")).quiet();
    for input in
        ["sorted.gz", "named-like-text.txt", "--unsorted shuffled.txt", "--unsorted twice.txt"]
    {
        desk.run(&format!("build {input} -o filter {SAME}")).quiet();
        assert!(desk.get("filter") == desk.get("expected"), "{input}");
    }
    desk.run_with(&format!("build - -o filter {SAME}"), hibp(0..20_000).as_bytes()).quiet();
    assert!(desk.get("filter") == desk.get("expected"), "standard input");
}

#[test]
fn a_folder_of_ranges_is_one_sorted_list() {
    let desk = Desk::new();
    let mut ranges = std::collections::BTreeMap::<String, String>::new();
    for (hash, count) in sorted(0..5_000) {
        let (range, suffix) = hash.split_at(5);
        *ranges.entry(range.to_owned()).or_default() += &format!("{suffix}:{count}\r\n");
    }
    for (n, (range, text)) in ranges.iter().enumerate() {
        let text = text.trim_end();
        match n % 4 {
            0 => desk.put(&format!("ranges/{range}.txt"), text),
            1 => desk.put(&format!("ranges/{range}"), format!("{text}\r\n{}:0", "F".repeat(35))),
            2 => desk.put(&format!("ranges/{}/{range}.gz", &range[..2]), gzip(text)),
            _ => desk
                .put(&format!("ranges/{}.zst", range.to_lowercase()), zstd(&text.to_lowercase())),
        }
    }
    desk.put("ranges/.fetch/00000.gz", "half-written");
    desk.put("sorted.txt", hibp(0..5_000));
    desk.run(&format!("build sorted.txt -o expected {SAME}")).quiet();
    let missing = format!("1,04{},", (1_048_576 - ranges.len()) / 1_000 % 10);
    desk.run(&format!("build ranges -o filter {SAME}")).ok().warned(&missing);
    assert!(desk.get("filter") == desk.get("expected"));
}

#[test]
fn the_starter_list_and_the_golden_filter_are_built_as_the_repository_has_them() {
    let desk = Desk::new();
    let starter = repository("filters/starter.txt");
    desk.run(&format!("build --passwords {} -o starter", starter.display())).quiet();
    let all = std::fs::read(&starter).unwrap();
    assert_eq!(desk.run_with("query starter", &all).out.matches("breached").count(), 10_000);

    let golden: String = (0..16).map(|n| format!("golden{n}\n")).collect();
    let flags = "--keys 2001 --fp-rate 0.01 --date 2026-11-21 --source golden.txt";
    desk.run_with(&format!("build --passwords - {flags} -o golden"), golden.as_bytes()).ok();
    let fixture = std::fs::read(repository("tests/fixtures/golden.unstuff")).unwrap();
    assert!(desk.get("golden") == fixture, "see src/engine/breached/filter/tests.rs");
}

#[test]
fn min_count_and_top_keep_those_seen_most_often() {
    let desk = Desk::new();
    desk.put("list", hibp(0..3_000));
    let top = plain(2_000..3_000);
    for flags in
        ["--min-count 2001", "--top 1000", "--top 1000 --min-count 5", "--top 1000 --unsorted"]
    {
        desk.run(&format!("build list {flags} -o filter {SAME}")).quiet();
        let said = desk.run_with("query filter", top.as_bytes());
        assert_eq!(said.out.matches("breached").count(), 1_000, "{flags}");
        let said = desk.run("inspect filter --json").ok();
        let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(json["filters"][0]["keys"], 1_000, "{flags}");
        assert_eq!(json["filters"][0]["min_count"], 2_001, "{flags}");
    }
    let filter = desk.get("filter");
    desk.run_with(&format!("build - --top 1000 -o filter {SAME}"), hibp(0..3_000).as_bytes())
        .quiet();
    assert!(desk.get("filter") == filter, "standard input is kept and read twice");
}

#[test]
fn equals_that_do_not_fit_into_the_top_are_explained() {
    let desk = Desk::new();
    let lines: String = sorted(0..10).iter().map(|(hash, _)| format!("{hash}:7\n")).collect();
    desk.put("list", lines);
    desk.run("build list --top 5 -o filter").error("seen equally often");
    desk.run("build list --top 10 -o filter").quiet();
}

#[test]
fn pairs_are_found_however_the_username_is_spelled() {
    let desk = Desk::new();
    desk.put("list", "Ann@Example.org:a:b\r\nbob:x\n");
    desk.run("build --pairs list -o filter").quiet();
    let asked = b"ann@example.org:a:b\n ANN@EXAMPLE.ORG :a:b\nann@example.org:a\nbob: x \nbob:y\n";
    let said = desk.run_with("query filter", asked);
    assert_eq!(said.out, "breached\nbreached\nnot known\nbreached\nnot known\n");
}

#[test]
fn the_first_line_out_of_order_stops_the_build() {
    let desk = Desk::new();
    let mut lines: Vec<_> = hibp(0..30_000).lines().map(str::to_owned).collect();
    lines.swap(20_000, 20_001);
    desk.put("list", lines.join("\n"));
    let said = desk.run("build list -o filter").error("list:20002: ").error("--unsorted");
    assert!(!said.err.contains(&lines[20_000][..10]), "{said:?}");
    desk.run("build list --unsorted -o filter").quiet();
    // Two lists that are sorted, but not one after the other.
    desk.put("a", hibp(0..10));
    desk.put("b", hibp(10..20));
    desk.run("build a b -o filter").error("b:1: ");
    desk.run("build a b --unsorted -o filter").quiet();
}

#[test]
fn bad_lines_are_named_and_counted_and_never_shown() {
    let desk = Desk::new();
    let mut lines: Vec<_> = hibp(0..20_000).lines().map(str::to_owned).collect();
    for n in (0..20_000).step_by(1_000) {
        lines[n] = "hunter2".to_owned();
    }
    desk.put("list", lines.join("\n"));
    let said = desk.run("build list -o filter").ok();
    let said = said.warned("list:1: not a SHA-1").warned("list:9001: ").warned("20 bad lines");
    assert!(!said.err.contains("list:10001") && !said.err.contains("hunter2"), "{said:?}");
    let said = desk.run("build list --strict -o strict").error("list:1: not a SHA-1");
    assert!(!said.err.contains("hunter2"), "{said:?}");
    assert_eq!(desk.names(), ["filter", "list"]);
}

#[test]
fn a_list_cut_short_is_noticed() {
    let desk = Desk::new();
    let lines: Vec<_> = hibp(0..10_000).lines().map(str::to_owned).collect();
    desk.put("list", lines[..7_000].join("\n"));
    desk.run("build list -o filter").ok().warned("cut short").warned("ends at 70.");
    desk.put("list", lines[5_000..].join("\n"));
    desk.run("build list -o filter").ok().warned("first 50.");
    desk.put("list.gz", &gzip(&lines.join("\n"))[..100_000]);
    desk.run("build list.gz -o filter").error("cannot read list.gz");
}

#[test]
fn a_wrong_number_of_keys_is_a_warning_with_the_true_rate() {
    let desk = Desk::new();
    desk.put("list", hibp(0..10_000));
    desk.run("build list --keys 9800 -o filter").quiet();
    desk.run("build list --keys 5000 -o filter")
        .ok()
        .warned("100 % more than the 5,000 of --keys")
        .warned("instead of 1.00e-3; build again with --keys 10000");
}

#[test]
fn what_cannot_be_built_says_why() {
    let desk = Desk::new();
    desk.put("empty", "");
    desk.put("words", plain(0..10));
    desk.put("folder/notes.txt", "");
    desk.put("hashes", hibp(0..10));
    desk.run("build empty -o filter").error("no line was taken");
    desk.run("build words -o filter").error("right kind of list? (--passwords");
    desk.run("build hashes --min-count 11 -o filter").error("no line was taken");
    desk.run("build nothing -o filter").error("cannot read nothing");
    desk.run("build folder -o filter").error("no range files");
    desk.run("build words -o no/such/folder").error("there is no folder");
    desk.run("build words -o folder").error("not a regular file");
    desk.run("build words -o -").error("renamed when whole");
    desk.run("build words -o filter --fp-rate 2").error("between 1e-6 and 0.5");
    desk.run("build words -o filter --passwords --top 5").error("--top");
    desk.run("build words -o filter --date yesterday").error("YYYY-MM-DD");
    assert_eq!(desk.names(), ["empty", "folder", "hashes", "words"]);
}

#[test]
fn passwords_are_bytes() {
    let desk = Desk::new();
    desk.put("list", b" blanks \n\xff\xfe\ncol:on\n");
    desk.run("build --passwords list -o filter").quiet();
    let said = desk.run_with("query filter", b" blanks \r\n\xff\xfe\ncol:on\nblanks\n");
    assert_eq!(said.out, "breached\nbreached\nbreached\nnot known\n");
}
