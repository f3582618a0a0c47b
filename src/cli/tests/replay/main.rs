//! `unstuff replay` and `unstuff compare` as commands: the real binary over a trace of thirty
//! lines. `interruption` tests what a run leaves behind, `page` the HTML report, `document` the
//! example in `docs/trace.md`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test, helpers included"
)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

mod document;
mod interruption;
mod page;

const TRACE: &str = "tests/replay/thirty.jsonl";
const POLICY: &str = "tests/replay/policy.json";

fn unstuff(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unstuff"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    command.output().expect("the tool runs")
}

/// The JSON on standard output, without what depends on the clock.
fn json(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    let mut json: Value = serde_json::from_slice(&output.stdout).expect("JSON alone");
    for measured in ["seconds", "attempts_per_second"] {
        let value = json[measured].take();
        assert!(value.as_f64().is_some_and(|value| value >= 0.0), "{measured}: {value}");
    }
    json
}

fn replay(arguments: &[&str]) -> Output {
    unstuff(&[&["replay", "--policy", POLICY, TRACE], arguments].concat())
}

#[test]
fn report_is_as_expected() {
    let mut report = json(&replay(&["--format", "json"]));
    // The size of an entry may change.
    let bytes = report["state"]["bytes"].take();
    assert!(bytes.as_u64().is_some_and(|bytes| (1..64 << 20).contains(&bytes)), "{bytes}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replay/report.json");
    let expected: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(report, expected, "\ngot:\n{report:#}");
}

#[test]
fn same_input_gives_the_same_report_and_decisions() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for run in ["a", "b"] {
        let file = folder.path().join(run);
        let output = replay(&["--format", "json", "--decisions", file.to_str().unwrap()]);
        seen.push((json(&output), std::fs::read_to_string(file).unwrap()));
    }
    assert_eq!(seen[0], seen[1]);
    let lines: Vec<Value> =
        seen[0].1.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 28, "one for each attempt at an endpoint");
    let blocked = lines.iter().find(|line| line["verdict"] == "block").expect("a block");
    assert_eq!(blocked["decided"], "failures");
    assert_eq!(blocked["cause"], "rules");
    assert!(lines.iter().any(|line| line["cause"] == "ban"), "a standing ban");
}

#[test]
fn output_never_has_a_password_or_a_hash() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("decisions.jsonl");
    let mut written = String::new();
    for format in ["text", "json", "html"] {
        let output = replay(&["--format", format, "--decisions", file.to_str().unwrap()]);
        written += &String::from_utf8_lossy(&output.stdout);
        written += &String::from_utf8_lossy(&output.stderr);
        written += &std::fs::read_to_string(&file).unwrap();
    }
    for secret in ["hunter2", "hunter3", "5baa61e4", "f3bbbd66"] {
        assert!(!written.to_lowercase().contains(secret), "{secret} is repeated");
    }
}

#[test]
fn several_files_are_replayed_as_one_trace() {
    let whole = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(TRACE)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let parts = [folder.path().join("odd.jsonl"), folder.path().join("even.jsonl")];
    for (index, part) in parts.iter().enumerate() {
        let lines = whole.lines().enumerate().filter(|(number, _)| number % 2 == index);
        let text: String = lines.map(|(_, line)| format!("{line}\n")).collect();
        std::fs::write(part, text).unwrap();
    }
    let merged = unstuff(&[
        "replay",
        "--policy",
        POLICY,
        "--format",
        "json",
        parts[0].to_str().unwrap(),
        parts[1].to_str().unwrap(),
    ]);
    assert_eq!(json(&merged), json(&replay(&["--format", "json"])));
}

#[test]
fn bad_line_is_reported_and_strict_mode_stops_at_it() {
    let lenient = replay(&[]);
    let stderr = String::from_utf8_lossy(&lenient.stderr).into_owned();
    assert_eq!(lenient.status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("thirty.jsonl:12: `ip`: \"203.0.113\" is not an address"), "{stderr}");
    let strict = replay(&["--strict"]);
    assert_eq!(strict.status.code(), Some(1));
    assert!(strict.stdout.is_empty());
    let stderr = String::from_utf8_lossy(&strict.stderr);
    assert!(stderr.starts_with("unstuff: tests/replay/thirty.jsonl:12: `ip`"), "{stderr}");
}

