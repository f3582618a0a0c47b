//! The application behind Envoy: it answers logins and other requests, and serves a download.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::http::{more, position, read_head};
use crate::traffic::GOOD_PASSWORD;

/// The path of the download.
pub(crate) const DOWNLOAD: &str = "/download";

/// The length of the download.
pub(crate) const DOWNLOAD_BYTES: usize = 100 << 20;

/// The download comes in parts at a fixed rate, 42 MB a second, so that it takes the same part of
/// the core in each row.
const PART_BYTES: usize = 128 << 10;
const PART_EVERY: Duration = Duration::from_millis(3);

const ACCEPTED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n\
    set-cookie: sid=0123456789abcdef; HttpOnly; Path=/\r\ncontent-length: 7\r\n\r\nwelcome";
const REFUSED: &[u8] = b"HTTP/1.1 401 Unauthorized\r\ncontent-type: text/html; charset=utf-8\r\n\
    content-length: 9\r\n\r\ntry again";
const OTHER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/javascript\r\n\
    cache-control: max-age=3600\r\ncontent-length: 10\r\n\r\nlet a = 1;";

/// A running application. Dropping the value stops it.
pub(crate) struct BenchUpstream {
    /// The port that it listens on.
    pub port: u16,
    server: JoinHandle<()>,
}

impl BenchUpstream {
    /// Starts the application on a free port.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // The only error is that Envoy closed the connection.
                tokio::spawn(async move { drop(serve(stream).await) });
            }
        });
        Self { port, server }
    }
}

impl Drop for BenchUpstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let head = read_head(&mut stream, &mut buffer).await?;
        while buffer.len() < head.length + head.body {
            more(&mut stream, &mut buffer).await?;
        }
        let (request, body) = buffer.split_at(head.length);
        if position(request, DOWNLOAD.as_bytes()) == Some("GET ".len()) {
            download(&mut stream).await?;
        } else if !request.starts_with(b"POST") {
            stream.write_all(OTHER).await?;
        } else if position(body, GOOD_PASSWORD.as_bytes()).is_some() {
            stream.write_all(ACCEPTED).await?;
        } else {
            stream.write_all(REFUSED).await?;
        }
        buffer.clear();
    }
}

async fn download(stream: &mut TcpStream) -> io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {DOWNLOAD_BYTES}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut ticks = interval(PART_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..DOWNLOAD_BYTES / PART_BYTES {
        ticks.tick().await;
        stream.write_all(&[b'x'; PART_BYTES]).await?;
    }
    Ok(())
}
