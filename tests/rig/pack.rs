//! A module with breached passwords of the test's own choice, made with the tool.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::envoy::{ModuleBuild, target};

/// A packed module, removed with this value.
pub struct PackedModule(TempDir);

impl PackedModule {
    /// The module with this filter of passwords.
    ///
    /// # Panics
    /// If the tool refuses; it says why.
    pub fn with_filter(filter: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let bare = target().join("unstuff-bare.wasm");
        let packed = folder.path().join("packed.wasm");
        let (pack, passwords, output) = ("pack".as_ref(), "--passwords".as_ref(), "-o".as_ref());
        run(&[pack, bare.as_ref(), passwords, filter.as_ref(), output, packed.as_ref()]);
        Self(folder)
    }

    /// The module with a filter of exactly these passwords: so few false positives that a
    /// test meets none.
    ///
    /// # Panics
    /// If the tool refuses; it says why.
    pub fn with_passwords<'a>(passwords: impl IntoIterator<Item = &'a str>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (list, filter) = (folder.path().join("list.txt"), folder.path().join("list.unstuff"));
        let lines: Vec<&str> = passwords.into_iter().collect();
        fs::write(&list, lines.join("\n")).expect("a temporary file");
        let (build, rate) = (["build", "--passwords"], ["--fp-rate", "0.000001", "-o"]);
        let options = build.iter().chain(&rate).map(AsRef::as_ref);
        run(&options.chain([filter.as_ref(), list.as_ref()]).collect::<Vec<_>>());
        Self::with_filter(&filter)
    }

    /// What [`SandboxBuilder::module`](crate::SandboxBuilder::module) takes.
    pub fn module(&self) -> ModuleBuild {
        ModuleBuild::At(self.0.path().join("packed.wasm"))
    }
}

fn run(arguments: &[&OsStr]) {
    let tool = target().join("release/unstuff");
    let output = Command::new(tool).args(arguments).output().expect("`make build` makes the tool");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "unstuff {arguments:?}: {said}");
}
