//! The connections: kept for the next request to the same server, secured by the system's
//! certificate authorities.

use std::fmt;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

/// How long one address is tried; a name may have several.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);
/// Idle connections kept to one server.
const IDLE_PER_HOST: usize = 8;
/// What the head of an answer may take, in bytes.
const MAX_HEAD: usize = 64 << 10;

/// Kept connections.
pub struct Client {
    connections: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// With the system's certificate authorities (`SSL_CERT_FILE`, `SSL_CERT_DIR`). Blocks on files.
    pub(crate) fn new() -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls())
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let connections = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .http1_max_buf_size(MAX_HEAD)
            .http1_max_headers(super::MAX_HEADERS)
            .build(connector);
        Self { connections }
    }

    pub(crate) async fn send(
        &self,
        request: hyper::Request<Full<Bytes>>,
    ) -> Result<hyper::Response<Incoming>, Error> {
        self.connections.request(request).await
    }
}

/// Without a readable authority every certificate is refused, which the log explains.
fn tls() -> rustls::ClientConfig {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!("a certificate authority of the system cannot be used: {error}");
    }
    let mut roots = rustls::RootCertStore::empty();
    let (used, _) = roots.add_parsable_certificates(found.certs);
    if used == 0 {
        tracing::warn!(
            "no certificate authorities: https will not work (Debian: install ca-certificates)"
        );
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    #[expect(clippy::expect_used, reason = "ring has ciphers for TLS 1.2 and 1.3")]
    let builder = builder.expect("the versions of TLS and their ciphers belong together");
    builder.with_root_certificates(roots).with_no_client_auth()
}
