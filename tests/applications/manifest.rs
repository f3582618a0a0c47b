//! What the driver knows about an application: the file `application.json` in its folder.
//!
//! Beside that file are `prepare`, if the application has something to install, and `serve`, which
//! becomes the application's server. Both get their surroundings as environment variables
//! ([`AppServer`](crate::server::AppServer)).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An application and what is done to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppManifest {
    /// How people call it.
    pub name: String,
    /// A shell command that prints its version.
    pub version: String,
    /// A page that answers once it serves.
    pub ready: String,
    /// How its log tells of attempts.
    #[serde(default)]
    pub log: AttemptLog,
    /// The module's configuration for it, without the client.
    pub policy: Value,
    /// The most attempts of one address that may reach it: 25 with the default rules, which stop
    /// the 21st different failure. Counts above sixteen are estimated, so 20 pass in six runs of
    /// ten, and more than 25 in one of 5,000. One more where the outcome is in the body, and so is
    /// known a moment later.
    pub limit: usize,
    /// How a person logs in.
    pub person: PersonSpec,
    /// The attacks.
    pub attacks: Vec<AttackSpec>,
    /// The exchanges that are recorded.
    pub steps: Vec<StepSpec>,
    /// The name of its folder.
    #[serde(skip)]
    pub folder: String,
}

/// The texts that stand in the log for each attempt.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttemptLog {
    /// A failed one.
    pub failed: String,
    /// A good one.
    pub succeeded: String,
}

impl Default for AttemptLog {
    fn default() -> Self {
        Self { failed: "login failed".to_owned(), succeeded: "login succeeded".to_owned() }
    }
}

/// How a person logs in: selectors of the page, and where the login leads.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonSpec {
    /// The page that the person asks for. It may lead to the login page.
    pub page: String,
    /// The field of the name.
    pub username: String,
    /// The name that is typed.
    pub types: String,
    /// The field of the password.
    pub password: String,
    /// What is clicked.
    pub submit: String,
    /// A text that a failed login shows; a new answer is all that is waited for without it.
    #[serde(default)]
    pub refused: String,
    /// The beginning of the path and query that the login leads to.
    pub arrives: String,
    /// A text of the page there.
    pub shows: String,
    /// The attributes of the invisible challenge's element, where the one that the module adds does
    /// not do: a page that sends logins by script. The person's browser then adds the element.
    #[serde(default)]
    pub script: Option<BTreeMap<String, String>>,
}

/// An attack by one tool.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttackSpec {
    /// `hydra`, `patator` or `many` (many attempts in a request).
    pub tool: ToolName,
    /// What the tool is told about this application: see [`crate::tool`].
    pub arguments: Vec<String>,
    /// Exchanges before it, for a token that the tool cannot get by itself.
    #[serde(default)]
    pub before: Vec<StepSpec>,
}

/// A tool that attacks.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ToolName {
    Hydra,
    Patator,
    /// A loop of ours, as wpscan does it: many attempts in one request.
    Many,
}

impl ToolName {
    /// How the table calls it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Hydra => "hydra",
            Self::Patator => "patator",
            Self::Many => "30 in a request",
        }
    }
}

/// One exchange with the application.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepSpec {
    /// What it is.
    pub step: String,
    /// Whether it begins in a new browser.
    #[serde(default)]
    pub fresh: bool,
    /// The method.
    #[serde(default = "get")]
    pub method: String,
    /// The path and the query.
    pub target: String,
    /// Headers beside those of a browser.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A form body; what is filled in is percent-encoded.
    #[serde(default)]
    pub form: Option<String>,
    /// Any other body.
    #[serde(default)]
    pub body: Option<String>,
    /// Texts of the response that later steps use, by name.
    #[serde(default)]
    pub take: BTreeMap<String, Excerpt>,
    /// The status that the application must answer with.
    #[serde(default)]
    pub status: Option<u16>,
    /// What it means: `failure`, `success` or `none`.
    #[serde(default = "none")]
    pub outcome: String,
}

/// A text of a response's body between two others.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Excerpt {
    /// What stands before it.
    pub after: String,
    /// What stands behind it.
    pub before: String,
}

fn get() -> String {
    "GET".to_owned()
}

fn none() -> String {
    "none".to_owned()
}

/// The folder of all applications.
pub(crate) fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("applications")
}

impl AppManifest {
    /// All applications, sorted by folder, or those whose folder is among `wanted`.
    pub(crate) fn load_all(wanted: &[String]) -> Vec<Self> {
        let folders = fs::read_dir(home()).expect("tests/applications").flatten();
        let mut names: Vec<String> = folders
            .filter(|folder| folder.path().join("application.json").exists())
            .filter_map(|folder| folder.file_name().into_string().ok())
            .filter(|name| wanted.is_empty() || wanted.contains(name))
            .collect();
        names.sort();
        assert!(wanted.len() <= names.len() || wanted.is_empty(), "one of {wanted:?} is unknown");
        names.into_iter().map(Self::load).collect()
    }

    fn load(folder: String) -> Self {
        let path = home().join(&folder).join("application.json");
        let text = fs::read_to_string(&path).expect("application.json");
        let mut manifest: Self = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        manifest.folder = folder;
        manifest
    }
}
