//! `unstuff doctor`: what is not right in a running Envoy.
//!
//! It reads Envoy's admin interface and changes nothing. What is configured is checked as `unstuff
//! check` checks manifests ([`dump`] takes the parts out of Envoy's answer), and what the module has
//! counted is read for what should not be ([`counted`]). A configuration holds keys, and other plugins
//! hold theirs: nothing of either is printed but names.

use std::process::ExitCode;

use anyhow::bail;

use crate::envoy_admin::EnvoyAdmin;
use crate::stdout::{self, OutputFormat};

mod counted;
mod diagnosis;
mod dump;
mod report;
#[cfg(test)]
mod tests;

use diagnosis::Diagnosis;

/// Look at a running Envoy, and say what is not right
///
/// Reads the admin interface of Envoy: its configuration and its statistics. Says what is wrong around
/// the module, each with the mend: a buffer filter that is missing or stands before the module, headers
/// that clients can forge, a failure policy that lets logins pass, another plugin that shares the
/// module's memory, an address that is a proxy's, endpoints whose outcomes are not recognised, a state
/// that is full, a module that is older than this tool.
///
/// It changes nothing. Neither keys nor the configuration of other plugins are printed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  unstuff doctor http://127.0.0.1:9901
  kubectl port-forward -n istio-system deploy/istio-ingressgateway 15000 & unstuff doctor 127.0.0.1:15000

Exit status: 0 nothing is wrong, 1 something is, 2 Envoy cannot be read.")]
pub(crate) struct DoctorArgs {
    /// The admin interface of Envoy
    #[arg(value_name = "URL")]
    url: String,
    /// The format of the result
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

/// Runs the subcommand.
///
/// # Errors
/// Envoy cannot be read, or standard output cannot be written.
pub(crate) fn run(args: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let admin = EnvoyAdmin::at(&args.url)?;
    if let Some((root, _)) = admin.url().split_once("/stats") {
        bail!("{}: metrics alone do not tell the configuration; give {root}", args.url);
    }
    let info = admin.json("/server_info")?;
    let dump = admin.json("/config_dump")?;
    let stats = admin.stats()?;
    let diagnosis = Diagnosis::of(&info, &dump, &stats)?;
    stdout::print(&match args.format {
        OutputFormat::Text => report::text(&diagnosis, admin.url()),
        OutputFormat::Json => format!("{:#}\n", report::json(&diagnosis)),
    })?;
    Ok(if diagnosis.has_warnings() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
