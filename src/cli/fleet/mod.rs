//! `unstuff fleet`: what the service with which gateways count together needs to know.
//!
//! The service has its limits in a file of its own. It is printed from the configuration, so that
//! the numbers are written once.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use unstuff_engine::policy::Policy;

use crate::{check, config_input, stdout};

mod document;
mod limits;
mod service;

pub(crate) use document::LimitsNode;
pub(crate) use limits::ServiceLimits;
pub(crate) use service::ServiceFormat;

/// Print what the rate limit service of a fleet needs
///
/// Gateways whose configuration has `fleet` count together in a rate limit service.
#[derive(Debug, clap::Args)]
pub(crate) struct FleetArgs {
    #[command(subcommand)]
    command: FleetCommand,
}

/// What is said of a configuration that needs no limits.
pub(crate) const NO_FLEET: &str = "no gateways count together: add \"fleet\": { \"cluster\": \"…\", \
     \"key\": \"…\" }, and \"scope\": \"fleet\" to a rule, such as \"rules\": { \"ip-guessing\": \
     { \"scope\": \"fleet\" } }";

#[derive(Debug, Subcommand)]
enum FleetCommand {
    Limits(LimitsArgs),
}

/// Print the limits of a configuration as the service's own configuration
///
/// Each rule with "scope": "fleet" is one limit. Attack mode and passes have limits, too. Change the
/// configuration, and print the limits anew. A manifest is read as `unstuff check` reads it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  unstuff fleet limits unstuff.json > limits.yaml
  unstuff fleet limits unstuff.json --format limitador > limits.yaml
  kubectl kustomize envoy/istio/fleet | unstuff fleet limits -

Exit status: 0 done, 1 the configuration is invalid, 2 it has no fleet, or the file cannot be read.")]
struct LimitsArgs {
    /// A configuration in JSON, or a manifest that holds one; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The service that reads the limits
    #[arg(long, value_enum, default_value_t = ServiceFormat::Envoy)]
    format: ServiceFormat,
}

