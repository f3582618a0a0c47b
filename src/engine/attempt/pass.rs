//! The pass of a login, whose uses the fleet counts.

use super::read::UndecidedLogin;
use super::{Engine, Host};
use crate::challenge::token::{TokenId, TokenScope};
use crate::fleet::pass;
use crate::request::headers::Headers;
use crate::state::{EntryStore, Store};

impl Engine {
    /// The pass that the verdict on a login hinges on, and the message that asks the fleet about it.
    /// `None` where only this gateway counts its uses.
    pub(super) fn pass_to_confirm<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        login: &UndecidedLogin,
    ) -> Option<(TokenId, Vec<u8>)> {
        let (fleet, challenger) = (self.policy.fleet.as_ref()?, self.challenger.as_ref()?);
        let headers = login.held.headers.read();
        let headers = Headers::borrowed(&headers);
        // Without configured keys a pass is good at one gateway alone.
        let may_be = !self.policy.keys.is_empty() && self.may_be_admitted(headers);
        if !may_be || !self.needs_pass(host, login, headers) {
            return None;
        }
        let endpoint = self.policy.endpoint(*login.endpoints.first()?)?;
        let binding = challenger.binding(&login.held.client, headers);
        let scope = TokenScope { endpoint: &endpoint.name, binding: &binding };
        let found = challenger.usable_pass(host.store, host.now, headers, scope)?;
        Some((found.id, pass::question(fleet, &found)))
    }

    fn needs_pass<S, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        login: &UndecidedLogin,
        headers: Headers<'_>,
    ) -> bool {
        let clients = self.audience(&login.endpoints, Some(headers));
        let mut is_needed = false;
        self.preview(host, login, |ledger| {
            ledger.judge(clients, || {
                is_needed = true;
                false
            });
        });
        is_needed
    }
}