#[test]
fn unreadable_input_exits_with_2_and_rejected_input_with_1() {
    for (arguments, what) in [
        (["replay", "no-such-file"].as_slice(), "cannot open the trace no-such-file: No such file"),
        (&["replay", "tests/replay"], "cannot read the trace tests/replay: Is a directory"),
        (&["replay", "--policy", "no-such-file", TRACE], "cannot read no-such-file: No such file"),
        (&["replay"], "<TRACE>"),
    ] {
        let output = unstuff(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(what), "{arguments:?}: {stderr}");
    }
    let policy = "../../tests/config/bad/mode_misspelt.json";
    let rejected = unstuff(&["replay", "--policy", policy, TRACE]);
    assert_eq!(rejected.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&rejected.stderr).contains("$.mode"));
    for no_trace in [POLICY, "/dev/null"] {
        let nothing = unstuff(&["replay", no_trace]);
        assert_eq!(nothing.status.code(), Some(1), "{no_trace}");
        let stderr = String::from_utf8_lossy(&nothing.stderr).into_owned();
        assert!(stderr.contains("no line is an attempt"), "{no_trace}: {stderr}");
    }
}

#[test]
fn enforce_flag_enforces_shadow_rules() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("shadow.json");
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(POLICY)).unwrap();
    std::fs::write(&policy, text.replace("\"enforce\"", "\"shadow\"")).unwrap();
    let run = |more: &[&str]| {
        let policy = policy.to_str().unwrap();
        let output =
            unstuff(&[&["replay", "--format", "json", "--policy", policy, TRACE], more].concat());
        (json(&output), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (shadow, stderr) = run(&[]);
    assert_eq!(shadow["rules"]["failures"]["decided"], 0);
    assert!(stderr.contains("--enforce shows what it would do"), "{stderr}");
    let enforced = run(&["--enforce"]).0;
    assert_eq!(enforced, json(&replay(&["--format", "json"])));
}

#[test]
fn comparison_without_attempts_exits_with_1() {
    for (trace, code) in [(TRACE, 0), ("/dev/null", 1), (POLICY, 1)] {
        let output = unstuff(&["compare", trace]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{trace}: {stderr}");
        assert_eq!(
            stderr.contains(&format!("{trace}: no line is an attempt")),
            code == 1,
            "{stderr}"
        );
        assert_eq!(stderr.contains("bad lines, left out"), trace != "/dev/null", "{stderr}");
    }
}

#[test]
fn policies_are_compared_over_the_same_trace() {
    let output = unstuff(&["compare", "--policy", POLICY, "--format", "json", TRACE]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let policies = json["traces"][0]["policies"].as_array().unwrap();
    let names: Vec<_> = policies.iter().map(|row| row["policy"].as_str().unwrap()).collect();
    assert_eq!(names[..2], ["default", "fail2ban"]);
    assert_eq!(names.last(), Some(&POLICY));
    for row in policies {
        assert_eq!(row["attack"]["attempts"], 19, "{row}");
        assert_eq!(row["people"]["attempts"], 8, "{row}");
        assert_eq!(row["others"]["attempts"], 1, "{row}");
    }
    assert_eq!(json["traces"][0]["bad_lines"], 1);
    let own = policies.last().unwrap()["attack"]["stopped"].as_u64().unwrap();
    let report = self::json(&replay(&["--format", "json"]));
    let stopped = |label: &str| report["labels"][label]["stopped"].as_u64().unwrap();
    assert_eq!(own, stopped("attack/one-host") + stopped("attack/one-account"));
}

#[test]
fn byte_order_mark_and_padded_gzip_lose_no_line() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let trace = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(TRACE)).unwrap();
    let marked = [b"\xef\xbb\xbf".as_slice(), &trace].concat();
    let plain = folder.path().join("marked.jsonl");
    std::fs::write(&plain, &marked).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&marked).unwrap();
    let padded = folder.path().join("padded.jsonl.gz");
    std::fs::write(&padded, [gzip.finish().unwrap(), vec![0; 1024]].concat()).unwrap();
    let expected = json(&replay(&["--format", "json"]));
    for trace in [plain, padded] {
        let trace = trace.to_str().unwrap();
        let report = json(&unstuff(&["replay", "--policy", POLICY, trace, "--format", "json"]));
        for count in ["attempts", "bad_lines"] {
            assert_eq!(report[count], expected[count], "{trace}");
        }
    }
}

#[test]
fn pipe_is_not_compared_because_it_can_be_read_once() {
    for pipe in ["-", "/dev/stdin"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unstuff"));
        command.args(["compare", pipe]).stdin(std::process::Stdio::piped());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains("only once"), "{pipe}: {said}");
    }
}
