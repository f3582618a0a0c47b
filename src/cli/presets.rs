//! `unstuff presets`: the list of presets, or one of them as a configuration to copy.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use unstuff_engine::config::{self, PRESETS, Preset};

use crate::stdout;

/// List the applications whose logins are known, or print one as a configuration
///
/// A preset knows where an application logs people in, in which fields, and how it answers: one
/// line in a configuration, such as {"endpoints": [{"preset": "wordpress"}]}, protects every door
/// of the application. Keys of your own beside it take precedence.
///
/// How the answers are known: `recorded`, the application was run and has answered so; `source`,
/// read in the application's source; `docs`, read in its documentation.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  unstuff presets
  unstuff presets wordpress > wordpress.json
  unstuff presets wordpress/xmlrpc

Exit status: 0 done, 2 there is no such preset.")]
pub(crate) struct PresetsArgs {
    /// A preset, or one of its doors; its whole configuration is printed, to copy and change
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print the list as JSON. A preset is always printed as JSON
    #[arg(long)]
    json: bool,
}

/// A preset's document. Its doors are printed as they are written.
#[derive(Deserialize)]
struct PresetDocument<'a> {
    application: String,
    versions: String,
    known: String,
    sources: Vec<String>,
    #[serde(borrow)]
    doors: Vec<&'a RawValue>,
}

/// A line of the list.
#[derive(Serialize)]
struct ListedPreset {
    preset: &'static str,
    application: String,
    versions: String,
    known: String,
    sources: Vec<String>,
    doors: Vec<String>,
}

/// Prints the list, or one preset.
///
/// # Errors
/// There is no preset of this name, or standard output cannot be written.
pub(crate) fn run(args: PresetsArgs) -> anyhow::Result<ExitCode> {
    let text = match &args.name {
        Some(name) => configuration(name)?,
        None => {
            let list = PRESETS.iter().map(listed).collect::<anyhow::Result<Vec<_>>>()?;
            if args.json {
                format!("{}\n", serde_json::to_string_pretty(&list)?)
            } else {
                to_text(&list)
            }
        }
    };
    stdout::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn document(preset: &Preset) -> anyhow::Result<PresetDocument<'static>> {
    serde_json::from_str(preset.json).with_context(|| format!("preset {}", preset.name))
}

fn door_name(door: &RawValue) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct NamedDoor {
        name: String,
    }
    Ok(serde_json::from_str::<NamedDoor>(door.get())?.name)
}

fn listed(preset: &Preset) -> anyhow::Result<ListedPreset> {
    let PresetDocument { application, versions, known, sources, doors } = document(preset)?;
    let doors = doors.into_iter().map(door_name).collect::<anyhow::Result<_>>()?;
    Ok(ListedPreset { preset: preset.name, application, versions, known, sources, doors })
}

fn to_text(list: &[ListedPreset]) -> String {
    let width = |of: fn(&ListedPreset) -> usize| list.iter().map(of).max().unwrap_or_default();
    let (names, doors) = (width(|it| it.preset.len()), width(|it| it.doors.join(", ").len()));
    let mut text = String::new();
    let mut line = |preset: &str, known: &str, door: &str, application: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{preset:<names$}  {known:<8}  {door:<doors$}  {application}");
    };
    line("PRESET", "KNOWN", "DOORS", "APPLICATION (VERSIONS)");
    for preset in list {
        let application = format!("{} ({})", preset.application, preset.versions);
        line(preset.preset, &preset.known, &preset.doors.join(", "), &application);
    }
    text.push_str(
        "\nIn a configuration: {\"endpoints\": [{\"preset\": \"NAME\"}]}. \
         `unstuff presets NAME` prints all of its keys.\n",
    );
    text
}

/// The configuration that a preset, or one of its doors, stands for.
fn configuration(name: &str) -> anyhow::Result<String> {
    let asked = serde_json::json!({ "endpoints": [{ "preset": name }] });
    let endpoints = match config::parse(asked.to_string().as_bytes()) {
        Ok(configured) => configured.policy.endpoints,
        Err(problems) => {
            let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
            bail!("{}", said.join("; ").trim_start_matches("$.endpoints[0].preset: "));
        }
    };
    let (preset_name, only) =
        name.split_once('/').map_or((name, None), |(it, door)| (it, Some(door)));
    let preset = PRESETS.iter().find(|preset| preset.name == preset_name).context("a preset")?;
    let PresetDocument { application, versions, known, sources, doors } = document(preset)?;
    let about = format!("{application} ({versions}), {known}. Sources: {}.", sources.join("; "));
    let mut printed = Vec::new();
    for door in doors {
        let own_name = door_name(door)?;
        if only.is_none_or(|only| only == own_name) {
            let endpoint = endpoints.get(printed.len()).context("an endpoint for each door")?;
            let (from, to) = (format!("\"name\": \"{own_name}\""), &endpoint.name);
            printed.push(door.get().replacen(&from, &format!("\"name\": \"{to}\""), 1));
        }
    }
    let about = serde_json::to_string(&about)?;
    let endpoints = printed.join(",\n    ");
    Ok(format!("{{\n  \"about\": {about},\n  \"endpoints\": [\n    {endpoints}\n  ]\n}}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_preset_is_the_configuration_that_its_name_stands_for() {
        let mut names: Vec<_> = PRESETS.iter().map(|preset| preset.name.to_owned()).collect();
        for preset in PRESETS.iter().map(|preset| listed(preset).expect("a preset")) {
            names.extend(preset.doors.iter().map(|door| format!("{}/{door}", preset.preset)));
        }
        for name in names {
            let endpoints = |config: &str| {
                let configured = config::parse(config.as_bytes());
                let policy = configured.unwrap_or_else(|it| panic!("{name}: {it:?}")).policy;
                format!("{:?}", policy.endpoints)
            };
            let named = format!(r#"{{"endpoints": [{{"preset": "{name}"}}]}}"#);
            let printed = configuration(&name).expect("a preset");
            assert_eq!(endpoints(&printed), endpoints(&named), "{printed}");
        }
    }

    #[test]
    fn the_list_names_every_preset_with_its_doors() {
        let list: Vec<_> = PRESETS.iter().map(|preset| listed(preset).expect("one")).collect();
        let text = to_text(&list);
        for preset in &list {
            let line = text.lines().find(|line| line.starts_with(&format!("{} ", preset.preset)));
            let line = line.unwrap_or_else(|| panic!("{} is not listed: {text}", preset.preset));
            let parts = [&preset.doors.join(", "), &preset.application, &preset.known];
            assert!(parts.iter().all(|part| line.contains(*part)), "{line}");
        }
    }

    #[test]
    fn an_unknown_preset_or_door_is_refused_with_the_one_that_was_meant() {
        let said = |name: &str| configuration(name).expect_err(name).to_string();
        assert!(said("wordpres").contains("did you mean \"wordpress\"?"), "{}", said("wordpres"));
        assert!(said("wordpress/logn").contains("\"login\""), "{}", said("wordpress/logn"));
    }
}
