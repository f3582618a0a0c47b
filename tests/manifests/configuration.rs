//! The module's configuration in each folder: `unstuff check` accepts it, and has no warning about
//! what surrounds it. The limits of the example are those that a fleet's folder needs.

use std::io::Write;
use std::process::{Command, Stdio};

use unstuff_tests::envoy::target;

use crate::folders::{self, ManifestCopy, repository};

#[test]
fn check_has_no_warning_about_any_folder() {
    for copy in [ManifestCopy::new(), ManifestCopy::with_components()] {
        for folder in folders::all() {
            let mut check = Command::new(target().join("release/unstuff"));
            check.args(["check", "--strict", "-"]).current_dir(repository());
            if folder.ends_with("/fleet") {
                check.args(["--limits", "envoy/fleet/limitador.yaml"]);
            }
            check.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = check.spawn().expect("the tool runs");
            let text = copy.text(folder);
            child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
            let output = child.wait_with_output().expect("it ends");
            let said = String::from_utf8_lossy(&output.stdout);
            let result = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{folder}: {said}{result}");
            assert_eq!(result.matches("/unstuff: accepted").count(), 1, "{folder}: {result}");
            assert!(said.contains("mode shadow"), "{folder} stops somebody: {said}");
        }
    }
}
