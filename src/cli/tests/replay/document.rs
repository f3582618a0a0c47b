//! The example in `docs/trace.md` is a trace, and the document is right about its report.

use std::path::Path;

use super::{json, unstuff};

#[test]
fn example_in_the_document_can_be_replayed() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/trace.md");
    let document = std::fs::read_to_string(document).unwrap();
    let (_, example) = document.split_once("```json\n").unwrap();
    let (example, after) = example.split_once("```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("example.jsonl");
    std::fs::write(&trace, example).unwrap();

    let output = unstuff(&["replay", "--strict", "--format", "json", trace.to_str().unwrap()]);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let report = json(&output);
    let counts =
        "one attempt of `benign/home`, one of `benign/mobile` and three of `attack/guessing`";
    assert!(after.contains(counts), "{after}");
    assert_eq!(report["labels"]["benign/home"]["attempts"], 1);
    assert_eq!(report["labels"]["benign/mobile"]["successes"], 0);
    assert_eq!(report["labels"]["attack/guessing"]["attempts"], 3);
    assert_eq!(report["attempts"], 5);
    let printed = unstuff(&["trace", "example"]);
    assert_eq!(String::from_utf8_lossy(&printed.stdout), example, "`unstuff trace example`");
}
