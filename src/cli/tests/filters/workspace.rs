//! The tool, run in a temporary folder.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A folder in which commands are run.
pub(crate) struct ToolWorkspace {
    folder: TempDir,
}

/// The output of a command.
#[derive(Debug)]
pub(crate) struct ToolOutput {
    /// Exit code; -1 for a signal.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl ToolOutput {
    fn from(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Self { code, out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Asserts that it succeeded.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    /// Asserts that it succeeded without a warning.
    pub(crate) fn quiet(self) -> Self {
        let output = self.ok();
        // On a busy machine progress may have been printed.
        assert!(!output.err.contains("warning"), "{output:#?}");
        output
    }

    /// Asserts that it failed with this message.
    pub(crate) fn error(self, message: &str) -> Self {
        assert_eq!(self.code, 2, "{self:#?}");
        assert!(self.err.contains(message), "{self:#?}");
        self
    }

    /// Asserts that it printed this warning.
    pub(crate) fn warned(self, message: &str) -> Self {
        assert!(self.err.contains(message), "{self:#?}");
        self
    }
}

impl ToolWorkspace {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Reads a file.
    pub(crate) fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// All names in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.folder.path().read_dir().unwrap();
        let mut names: Vec<_> =
            names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The tool with these arguments, separated by blanks, to be run in the folder.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unstuff"));
        command.args(arguments.split_whitespace()).current_dir(self.folder.path());
        command
    }

    /// Runs the tool.
    pub(crate) fn run(&self, arguments: &str) -> ToolOutput {
        self.run_with(arguments, b"")
    }

    /// Runs the tool with this standard input.
    pub(crate) fn run_with(&self, arguments: &str, input: &[u8]) -> ToolOutput {
        let mut child = piped(&mut self.command(arguments));
        // If the tool stops early, it does not read everything.
        let _ = child.stdin.take().unwrap().write_all(input);
        ToolOutput::from(&child.wait_with_output().unwrap())
    }
}

/// Starts a command with pipes.
pub(crate) fn piped(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The output of a started command, once it has ended.
pub(crate) fn end(child: Child) -> ToolOutput {
    ToolOutput::from(&child.wait_with_output().unwrap())
}

/// A file of the repository.
pub(crate) fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}
