//! Written traces: the same bytes for a seed, lines that can be read, errors that help.

use super::*;

fn problem(names: &[&str], settings: &[&str], hours: f64) -> String {
    let own = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let plan = TracePlan::new(&own(names), &own(settings), hours);
    match plan.and_then(|plan| plan.check()) {
        Ok(()) => panic!("no problem with {names:?} {settings:?}"),
        Err(error) => format!("{error:#}"),
    }
}

#[test]
fn same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    let scenarios =
        "vast-people school mail-out broken-script one-account vast-people.attempts=2000";
    let bytes = |seed| simulate(scenarios, seed, 500, 24.0).bytes();
    assert!(bytes(1) == bytes(1));
    assert!(bytes(1) != bytes(2));
}

#[test]
fn trace_is_in_order_of_time_and_can_be_read() {
    let trace =
        simulate("vast-people school mail-out broken-script broken-script.every=2m", 1, 500, 24.0);
    let bytes = trace.bytes();
    let mut reader = unstuff_trace::TraceReader::new("trace", std::io::Cursor::new(bytes));
    let mut last = 0;
    let mut count = 0;
    while reader.advance().unwrap() {
        let line = reader.line().unwrap_or_else(|bad| panic!("{bad}"));
        assert!(line.time.0 >= last, "{} after {last}", line.time.0);
        assert!(line.unknown.is_none());
        last = line.time.0;
        count += 1;
    }
    assert_eq!(count, trace.attempts.len());
}

#[test]
fn attack_does_not_change_the_attempts_of_people() {
    let people = |scenarios| -> Vec<String> {
        let trace = simulate(scenarios, 1, 500, 24.0);
        let text = String::from_utf8(trace.bytes()).unwrap();
        text.lines().filter(|line| line.contains("\"benign/")).map(str::to_owned).collect()
    };
    assert_eq!(people("calm"), people("vast-people"));
}

#[test]
fn errors_list_what_is_allowed() {
    assert!(problem(&["clam"], &[], 24.0).contains("there are calm, mail-out"));
    assert!(problem(&["calm", "calm"], &[], 24.0).contains("named twice"));
    let unknown = problem(&["spray"], &["spray.adresses=3"], 24.0);
    assert!(unknown.contains("has no parameter \"adresses\"; it has attempts,"), "{unknown}");
    let absent = problem(&["spray"], &["slow-pool.lasts=3h"], 24.0);
    assert!(absent.contains("not part of this trace; its parts are people, spray"), "{absent}");
    assert!(problem(&["calm"], &["typo=3%"], 24.0).contains("people.NAME=VALUE"));
    let range = problem(&["calm"], &["people.typo=3"], 24.0);
    assert!(range.contains("\"3\" does not fit: give a share from 0 to 1"), "{range}");
    assert!(problem(&["spray"], &["spray.lasts=3"], 24.0).contains("with its unit"));
    let long = problem(&["slow-ramp"], &[], 12.0);
    assert!(long.contains("until hour 20 of a trace of 12 hours: give --hours 20"), "{long}");
}

#[test]
fn every_parameter_has_a_source_and_accepts_its_listed_value() {
    for mut scenario in crate::scenarios() {
        let Some(parameters) = scenario.kind.parameters() else { continue };
        for row in parameters.rows() {
            assert!(!row.source.is_empty() && !row.what.is_empty(), "{}", row.name);
            let again = parameters.set(&row.name, &row.value);
            assert_eq!(again, Some(Ok(())), "{}={}", row.name, row.value);
            let after = parameters.rows();
            let same = after.iter().any(|other| other.name == row.name && other.value == row.value);
            assert!(same, "{}={}", row.name, row.value);
        }
    }
}
