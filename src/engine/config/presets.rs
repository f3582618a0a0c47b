//! Presets: how the logins of well-known applications behave, as endpoints to build on.
//!
//! A preset has a *door* for each way in: WordPress has its page, `xmlrpc.php` and the REST API. An
//! endpoint that names a preset is one endpoint for each door, and takes from it the keys that it
//! does not have itself; `wordpress/xmlrpc` is one door alone.
//!
//! Each preset is a file of the folder `presets`, in the language of configurations, with what is
//! known of the application and from where. A preset states only facts that can be looked up, and
//! only successes that a request cannot cause without a valid login, because a success earns
//! credit. The folder tests/fixtures/applications holds the exchanges that prove each door.

#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;

use super::node::ConfigNode;
use super::object::ConfigObject;
use super::problem::Problem;
use super::reader::ConfigValue;
use super::schema::presets::PRESET;
use super::squeezed::document;

/// A preset, as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// Its document, a JSON object; in the module without what only people read.
    pub json: &'static str,
}

macro_rules! presets {
    ($($name:literal)*) => {
        &[$(Preset { name: $name, json: document!(concat!("presets/", $name, ".json")) }),*]
    };
}

/// Every preset, in alphabetical order.
pub const PRESETS: &[Preset] = presets! {
    "aspnet-identity"
    "authelia"
    "authentik"
    "devise"
    "directus"
    "discourse"
    "django"
    "django-rest"
    "dokuwiki"
    "drupal"
    "fastapi"
    "flask-login"
    "ghost"
    "gitea"
    "gitlab"
    "grafana"
    "jenkins"
    "joomla"
    "jupyterhub"
    "keycloak"
    "laravel"
    "mediawiki"
    "nextcloud"
    "oauth2"
    "passport"
    "phpmyadmin"
    "rails"
    "roundcube"
    "spring-security"
    "strapi"
    "wordpress"
};

/// A preset, or one of its doors, that an endpoint names.
pub(super) struct NamedPreset {
    name: &'static str,
    document: ConfigNode,
    only_door: Option<String>,
}

/// A way in, as an endpoint to build on.
pub(super) struct PresetDoor<'a> {
    /// The name of its endpoint, unless the endpoint has one.
    pub endpoint: String,
    /// What its endpoint's name ends in after a name of its own; empty at the first door.
    pub suffix: String,
    /// Its keys.
    pub keys: ConfigObject<'a>,
}

impl NamedPreset {
    /// The preset that `value` names: `wordpress`, or `wordpress/xmlrpc` for one door.
    pub(super) fn of(value: &ConfigValue<'_>) -> Option<Self> {
        let given = value.text()?;
        let (name, only_door) = match given.split_once('/') {
            Some((name, door)) => (name, Some(door.to_owned())),
            None => (given, None),
        };
        let Some(preset) = PRESETS.iter().find(|preset| preset.name == name) else {
            let known: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
            let fix = Problem::new("unknown preset").did_you_mean(name, known).fix;
            let problem = Problem::new("unknown preset").allowed("what `unstuff presets` lists");
            return value.refuse(Problem { fix, ..problem });
        };
        match ConfigNode::parse(preset.json.as_bytes()) {
            Ok(document) => Some(Self { name: preset.name, document, only_door }),
            Err(problem) => value.refuse(*problem),
        }
    }

    /// The doors; problems are reported at `value`, which names the preset.
    pub(super) fn doors<'a>(&'a self, value: &ConfigValue<'a>) -> Vec<PresetDoor<'a>> {
        let document = value.apart("built-in preset", &PRESET, &self.document);
        let all = document.object().and_then(|preset| preset.need("doors")?.list());
        let mut known = Vec::new();
        let mut doors = Vec::new();
        for (index, keys) in all.iter().flatten().filter_map(ConfigValue::object).enumerate() {
            let name = keys.need("name").and_then(|name| name.text()).unwrap_or_default();
            known.push(name);
            let preset = self.name;
            let (endpoint, suffix) = match index {
                0 => (preset.to_owned(), String::new()),
                _ => (format!("{preset}-{name}"), format!("-{name}")),
            };
            match &self.only_door {
                None => doors.push(PresetDoor { endpoint, suffix, keys }),
                Some(only) if only == name => {
                    doors.push(PresetDoor { endpoint, suffix: String::new(), keys });
                }
                Some(_) => {}
            }
        }
        if let (true, Some(only)) = (doors.is_empty(), &self.only_door) {
            let wrong = format!("preset {} has no such door", self.name);
            return value.unknown(&wrong, only, &known).unwrap_or_default();
        }
        doors
    }
}
