//! A proxy of our own for one worker: it runs the module in an interpreter and counts.
//!
//! It knows what the module calls of proxy-wasm ABI 0.2.1 and nothing more: shared data, header
//! maps, buffers, properties, metrics, a queue, gRPC calls that nobody answers, the clock. Time stands still and randomness is a number
//! that counts up, so the same requests cost the same calls and instructions every time.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::Path;

use unstuff_engine::request::header_pairs;
use unstuff_engine::request::headers::Header;
use wasmi::{
    Caller, Config, Engine, Extern, ExternType, Func, Instance, Linker, Memory, Module, Store, Val,
};

const OK: i32 = 0;
const NOT_FOUND: i32 = 1;
const EMPTY: i32 = 7;
const CAS_MISMATCH: i32 = 8;
const UNIMPLEMENTED: i32 = 12;

/// The only queue.
const QUEUE: i32 = 1;

/// The context of the plugin.
const ROOT: i32 = 1;

/// The instructions that one callback may take.
const FUEL: u64 = 10_000_000_000;

/// A morning in August 2025, in nanoseconds since 1970.
const NOW: u64 = 1_754_000_000_000_000_000;

/// The request on its way, as the module may ask for it.
#[derive(Debug, Default)]
struct CurrentRequest {
    request: Vec<Header>,
    response: Vec<Header>,
    body: Vec<u8>,
    peer: Vec<u8>,
    reply: Option<u16>,
}

/// The host's side: what the module has written, and how often it called.
#[derive(Debug, Default)]
struct HostSide {
    configuration: Vec<u8>,
    shared: HashMap<Vec<u8>, (Vec<u8>, u32)>,
    /// Writes of shared data: one counter for all keys, as in Envoy.
    writes: u32,
    queue: VecDeque<Vec<u8>>,
    /// Names and values.
    metrics: Vec<(Vec<u8>, i64)>,
    log: Vec<String>,
    stream: CurrentRequest,
    random: u8,
    grpc_calls: u32,
    /// Since the request began.
    calls: BTreeMap<String, u32>,
}

/// What one request has cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Calls of the module to the host, by name.
    pub calls: BTreeMap<String, u32>,
    /// Instructions that the interpreter counted in the module.
    pub instructions: u64,
    /// The status of a reply of the module's own.
    pub reply: Option<u16>,
}

impl Cost {
    /// All calls.
    pub(crate) fn total(&self) -> u32 {
        self.calls.values().sum()
    }
}

/// A request and upstream's answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlainRequest {
    pub request: Vec<Header>,
    pub body: Vec<u8>,
    pub peer: String,
    pub response: Vec<Header>,
}

/// The module in its proxy.
pub(crate) struct Proxy {
    store: Store<HostSide>,
    instance: Instance,
    next_context: i32,
}

impl Proxy {
    /// Loads the module of a file under a configuration.
    pub(crate) fn start(module: &Path, configuration: &str) -> Self {
        let mut config = Config::default();
        config.consume_fuel(true);
        let engine = Engine::new(&config);
        let bytes = std::fs::read(module).expect("the module, which `make build` makes");
        let module = Module::new(&engine, &bytes).expect("a module");
        let side =
            HostSide { configuration: configuration.as_bytes().to_vec(), ..HostSide::default() };
        let mut store = Store::new(&engine, side);
        store.set_fuel(FUEL).expect("fuel is counted");
        let mut linker = Linker::new(&engine);
        for import in module.imports() {
            let ExternType::Func(kind) = import.ty() else { continue };
            let name = import.name().to_owned();
            let results = kind.results().len();
            let func = Func::new(&mut store, kind.clone(), move |caller, given, returned| {
                let status = HostCall { caller, given }.answer(&name);
                if results == 1 {
                    returned[0] = Val::I32(status);
                }
                Ok(())
            });
            linker.define(import.module(), import.name(), func).expect("each import once");
        }
        let instance = linker.instantiate(&mut store, &module).and_then(|it| it.start(&mut store));
        let instance = instance.expect("all imports");
        let mut proxy = Self { store, instance, next_context: ROOT + 1 };
        proxy.call("_initialize", &[]);
        proxy.call("proxy_on_context_create", &[ROOT, 0]);
        proxy.call("proxy_on_vm_start", &[ROOT, 0]);
        let size = i32::try_from(configuration.len()).expect("a short configuration");
        assert_eq!(proxy.call("proxy_on_configure", &[ROOT, size]), 1, "{:?}", proxy.log());
        proxy
    }

    /// What the module has logged.
    pub(crate) fn log(&self) -> &[String] {
        &self.store.data().log
    }

    /// Lets a second pass for the module's root.
    pub(crate) fn tick(&mut self) {
        self.call("proxy_on_tick", &[ROOT]);
    }

