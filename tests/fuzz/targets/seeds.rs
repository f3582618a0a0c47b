//! The inputs that fuzzing begins with: the rows of tests/fixtures, the configurations of
//! tests/config.

use std::path::Path;

use unstuff_engine::request::header_pairs;
use unstuff_fixtures::applications::applications;
use unstuff_fixtures::decoy_bodies::decoy_bodies;
use unstuff_fixtures::login_paths::login_paths;
use unstuff_fixtures::ordinary_requests::ordinary_requests;

use super::request::FuzzedRequest;

/// An input for a target.
pub(crate) struct FuzzSeed {
    pub(crate) target: &'static str,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// A content security policy and a page each.
const LOGIN_PAGES: [&str; 4] = [
    "default-src 'self'\n<!doctype html><html><head><title>Log in</title></head><body>a form",
    "script-src 'nonce-a' 'strict-dynamic'\n<!-- </head> --><body class=\"a>b\">",
    "script-src 'none', *; sandbox\n<script>\"</head>\"</script><template></template></HEAD >",
    "worker-src *\n<textarea></head></textarea><plaintext></head>",
];

/// All of them, in order.
pub(crate) fn seeds() -> Vec<FuzzSeed> {
    let mut all = Vec::new();
    for (at, request) in requests().into_iter().enumerate() {
        let name = format!("request-{at}");
        for target in ["credentials", "long_bodies"] {
            all.push(FuzzSeed { target, name: name.clone(), bytes: request.to_bytes() });
        }
        let pairs = header_pairs::write(&request.headers().copied(&|_| true).read());
        all.push(FuzzSeed { target: "header_pairs", name, bytes: pairs });
    }
    for (at, row) in login_paths().into_iter().enumerate() {
        let name = format!("path-{at}");
        all.push(FuzzSeed { target: "paths", name, bytes: row.target.into_bytes() });
    }
    let texts = ["a=1; us=x;us=y", "us = z; usx=no; b\n__Host-ut=1", "a=\"us=x; b\" ;us"];
    for (at, text) in texts.into_iter().enumerate() {
        all.push(FuzzSeed { target: "cookies", name: format!("cookies-{at}"), bytes: text.into() });
    }
    for (at, text) in LOGIN_PAGES.into_iter().enumerate() {
        let name = format!("page-{at}");
        all.push(FuzzSeed { target: "login_pages", name, bytes: text.into() });
    }
    for at in 0..4_u8 {
        all.push(FuzzSeed {
            target: "records",
            name: format!("flags-{at}"),
            bytes: vec![at, 0xFF, 7],
        });
    }
    all.extend(configurations());
    all
}

/// Writes those of a target into the folder of this name that the environment names, if it does:
/// `tests/fuzz/run` has libFuzzer begin with them.
pub(crate) fn write_seeds(target: &str) {
    let Some(folder) = std::env::var_os("UNSTUFF_SEEDS") else { return };
    let folder = Path::new(&folder).join(target);
    std::fs::create_dir_all(&folder).expect("a folder");
    for seed in seeds().into_iter().filter(|seed| seed.target == target) {
        std::fs::write(folder.join(seed.name), seed.bytes).expect("a file");
    }
}

/// Logins that hide their credentials, ordinary ones, and those of applications.
fn requests() -> Vec<FuzzedRequest> {
    let with = |request: FuzzedRequest, headers: &[(String, String)]| {
        headers
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value.as_bytes()))
    };
    let decoys = decoy_bodies().into_iter().map(|row| {
        let target = format!("{}?{}", row.path, row.query);
        with(FuzzedRequest::new("POST", target.as_bytes()), &row.headers).body(&row.body())
    });
    let ordinary = ordinary_requests().into_iter().map(|row| {
        let request = FuzzedRequest::new(&row.method, row.target.as_bytes());
        with(request, &row.headers).body(row.body.as_bytes())
    });
    let exchanges = applications().into_iter().flat_map(|(_, file)| file.exchanges);
    let recorded = exchanges.map(|exchange| {
        let row = exchange.request;
        let request = FuzzedRequest::new(&row.method, row.target.as_bytes());
        with(request, &row.headers).body(row.body.unwrap_or_default().as_bytes())
    });
    decoys.chain(ordinary).chain(recorded).collect()
}

fn configurations() -> Vec<FuzzSeed> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    // This file belongs to two packages: tests, and tests/fuzz.
    let config = [tests.join("config"), tests.join("../config")].into_iter().find(|it| it.exists());
    let config = config.expect("tests/config");
    let mut all = Vec::new();
    for kind in ["good", "bad"] {
        for file in config.join(kind).read_dir().expect("a folder") {
            let path = file.expect("a file").path();
            if path.extension().is_some_and(|it| it == "json") {
                let name =
                    format!("{kind}-{}", path.file_stem().expect("a name").to_string_lossy());
                let bytes = std::fs::read(path).expect("a configuration");
                all.push(FuzzSeed { target: "configuration", name, bytes });
            }
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}
