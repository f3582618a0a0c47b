//! What the benchmarks share: the repository's path, the modules that they build, the bars, medians, and documents with results.

mod checks;
mod document;

pub use checks::BarChecks;
pub use document::write_part;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

/// Builds the module of a package without features, such as a yardstick.
pub fn module(package: &str) -> PathBuf {
    let mut build = Command::new("setup/cargo-wasm");
    build.args(["build", "--quiet", "--profile", "module", "--package", package]);
    assert!(build.current_dir(root()).status().expect("bash").success(), "{build:?}");
    let file = format!("{}.wasm", package.replace('-', "_"));
    root().join("target/wasm/wasm32-wasip1/module").join(file)
}

/// Builds the probe, the module that measures inside Envoy; `measured` is one of its features.
pub fn probe(measured: &str, filter: Option<&Path>) -> PathBuf {
    let mut build = Command::new("setup/cargo-wasm");
    build.args(["build", "--quiet", "--profile", "module", "--package", "unstuff-bench-probe"]);
    build.args(["--no-default-features", "--features", measured]).current_dir(root());
    if let Some(filter) = filter {
        build.env("UNSTUFF_BENCH_FILTER", filter);
    }
    assert!(build.status().expect("bash").success(), "{build:?}");
    root().join("target/wasm/wasm32-wasip1/module/unstuff_bench_probe.wasm")
}

/// The middle of these numbers, or between the two in the middle; not a number if there are none.
pub fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let (below, above) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
    match (sorted.get(below), sorted.get(above)) {
        (Some(below), Some(above)) => f64::midpoint(*below, *above),
        _ => f64::NAN,
    }
}