    /// How often the module has called this since the last request began.
    pub(crate) fn calls(&self, name: &str) -> u32 {
        self.store.data().calls.get(name).copied().unwrap_or_default()
    }

    /// How many messages wait in the queue.
    pub(crate) fn queued(&self) -> usize {
        self.store.data().queue.len()
    }

    /// Tells the module's root of its queue.
    pub(crate) fn tell_of_queue(&mut self) {
        self.call("proxy_on_queue_ready", &[ROOT, QUEUE]);
    }

    /// Ends the configuration, as Envoy does when another one has taken its place.
    pub(crate) fn end_configuration(&mut self) {
        self.call("proxy_on_done", &[ROOT]);
        self.call("proxy_on_delete", &[ROOT]);
    }

    /// What the module has said that a metric is.
    pub(crate) fn metric(&self, name: &str) -> i64 {
        let metrics = &self.store.data().metrics;
        let found = metrics.iter().find(|(it, _)| it == name.as_bytes());
        found.map(|(_, value)| *value).expect("a metric that the module defines")
    }

    /// Carries one request through the module, as HTTP/1.1 with a body in one piece.
    pub(crate) fn send(&mut self, exchange: &PlainRequest) -> Cost {
        let context = self.next_context;
        self.next_context += 1;
        let side = self.store.data_mut();
        side.calls.clear();
        side.stream = CurrentRequest {
            request: exchange.request.clone(),
            response: exchange.response.clone(),
            body: exchange.body.clone(),
            peer: exchange.peer.as_bytes().to_vec(),
            reply: None,
        };
        self.store.set_fuel(FUEL).expect("fuel is counted");
        let count = |headers: &[Header]| i32::try_from(headers.len()).expect("few headers");
        let body_size = i32::try_from(exchange.body.len()).expect("a short body");
        let ends = i32::from(exchange.body.is_empty());
        self.call("proxy_on_context_create", &[context, ROOT]);
        self.call("proxy_on_request_headers", &[context, count(&exchange.request), ends]);
        if ends == 0 && self.store.data().stream.reply.is_none() {
            self.call("proxy_on_request_body", &[context, body_size, 1]);
        }
        let size = count(&exchange.response);
        self.call("proxy_on_response_headers", &[context, size, 0]);
        self.call("proxy_on_response_body", &[context, 0, 1]);
        self.call("proxy_on_done", &[context]);
        self.call("proxy_on_log", &[context]);
        self.call("proxy_on_delete", &[context]);
        let instructions = FUEL - self.store.get_fuel().expect("fuel is counted");
        let side = self.store.data();
        Cost { calls: side.calls.clone(), instructions, reply: side.stream.reply }
    }

    fn call(&mut self, name: &str, given: &[i32]) -> i32 {
        let given: Vec<Val> = given.iter().map(|value| Val::I32(*value)).collect();
        let func = self.instance.get_func(&self.store, name).expect("an export of the module");
        let mut returned = vec![Val::I32(0); func.ty(&self.store).results().len()];
        if let Err(trap) = func.call(&mut self.store, &given, &mut returned) {
            panic!("{name} trapped: {trap}; the log: {:?}", self.log());
        }
        returned.first().and_then(Val::i32).unwrap_or_default()
    }
}

/// One call of the module to its host.
struct HostCall<'a, 'b> {
    caller: Caller<'a, HostSide>,
    given: &'b [Val],
}

