//! The cost of a process: CPU time, peak memory and wall time.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The interval between two looks at a running process.
const EVERY: Duration = Duration::from_millis(5);
/// The kernel's unit of CPU time (`USER_HZ`), the same on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// The cost of a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessCost {
    /// CPU seconds, user and system, all threads.
    pub cpu: f64,
    /// Peak resident memory, in bytes.
    pub peak: u64,
    /// Seconds from start to end.
    pub wall: f64,
}

/// Runs a command to its end.
///
/// The peak is read while the process runs. The CPU time is read after its end and before its
/// exit code is read, because the kernel keeps it until then.
pub(crate) fn run(command: &mut Command) -> ProcessCost {
    let started = Instant::now();
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = quiet.spawn().expect("it runs");
    let mut peak = 0;
    let cpu = loop {
        peak = peak.max(peak_of(child.id()).unwrap_or(0));
        let (state, cpu) = state_of(child.id());
        if state == 'Z' {
            break cpu;
        }
        thread::park_timeout(EVERY);
    };
    let wall = started.elapsed().as_secs_f64();
    let status = child.wait().expect("its exit code");
    assert!(status.success(), "{command:?}: {status}");
    ProcessCost { cpu, peak, wall }
}

/// The peak resident memory of a process so far, in bytes.
pub(crate) fn peak_of(process: u32) -> Option<u64> {
    status_line(process, "VmHWM:")
}

/// The current resident memory of a process, in bytes.
pub(crate) fn resident(process: u32) -> Option<u64> {
    status_line(process, "VmRSS:")
}

fn status_line(process: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// The state letter and the CPU seconds of a process.
fn state_of(process: u32) -> (char, f64) {
    let path = format!("/proc/{process}/stat");
    let stat = std::fs::read_to_string(Path::new(&path)).expect("a child that was not waited for");
    // The name is in parentheses and may contain any character.
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |field: usize| fields[field].parse::<f64>().expect("ticks");
    (fields[0].chars().next().expect("a state"), (ticks(11) + ticks(12)) / TICKS_PER_SECOND)
}
