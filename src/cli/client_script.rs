//! `unstuff client-script`: the script element of login pages.

use std::process::ExitCode;

use unstuff_engine::challenge::ClientScript;

use crate::stdout;

/// Print the script element for login pages, with its digest
///
/// With this script on the login page, people who are challenged see nothing of it: the puzzle is
/// solved while they type. A module of the same version as this tool serves the script. The digest
/// lets browsers keep it, and `integrity` lets them refuse any other.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  unstuff client-script >> login.html

Exit status: 0 done, 2 standard output cannot be written.")]
pub(crate) struct ClientScriptArgs {}

/// Prints the element.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn run(ClientScriptArgs {}: ClientScriptArgs) -> anyhow::Result<ExitCode> {
    let script = ClientScript::get();
    let (address, integrity) = (script.address(), script.integrity());
    stdout::print(&format!(
        "<script src=\"{address}\" integrity=\"{integrity}\" data-unstuff defer></script>\n"
    ))?;
    Ok(ExitCode::SUCCESS)
}
