//! TLS of the tool as a client.

use std::sync::Arc;

use rustls::crypto::ring;
use ureq::tls::{RootCerts, TlsConfig};

/// TLS with the machine's own roots: behind a company's proxy no others will do.
pub(crate) fn of_machine() -> TlsConfig {
    TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build()
}