/// Prints the limits, or the problems of the configuration.
///
/// # Errors
/// The file cannot be read, or has no fleet.
pub(crate) fn run(FleetArgs { command }: FleetArgs) -> anyhow::Result<ExitCode> {
    let FleetCommand::Limits(args) = command;
    let name = args.file.display().to_string();
    match check::policies(name, config_input::read(&args.file)?) {
        Ok(policies) => stdout::print(&to_yaml(&policies, args.format)?)?,
        Err(problems) => {
            eprint!("{problems}");
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The limits of all configurations of a file, which are a fleet's.
fn to_yaml(policies: &[Policy], format: ServiceFormat) -> anyhow::Result<String> {
    let mut needed: Vec<_> = policies.iter().filter_map(ServiceLimits::of).collect();
    needed.dedup();
    match needed.as_slice() {
        [] => bail!("{NO_FLEET}"),
        [needed] => Ok(format.document(needed).yaml()),
        _ => bail!("the configurations need different limits: print those of one file at a time"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use unstuff_engine::config;

    use super::*;

    fn policy(rules: &str) -> Policy {
        let key = "0f".repeat(32);
        let fleet = format!(r#"{{ "cluster": "limiter", "key": "{key}" }}"#);
        parsed(&format!(r#"{{ "keys": ["{key}"], "fleet": {fleet}, "rules": {rules} }}"#))
    }

    fn parsed(document: &str) -> Policy {
        config::parse(document.as_bytes()).expect("a valid configuration").policy
    }

    fn printed(rules: &str, format: ServiceFormat) -> anyhow::Result<String> {
        to_yaml(&[policy(rules)], format)
    }

    const ONE: &str = r#"{ "ip-guessing": { "scope": "fleet" } }"#;

    /// The wider rule first, to see that a report has it last.
    const TWO: &str = r#"[
        { "name": "wide", "scope": "fleet", "when": { "network.failures": { "over": 50, "within": "24h" } },
          "then": "block", "ban": "network", "for": "1h" },
        { "name": "narrow", "scope": "fleet", "when": { "ip.failures": { "over": 7, "within": "10m" } },
          "then": "block", "ban": "ip", "for": "1h" }
    ]"#;

    #[test]
    fn the_documentation_shows_what_is_printed() {
        let page = include_str!("../../../docs/fleet.md");
        for format in [ServiceFormat::Envoy, ServiceFormat::Limitador] {
            let yaml = printed(ONE, format).expect("limits");
            assert!(page.contains(&format!("```yaml\n{yaml}```")), "docs/fleet.md lacks:\n{yaml}");
        }
    }

    #[test]
    fn a_unit_is_no_shorter_than_the_window() {
        let yaml = printed(TWO, ServiceFormat::Envoy).expect("limits");
        let limits: Vec<_> = yaml
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("unit") || line.starts_with("requests"))
            .collect();
        let narrow = ["unit: \"hour\"", "requests_per_unit: 7"];
        let wide = ["unit: \"day\"", "requests_per_unit: 50"];
        let suspicion = ["unit: \"hour\"", "requests_per_unit: 100"];
        let passes =
            ["unit: \"hour\"", "requests_per_unit: 3", "unit: \"hour\"", "requests_per_unit: 1"];
        assert_eq!(limits, [narrow.as_slice(), &wide, &suspicion, &passes].concat());
    }

    #[test]
    fn limitador_finds_a_rule_wherever_a_report_has_it() {
        let yaml = printed(TWO, ServiceFormat::Limitador).expect("limits");
        let wide = yaml.split("- namespace").nth(2).expect("a limit");
        let expected = r#": "unstuff"
  name: "wide"
  max_value: 50
  seconds: 86400
  conditions:
    - "descriptors[0].rule == 'wide' || (size(descriptors) > 1 && descriptors[1].rule == 'wide')"
  variables:
    - "(descriptors[0].rule == 'wide' ? descriptors[0] : descriptors[1]).client"
    - "(descriptors[0].rule == 'wide' ? descriptors[0] : descriptors[1]).window"
"#;
        assert_eq!(wide, expected);
    }

    #[test]
    fn without_a_fleet_the_error_says_what_to_write() {
        let error = to_yaml(&[parsed("{}")], ServiceFormat::Envoy);
        let error = error.expect_err("no fleet").to_string();
        assert!(error.contains(r#"add "fleet": { "cluster": "…", "key": "…" }"#), "{error}");
        assert!(error.contains(r#"{ "ip-guessing": { "scope": "fleet" } }"#), "{error}");
    }

    /// `UNSTUFF_BLESS=1` prints them anew.
    #[test]
    fn the_example_has_the_limits_that_its_gateways_need() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../envoy/fleet");
        for gateway in ["gateway-1.yaml", "gateway-2.yaml"] {
            let bytes = std::fs::read(example.join(gateway)).expect("a gateway");
            let policies = check::policies(gateway.to_owned(), bytes).expect("a valid policy");
            for (format, file) in [
                (ServiceFormat::Envoy, "ratelimit/config/unstuff.yaml"),
                (ServiceFormat::Limitador, "limitador.yaml"),
            ] {
                let yaml = to_yaml(&policies, format).expect("limits");
                if std::env::var_os("UNSTUFF_BLESS").is_some() {
                    std::fs::write(example.join(file), &yaml).expect("the limits");
                }
                let there = std::fs::read_to_string(example.join(file)).expect("the limits");
                assert_eq!(there, yaml, "envoy/fleet/{file} is not what {gateway} needs");
            }
        }
    }

    #[test]
    fn configurations_that_need_different_limits_are_no_fleet() {
        let same = to_yaml(&[policy(ONE), policy(ONE)], ServiceFormat::Envoy);
        assert!(same.is_ok(), "{same:?}");
        let error = to_yaml(&[policy(ONE), policy(TWO)], ServiceFormat::Envoy);
        let error = error.expect_err("two fleets");
        assert!(error.to_string().contains("different limits"), "{error}");
    }
}
