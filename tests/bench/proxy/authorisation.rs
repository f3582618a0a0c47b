//! The server of the `ext_authz` row: an nginx that says 200 to everything.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use unstuff_tests::eventually;

/// A running nginx. Dropping the value ends it.
pub(crate) struct AuthorisationServer {
    process: Child,
    _folder: TempDir,
    /// The port that it listens on.
    pub port: u16,
}

impl AuthorisationServer {
    /// Starts nginx, one process, on the core of this thread.
    ///
    /// # Panics
    /// If nginx is not there or does not start.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // Free a moment later; nginx cannot be told to choose one.
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration(folder.path(), port)).expect("a file");
        let process = Command::new("nginx")
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx; setup/bench installs it");
        let server = Self { process, _folder: folder, port };
        eventually("nginx serves", || async move {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
        server
    }

    /// The identifier of the process.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for AuthorisationServer {
    fn drop(&mut self) {
        // Both fail only if nginx has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// No log, and connections that stay open: all that is measured is the answer.
fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("  {name}_temp_path {folder}/{name};\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/error.log;\n\
         events {{ worker_connections 1024; }}\nhttp {{\n{paths}  access_log off;\n\
         \x20 keepalive_requests 1000000;\n\
         \x20 server {{ listen 127.0.0.1:{port}; location / {{ return 200; }} }}\n}}\n"
    )
}
