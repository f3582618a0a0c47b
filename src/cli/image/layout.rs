//! The OCI image layout: blobs by their digests, manifests, and the index that names them.
//!
//! The format of the layer is the one that both Istio and Envoy Gateway fetch; they refuse the newer
//! `application/wasm`. A bill of materials is an image of its own whose `subject` is the module's, as
//! registries list what refers to an image.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::archive;
use crate::atomic_file::AtomicFile;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const SBOM: &str = "application/vnd.cyclonedx+json";
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// An image that is part of a layout.
pub(super) struct WrittenImage {
    pub tag: String,
    /// The digest of its manifest, with `sha256:`.
    pub digest: String,
    /// The digest of the module's own bytes, in hexadecimal; of the file, for a bill of materials.
    pub module_sha256: String,
    descriptor: Value,
}

/// A layout that is being put together.
#[derive(Default)]
pub(super) struct ImageLayout {
    blobs: BTreeMap<String, Vec<u8>>,
    manifests: Vec<Value>,
}

impl ImageLayout {
    /// Adds the image of a module.
    ///
    /// # Errors
    /// The module is too long.
    pub(super) fn add_module(
        &mut self,
        module: &[u8],
        tag: &str,
        annotations: &[(String, String)],
    ) -> Result<WrittenImage> {
        let layer = archive::layer(module)?;
        let diff = format!("sha256:{}", hex::encode(layer.tar_sha256));
        let config = json!({
            "architecture": "wasm",
            "os": "wasip1",
            "config": {},
            "rootfs": { "type": "layers", "diff_ids": [diff] },
        });
        let config = self.blob(CONFIG, config.to_string().into_bytes());
        let layer = self.blob(LAYER, layer.compressed);
        let annotations: Map<String, Value> =
            annotations.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config,
            "layers": [layer],
            "annotations": annotations,
        });
        Ok(self.image(tag, &manifest, module))
    }

    /// Adds a bill of materials that refers to an image.
    pub(super) fn add_sbom(&mut self, sbom: &[u8], tag: &str, of: &WrittenImage) -> WrittenImage {
        let config = self.blob(EMPTY, b"{}".to_vec());
        let layer = self.blob(SBOM, sbom.to_vec());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": SBOM,
            "config": config,
            "layers": [layer],
            "subject": of.descriptor,
        });
        self.image(&format!("{tag}.sbom"), &manifest, sbom)
    }

    fn image(&mut self, tag: &str, manifest: &Value, contents: &[u8]) -> WrittenImage {
        let manifest = manifest.to_string().into_bytes();
        let digest = format!("sha256:{}", sha256(&manifest));
        let descriptor = self.blob(MANIFEST, manifest);
        let mut named = descriptor.clone();
        if let Some(fields) = named.as_object_mut() {
            fields.insert("annotations".to_owned(), json!({ REF_NAME: tag }));
        }
        self.manifests.push(named);
        WrittenImage { tag: tag.to_owned(), digest, module_sha256: sha256(contents), descriptor }
    }

    /// Adds a blob, and describes it.
    fn blob(&mut self, media_type: &str, bytes: Vec<u8>) -> Value {
        let (digest, size) = (sha256(&bytes), bytes.len());
        let descriptor =
            json!({ "mediaType": media_type, "digest": format!("sha256:{digest}"), "size": size });
        self.blobs.insert(digest, bytes);
        descriptor
    }

    /// Writes the layout; blobs of an earlier one are removed. The index comes last.
    ///
    /// # Errors
    /// The folder holds something else, or cannot be written.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let shown = folder.display();
        let is_layout = folder.join("oci-layout").is_file();
        let is_empty = || folder.read_dir().is_ok_and(|mut entries| entries.next().is_none());
        ensure!(
            !folder.exists() || is_layout || is_empty(),
            "{shown} holds something other than an image; give another folder"
        );
        let blobs = folder.join("blobs/sha256");
        fs::create_dir_all(&blobs).with_context(|| format!("cannot make {shown}"))?;
        for (digest, bytes) in &self.blobs {
            put(&blobs.join(digest), bytes)?;
        }
        put(&folder.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": self.manifests,
        });
        put(&folder.join("index.json"), index.to_string().as_bytes())?;
        let entries = blobs.read_dir().with_context(|| format!("cannot read {shown}"))?;
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_digest = name.len() == 64 && name.bytes().all(|it| it.is_ascii_hexdigit());
            if is_digest && !self.blobs.contains_key(&name) {
                fs::remove_file(entry.path()).with_context(|| format!("cannot clean {shown}"))?;
            }
        }
        Ok(())
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).with_context(|| format!("cannot write {}", path.display()))?;
    file.finish()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
