//! A module with breached passwords that the test chooses, packed with the tool.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::envoy::{ModuleBuild, target};

/// A packed module. Dropping the value deletes the file.
pub struct PackedModule(TempDir);

impl PackedModule {
    /// Packs this filter of passwords into the module.
    ///
    /// # Panics
    /// If the tool fails. The message has its output.
    pub fn with_filter(filter: &Path) -> Self {
        Self::of(&target().join("unstuff-bare.wasm"), filter)
    }

    /// Packs the starter filter into the module that traps on request.
    ///
    /// # Panics
    /// If the tool fails. The message has its output.
    pub fn trap_with_starter_filter() -> Self {
        Self::of(&ModuleBuild::Trap.path(), &target().join("starter.unstuff"))
    }

    fn of(bare: &Path, filter: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let packed = folder.path().join("packed.wasm");
        let (pack, passwords, output) = ("pack".as_ref(), "--passwords".as_ref(), "-o".as_ref());
        run(&[pack, bare.as_ref(), passwords, filter.as_ref(), output, packed.as_ref()]);
        Self(folder)
    }

    /// Packs a filter of exactly these passwords. Its false-positive rate of 1e-6 is too low for
    /// a test to notice.
    ///
    /// # Panics
    /// If the tool fails. The message has its output.
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

    /// The argument for [`SandboxBuilder::module`](crate::SandboxBuilder::module).
    pub fn module(&self) -> ModuleBuild {
        ModuleBuild::At(self.0.path().join("packed.wasm"))
    }
}

fn run(arguments: &[&OsStr]) {
    let tool = target().join("release/unstuff");
    let output = Command::new(tool).args(arguments).output().expect("`make build` makes the tool");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "unstuff {arguments:?}: {errors}");
}
