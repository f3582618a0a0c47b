//! WordPress' `xmlrpc.php`: the username and the password of each call, by their places.
//!
//! `system.multicall` brings hundreds of calls in one request, and each is an attempt. Calls that
//! need no credentials (`pingback.ping`, `system.listMethods`) are no login. The places are those of
//! `wp-includes/class-wp-xmlrpc-server.php` of WordPress 6; other applications agree on those of
//! `metaWeblog`, `blogger` and `mt`.
//!
//! A reader of our own: XML-RPC needs tags and text only, and a general parser (`quick-xml`, 23 KB
//! of module) brings what is refused here.

#[cfg(test)]
mod tests;
mod value;
mod xml;

use super::batch::{LoginBatch, LoginValues};
use value::{XmlRpcCall, XmlRpcValue};

/// The families of methods that take credentials, in lower case.
const FAMILIES: [&str; 4] = ["wp.", "metaweblog.", "blogger.", "mt."];

/// Methods of these families without credentials.
const OPEN: [&str; 3] = ["mt.supportedmethods", "mt.supportedtextfilters", "mt.gettrackbackpings"];

/// The place of the username, where it is not the second. The password follows it.
const PLACES: [(&str, usize); 9] = [
    ("wp.getusersblogs", 0),
    ("wp.getpage", 2),
    ("wp.editpage", 2),
    ("blogger.getpost", 2),
    ("blogger.getrecentposts", 2),
    ("blogger.newpost", 2),
    ("blogger.editpost", 2),
    ("blogger.deletepost", 2),
    ("metaweblog.deletepost", 2),
];

/// The logins in a body; `None` if it is not plainly a call in XML-RPC.
pub(super) fn read(body: &[u8]) -> Option<LoginBatch> {
    let XmlRpcCall { method, parameters } = XmlRpcCall::read(body).ok()?;
    let mut batch = LoginBatch::default();
    let is_read = if method.eq_ignore_ascii_case("system.multicall") {
        parameters.iter().all(|parameter| nested_calls(parameter, &mut batch))
    } else {
        call(&method, &parameters, &mut batch)
    };
    is_read.then_some(batch)
}

/// Takes the calls of `system.multicall`. WordPress finds them in an array, in a struct, or among
/// the parameters themselves, so every struct with a `methodName` is one.
fn nested_calls(value: &XmlRpcValue, batch: &mut LoginBatch) -> bool {
    match value {
        XmlRpcValue::Text(_) | XmlRpcValue::Inexact(_) => true,
        XmlRpcValue::Array(values) => values.iter().all(|value| nested_calls(value, batch)),
        XmlRpcValue::Struct(members) => {
            let named = |wanted: &str| {
                let mut all = members.iter().filter(|(name, _)| name == wanted);
                (all.next().map(|(_, value)| value), all.next().is_none())
            };
            match (named("methodName"), named("params")) {
                ((None, _), _) => members.iter().all(|(_, value)| nested_calls(value, batch)),
                ((Some(XmlRpcValue::Text(method)), true), (parameters, true)) => {
                    let method = String::from_utf8_lossy(method);
                    match parameters {
                        None => true,
                        Some(XmlRpcValue::Array(parameters)) => {
                            call(method.trim(), parameters, batch)
                        }
                        // PHP takes a struct for an array, and a text for its letters.
                        Some(_) => false,
                    }
                }
                _ => false,
            }
        }
    }
}

/// Takes the credentials of one call; returns whether it could be read.
fn call(method: &str, parameters: &[XmlRpcValue], batch: &mut LoginBatch) -> bool {
    let method = method.to_ascii_lowercase();
    let needs_none = !FAMILIES.iter().any(|family| method.starts_with(family));
    if needs_none || OPEN.contains(&method.as_str()) {
        return true;
    }
    let parameters = match parameters {
        // WordPress takes the only parameter for all of them.
        [XmlRpcValue::Array(all)] => all,
        [XmlRpcValue::Struct(_)] => return false,
        all => all,
    };
    let place = PLACES.iter().find(|(name, _)| *name == method).map_or(1, |(_, place)| *place);
    let mut values = LoginValues::default();
    let take = |place: usize| match parameters.get(place) {
        Some(XmlRpcValue::Text(text)) => Some((text.clone(), false)),
        Some(XmlRpcValue::Inexact(text)) => Some((text.clone(), true)),
        Some(XmlRpcValue::Array(_) | XmlRpcValue::Struct(_)) | None => None,
    };
    // With fewer parameters WordPress answers that some are missing.
    let (Some(username), Some(password)) = (take(place), take(place + 1)) else { return true };
    values.is_inexact = username.1 || password.1;
    values.usernames.push(username.0);
    values.passwords.push(password.0);
    batch.count(1);
    batch.keep(&values);
    true
}
