//! Lookups in the module under Envoy, and the memory of a packed filter.

use std::path::{Path, PathBuf};
use std::process::Command;

use unstuff_tests::bench;

use crate::envoy::BenchEnvoy;
use crate::{ListSizes, building, folder, lists, measure, root, tool};
use unstuff_tests::bench::BarChecks;

const MIB: f64 = 1024.0 * 1024.0;

/// Looks up ten million members inside a module.
pub(crate) fn lookups(sizes: &ListSizes, checks: &mut BarChecks) {
    println!("\nlookups in the module, {} keys at 1e-3", sizes.members);
    let bare = probe("lookups", None);
    let module = pack(&bare, &folder().join("members-1e-3.unstuff"), "probe.wasm");
    let mut envoy = BenchEnvoy::start(&module, 1);
    envoy.wait_for("ns a lookup");
    let log = envoy.log();
    let line = log.lines().rfind(|line| line.contains("ns a lookup")).expect("a report");
    // "probe: 10 of 10 members found, 300 ns a lookup"
    let numbers: Vec<f64> = line
        .rsplit("probe:")
        .next()
        .expect("a report")
        .split(|character: char| !character.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect();
    checks.at_most("members not found in the module", numbers[1] - numbers[0], 0.0);
    checks.at_most("microseconds per lookup, SHA-1 included", numbers[2] / 1000.0, 2.0);
}

/// Measures Envoy's memory with a filter of about 100 MiB, packed and in linear memory.
pub(crate) fn memory(sizes: &ListSizes, checks: &mut BarChecks) {
    // 8.2 bits per key: the space for 100 million keys is 100 MiB.
    let list = lists::sorted(sizes.sorted);
    let flags = ["--fp-rate", "0.0195", "--keys", "100000000"];
    let filter = building::build(&list, &flags, "memory.unstuff");
    let size = std::fs::metadata(&filter).expect("a filter").len() as f64;
    println!("\nmemory of Envoy with a filter of {:.0} MiB: steady (peak), MiB", size / MIB);
    println!("  {:<28} {:>15} {:>15} {:>15}", "", "1 worker", "4 workers", "8 workers");
    let module = pack(&root().join("target/unstuff-bare.wasm"), &filter, "memory.wasm");
    let packed = row("packed by unstuff pack", &module);
    row("in linear memory", &probe("linear", Some(&filter)));

    checks.at_most("steady, 8 workers / 4 workers", packed[2].0 / packed[1].0, 1.1);
    checks.at_most("steady at 8 workers / the file", packed[2].0 / size, 7.0);
    checks.at_most("peak at 8 workers / the file", packed[2].1 / size, 13.0);
}

fn row(name: &str, module: &Path) -> [(f64, f64); 3] {
    let row = [1, 4, 8].map(|workers| {
        let (steady, peak) = BenchEnvoy::start(module, workers).memory();
        (steady as f64, peak as f64)
    });
    let cell = |(steady, peak): (f64, f64)| format!("{:.0} ({:.0})", steady / MIB, peak / MIB);
    let [one, four, eight] = row.map(cell);
    println!("  {name:<28} {one:>15} {four:>15} {eight:>15}");
    row
}

/// Builds the probe with this feature and keeps a copy.
fn probe(measured: &str, filter: Option<&Path>) -> PathBuf {
    let kept = folder().join(format!("{measured}.wasm"));
    std::fs::copy(bench::probe(measured, filter), &kept).expect("a module");
    kept
}

fn pack(module: &Path, filter: &Path, name: &str) -> PathBuf {
    let packed = folder().join(name);
    let mut pack = Command::new(tool());
    pack.arg("pack").arg(module).arg("--passwords").arg(filter).arg("-o").arg(&packed);
    measure::run(&mut pack);
    packed
}
