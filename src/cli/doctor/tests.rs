//! What is said of real Envoys: `/config_dump` (without the bootstrap) and `/stats` of Envoy 1.40.0.
//!
//! `good` is `envoy/standalone/envoy.yaml`. `bad` has what an operator can get wrong around the module:
//! the buffer filter before it and on everywhere, no headers removed, `FAIL_OPEN`, another plugin with
//! its `vm_id`, and the last entry of `x-forwarded-for` behind a proxy. `none` has no module.

use serde_json::{Value, json};

use super::*;
use crate::envoy_admin::EnvoyStats;

const INFO: &str = "9e5580933739775e8bce696a57a2e1bc99368f23/1.40.0/Clean/RELEASE/BoringSSL";

fn read(name: &str) -> Value {
    let path = format!("{}/doctor/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn diagnosis(name: &str) -> Diagnosis {
    diagnosis_of(&read(&format!("{name}.dump")), name)
}

fn diagnosis_of(dump: &Value, name: &str) -> Diagnosis {
    let mut stats = read(&format!("{name}.stats"));
    let own = format!("wasmcustom.unstuff.module.configured.{}", env!("CARGO_PKG_VERSION"));
    stats["stats"].as_array_mut().unwrap().push(json!({"name": own, "value": 1_796_000_000}));
    let stats = EnvoyStats::of_json(&stats);
    Diagnosis::of(&json!({ "version": INFO }), dump, &stats).unwrap()
}

#[test]
fn nothing_is_wrong_with_the_shipped_configuration() {
    let good = diagnosis("good");
    let said = report::text(&good, "http://127.0.0.1:9901");
    // It has no keys, because each operator makes their own.
    assert_eq!(good.findings.len(), 1, "{said}");
    assert!(good.findings[0].text.starts_with("no \"keys\""), "{said}");
    assert!(said.starts_with("Envoy 1.40.0 at http://127.0.0.1:9901\n"), "{said}");
    assert!(
        said.contains("in listener web: mode enforce, 1 endpoint, 4 rules (0 in shadow)"),
        "{said}"
    );
}

#[test]
fn each_mistake_is_named_with_its_place_and_its_mend() {
    let bad = diagnosis("bad");
    let said = report::text(&bad, "http://127.0.0.1:9901");
    for part in [
        "warning: listener web: the buffer filter stands before the module",
        "warning: listener web: a client's own x-unstuff-verdict, x-unstuff-reasons, \
         exposed-credential-check reach the application: remove them",
        "set failure_policy: FAIL_RELOAD",
        "this plugin has the module's vm_id, \"unstuff\"",
        "client.address takes the last entry of x-forwarded-for",
        "the application is not told x-unstuff-verdict",
    ] {
        assert!(said.contains(part), "{part}\nis missing in\n{said}");
    }
}

#[test]
fn neither_keys_nor_other_plugins_are_printed() {
    let dump = read("bad.dump");
    let (key, foreign) =
        ("c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldDEy", "another-plugins-secret");
    assert!(dump.to_string().contains(key) && dump.to_string().contains(foreign));
    // Also where the configuration is refused for the key itself.
    let broken = dump.to_string().replace(key, "c2VjcmV0");
    let broken: Value = serde_json::from_str(&broken).unwrap();
    for dump in [dump, broken] {
        let bad = diagnosis_of(&dump, "bad");
        let said = report::text(&bad, "x") + &report::json(&bad).to_string();
        for secret in ["c2VjcmV0", "another-plugins-secret", "token"] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
    }
}

#[test]
fn plugin_that_shares_memory_is_found_in_another_listener_too() {
    let mut dump = read("good.dump");
    let listener = |dump: &Value| {
        let configs = dump["configs"].as_array().unwrap();
        configs.iter().position(|it| it["static_listeners"].is_array()).unwrap()
    };
    let at = listener(&dump);
    let bad = read("bad.dump");
    let mut other = bad["configs"][listener(&bad)]["static_listeners"][0].clone();
    other["listener"]["name"] = json!("inner");
    let filters =
        &mut other["listener"]["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"];
    filters.as_array_mut().unwrap().retain(|it| it["name"] == "tinygo-waf");
    dump["configs"][at]["static_listeners"].as_array_mut().unwrap().push(other);
    let said = report::text(&diagnosis_of(&dump, "good"), "x");
    assert!(said.contains("warning: listener inner: this plugin has the module's vm_id"), "{said}");
}

#[test]
fn envoy_without_the_module_says_so() {
    let none = diagnosis("none");
    assert_eq!(none.findings.len(), 1);
    assert!(report::text(&none, "x").contains("warning: Envoy: no Unstuff in this Envoy"));
}

#[test]
fn listener_whose_update_was_refused_is_named_without_the_reason() {
    let dump = json!({"configs": [{"dynamic_listeners": [
        {"name": "web", "error_state": {"details": "Unable to create: a secret"}}]}]});
    let said = report::text(&diagnosis_of(&dump, "none"), "x");
    assert!(said.contains("listener web: Envoy has refused its last update"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}

/// `UNSTUFF_BLESS=1` writes the example into the document instead.
#[test]
fn example_in_the_document_is_what_is_printed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/doctor.md");
    let document = std::fs::read_to_string(path).unwrap();
    let mut blocks = document.splitn(5, "```");
    let parts: Vec<&str> = blocks.by_ref().collect();
    let printed = format!("\n{}", report::text(&diagnosis("bad"), "http://127.0.0.1:9901"));
    if std::env::var_os("UNSTUFF_BLESS").is_some() {
        let blessed = [parts[0], parts[1], parts[2], &printed, parts[4]].join("```");
        std::fs::write(path, blessed).unwrap();
    } else {
        assert!(parts[3] == printed, "docs/doctor.md is out of date: UNSTUFF_BLESS=1\n{printed}");
    }
}

#[test]
fn url_of_metrics_is_refused_with_the_one_to_give() {
    let url = "http://127.0.0.1:9901/stats/prometheus".to_owned();
    let error = run(&DoctorArgs { url, format: OutputFormat::Text }).map(|_| ()).unwrap_err();
    assert!(error.to_string().ends_with("give http://127.0.0.1:9901"), "{error}");
}
