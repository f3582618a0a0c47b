//! A first start with a configuration that is refused.
//!
//! On a proxy that serves, Envoy keeps the configuration before it. At a first start there is none.
//! A proxy that reads its listeners from a file does not start then, or does not listen, which a
//! rollout notices. Behind Istio and Envoy Gateway the module comes by itself, after the listener:
//! the proxy is ready, and answers every route with an error until the configuration is right,
//! whatever its fail strategy. One misspelt key would take a gateway down at its next start. There
//! the module watches in shadow mode with the defaults instead, and says so for as long as it does.
//!
//! Envoy tries a configuration in a canary first, and remembers by its bytes what came of it. So one that
//! passed at a first start is never asked about again: refused later, it would fail in each worker, and
//! all requests with it. The same one, applied again, makes the module watch again.
//!
//! A start is the first one if no configuration of this plugin was ever accepted in this process.
//! That is noted in shared data, which lives as long as any module with the same `vm_id`. So a plugin
//! that is removed and comes again, beside others, is taken for an update: that refuses.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;
use unstuff_engine::state::{Expected, Store};

use crate::host;
use crate::shared::SharedData;

/// How Envoy Gateway names the VM of a policy.
const GATEWAY_VM: &[u8] = b"envoyextensionpolicy/";

/// How Istio begins the id of a proxy.
const ISTIO_NODES: [&[u8]; 3] = [b"router~", b"sidecar~", b"waypoint~"];

/// Notes that a configuration of this plugin was accepted.
pub(crate) fn note_accepted() {
    note(&key());
}

/// Whether to watch with the defaults instead of this configuration, which is refused.
pub(crate) fn watches_instead(bytes: &[u8]) -> bool {
    if !comes_after_its_listener() {
        return false;
    }
    let watched = format!("unstuff/bad/{:08x}", hash(bytes));
    match SharedData.read(&watched) {
        Ok(Some(_)) => true,
        Ok(None) if matches!(SharedData.read(&key()), Ok(None)) => {
            note(&watched);
            true
        }
        Ok(None) | Err(_) => false,
    }
}

/// Notes something for as long as the shared data lives.
fn note(key: &str) {
    // Another worker may have noted it.
    let _ = SharedData.write(key, b"1", Expected::Absent);
}

/// Whether the proxy takes requests although this module does not start.
fn comes_after_its_listener() -> bool {
    let is_of_istio = |id: Vec<u8>| ISTIO_NODES.iter().any(|role| id.starts_with(role));
    host::property(&["plugin_vm_id"]).is_some_and(|id| id.starts_with(GATEWAY_VM))
        || host::property(&["xds", "node", "id"]).is_some_and(is_of_istio)
}

/// Where it is noted for this plugin: others with the same `vm_id` have configurations of their own.
fn key() -> String {
    format!("unstuff/up/{:08x}", hash(&[]))
}

/// A hash of the plugin's name and of these bytes.
fn hash(bytes: &[u8]) -> u32 {
    let mut hasher = SipHasher13::new();
    for name in ["plugin_name", "plugin_root_id"] {
        hasher.write(&host::property(&[name]).unwrap_or_default());
        hasher.write_u8(0);
    }
    hasher.write(bytes);
    let [a, b, c, d, ..] = hasher.finish().to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}
