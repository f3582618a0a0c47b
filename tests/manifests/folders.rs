//! The folders that can be applied, and what kustomize renders from them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// The folders that an operator applies.
pub(crate) const FOLDERS: [&str; 5] =
    ["istio/gateway", "istio/sidecar", "istio/waypoint", "envoy-gateway/http", "envoy-gateway/oci"];

/// The folders that an operator applies in place of one of those, with more. The chart has none of it.
pub(crate) const EXTENDED: [&str; 4] =
    ["istio/fleet", "istio/live-lookups", "envoy-gateway/fleet", "envoy-gateway/live-lookups"];

/// All folders.
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    FOLDERS.into_iter().chain(EXTENDED)
}

/// Components of Envoy Gateway's folders, which an operator takes in by a line.
pub(crate) const COMPONENTS: [&str; 2] = ["../behind-a-proxy", "../fail-reload"];

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A copy of the manifests that a test may change.
pub(crate) struct ManifestCopy(TempDir);

impl ManifestCopy {
    pub(crate) fn new() -> Self {
        let copy = Self(tempfile::tempdir().expect("a temporary folder"));
        for platform in ["istio", "envoy-gateway"] {
            copy_folder(&repository().join("envoy").join(platform), &copy.path(platform));
        }
        copy
    }

    /// A copy with all components in Envoy Gateway's folders.
    pub(crate) fn with_components() -> Self {
        let copy = Self::new();
        for folder in FOLDERS.iter().filter(|it| it.starts_with("envoy-gateway")) {
            let file = format!("{folder}/kustomization.yaml");
            copy.edit(&file, "components: []", &format!("components: {COMPONENTS:?}"));
        }
        copy
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    /// Replaces one piece of a file, which has to be there once.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path(file);
        let text = fs::read_to_string(&path).expect("a manifest");
        assert_eq!(text.matches(from).count(), 1, "{file}: {from}");
        fs::write(path, text.replace(from, to)).expect("a writable copy");
    }

    /// What kustomize renders from a folder.
    pub(crate) fn render(&self, folder: &str) -> Vec<Value> {
        documents(&self.text(folder))
    }

    /// The same as text.
    pub(crate) fn text(&self, folder: &str) -> String {
        output_of(tool("kubectl").arg("kustomize").arg(self.path(folder)))
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("its type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// One of the tools that `setup/kubernetes` brings.
pub(crate) fn tool(name: &str) -> Command {
    let path = repository().join("target/kubernetes").join(name);
    assert!(path.exists(), "{} is missing; `setup/kubernetes` brings it", path.display());
    let mut command = Command::new(path);
    // No cluster of this machine's user is asked.
    command.env("KUBECONFIG", "/dev/null").current_dir(repository());
    command
}

/// Standard output of a command that has to succeed.
pub(crate) fn output_of(command: &mut Command) -> String {
    let output = command.output().expect("the tool runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

/// The documents of a YAML text.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    let documents = serde_saphyr::from_multiple::<Value>(text);
    documents.unwrap_or_else(|error| panic!("not YAML: {error}\n{text}"))
}

/// The documents of a file of the repository.
pub(crate) fn read(file: &Path) -> Vec<Value> {
    documents(&fs::read_to_string(file).expect("a file"))
}

/// The kind and the name of an object, for messages.
pub(crate) fn title(object: &Value) -> String {
    format!("{} {}", object["kind"], object["metadata"]["name"]).replace('"', "")
}