impl HostCall<'_, '_> {
    fn answer(mut self, name: &str) -> i32 {
        *self.caller.data_mut().calls.entry(name.to_owned()).or_default() += 1;
        match name {
            "proxy_log" => {
                let line = String::from_utf8_lossy(&self.bytes(1)).into_owned();
                self.caller.data_mut().log.push(line);
                OK
            }
            "proxy_get_current_time_nanoseconds" => self.put(0, &NOW.to_le_bytes()),
            "proxy_get_buffer_bytes" => self.buffer(),
            "proxy_get_header_map_pairs" => {
                let stream = &self.caller.data().stream;
                let map = if self.int(0) == 0 { &stream.request } else { &stream.response };
                let pairs = header_pairs::write(map);
                self.give(1, &pairs)
            }
            "proxy_get_property" => {
                let peer = self.bytes(0) == b"source\0address";
                let value = peer.then(|| self.caller.data().stream.peer.clone());
                value.map_or(NOT_FOUND, |value| self.give(2, &value))
            }
            "proxy_get_shared_data" => self.shared(),
            "proxy_set_shared_data" => self.set_shared(),
            "proxy_send_local_response" => {
                let status = u16::try_from(self.int(0)).expect("a status");
                self.caller.data_mut().stream.reply = Some(status);
                OK
            }
            "proxy_define_metric" => {
                let name = self.bytes(1);
                let metrics = &mut self.caller.data_mut().metrics;
                let known = metrics.iter().position(|(it, _)| *it == name);
                let id = known.unwrap_or_else(|| {
                    metrics.push((name, 0));
                    metrics.len() - 1
                });
                self.put(3, &u32::try_from(id).expect("few metrics").to_le_bytes())
            }
            "proxy_increment_metric" => {
                let (id, offset) = (self.size(0), self.given[1].i64().expect("64 bits"));
                self.caller.data_mut().metrics[id].1 += offset;
                OK
            }
            "proxy_register_shared_queue" => self.put(2, &QUEUE.to_le_bytes()),
            "proxy_enqueue_shared_queue" => {
                let message = self.bytes(1);
                self.caller.data_mut().queue.push_back(message);
                OK
            }
            "proxy_dequeue_shared_queue" => match self.caller.data_mut().queue.pop_front() {
                Some(message) => self.give(1, &message),
                None => EMPTY,
            },
            "proxy_grpc_call" => {
                let side = self.caller.data_mut();
                side.grpc_calls += 1;
                let token = side.grpc_calls;
                self.put(11, &token.to_le_bytes())
            }
            "random_get" => {
                self.caller.data_mut().random += 1;
                let random = vec![self.caller.data().random; self.size(1)];
                self.put(0, &random)
            }
            "environ_sizes_get" => self.put(0, &[0; 4]) + self.put(1, &[0; 4]),
            "proxy_set_tick_period_milliseconds"
            | "proxy_remove_header_map_value"
            | "proxy_replace_header_map_value"
            | "proxy_add_header_map_value"
            | "proxy_set_property"
            | "proxy_record_metric"
            | "proxy_set_effective_context"
            | "environ_get" => OK,
            _ => UNIMPLEMENTED,
        }
    }

    fn buffer(&mut self) -> i32 {
        const REQUEST_BODY: i32 = 0;
        const CONFIGURATION: i32 = 7;
        let side = self.caller.data();
        let whole = match self.int(0) {
            REQUEST_BODY => &side.stream.body,
            CONFIGURATION => &side.configuration,
            _ => return NOT_FOUND,
        };
        let part = whole.get(self.size(1)..).unwrap_or_default();
        let part = part[..part.len().min(self.size(2))].to_vec();
        self.give(3, &part)
    }

    fn shared(&mut self) -> i32 {
        let Some((value, cas)) = self.caller.data().shared.get(&self.bytes(0)).cloned() else {
            return NOT_FOUND;
        };
        self.put(4, &cas.to_le_bytes());
        self.give(2, &value)
    }

    fn set_shared(&mut self) -> i32 {
        let (key, value) = (self.bytes(0), self.bytes(2));
        let expected = u32::from_le_bytes(self.int(4).to_le_bytes());
        let side = self.caller.data_mut();
        let stored = side.shared.get(&key);
        if stored.is_some_and(|(_, cas)| expected != 0 && *cas != expected) {
            return CAS_MISMATCH;
        }
        side.writes += 1;
        side.shared.insert(key, (value, side.writes));
        OK
    }

    fn int(&self, at: usize) -> i32 {
        self.given[at].i32().expect("a number of 32 bits")
    }

    fn size(&self, at: usize) -> usize {
        usize::try_from(u32::from_le_bytes(self.int(at).to_le_bytes())).expect("64 bits")
    }

    fn memory(&self) -> Memory {
        match self.caller.get_export("memory") {
            Some(Extern::Memory(memory)) => memory,
            _ => panic!("the module exports its memory"),
        }
    }

    /// The bytes whose address and size are the arguments `at` and the one after it.
    fn bytes(&self, at: usize) -> Vec<u8> {
        let mut bytes = vec![0; self.size(at + 1)];
        self.memory().read(&self.caller, self.size(at), &mut bytes).expect("an address in memory");
        bytes
    }

    /// Writes bytes at the address that is the argument `at`.
    fn put(&mut self, at: usize, bytes: &[u8]) -> i32 {
        let (memory, address) = (self.memory(), self.size(at));
        memory.write(&mut self.caller, address, bytes).expect("an address in memory");
        OK
    }

    /// Puts bytes where the module has room for them, and says where by the arguments `at` and the one
    /// after it.
    fn give(&mut self, at: usize, bytes: &[u8]) -> i32 {
        let size = i32::try_from(bytes.len()).expect("few bytes");
        let mut address = [Val::I32(0)];
        if size > 0 {
            let allocate = self.caller.get_export("proxy_on_memory_allocate");
            let allocate = allocate.and_then(Extern::into_func).expect("an export of the module");
            allocate.call(&mut self.caller, &[Val::I32(size)], &mut address).expect("room");
            let start = address[0].i32().and_then(|it| usize::try_from(it).ok()).expect("low");
            self.memory().write(&mut self.caller, start, bytes).expect("an address in memory");
        }
        self.put(at, &address[0].i32().unwrap_or_default().to_le_bytes());
        self.put(at + 1, &size.to_le_bytes())
    }
}
