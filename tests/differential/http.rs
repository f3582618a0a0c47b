//! A blocking client that sends exactly these bytes.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long an application may think: some never answer a body that ends too early.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// A connection to an application, opened anew whenever the application has closed it.
pub(crate) struct KeptConnection {
    port: u16,
    stream: Option<TcpStream>,
}

/// An answer's status and body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl KeptConnection {
    pub(crate) fn to(port: u16) -> Self {
        Self { port, stream: None }
    }

    /// Sends a request and reads its answer. What a closed connection swallowed is sent again.
    pub(crate) fn exchange(&mut self, wire: &[u8]) -> Result<Answer> {
        if let Some(mut stream) = self.stream.take() {
            match self.try_exchange(&mut stream, wire) {
                Err(error) if !is_timeout(&error) => {}
                answered => return answered,
            }
        }
        let mut stream = connect(self.port)?;
        self.try_exchange(&mut stream, wire)
    }

    fn try_exchange(&mut self, stream: &mut TcpStream, wire: &[u8]) -> Result<Answer> {
        stream.write_all(wire)?;
        let (answer, keeps) = read_answer(stream)?;
        if keeps {
            self.stream = stream.try_clone().ok();
        }
        Ok(answer)
    }
}

fn is_timeout(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Connects to a port of this machine.
pub(crate) fn connect(port: u16) -> Result<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn read_answer(stream: &mut TcpStream) -> Result<(Answer, bool)> {
    let mut bytes = Vec::new();
    let mut head = take_head(stream, &mut bytes)?;
    while head.starts_with("HTTP/1.1 100") {
        head = take_head(stream, &mut bytes)?;
    }
    let head = head.to_ascii_lowercase();
    let field = |name: &str| {
        let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.filter(|(it, _)| *it == name).map(|(_, value)| value.trim().to_owned()).next()
    };
    let status = head.split(' ').nth(1).and_then(|it| it.get(..3)).and_then(|it| it.parse().ok());
    let status = status.ok_or_else(|| Error::new(ErrorKind::InvalidData, "no status"))?;
    let mut keeps = head.starts_with("http/1.1") && field("connection").as_deref() != Some("close");
    let body = if field("transfer-encoding").is_some() {
        take_chunks(stream, &mut bytes)?
    } else if let Some(length) = field("content-length").and_then(|it| it.parse().ok()) {
        take(stream, &mut bytes, length)?
    } else if status == 204 || status == 304 {
        Vec::new()
    } else {
        keeps = false;
        stream.read_to_end(&mut bytes)?;
        bytes
    };
    Ok((Answer { status, body }, keeps))
}

fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<()> {
    let mut part = [0; 16 << 10];
    match stream.read(&mut part)? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        read => {
            bytes.extend_from_slice(&part[..read]);
            Ok(())
        }
    }
}

fn take_line(stream: &mut TcpStream, bytes: &mut Vec<u8>, end: &[u8]) -> Result<Vec<u8>> {
    loop {
        if let Some(at) = bytes.windows(end.len()).position(|window| window == end) {
            return Ok(bytes.drain(..at + end.len()).collect());
        }
        more(stream, bytes)?;
    }
}

fn take_head(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<String> {
    let head = take_line(stream, bytes, b"\r\n\r\n")?;
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn take(stream: &mut TcpStream, bytes: &mut Vec<u8>, length: usize) -> Result<Vec<u8>> {
    while bytes.len() < length {
        more(stream, bytes)?;
    }
    Ok(bytes.drain(..length).collect())
}

fn take_chunks(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = take_line(stream, bytes, b"\r\n")?;
        let digits = String::from_utf8_lossy(&line);
        let length = usize::from_str_radix(digits.trim(), 16)
            .map_err(|_| Error::new(ErrorKind::InvalidData, "no chunk"))?;
        let chunk = take(stream, bytes, length + 2)?;
        if length == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk[..length]);
    }
}
