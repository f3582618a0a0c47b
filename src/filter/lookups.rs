//! The requests that wait for an answer from outside, and the clock that ends their wait.
//!
//! A range is asked for from the request's own context, and so is the fleet about a pass. Only a good
//! answer is taken there. Envoy can report a failure, such as a cluster without endpoints, before it
//! has paused the request: to let it go on then has no effect, and it would hang for ever. A call can
//! also outlive its timeout (wasm-shim#425). So a request whose call failed, or whose deadline is over,
//! goes on with the next tick of the root context, and while any waits there is one every
//! [`TICK_MILLISECONDS`].

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action as Flow;
use unstuff_engine::attempt::Question;
use unstuff_engine::breached::hibp::Range;
use unstuff_engine::fleet::wire::MAX_ANSWER_BYTES;
use unstuff_engine::live_lookup::MAX_RANGE_BYTES;
use unstuff_engine::policy::Policy;
use unstuff_engine::request::headers::Headers;
use unstuff_engine::time::Millis;

use crate::host::{self, Buffer, Map};
use crate::metrics::Metric;
use crate::module::Module;
use crate::root;
use crate::stream::Stream;

/// How late a deadline is noticed at most.
const TICK_MILLISECONDS: u32 = 20;

/// The wait of a request.
pub(crate) struct Wait {
    /// The moment at which it goes on without an answer; none once the call has failed.
    pub until: Option<Millis>,
    /// It is the fleet that was asked.
    pub is_for_fleet: bool,
    /// The body had come whole when it was asked.
    pub body_is_complete: bool,
}

/// A request that can be held for an answer: the SDK owns it, and so does the list of those that
/// wait, as long as it lives.
pub(crate) struct HeldStream {
    module: Rc<Module>,
    context: u32,
    stream: Rc<RefCell<Stream>>,
}

/// The requests that wait.
#[derive(Default)]
pub(crate) struct Lookups {
    waiting: RefCell<Vec<(u32, Weak<RefCell<Stream>>)>>,
    /// The root ticks for those that wait, and not only once a second.
    is_fast: Cell<bool>,
    /// Such ticks since the last second.
    fast_ticks: Cell<u32>,
}

/// Whether a request under this policy can have to wait.
pub(crate) fn can_wait(policy: &Policy) -> bool {
    policy.live_lookup.is_some() || policy.fleet.is_some() && policy.challenge.is_some()
}

impl Lookups {
    /// Asks a question for the request at hand. Returns until when the answer is awaited; `None` if
    /// nobody can be asked.
    pub(crate) fn ask(&self, module: &Module, question: &Question) -> Option<Millis> {
        match question {
            Question::Range(range) => self.ask_for_range(module, *range),
            Question::Pass(message) => {
                let waiting = self.waiting.try_borrow().map_or(0, |waiting| waiting.len());
                module.fleet.as_ref()?.ask_about_pass(module, message, waiting)
            }
        }
    }

    fn ask_for_range(&self, module: &Module, range: Range) -> Option<Millis> {
        let policy = module.engine.policy().live_lookup.as_ref()?;
        let deadline = Duration::from_millis(policy.deadline_ms.into());
        let now = module.now()?;
        let path = format!("{}{range}", policy.path);
        let headers = vec![
            (":method", "GET"),
            (":path", path.as_str()),
            (":authority", policy.authority.as_str()),
            ("add-padding", "true"),
            ("user-agent", "unstuff"),
        ];
        module.metrics.count(Metric::LiveAsked);
        host::http_get(&policy.cluster, headers, deadline)
            .then(|| Millis(now.0.saturating_add(policy.deadline_ms.into())))
    }

    fn wait(&self, context: u32, stream: &Rc<RefCell<Stream>>) {
        let Ok(mut waiting) = self.waiting.try_borrow_mut() else { return };
        if waiting.iter().all(|(other, _)| *other != context) {
            waiting.push((context, Rc::downgrade(stream)));
        }
        if !self.is_fast.replace(true) {
            host::tick_every(TICK_MILLISECONDS);
        }
    }

