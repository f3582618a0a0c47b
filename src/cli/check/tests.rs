//! What is printed, for configurations and for manifests.

use std::path::Path;

use super::*;

fn checked(fixtures: &[&str]) -> CheckedRun {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/config");
    let read = |fixture: &&str| {
        let bytes = config_input::read(&folder.join(fixture)).expect("the fixture");
        ((*fixture).to_owned(), bytes)
    };
    check(fixtures.iter().map(read).collect(), false)
}

#[test]
fn text_is_the_lines_of_the_filter_and_nothing_else() {
    let run = checked(&["bad/many_problems_in_document_order.json"]);
    let problems = run.files[0].outcome.as_ref().expect_err("a bad one");
    let logged: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    assert_eq!(report::text(&run), logged);
    let run = checked(&["good/empty.json"]);
    assert!(report::text(&run).starts_with("mode shadow: nothing is enforced"));
}

#[test]
fn lines_of_several_files_are_below_their_names() {
    let said = report::text(&checked(&["good/empty.json", "bad/mode_misspelt.json"]));
    assert!(said.starts_with("good/empty.json:\nmode shadow"), "{said}");
    assert!(said.contains("\nbad/mode_misspelt.json:\n$.mode: "), "{said}");
}

#[test]
fn json_has_the_fields_of_each_problem() {
    let said = report::json(&checked(&["bad/mode_misspelt.json", "good/empty.json"]));
    assert_eq!(said[0]["accepted"], false);
    assert_eq!(said[0]["problems"][0]["path"], "$.mode");
    assert_eq!(said[0]["problems"][0]["fix"], "did you mean \"enforce\"?");
    assert_eq!(said[1]["accepted"], true);
    assert!(said[1]["notices"][0].is_string());
}

#[test]
fn github_shows_each_problem_at_its_line() {
    let said = github::commands(&checked(&["bad/many_problems_in_document_order.json"]));
    let problems = report::text(&checked(&["bad/many_problems_in_document_order.json"]));
    assert_eq!(said.lines().count(), problems.lines().count(), "{said}");
    let first = "::error file=bad/many_problems_in_document_order.json,line=2,col=15,title=unstuff::$.max_body: ";
    assert!(said.starts_with(first), "{said}");
}

#[test]
fn nothing_that_a_configuration_says_begins_another_command_of_github() {
    let given = b"{\"x\\n::error::y\": 1}".to_vec();
    let run = check(vec![("a,b:c\n::stop.json".to_owned(), given)], false);
    let said = github::commands(&run);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("::error file=a%2Cb%3Ac%0A%3A%3Astop.json,line=1,"), "{said}");
}

/// The cases of a folder, by their names.
fn cases(folder: &str) -> Vec<PathBuf> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/config/manifests").join(folder);
    let entries = std::fs::read_dir(&folder).expect("the folder of cases");
    let mut cases: Vec<_> = entries.map(|entry| entry.expect("a case").path()).collect();
    cases.sort();
    assert!(cases.len() >= 8, "only {} cases in {}", cases.len(), folder.display());
    cases
}

/// Checks all files of a case together, under their names in the folder. The notices are left out:
/// `tests/config/good` holds them.
fn check_case(case: &Path) -> CheckedRun {
    let entries = std::fs::read_dir(case).expect("the files of a case");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension != "txt"));
    files.sort();
    let name = |file: &Path| file.file_name().expect("a name").to_string_lossy().into_owned();
    let read = |file: &PathBuf| (name(file), std::fs::read(file).expect("a file of a case"));
    let mut run = check(files.iter().map(read).collect(), true);
    let accepted = run.manifests.iter_mut().filter_map(|it| it.outcome.as_mut().ok());
    accepted.for_each(|configured| configured.notices.clear());
    run
}

/// Compares what is printed with the text of the case. `UNSTUFF_BLESS=1` writes it instead: read the
/// difference before committing it.
fn compare(case: &Path, run: &CheckedRun) -> Option<String> {
    let said = format!("{}---\n{}\n", report::text(run), report::summary(run).join("\n"));
    let beside = case.join("said.txt");
    if std::env::var_os("UNSTUFF_BLESS").is_some() {
        std::fs::write(&beside, &said).expect("the text of the case");
    }
    let expected = std::fs::read_to_string(&beside).unwrap_or_default();
    (expected != said)
        .then(|| format!("{}\n--- expected\n{expected}--- said\n{said}", case.display()))
}

