//! A folder with a persona directory in it, and the program run there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with the persona directory `personas`.
pub(crate) struct Site {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What a run said, and how it ended.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Site {
    /// A folder with nothing in it.
    pub(crate) fn bare() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            environment: Vec::new(),
        }
    }

    /// An empty persona directory whose default is the sandbox.
    pub(crate) fn empty() -> Self {
        let site = Self::bare();
        site.write("personas/personactl.yaml", "default_environment: sandbox\n");
        site
    }

    /// A persona directory with one manifest, `ana`.
    pub(crate) fn with_manifest(text: &str) -> Self {
        let site = Self::empty();
        site.write("personas/ana.yaml", text);
        site
    }

    /// A copy of a directory of this repository, as `personas`.
    pub(crate) fn copy_of(directory: &str) -> Self {
        let site = Self::bare();
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(directory),
            &site.path("personas"),
        );
        site
    }

    /// Sets a variable in the environment of all runs to come.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.push((name.to_owned(), value.into()));
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
        fs::write(path, text).expect("it is written");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).expect("it is there")
    }

    /// Replaces text in a file; it has to be there.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} does not say {from:?}");
        self.write(path, text.replacen(from, to, 1));
    }

    /// The program, ready to run here without a terminal.
    pub(crate) fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_personactl"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .stdin(Stdio::null());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    #[must_use = "a test that does not look at the output is worth nothing"]
    pub(crate) fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Output {
        Output::of(&mut self.command(arguments))
    }

    /// Runs the program under another one, whose own arguments come first.
    #[must_use = "a test that does not look at the output is worth nothing"]
    pub(crate) fn run_under<'a>(
        &self,
        wrapper: &[&str],
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Output {
        Output::of(&mut self.command_under(wrapper, arguments))
    }

    /// The program under another one, ready to run here.
    pub(crate) fn command_under<'a>(
        &self,
        wrapper: &[&str],
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Command {
        let inner = self.command(arguments);
        let mut outer = Command::new(wrapper[0]);
        outer
            .args(&wrapper[1..])
            .arg(inner.get_program())
            .args(inner.get_args())
            .current_dir(self.folder.path())
            .env_clear()
            .stdin(Stdio::null());
        outer.envs(self.environment.iter().map(|(name, value)| (name, value)));
        outer
    }

    /// Edits a live persona in the sandbox, as somebody in the dashboard would.
    pub(crate) fn in_dashboard(&self, name: &str, edit: impl Fn(&mut Value)) {
        let folder = self.path("personas/.personactl/sandbox/personas");
        for entry in fs::read_dir(folder).expect("a state") {
            let path = entry.expect("an entry").path();
            let text = fs::read_to_string(&path).expect("a file");
            let mut record: Value = serde_json::from_str(&text).expect("JSON");
            if record["document"]["persona_name"] == name {
                edit(&mut record["document"]);
                fs::write(&path, record.to_string()).expect("it is written");
                return;
            }
        }
        panic!("no live persona is called {name}");
    }

    /// Starts the program and leaves it running.
    pub(crate) fn start<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Running {
        let child = self
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Running(child.expect("the program starts"))
    }

    /// The personas that the sandbox holds and that are this account's own.
    pub(crate) fn live(&self) -> Vec<Value> {
        let personas =
            fs::read_dir(self.path("personas/.personactl/sandbox/personas")).expect("a state");
        let documents = personas.map(|entry| {
            let text = fs::read_to_string(entry.expect("an entry").path()).expect("a file");
            serde_json::from_str::<Value>(&text).expect("JSON")
        });
        documents
            .filter(|document| find(document, "persona_type") == Some(&Value::from("user")))
            .collect()
    }
}

/// A program that is ended with the test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Ends it at once.
    pub(crate) fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

impl Output {
    fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program speaks UTF-8");
        Self {
            code: output.status.code().expect("the program ends by itself"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The run ended with this code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// The run ended well.
    #[track_caller]
    pub(crate) fn success(self) -> Self {
        self.code(0)
    }

    /// Standard output or standard error says this.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(
            said,
            "nobody says {text:?}\n{}\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Neither says this.
    #[track_caller]
    pub(crate) fn hides(self, text: &str) -> Self {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(
            !said,
            "somebody says {text:?}\n{}\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self:#?}"))
    }
}

/// The first member of this name, wherever it stands.
fn find<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let members = value.as_object()?;
    members
        .get(name)
        .or_else(|| members.values().find_map(|member| find(member, name)))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from)
        .expect("a folder")
        .map(|entry| entry.expect("an entry"))
    {
        let target = to.join(entry.file_name());
        if entry.file_name() == ".personactl" {
            continue;
        }
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("it is copied");
        }
    }
}
