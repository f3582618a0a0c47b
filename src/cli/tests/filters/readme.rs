//! Every command of filters/README.md, on small lists with the names that it uses.

use std::io::Write;

use crate::lists::{hibp, plain, shuffled, sorted};
use crate::tool::{Desk, repository};

fn desk() -> Desk {
    let desk = Desk::new();
    for (hash, count) in sorted(0..200) {
        let (range, suffix) = hash.split_at(5);
        desk.put(&format!("hibp/{range}"), format!("{suffix}:{count}"));
    }
    desk.put("pwned-passwords-sha1-ordered-by-hash.txt", hibp(0..200));
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let zstd = ruzstd::encoding::compress_to_vec(shuffled(0..200).as_bytes(), level);
    desk.put("some-hashes.txt.zst", zstd);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain(0..200).as_bytes()).unwrap();
    desk.put("rockyou.txt.gz", gzip.finish().unwrap());
    desk.put("leaked-logins.txt", "ann@example.org:password1\n");
    desk.put("candidates.txt", "password1\nnever seen\n");
    desk
}

/// The commands in code blocks, without what is said beside them.
fn commands() -> Vec<String> {
    let readme = std::fs::read_to_string(repository("filters/README.md")).unwrap();
    let lines = readme.lines().filter(|line| line.starts_with("unstuff "));
    lines.map(|line| line.split("   ").next().unwrap().trim().replace('"', "")).collect()
}

#[test]
fn every_command_of_the_readme_works() {
    let desk = desk();
    let mut run = 0;
    for command in commands() {
        let arguments = command.strip_prefix("unstuff ").unwrap();
        // From the network, and with the real module: tests of their own.
        if arguments.starts_with("fetch") || arguments.contains(".wasm") {
            continue;
        }
        let (arguments, input) = arguments.split_once(" < ").unwrap_or((arguments, ""));
        let input = if input.is_empty() { b"never seen".to_vec() } else { desk.get(input) };
        // The source's blanks would be arguments of their own.
        let arguments = arguments.replace("HIBP, top 10 million", "HIBP");
        let said = desk.run_with(&arguments, &input);
        let found = said.out.contains("breached\n") && !said.out.starts_with("not known\n");
        assert_eq!(said.code, i32::from(found), "{command}: {said:#?}");
        run += 1;
    }
    assert!(run >= 8, "{run} commands");
}
