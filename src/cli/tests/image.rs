//! The module as an OCI image: the same each time, and the same bytes after a real registry.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests say what they expect by panicking"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A bill of materials.
const SBOM: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.5"}"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The module that `make` builds.
fn module() -> PathBuf {
    let module = root().join("target/unstuff.wasm");
    assert!(module.is_file(), "there is no target/unstuff.wasm: run `make build`");
    module
}

/// Runs a command, which must succeed, and returns its standard output.
fn succeeded(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Writes the image into `folder`, and returns what the tool says about it.
fn image(folder: &Path) -> Value {
    let sbom = folder.with_extension("cdx.json");
    fs::write(&sbom, SBOM).expect("a bill of materials");
    let mut tool = Command::new(env!("CARGO_BIN_EXE_unstuff"));
    tool.arg("image")
        .arg(module())
        .arg("-o")
        .arg(folder)
        .args(["--tag", "1.0", "--format", "json"]);
    serde_json::from_str(&succeeded(tool.arg("--sbom").arg(sbom))).expect("JSON")
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file of the layout")).expect("JSON")
}

#[test]
fn the_same_module_is_the_same_image() {
    let temporary = TempDir::new().expect("a folder");
    let (one, two) = (temporary.path().join("one"), temporary.path().join("two"));
    let (first, second) = (image(&one), image(&two));
    assert_eq!(first["digest"], second["digest"]);
    assert_eq!(fs::read(one.join("index.json")).ok(), fs::read(two.join("index.json")).ok());
    // Over an image of before, nothing of which remains.
    let stale = "0".repeat(64);
    fs::write(one.join("blobs/sha256").join(&stale), "old").expect("a stale blob");
    assert_eq!(image(&one)["digest"], first["digest"]);
    assert!(!one.join("blobs/sha256").join(&stale).exists());
}

#[test]
fn the_manifest_says_what_the_module_is() {
    let temporary = TempDir::new().expect("a folder");
    let folder = temporary.path().join("image");
    let said = image(&folder);
    let blob =
        |digest: &str| folder.join("blobs/sha256").join(digest.trim_start_matches("sha256:"));
    let digest = said["digest"].as_str().expect("a digest");
    let manifest = json(&blob(digest));
    let layers = manifest["layers"].as_array().expect("layers");
    assert_eq!(layers.len(), 1);
    assert_eq!(layers[0]["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
    let annotations = &manifest["annotations"];
    assert_eq!(annotations["org.opencontainers.image.licenses"], "Apache-2.0");
    assert_eq!(annotations["org.opencontainers.image.version"], env!("CARGO_PKG_VERSION"));
    assert!(annotations["unstuff.passwords.keys"].is_string(), "{annotations}");
    assert!(annotations["unstuff.passwords.date"].is_string(), "{annotations}");
    let sbom = json(&blob(said["sbom_digest"].as_str().expect("a digest")));
    assert_eq!(sbom["subject"]["digest"], said["digest"]);
    let contents = blob(sbom["layers"][0]["digest"].as_str().expect("a digest"));
    assert_eq!(fs::read_to_string(contents).expect("the bill"), SBOM);
}

#[test]
fn a_folder_of_something_else_and_a_file_that_is_no_module_are_refused() {
    let temporary = TempDir::new().expect("a folder");
    let folder = temporary.path();
    fs::write(folder.join("precious"), "data").expect("a file");
    for (module, output, said) in [
        (module(), folder.to_owned(), "something other than an image"),
        (folder.join("precious"), folder.join("image"), "precious"),
        (folder.join("nothing"), folder.join("image"), "cannot read"),
    ] {
        let mut tool = Command::new(env!("CARGO_BIN_EXE_unstuff"));
        let output =
            tool.arg("image").arg(module).arg("-o").arg(output).output().expect("the tool");
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(said), "{error}");
    }
    assert!(folder.join("precious").is_file() && !folder.join("blobs").exists());
}

/// A registry on loopback, which stops with the test.
struct ImageRegistry {
    process: Child,
    address: String,
}

impl ImageRegistry {
    fn start(folder: &Path) -> Self {
        let program = root().join("target/registry/usr/bin/docker-registry");
        assert!(program.is_file(), "there is no registry: run `setup/registry`");
        let config = folder.join("registry.yml");
        let storage = folder.join("registry");
        let text = format!(
            "version: 0.1\nlog: {{ level: info }}\nhttp: {{ addr: \"127.0.0.1:0\" }}\n\
             storage: {{ filesystem: {{ rootdirectory: {} }} }}\n",
            storage.display()
        );
        fs::write(&config, text).expect("a configuration");
        let mut command = Command::new(program);
        command.arg("serve").arg(config).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("the registry starts");
        let mut lines = BufReader::new(process.stderr.take().expect("a pipe")).lines();
        let mut log = String::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else { panic!("the registry ended: {log}") };
            if let Some((_, rest)) = line.split_once("listening on ") {
                let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.' && it != ':');
                break rest.get(..end.unwrap_or(rest.len())).expect("an address").to_owned();
            }
            log += &line;
        };
        // A full pipe would stop it.
        std::thread::spawn(move || lines.count());
        Self { process, address }
    }
}

impl Drop for ImageRegistry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn skopeo(arguments: &[&str]) -> String {
    let mut skopeo = Command::new(root().join("target/registry/skopeo"));
    succeeded(skopeo.arg("--insecure-policy").args(arguments))
}

#[test]
fn a_registry_gives_the_modules_bytes_back_under_the_printed_digest() {
    let temporary = TempDir::new().expect("a folder");
    let folder = temporary.path().join("image");
    let said = image(&folder);
    let digest = said["digest"].as_str().expect("a digest");
    let registry = ImageRegistry::start(temporary.path());
    let remote = format!("docker://{}/unstuff", registry.address);
    for tag in ["1.0", "1.0.sbom"] {
        let from = format!("oci:{}:{tag}", folder.display());
        skopeo(&["copy", "--dest-tls-verify=false", &from, &format!("{remote}:{tag}")]);
    }
    // Pinned by the digest, as a WasmPlugin does, and unpacked without knowing the layout.
    let pulled = temporary.path().join("pulled");
    let into = format!("dir:{}", pulled.display());
    skopeo(&["copy", "--src-tls-verify=false", &format!("{remote}@{digest}"), &into]);
    let layer = json(&pulled.join("manifest.json"))["layers"][0]["digest"].clone();
    let layer = layer.as_str().expect("a digest").trim_start_matches("sha256:").to_owned();
    succeeded(Command::new("tar").arg("-xzf").arg(pulled.join(layer)).arg("-C").arg(&pulled));
    let bytes = fs::read(pulled.join("plugin.wasm")).expect("the module");
    assert!(
        bytes == fs::read(module()).expect("the module"),
        "the registry's module is another one"
    );
    let sbom = skopeo(&["inspect", "--raw", "--tls-verify=false", &format!("{remote}:1.0.sbom")]);
    let sbom: Value = serde_json::from_str(&sbom).expect("JSON");
    assert_eq!(sbom["subject"]["digest"], digest);
}
