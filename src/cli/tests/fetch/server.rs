//! A server of ranges on loopback, with the faults that the tool must survive.
//!
//! It speaks HTTP/1.1 with keep-alive, ETags, gzip, chunks and plain lengths (which of them depends
//! on the prefix, so a run of ranges meets all), with a thread per connection. Each range has a
//! queue of faults, one per request, and may have a permanent fault.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::response::{self, ServerFault};

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct SeenRequest {
    pub prefix: String,
    pub if_none_match: Option<String>,
    /// The number of its connection.
    pub connection: usize,
    pub at: Instant,
}

#[derive(Default)]
struct ServerState {
    faults: HashMap<String, VecDeque<ServerFault>>,
    permanent: HashMap<String, ServerFault>,
    versions: HashMap<String, u64>,
    seen: Vec<SeenRequest>,
    without_etags: bool,
    /// From this number of requests on, the server does not respond.
    silent_after: Option<usize>,
}

#[derive(Default)]
struct SharedServer {
    state: Mutex<ServerState>,
    changed: Condvar,
}

/// A running server. Its threads end with the test's process.
pub(crate) struct RangeServer {
    address: SocketAddr,
    shared: Arc<SharedServer>,
}

impl RangeServer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(SharedServer::default());
        let for_threads = Arc::clone(&shared);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let shared = Arc::clone(&for_threads);
                // A client that was killed breaks its connection; this is no error here.
                thread::spawn(move || serve(&shared, stream.unwrap(), number));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/range/", self.address)
    }

    /// Gives the next requests for a range these faults, one each.
    pub(crate) fn fault(&self, prefix: &str, faults: impl IntoIterator<Item = ServerFault>) {
        let mut state = self.shared.state.lock().unwrap();
        state.faults.entry(prefix.into()).or_default().extend(faults);
    }

    /// Gives every request for a range this fault.
    pub(crate) fn fault_permanently(&self, prefix: &str, fault: ServerFault) {
        self.shared.state.lock().unwrap().permanent.insert(prefix.into(), fault);
    }

    /// Removes all faults.
    pub(crate) fn heal(&self) {
        let mut state = self.shared.state.lock().unwrap();
        state.faults.clear();
        state.permanent.clear();
        state.silent_after = None;
    }

    /// Gives a range another content.
    pub(crate) fn change(&self, prefix: &str) {
        *self.shared.state.lock().unwrap().versions.entry(prefix.into()).or_default() += 1;
    }

    pub(crate) fn send_no_etags(&self) {
        self.shared.state.lock().unwrap().without_etags = true;
    }

    /// Responds to this many more requests, and then to none.
    pub(crate) fn fall_silent_after(&self, answers: usize) {
        let mut state = self.shared.state.lock().unwrap();
        state.silent_after = Some(state.seen.len() + answers);
    }

    /// Takes the requests seen since the last call.
    pub(crate) fn take_seen(&self) -> Vec<SeenRequest> {
        std::mem::take(&mut self.shared.state.lock().unwrap().seen)
    }

    /// Waits until this many requests were seen, at most a minute.
    pub(crate) fn await_seen(&self, count: usize) {
        let state = self.shared.state.lock().unwrap();
        let missing = |state: &mut ServerState| state.seen.len() < count;
        let minute = Duration::from_secs(60);
        let (state, _) = self.shared.changed.wait_timeout_while(state, minute, missing).unwrap();
        assert!(state.seen.len() >= count, "only {} requests came", state.seen.len());
    }
}

/// Serves one connection until the client or a fault closes it.
fn serve(shared: &SharedServer, stream: TcpStream, connection: usize) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let prefix = line.split_whitespace().nth(1)?.rsplit('/').next()?.to_owned();
        let mut if_none_match = None;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim_end().split_once(": ") else { break };
            if name.eq_ignore_ascii_case("if-none-match") {
                if_none_match = Some(value.to_owned());
            }
        }
        let mut state = shared.state.lock().unwrap();
        let number = state.seen.len();
        let at = Instant::now();
        let known = if_none_match.clone();
        state.seen.push(SeenRequest { prefix: prefix.clone(), if_none_match, connection, at });
        let version = state.versions.get(&prefix).copied().unwrap_or_default();
        let queued = state.faults.get_mut(&prefix).and_then(VecDeque::pop_front);
        let mut fault = queued.or_else(|| state.permanent.get(&prefix).cloned());
        if state.silent_after.is_some_and(|answers| number >= answers) {
            fault = Some(ServerFault::Silence);
        }
        let etags = !state.without_etags;
        drop(state);
        shared.changed.notify_all();
        if matches!(fault, Some(ServerFault::Silence)) {
            // Until the client gives up.
            return reader.read(&mut [0]).ok().map(drop);
        }
        response::write(&stream, &prefix, version, etags, known.as_deref(), fault)?;
    }
}
