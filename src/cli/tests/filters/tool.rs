//! The tool, run in a folder of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A folder in which commands are run.
pub struct Desk {
    folder: TempDir,
}

/// What a command has said.
#[derive(Debug)]
pub struct Said {
    /// Exit code; -1 for a signal.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    fn from(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Self { code, out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Asserts that it went well.
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    /// Asserts that it went well without a warning.
    pub fn quiet(self) -> Self {
        let said = self.ok();
        // On a busy machine progress may have been printed.
        assert!(!said.err.contains("warning"), "{said:#?}");
        said
    }

    /// Asserts that it failed, saying this.
    pub fn error(self, message: &str) -> Self {
        assert_eq!(self.code, 2, "{self:#?}");
        assert!(self.err.contains(message), "{self:#?}");
        self
    }

    /// Asserts that it warned of this.
    pub fn warned(self, message: &str) -> Self {
        assert!(self.err.contains(message), "{self:#?}");
        self
    }
}

impl Desk {
    /// An empty one.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Reads a file.
    pub fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// All names in the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let names = self.folder.path().read_dir().unwrap();
        let mut names: Vec<_> =
            names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The tool with these arguments, separated by blanks, in the folder.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unstuff"));
        command.args(arguments.split_whitespace()).current_dir(self.folder.path());
        command
    }

    /// Runs the tool.
    pub fn run(&self, arguments: &str) -> Said {
        self.run_with(arguments, b"")
    }

    /// Runs the tool with this standard input.
    pub fn run_with(&self, arguments: &str, input: &[u8]) -> Said {
        let mut child = piped(&mut self.command(arguments));
        // A tool that stops early does not read all of it.
        let _ = child.stdin.take().unwrap().write_all(input);
        Said::from(&child.wait_with_output().unwrap())
    }
}

/// Starts a command with pipes.
pub fn piped(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What a started command has said in the end.
pub fn end(child: Child) -> Said {
    Said::from(&child.wait_with_output().unwrap())
}

/// A file of the repository.
pub fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}
