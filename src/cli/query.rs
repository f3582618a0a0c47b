//! `unstuff query`: looks up passwords in a filter.
//!
//! A password is read without echo, or lines are read from a pipe, and never printed. The results
//! are `breached` or `not known`, one per line, in the order of the input. A password is looked up as
//! the module does, raw and trimmed.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use unstuff_engine::breached::{FilterKind, Sha1Digest};
use unstuff_engine::request::credentials::{Password, normalise_username};

use crate::filter_file::{FilterFile, OpenFilter};

/// The byte order mark that some editors write at the beginning of a text.
const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Look up whether a password is known from a breach
///
/// On a terminal it asks for one password, without echo; from a pipe it reads one per line. For a
/// filter of pairs, enter username:password.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  unstuff query target/unstuff.wasm
  unstuff query hibp.unstuff < passwords.txt | grep -c breached

Exit status: 0 none is known, 1 at least one is, 2 an error.")]
pub(crate) struct QueryArgs {
    /// A filter, or a module with filters
    #[arg(value_name = "FILE|MODULE")]
    file: PathBuf,
    /// Look up in the module's filter of username:password pairs
    #[arg(long)]
    pairs: bool,
}

/// Runs the subcommand.
pub(crate) fn run(args: QueryArgs) -> Result<ExitCode> {
    let filters = FilterFile::open(&args.file)?;
    let kind = if args.pairs { Some(FilterKind::Pairs) } else { None };
    let filter = filters.filter(kind).with_context(|| args.file.display().to_string())?;
    let mut any = false;
    for line in lines(filter.header().kind)? {
        let known = known(&filter, &line?)?;
        any |= known;
        writeln!(io::stdout(), "{}", if known { "breached" } else { "not known" })
            .context("cannot write to standard output")?;
    }
    Ok(ExitCode::from(u8::from(any)))
}

/// The keys to look up: one that is typed, or the lines of a pipe.
fn lines(kind: FilterKind) -> Result<Box<dyn Iterator<Item = Result<Vec<u8>>>>> {
    if io::stdin().is_terminal() {
        let prompt = match kind {
            FilterKind::Passwords => "password: ",
            FilterKind::Pairs => "username:password: ",
        };
        let typed = rpassword::prompt_password(prompt).context("cannot read the password")?;
        return Ok(Box::new(std::iter::once(Ok(typed.into_bytes()))));
    }
    Ok(Box::new(io::stdin().lock().split(b'\n').enumerate().map(|(number, line)| {
        let mut line = line.context("cannot read standard input")?;
        if number == 0 && line.starts_with(&BOM) {
            line.drain(..BOM.len());
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(line)
    })))
}

fn known(filter: &OpenFilter<'_>, line: &[u8]) -> Result<bool> {
    let (username, password) = match filter.header().kind {
        FilterKind::Passwords => (None, line),
        FilterKind::Pairs => {
            let mut parts = line.splitn(2, |&byte| byte == b':');
            let (username, password) = (parts.next(), parts.next());
            ensure!(password.is_some(), "the filter is of pairs; give username:password");
            (username, password.unwrap_or_default())
        }
    };
    let username = username.map(normalise_username);
    for spelling in Password::new(password.to_vec()).spellings() {
        let digest = match &username {
            Some(username) => Sha1Digest::of_pair(username.as_bytes(), &spelling),
            None => Sha1Digest::of(&spelling),
        };
        if filter.contains(&digest)? {
            return Ok(true);
        }
    }
    Ok(false)
}
