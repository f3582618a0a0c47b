//! `unstuff serve-ranges`: a mirror of the corpus that `unstuff fetch` downloaded, for live lookups
//! and for other fetches.
//!
//! It speaks the range protocol of Have I Been Pwned over plain HTTP, for a proxy on the same machine
//! or network. A request costs one read of one file, so the cost does not depend on the size of the
//! corpus. [`answer`] says what a request gets; this file listens. Nothing is logged about requests,
//! because a path is five digits of somebody's password's hash.

use std::convert::Infallible;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::interrupt;

mod answer;

/// How long requests in flight may take when the mirror ends.
const GRACE: Duration = Duration::from_secs(5);

/// How long a connection may take to send the headers of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);

/// Pause after an error of the system, such as too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// Serve a folder of `unstuff fetch` as a mirror of the corpus, for live lookups
///
/// Answers GET and HEAD of /range/ABCDE as Have I Been Pwned does, with ETag, If-None-Match and
/// Add-Padding. It logs no request and never asks outside. `unstuff fetch` may update the folder
/// meanwhile.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  unstuff serve-ranges hibp/
  unstuff serve-ranges hibp/ --listen 10.0.0.7:8080
  curl http://127.0.0.1:8080/range/5BAA6

Exit status: 0 ended by Ctrl-C or SIGTERM, 2 an error.")]
pub(crate) struct ServeRangesArgs {
    /// The folder of range files
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// The address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = address)]
    listen: SocketAddr,
}

/// Runs the subcommand.
///
/// # Errors
///
/// The folder holds no ranges, or the address cannot be listened on.
pub(crate) fn run(args: ServeRangesArgs) -> anyhow::Result<ExitCode> {
    let ServeRangesArgs { directory, listen } = args;
    if !has_ranges(&directory) {
        let folder = directory.display();
        let what = if directory.is_dir() { "holds no ranges" } else { "is not a folder" };
        bail!("{folder} {what}; `unstuff fetch {folder}` downloads them");
    }
    let ended = Arc::new(Notify::new());
    let end = Arc::clone(&ended);
    interrupt::on_interrupt(move || end.notify_one())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start threads")?;
    runtime.block_on(serve(directory.into(), listen, &ended))?;
    Ok(ExitCode::SUCCESS)
}

/// An address as it is typed.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "not an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080")
}

/// Whether there is a range in the folder. A fetch may still be downloading the others.
fn has_ranges(directory: &Path) -> bool {
    let is_sub_folder = |name: &str| name.len() == 2 && u8::from_str_radix(name, 16).is_ok();
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_sub_folder))
        .any(|entry| std::fs::read_dir(entry.path()).is_ok_and(|mut files| files.next().is_some()))
}

async fn serve(root: Arc<Path>, listen: SocketAddr, ended: &Notify) -> anyhow::Result<()> {
    let listener =
        TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr().context("cannot listen")?;
    writeln!(std::io::stdout(), "serving {} at http://{address}/range/", root.display())
        .context("cannot write to standard output")?;
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ended.notified() => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // An answer is written in one piece, so there is nothing to wait for.
        let _ = stream.set_nodelay(true);
        let root = Arc::clone(&root);
        let service = service_fn(move |request| {
            let root = Arc::clone(&root);
            async move { Ok::<_, Infallible>(answer::to(root, &request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connections.watch(connection));
    }
    drop(listener);
    // Who has not read the answer by then does without.
    let _ = tokio::time::timeout(GRACE, connections.shutdown()).await;
    Ok(())
}
