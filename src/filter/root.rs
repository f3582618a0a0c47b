//! The root context: one in each worker for each configuration.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use crate::first_start;
use crate::fleet::FleetCalls;
use crate::host::{self, Buffer, Level};
use crate::lookups::{self, HeldStream};
use crate::module::Module;
use crate::stream::Stream;

/// How often workers exchange what they have seen at each endpoint, and hand over what they have
/// counted.
pub(crate) const TICK_MILLISECONDS: u32 = 1000;

/// More than any configuration has.
const MAX_CONFIGURATION_BYTES: usize = 16 << 20;

/// The root context: one a worker and configuration.
#[derive(Default)]
pub(crate) struct Root {
    module: Option<Rc<Module>>,
}

impl Context for Root {
    fn on_grpc_call_response(&mut self, token: u32, status: u32, size: usize) {
        if let Some((module, fleet)) = self.fleet() {
            fleet.take_answer(module, token, (status == 0).then_some(size));
        }
    }
}

impl Root {
    fn fleet(&self) -> Option<(&Module, &FleetCalls)> {
        let module = self.module.as_deref()?;
        Some((module, module.fleet.as_ref()?))
    }
}

impl RootContext for Root {
    fn on_configure(&mut self, _: usize) -> bool {
        let bytes = host::buffer(Buffer::Configuration, MAX_CONFIGURATION_BYTES);
        let configured = match Module::configure(&bytes) {
            Ok(module) => {
                first_start::note_accepted();
                Ok(module)
            }
            Err(problems) if first_start::watches_instead(&bytes) => {
                Module::watch(&bytes, problems)
            }
            Err(problems) => Err(problems),
        };
        match configured {
            Ok(module) => {
                self.module = Some(Rc::new(module));
                host::tick_every(TICK_MILLISECONDS);
                true
            }
            Err(problems) => {
                problems.iter().for_each(|problem| host::log(Level::Error, problem));
                false
            }
        }
    }

    fn on_tick(&mut self) {
        if let Some(module) = &self.module {
            module.tick();
        }
    }

    fn on_queue_ready(&mut self, _: u32) {
        if let Some((module, fleet)) = self.fleet() {
            fleet.drain(module);
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, context: u32) -> Option<Box<dyn HttpContext>> {
        let module = Rc::clone(self.module.as_ref()?);
        Some(if lookups::can_wait(module.engine.policy()) {
            Box::new(HeldStream::new(module, context))
        } else {
            Box::new(Stream::new(module))
        })
    }
}