#[test]
fn good_manifests_are_accepted_without_a_warning_about_what_surrounds_them() {
    let mut wrong = Vec::new();
    for case in cases("good") {
        let run = check_case(&case);
        wrong.extend(compare(&case, &run));
        assert!(run.is_accepted(), "{}:\n{}", case.display(), report::text(&run));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn bad_manifests_are_rejected_with_the_text_beside_them() {
    let mut wrong = Vec::new();
    for case in cases("bad") {
        let run = check_case(&case);
        wrong.extend(compare(&case, &run));
        assert!(!run.is_accepted(), "{}:\n{}", case.display(), report::text(&run));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Places are numbers of lines and columns that an editor understands: what stands there is what
/// the line is about.
#[test]
fn the_place_of_a_problem_is_that_of_its_value() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/config/manifests/bad");
    for (case, file, path, begins) in [
        ("wasmplugin-misspelt-key", "wasmplugin.yaml", "$.mode", "enforcing"),
        ("wasmplugin-misspelt-key", "wasmplugin.yaml", "$.enpoints", "enpoints: []"),
        ("bootstrap-problems", "envoy.yaml", "$.rules[3].then", "\"anotate\""),
        (
            "bootstrap-problems",
            "envoy.yaml",
            "$.rules[0].when[\"ip.distinct_failures\"].over",
            "0,",
        ),
    ] {
        let run = check_case(&folder.join(case));
        let all = run.manifests.iter().flat_map(|it| it.outcome.as_ref().err()).flatten();
        let mut places = all.filter(|(_, problem)| problem.path == path).map(|(place, _)| *place);
        let place = places.next().unwrap_or_else(|| panic!("{case} has no problem at {path}"));
        let source = std::fs::read_to_string(folder.join(case).join(file)).expect("the manifest");
        let line = source.lines().nth(place.at.line - 1).expect("the line");
        let there = line.get(place.at.column - 1..).unwrap_or_default();
        assert!(there.starts_with(begins), "{case}: {path} is not at {place:?}: {line}");
    }
}

#[test]
fn the_examples_for_stock_envoy_need_nothing_more() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../envoy");
    for example in ["standalone/envoy.yaml", "fleet/gateway-1.yaml", "fleet/gateway-2.yaml"] {
        let bytes = std::fs::read(folder.join(example)).expect("the example");
        let run = check(vec![(example.to_owned(), bytes)], true);
        assert!(run.is_accepted() && !run.manifests.is_empty(), "{}", report::text(&run));
    }
}

#[test]
fn a_manifest_in_json_has_its_places_and_its_surroundings() {
    let case = "../../tests/config/manifests/bad/captured-sidecar";
    let said = report::json(&check_case(&Path::new(env!("CARGO_MANIFEST_DIR")).join(case)));
    assert_eq!(said[0]["file"], "sidecar-ecds.json");
    assert!(said[0]["configuration"].as_str().is_some_and(|it| it.contains("default.unstuff")));
    let warnings = said[0]["surroundings"].as_array().expect("a list");
    let of_address = warnings.iter().find(|it| {
        it["file"] == "sidecar-lds.json"
            && it["text"].as_str().is_some_and(|it| it.contains("inbound"))
    });
    let of_address = of_address.unwrap_or_else(|| panic!("no warning of the address: {said:#}"));
    assert_eq!(of_address["severity"], "warning");
    assert!(of_address["line"].as_u64().is_some_and(|line| line > 1));
}

#[test]
fn warnings_reject_a_manifest_if_asked_to() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/config/manifests/bad");
    let file = folder.join("captured-sidecar/sidecar-ecds.json");
    let given = || vec![("a".to_owned(), std::fs::read(&file).expect("the manifest"))];
    assert!(check(given(), false).is_accepted());
    let lds =
        std::fs::read(folder.join("captured-sidecar/sidecar-lds.json")).expect("the listener");
    let both = || [given(), vec![("b".to_owned(), lds.clone())]].concat();
    assert!(check(both(), false).is_accepted());
    assert!(!check(both(), true).is_accepted());
}

#[test]
fn a_broken_configuration_is_still_the_validators_to_explain() {
    for (text, expected) in [
        ("mode: enforce\n", "this is YAML, and a configuration is JSON"),
        ("{\"mode\": \"enforce\",}", "no comma behind the last value"),
        ("{mode: enforce}", "put the key in double quotes"),
        ("{\"rule\": [{\"mode\": \"shadow\"}]}", "did you mean \"rules\"?"),
    ] {
        let run = check(vec![("x".to_owned(), text.as_bytes().to_vec())], false);
        assert!(report::text(&run).contains(expected), "{text}: {}", report::text(&run));
    }
    let run = check(vec![("x".to_owned(), Vec::new())], false);
    assert!(run.is_accepted(), "no bytes are the default");
}
