//! Limits of both services, compared with one configuration.

use std::path::{Path, PathBuf};

use crate::check::{CheckedRun, check as checked, github, report};

const CONFIGURATION: &[u8] = include_bytes!("../../../../tests/config/limits/unstuff.json");

fn compared(configuration: &[u8], limits: &Path) -> CheckedRun {
    let mut run = checked(vec![("unstuff.json".to_owned(), configuration.to_vec())], false);
    let name = limits.file_name().expect("a name").to_string_lossy().into_owned();
    run.compare(name, &std::fs::read(limits).expect("limits"));
    run
}

/// The files of a folder of tests/config/limits.
fn cases(folder: &str) -> Vec<PathBuf> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/config/limits").join(folder);
    let entries = std::fs::read_dir(folder).expect("the folder of cases");
    let files = entries.map(|entry| entry.expect("a case").path());
    let mut cases: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|it| it == "yaml")).collect();
    cases.sort();
    assert!(cases.len() >= 4, "{cases:?}");
    cases
}

/// What is said of the limits alone.
fn said(run: &CheckedRun) -> String {
    let text = report::text(run);
    let lines = text.lines().filter(|line| line.contains(".yaml:"));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn limits_that_mean_what_is_needed_are_accepted_in_any_words() {
    for case in cases("good") {
        let run = compared(CONFIGURATION, &case);
        assert!(run.is_accepted(), "{}", said(&run));
        assert_eq!(said(&run), "", "{}", case.display());
    }
}

#[test]
fn limits_that_are_missing_differ_or_are_left_over_are_rejected_with_the_text_beside_them() {
    for case in cases("bad") {
        let run = compared(CONFIGURATION, &case);
        assert!(!run.is_accepted(), "{}", case.display());
        let (said, beside) = (said(&run), case.with_extension("txt"));
        if std::env::var_os("UNSTUFF_BLESS").is_some() {
            std::fs::write(&beside, &said).expect("the text of the case");
        }
        assert_eq!(said, std::fs::read_to_string(&beside).unwrap_or_default(), "{case:?}");
    }
}

#[test]
fn every_format_has_all_problems_at_their_places() {
    let case = cases("bad").remove(0);
    let run = compared(CONFIGURATION, &case);
    let lines = said(&run);
    let expected: Vec<_> = lines
        .lines()
        .map(|line| line.splitn(4, ':').skip(1).take(2).collect::<Vec<_>>().join(","))
        .collect();
    let json = report::json(&run);
    assert_eq!((&json[1]["file"], &json[1]["accepted"]), (&case_name(&case), &false.into()));
    let problems = json[1]["problems"].as_array().expect("problems");
    let places = problems.iter().map(|it| format!("{},{}", it["line"], it["column"]));
    assert_eq!(places.collect::<Vec<_>>(), expected);
    let github = github::commands(&run);
    for place in expected {
        let (line, column) = place.split_once(',').expect("a place");
        let command = format!("line={line},col={column},title=unstuff::$");
        assert!(github.contains(&command), "{command}:\n{github}");
    }
    let summary = report::summary(&run).pop().expect("a line");
    assert!(summary.ends_with(&format!(": rejected, {} to fix", problems.len())), "{summary}");
}

fn case_name(case: &Path) -> serde_json::Value {
    case.file_name().expect("a name").to_string_lossy().into()
}

#[test]
fn limits_without_a_configuration_of_a_fleet_are_a_mistake() {
    let run = compared(b"{}", &cases("good")[0]);
    assert!(!run.is_accepted());
    assert!(said(&run).contains("add \"fleet\""), "{}", said(&run));
}

#[test]
fn limits_are_not_compared_with_a_configuration_that_is_rejected() {
    let run = compared(b"{ \"mod\": 1 }", &cases("bad")[0]);
    assert_eq!(said(&run), "");
    let summary = report::summary(&run).pop().expect("a line");
    assert!(summary.ends_with("not compared, because no configuration is accepted"), "{summary}");
    assert_eq!(report::json(&run).as_array().map(Vec::len), Some(1));
}
