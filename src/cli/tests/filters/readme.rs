//! A test that runs every command of filters/README.md on small lists with the names it uses.

use std::io::Write;

use crate::lists::{hibp, plain, shuffled, sorted};
use crate::workspace::{ToolWorkspace, repository};

fn workspace() -> ToolWorkspace {
    let workspace = ToolWorkspace::new();
    for (hash, count) in sorted(0..200) {
        let (range, suffix) = hash.split_at(5);
        workspace.put(&format!("hibp/{range}"), format!("{suffix}:{count}"));
    }
    workspace.put("pwned-passwords-sha1-ordered-by-hash.txt", hibp(0..200));
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let zstd = ruzstd::encoding::compress_to_vec(shuffled(0..200).as_bytes(), level);
    workspace.put("some-hashes.txt.zst", zstd);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain(0..200).as_bytes()).unwrap();
    workspace.put("rockyou.txt.gz", gzip.finish().unwrap());
    workspace.put("leaked-logins.txt", "ann@example.org:password1\n");
    workspace.put("candidates.txt", "password1\nnever seen\n");
    workspace
}

/// The commands in code blocks, without the comments beside them.
fn commands() -> Vec<String> {
    let readme = std::fs::read_to_string(repository("filters/README.md")).unwrap();
    let lines = readme.lines().filter(|line| line.starts_with("unstuff "));
    lines.map(|line| line.split("   ").next().unwrap().trim().replace('"', "")).collect()
}

#[test]
fn every_command_of_the_readme_works() {
    let workspace = workspace();
    let mut run = 0;
    for command in commands() {
        let arguments = command.strip_prefix("unstuff ").unwrap();
        // Commands that need the network or the real module have their own tests.
        if arguments.starts_with("fetch") || arguments.contains(".wasm") {
            continue;
        }
        let (arguments, input) = arguments.split_once(" < ").unwrap_or((arguments, ""));
        let input = if input.is_empty() { b"never seen".to_vec() } else { workspace.get(input) };
        // Blanks would split the source into several arguments.
        let arguments = arguments.replace("HIBP, top 10 million", "HIBP");
        let output = workspace.run_with(&arguments, &input);
        let found = output.out.contains("breached\n") && !output.out.starts_with("not known\n");
        assert_eq!(output.code, i32::from(found), "{command}: {output:#?}");
        run += 1;
    }
    assert!(run >= 8, "{run} commands");
}
