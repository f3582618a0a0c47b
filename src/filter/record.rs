//! Writes the lines of a decision record: to Envoy's log, or to filter state, which its access log
//! prints.
//!
//! Filter state is a request's, so what is due without a login waits for the next one.

use std::cell::RefCell;

use unstuff_engine::attempt::Engine;
use unstuff_engine::record::{LoginAnswer, LoginDraft, LoginRecorder, RecordSink};
use unstuff_engine::time::Millis;

use crate::challenge;
use crate::host::{self, Level};
use crate::metrics::Metric;
use crate::module::Module;
use crate::shared::SharedData;

/// The filter state that holds the lines.
const STATE: &str = "unstuff_record";

/// The most lines that wait for a login. More go to the log: a line that is not written breaks the
/// chain.
const MAX_WAITING: usize = 500;

/// The lines that wait for a login to the access log.
#[derive(Debug, Default)]
pub(crate) struct RecordLines(RefCell<Vec<String>>);

impl Module {
    /// Writes the line of a login. The request that it is of is at hand.
    pub(crate) fn record_login(&self, draft: LoginDraft, answer: &LoginAnswer) {
        let Some(now) = self.now() else { return };
        let lines = self.engine.record_answer(now, draft, answer);
        if lines.is_empty() {
            self.metrics.count(Metric::RecordLeftOut);
            return;
        }
        self.metrics.add(Metric::RecordLines, lines.len() as u64);
        if sink(&self.engine) == Some(RecordSink::AccessLog) {
            let mut waiting = self.record_lines.0.take();
            waiting.extend(lines);
            if !host::set_filter_state(STATE, &waiting.join("\n")) {
                self.record_lines.wait(waiting);
            }
        } else {
            log(&lines);
        }
    }

    /// Writes what is due without a login.
    pub(crate) fn record_tick(&self) {
        if self.engine.recorder().is_none() {
            return;
        }
        let Some(now) = self.now() else { return };
        take_hour_key(&self.engine, now);
        let lines = self.engine.record_tick(now);
        self.metrics.add(Metric::RecordLines, lines.len() as u64);
        match sink(&self.engine) {
            Some(RecordSink::AccessLog) => self.record_lines.wait(lines),
            _ => log(&lines),
        }
    }

    /// Ends the record: another configuration takes over, or the proxy ends.
    pub(crate) fn end_record(&self) {
        if self.engine.recorder().is_none() {
            return;
        }
        let Some(now) = self.now() else { return };
        let lines = self.engine.record_end(now);
        self.metrics.add(Metric::RecordLines, lines.len() as u64);
        log(&self.record_lines.0.take());
        log(&lines);
    }
}

impl RecordLines {
    fn wait(&self, lines: Vec<String>) {
        let mut waiting = self.0.borrow_mut();
        waiting.extend(lines);
        if waiting.len() > MAX_WAITING {
            log(&std::mem::take(&mut *waiting));
        }
    }
}

/// Takes the key of another hour, if one has begun.
pub(crate) fn take_hour_key(engine: &Engine, now: Millis) {
    if let Some(recorder) = engine.recorder().filter(|it| it.needs_hour_key(now)) {
        recorder.take_hour_key(&SharedData, now, challenge::random());
    }
}

fn sink(engine: &Engine) -> Option<RecordSink> {
    engine.recorder().map(LoginRecorder::sink)
}

fn log(lines: &[String]) {
    lines.iter().for_each(|line| host::log(Level::Info, line));
}