    /// Lets those go on whose wait is over. Returns whether it is time for what is done once a second.
    pub(crate) fn tick(&self, module: &Module) -> bool {
        let Ok(mut waiting) = self.waiting.try_borrow_mut() else { return true };
        if !self.is_fast.get() {
            return true;
        }
        let now = module.now();
        waiting.retain(|(context, stream)| {
            let Some(stream) = stream.upgrade() else { return false };
            let Ok(mut stream) = stream.try_borrow_mut() else { return true };
            if stream.wait().is_some_and(|wait| !wait.is_over(now)) {
                return true;
            }
            if stream.is_asking() && host::act_for(*context) {
                go_on(&mut stream, None);
            }
            false
        });
        let ticks = self.fast_ticks.get() + 1;
        let is_second = ticks * TICK_MILLISECONDS >= root::TICK_MILLISECONDS;
        self.fast_ticks.set(if is_second { 0 } else { ticks });
        if is_second && waiting.is_empty() {
            self.is_fast.set(false);
            host::tick_every(root::TICK_MILLISECONDS);
        }
        is_second
    }
}

impl Wait {
    fn is_over(&self, now: Option<Millis>) -> bool {
        // The clock may have stepped back.
        let longest = |until: Millis| Millis(until.0.saturating_sub(u64::from(u16::MAX)));
        match (self.until, now) {
            (Some(until), Some(now)) => now >= until || now < longest(until),
            _ => true,
        }
    }
}

/// Decides a request that was paused, and lets it go on unless it was answered.
fn go_on(stream: &mut Stream, answer: Option<&[u8]>) {
    if stream.take_answer(answer) == Flow::Continue {
        host::continue_request();
    }
}

impl HeldStream {
    /// A request that can be held.
    pub(crate) fn new(module: Rc<Module>, context: u32) -> Self {
        let stream = Rc::new(RefCell::new(Stream::new(Rc::clone(&module))));
        Self { module, context, stream }
    }

    fn with(&self, callback: impl FnOnce(&mut Stream) -> Flow) -> Flow {
        // The proxy calls nothing back while it is called, so nobody else has the request.
        let Ok(mut stream) = self.stream.try_borrow_mut() else { return Flow::Continue };
        let flow = callback(&mut stream);
        if stream.is_asking() {
            self.module.lookups.wait(self.context, &self.stream);
        }
        flow
    }
}

impl Context for HeldStream {
    fn on_http_call_response(&mut self, _: u32, _: usize, _: usize, _: usize) {
        let Ok(mut stream) = self.stream.try_borrow_mut() else { return };
        let headers = host::headers(Map::CallResponse);
        let headers = headers.read();
        let is_range = Headers::borrowed(&headers).first(":status") == Some(b"200");
        match stream.wait() {
            Some(_) if is_range => {
                let range = host::buffer(Buffer::CallResponseBody, MAX_RANGE_BYTES + 1);
                go_on(&mut stream, Some(&range));
            }
            Some(wait) => wait.until = None,
            None => {}
        }
    }

    fn on_grpc_call_response(&mut self, _: u32, status: u32, size: usize) {
        let Ok(mut stream) = self.stream.try_borrow_mut() else { return };
        match stream.wait() {
            Some(_) if status == 0 && size <= MAX_ANSWER_BYTES => {
                let answer = host::buffer(Buffer::GrpcAnswer, size);
                go_on(&mut stream, Some(&answer));
            }
            Some(wait) => wait.until = None,
            None => {}
        }
    }
}

impl HttpContext for HeldStream {
    fn on_http_request_headers(&mut self, count: usize, end_of_stream: bool) -> Flow {
        self.with(|stream| stream.on_http_request_headers(count, end_of_stream))
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Flow {
        self.with(|stream| stream.on_http_request_body(size, end_of_stream))
    }

    fn on_http_request_trailers(&mut self, count: usize) -> Flow {
        self.with(|stream| stream.on_http_request_trailers(count))
    }

    fn on_http_response_headers(&mut self, count: usize, end_of_stream: bool) -> Flow {
        self.with(|stream| stream.on_http_response_headers(count, end_of_stream))
    }

    fn on_http_response_body(&mut self, size: usize, end_of_stream: bool) -> Flow {
        self.with(|stream| stream.on_http_response_body(size, end_of_stream))
    }

    fn on_http_response_trailers(&mut self, count: usize) -> Flow {
        self.with(|stream| stream.on_http_response_trailers(count))
    }

    fn on_log(&mut self) {
        if let Ok(mut stream) = self.stream.try_borrow_mut() {
            stream.on_log();
        }
    }
}
