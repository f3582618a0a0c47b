//! `--record`: the exchanges of an application without the module, as fixtures of its preset.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::exchange::Browsing;
use crate::manifest::AppManifest;
use crate::server::{AppServer, RIGHT};

/// Takes the steps of an application, and writes `APPLICATION.json` to the folder.
pub(crate) async fn record(manifest: &AppManifest, folder: &Path) {
    let server = AppServer::start(manifest).await;
    let mut browsing = Browsing::new(server.address, known(&server));
    let mut exchanges: Vec<Value> = Vec::new();
    for step in &manifest.steps {
        exchanges.push(browsing.take(step).await);
    }
    let document = json!({
        "application": manifest.name, "version": server.version, "exchanges": exchanges
    });
    fs::create_dir_all(folder).expect("a folder");
    let path = folder.join(format!("{}.json", manifest.folder));
    let text = serde_json::to_string_pretty(&document).expect("JSON");
    fs::write(&path, text + "\n").expect("a file");
    println!(
        "{}: {} {}, {} exchanges",
        manifest.folder,
        manifest.name,
        server.version,
        exchanges.len()
    );
}

/// What every step may name: the password, and what `prepare` has left in `known.json`.
pub(crate) fn known(server: &AppServer) -> BTreeMap<String, String> {
    let text = fs::read_to_string(server.state().join("known.json")).unwrap_or_default();
    let mut known: BTreeMap<String, String> = serde_json::from_str(&text).unwrap_or_default();
    known.insert("password".to_owned(), RIGHT.to_owned());
    known
}
