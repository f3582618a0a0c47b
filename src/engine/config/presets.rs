//! Presets: how well-known login pages behave, as endpoints to build on.
//!
//! `presets.json` holds them in the language of configurations; an endpoint that names one takes
//! from it the keys that it does not have itself. A preset states only facts that can be looked
//! up, and only successes that a request cannot cause without a valid login, because a success
//! earns credit.

use super::node::ConfigNode;
use super::object::ConfigObject;
use super::reader::ConfigValue;
use super::schema::endpoints::PRESETS;

const DOCUMENT: &str = include_str!("presets.json");

/// The document of all presets.
pub(super) struct Presets(Option<ConfigNode>);

impl Presets {
    pub(super) fn load() -> Self {
        Self(ConfigNode::parse(DOCUMENT.as_bytes()).ok())
    }

    /// The preset called `name`.
    pub(super) fn named<'d>(&'d self, name: &ConfigValue<'d>) -> Option<ConfigObject<'d>> {
        let wanted = name.text()?;
        let all = name.apart("built-in presets", &PRESETS, self.0.as_ref()?).map()?;
        match all.get(wanted) {
            Some(preset) => preset.map(),
            None => {
                let known: Vec<_> = all.iter().map(|(known, _)| known).collect();
                name.unknown("unknown preset", wanted, &known)
            }
        }
    }
}
