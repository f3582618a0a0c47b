//! `unstuff image`: the module as an OCI image, for Istio and Envoy Gateway to fetch.
//!
//! It writes a folder in the OCI image layout, without a container engine. The same module and tool
//! give the same bytes: nothing in it depends on the time, the machine or the folder. `layout` knows
//! the format, `archive` makes the one layer, which both control planes can read: a gzipped tar that
//! holds `plugin.wasm`.

mod archive;
mod layout;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::filter_file::FilterFile;
use crate::format;
use crate::stdout::{self, OutputFormat};
use layout::{ImageLayout, WrittenImage};

/// Write the module as an OCI image that Istio and Envoy Gateway fetch
///
/// Makes a folder in the OCI image layout, without a container engine; the same module gives the same
/// image. Prints the digest of the manifest, which is what sha256 in a WasmPlugin means for an oci://
/// URL, and how to push the image to a registry.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  unstuff image target/unstuff.wasm -o target/image
  unstuff image target/unstuff.wasm -o target/image --sbom unstuff.cdx.json --tag 1.0

Exit status: 0 written, 2 an error.")]
pub(crate) struct ImageArgs {
    /// The module, with or without filters
    #[arg(value_name = "MODULE")]
    module: PathBuf,
    /// The folder to write; one that holds an image is replaced
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// The name of the image in the folder [default: the module's version]
    #[arg(long)]
    tag: Option<String>,
    /// What the module is made of, in CycloneDX's JSON: a second image that refers to the first
    #[arg(long, value_name = "FILE")]
    sbom: Option<PathBuf>,
    /// Text is for a person, JSON for a script
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

/// What Istio and Envoy Gateway fetch at most, unless told otherwise.
const MAX_FETCHED: usize = 256 << 20;

/// Runs the subcommand.
///
/// # Errors
/// The module cannot be read, or the folder cannot be written.
pub(crate) fn run(args: ImageArgs) -> Result<ExitCode> {
    let name = args.module.display().to_string();
    let module = std::fs::read(&args.module).with_context(|| format!("cannot read {name}"))?;
    let file = FilterFile::open_any(&args.module)?;
    ensure!(file.is_packed(), "{name} is a filter, not a module; `unstuff pack` puts it into one");
    let version = file.module_version().unwrap_or("unknown").to_owned();
    let tag = args.tag.unwrap_or_else(|| version.clone());
    ensure!(is_tag(&tag), "{tag:?} is not a tag: letters, digits, _ . and -, at most 128 of them");
    let sbom = args
        .sbom
        .as_deref()
        .map(|path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display())));
    let mut annotations = vec![
        ("org.opencontainers.image.title".to_owned(), "Unstuff".to_owned()),
        ("org.opencontainers.image.version".to_owned(), version),
        ("org.opencontainers.image.licenses".to_owned(), env!("CARGO_PKG_LICENSE").to_owned()),
    ];
    for filter in file.filters().with_context(|| name.clone())? {
        let header = filter.header();
        annotations.push((format!("unstuff.{}.keys", header.kind), header.keys.to_string()));
        if let Some(date) = header.date {
            annotations.push((format!("unstuff.{}.date", header.kind), date.to_string()));
        }
    }
    let mut layout = ImageLayout::default();
    let image = layout.add_module(&module, &tag, &annotations)?;
    let sbom = sbom.transpose()?.map(|sbom| layout.add_sbom(&sbom, &tag, &image));
    layout.write(&args.output)?;
    if module.len() > MAX_FETCHED {
        eprintln!(
            "unstuff: the module has {}; Istio and Envoy Gateway fetch at most 256 MiB, so bring this \
             one as a file (`file://` from a volume; Envoy Gateway has no way)",
            format::bytes(module.len() as u64)
        );
    }
    stdout::print(&match args.format {
        OutputFormat::Text => {
            to_text(&image, sbom.as_ref(), &args.output.display().to_string(), &tag)?
        }
        OutputFormat::Json => {
            let described = json!({
                "folder": args.output,
                "tag": tag,
                "digest": image.digest,
                "module_sha256": image.module_sha256,
                "sbom_digest": sbom.as_ref().map(|it| &it.digest),
            });
            format!("{described:#}\n")
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A tag, as registries take it.
fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let (first, rest) = (tag.bytes().next(), tag.bytes().skip(1));
    first.is_some_and(is_word)
        && rest.clone().all(|it| is_word(it) || it == b'.' || it == b'-')
        && rest.count() < 128
}

fn to_text(
    image: &WrittenImage,
    sbom: Option<&WrittenImage>,
    folder: &str,
    tag: &str,
) -> Result<String> {
    let hex = image.digest.trim_start_matches("sha256:");
    let module = &image.module_sha256;
    let mut text = String::new();
    writeln!(text, "{folder}: image {tag}")?;
    writeln!(text, "  {hex}  the manifest: `sha256` in a manifest for oci://")?;
    writeln!(text, "  {module}  the module: `sha256` in a manifest for https://")?;
    writeln!(text, "To push it:")?;
    writeln!(text, "  skopeo copy oci:{folder}:{tag} docker://REGISTRY/unstuff:{tag}")?;
    if let Some(sbom) = sbom {
        let tag = &sbom.tag;
        writeln!(text, "  skopeo copy oci:{folder}:{tag} docker://REGISTRY/unstuff:{tag}")?;
    }
    writeln!(text, "  cosign sign REGISTRY/unstuff@{}", image.digest)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_what_registries_take() {
        for tag in ["0.1.0", "v1", "_x", "a-b.c"] {
            assert!(is_tag(tag), "{tag}");
        }
        for tag in ["", ".1", "a/b", "a:b", "-x", &"x".repeat(129)] {
            assert!(!is_tag(tag), "{tag}");
        }
        assert!(is_tag(&"x".repeat(128)));
    }
}
