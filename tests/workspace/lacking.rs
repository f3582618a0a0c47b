//! Each entry of `tests/matrix/lacking.txt` is asked for by the test that it names.

use crate::{assert_none, tracked};

#[test]
fn each_test_that_an_envoy_lacks_skips_itself() {
    let list = tracked(&["tests/matrix/lacking.txt"]);
    let tests = tracked(&["tests/e2e"]);
    let mut problems = Vec::new();
    for (number, line) in list.iter().flat_map(|it| it.lines()) {
        let Some(test) = line.split_whitespace().nth(1).filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let Some((module, name)) = test.rsplit_once("::") else { continue };
        let path = format!("tests/e2e/{}.rs", module.replace("::", "/"));
        let text = tests.iter().find(|it| it.path == path).map(|it| it.text.as_str());
        let body = text.and_then(|it| it.split_once(&format!("fn {name}()"))).map(|it| it.1);
        let body = body.and_then(|it| it.split("\n}").next()).unwrap_or_default();
        if !body.contains("is_lacking(") || !body.contains(test) {
            problems.push(format!("lacking.txt:{number}: {test} does not ask the list"));
        }
    }
    assert_none(&problems);
}
