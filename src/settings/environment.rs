//! From settings and the process environment to the one environment of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::address::{self, is_loopback};
use super::check::is_name;
use super::error::{SettingsError, SettingsErrorKind};
use super::file::{Embedded, File, KeySource, Lists, Names, Section};
use super::process::Process;
use crate::bounds::Bounds;
use crate::catalog::Vocabulary;
use crate::diff::Dialect;
use crate::lint::Levels;
use crate::model::SecretName;

/// The service's own address.
const SERVICE: &str = "https://tavusapi.com/v2";
/// The domain that any settings may send the key to.
const SERVICE_DOMAIN: &str = "tavusapi.com";
/// The variable with the key, unless the settings name another.
const API_KEY: &str = "TAVUS_API_KEY";
/// The variable with the service's address, as in the official client.
const BASE_URL: &str = "TAVUS_PUBLIC_API_BASE_URL";
/// Hosts that may get the key, separated by commas.
const TRUSTED_HOSTS: &str = "PERSONACTL_TRUSTED_HOSTS";
/// Chooses the environment where no flag does.
pub(crate) const ENVIRONMENT: &str = "PERSONACTL_ENVIRONMENT";
/// The folder of our own files, where they are not to lie in the persona directory.
const STATE: &str = "PERSONACTL_STATE";
/// What begins the names of variables that win over the settings.
const VARIABLE: &str = "PERSONACTL_VAR_";
/// The environment that needs no settings.
pub(super) const DEFAULT: &str = "default";
/// The environment that needs no service either.
pub(crate) const SANDBOX: &str = "sandbox";
/// The folder below the persona directory that is nobody's business but ours.
const PRIVATE: &str = ".personactl";

/// The environment that a run is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// The service.
    pub api: Api,
    /// What its manifests are read with.
    pub terms: Terms,
    /// Whether applying to it wants a second word.
    pub protected: bool,
    /// Where its ledger lies.
    pub ledger: PathBuf,
    /// The file whose lock lets one apply at a time work on it.
    pub lock: PathBuf,
    /// What was done since its ledger was written.
    pub journal: PathBuf,
    /// The folder with what takes back the last applies.
    pub undo: PathBuf,
    /// The settings file that it comes from.
    pub file: Option<PathBuf>,
}

/// What the manifests of an environment are read and compared with. It takes neither a service nor a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The environment's name.
    pub environment: String,
    /// All environments that there are.
    pub environments: BTreeSet<String>,
    /// Those that the settings describe.
    pub described: BTreeSet<String>,
    /// What `!var` may name.
    pub variables: BTreeMap<String, Value>,
    /// The names of API keys, which no manifest may ask for.
    pub reserved: BTreeSet<SecretName>,
    /// What findings weigh.
    pub levels: Levels,
    /// How lists are patched.
    pub dialect: Dialect,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Api {
    /// The embedded one.
    Sandbox {
        /// The folder with its state.
        state: PathBuf,
        /// The folder with what it holds at first.
        seed: PathBuf,
    },
    /// The real one, or one like it.
    Service {
        /// Its address.
        url: Url,
        /// The variable with its key.
        key: SecretName,
        /// The names that it is spoken to in.
        vocabulary: Vocabulary,
    },
}

impl Environment {
    /// Finds the environment for a persona directory: the one that was `chosen`, or that the
    /// process environment names, or the default of the settings.
    ///
    /// # Errors
    /// Where the settings are not valid, know no such environment, or would send the key where it
    /// may not go.
    pub fn resolve(
        directory: &Path,
        chosen: Option<&str>,
        process: &Process,
    ) -> Result<Self, SettingsError> {
        let (path, mut file) = read(directory)?;
        let failed = |environment, kind| SettingsError {
            environment,
            file: path.clone(),
            kind,
        };
        let name = choose(&file, chosen, process).map_err(|kind| failed(None, kind))?;
        let terms = Terms::of(&file, &name, process);
        let section = section(&mut file, &name);
        let settled = terms.and_then(|terms| Self::settle(directory, terms, section?, process));
        let settled = settled.map_err(|kind| failed(Some(name.clone()), kind))?;
        if let Some(astray) = settled.astray(directory) {
            return Err(failed(Some(name), SettingsErrorKind::Astray(astray)));
        }
        Ok(Self {
            file: path,
            ..settled
        })
    }

    fn settle(
        directory: &Path,
        terms: Terms,
        section: Section,
        process: &Process,
    ) -> Result<Self, SettingsErrorKind> {
        let name = terms.environment.clone();
        let protected = section.protected;
        if name == SANDBOX && section.api.is_none() {
            return Err(SettingsErrorKind::NoSandbox);
        }
        let (ledgers, private) = folders(directory, section.api, process);
        let (api, ledger) = match section.api {
            Some(Embedded::Sandbox) => sandbox(directory, &name),
            None => (
                service(&section, process)?,
                ledgers.join(format!("{name}.json")),
            ),
        };
        let undo = private.join("undo");
        let journal = private.join(format!("{name}.journal"));
        let lock = private.join(format!("{name}.lock"));
        Ok(Self {
            name,
            api,
            lock,
            journal,
            undo,
            terms,
            protected,
            ledger,
            file: None,
        })
    }
}

impl Terms {
    /// What the manifests are read with in the environment that was `chosen`, or that the process
    /// environment names, or the default of the settings.
    ///
    /// # Errors
    /// Where the settings are not valid, or know no such environment.
    pub fn resolve(
        directory: &Path,
        chosen: Option<&str>,
        process: &Process,
    ) -> Result<Self, SettingsError> {
        let (path, file) = read(directory)?;
        let terms = choose(&file, chosen, process).and_then(|name| Self::of(&file, &name, process));
        terms.map_err(|kind| SettingsError {
            environment: None,
            file: path,
            kind,
        })
    }

    fn of(file: &File, name: &str, process: &Process) -> Result<Self, SettingsErrorKind> {
        if !is_name(name) {
            return Err(SettingsErrorKind::Name);
        }
        let section = file.environments.get(name);
        if section.is_none() && ![DEFAULT, SANDBOX].contains(&name) {
            return Err(SettingsErrorKind::Unknown(known(file)));
        }
        Ok(Self {
            environment: name.to_owned(),
            environments: known(file).into_iter().collect(),
            described: file.environments.keys().cloned().collect(),
            variables: given(section, process)?,
            reserved: reserved(file),
            levels: Levels::new(file.lints.clone()),
            dialect: match section.map(|section| section.dialect).unwrap_or_default() {
                Lists::Indexed => Dialect::Indexed,
                Lists::Whole => Dialect::Whole,
            },
        })
    }
}

impl Environment {
    /// A place of our own files that a committed link leads out of the repository. What the process environment has put
    /// elsewhere is where it is meant to be.
    fn astray(&self, directory: &Path) -> Option<PathBuf> {
        let bounds = Bounds::around(&directory.canonicalize().ok()?);
        let mut own = vec![&self.ledger, &self.journal, &self.lock, &self.undo];
        if let Api::Sandbox { state, seed } = &self.api {
            own.extend([state, seed]);
        }
        own.retain(|path| path.starts_with(directory));
        own.into_iter().find(|path| !bounds.hold_new(path)).cloned()
    }
}

impl Api {
    /// What reports call the service: the embedded one has another port each time, and is the same
    /// one all the same.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::Sandbox { .. } => SANDBOX,
            Self::Service { url, .. } => url.as_str().trim_end_matches('/'),
        }
    }
}

/// Looks up the key of a service.
///
/// # Errors
/// Where it is not set.
pub(crate) fn key(name: &SecretName, process: &Process) -> Result<SecretString, SettingsErrorKind> {
    let value = process
        .get(name.as_str())
        .ok_or_else(|| SettingsErrorKind::NoKey(name.clone()))?;
    // A line break at its end is what is left of the file that it was read from.
    let value = value.trim_end_matches(['\r', '\n']);
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SettingsErrorKind::BadKey(name.clone()));
    }
    Ok(SecretString::from(value))
}

/// The names of the variables that the settings of a persona directory give a value, in any environment.
///
/// # Errors
/// Where the settings are not valid.
pub(crate) fn variables(directory: &Path) -> Result<BTreeSet<String>, SettingsError> {
    let (_, file) = read(directory)?;
    let sections = file.environments.into_values();
    Ok(sections
        .flat_map(|section| section.variables.into_keys())
        .collect())
}

/// Reads the settings of a persona directory, with their path.
pub(super) fn read(directory: &Path) -> Result<(Option<PathBuf>, File), SettingsError> {
    File::read(directory).map_err(|(path, kind)| SettingsError {
        environment: None,
        file: Some(path),
        kind,
    })
}

/// The flag, then the process environment, then the settings. A default that is embedded gives way
/// to an address in the process environment: whoever sets one means it.
fn choose(
    file: &File,
    chosen: Option<&str>,
    process: &Process,
) -> Result<String, SettingsErrorKind> {
    if let Some(name) = chosen.or_else(|| process.get(ENVIRONMENT)) {
        return Ok(name.to_owned());
    }
    let is_embedded = |name: &str| {
        let section = file.environments.get(name);
        section.map_or(name == SANDBOX, |section| section.api.is_some())
    };
    match &file.default_environment {
        Some(name) if is_embedded(name) && process.get(BASE_URL).is_some() => {
            Ok(DEFAULT.to_owned())
        }
        Some(name) => Ok(name.clone()),
        None if file.environments.is_empty() || file.environments.contains_key(DEFAULT) => {
            Ok(DEFAULT.to_owned())
        }
        None => Err(SettingsErrorKind::NotChosen(known(file))),
    }
}

fn known(file: &File) -> Vec<String> {
    let names: BTreeSet<String> = file
        .environments
        .keys()
        .cloned()
        .chain([DEFAULT.to_owned(), SANDBOX.to_owned()])
        .collect();
    names.into_iter().collect()
}

/// Takes what the settings say of an environment out of them.
pub(super) fn section(file: &mut File, name: &str) -> Result<Section, SettingsErrorKind> {
    match (file.environments.remove(name), name) {
        (Some(section), _) => Ok(section),
        (None, DEFAULT) => Ok(Section::default()),
        (None, SANDBOX) => Ok(Section {
            api: Some(Embedded::Sandbox),
            ..Section::default()
        }),
        (None, _) => Err(SettingsErrorKind::Unknown(known(file))),
    }
}

/// The names of all API keys in the settings: of other environments too, as they may share a process
/// environment.
fn reserved(file: &File) -> BTreeSet<SecretName> {
    let named = file
        .environments
        .values()
        .filter_map(|section| section.api_key.as_ref());
    named.map(KeySource::name).chain([default_key()]).collect()
}

/// The variable with the key, where the settings name none.
pub(super) fn default_key() -> SecretName {
    SecretName::new(API_KEY).expect("our own name is a name")
}

fn given(
    section: Option<&Section>,
    process: &Process,
) -> Result<BTreeMap<String, Value>, SettingsErrorKind> {
    let mut variables = BTreeMap::new();
    for (name, value) in section.iter().flat_map(|section| &section.variables) {
        let value = serde_json::to_value(value).map_err(|source| SettingsErrorKind::Variable {
            name: name.clone(),
            source,
        })?;
        variables.insert(name.clone(), value);
    }
    variables.extend(
        process
            .below(VARIABLE)
            .map(|(name, value)| (name.to_owned(), Value::from(value))),
    );
    Ok(variables)
}

/// Where ledgers lie, and where what nobody else needs to see. The embedded service is a part of the persona directory.
fn folders(directory: &Path, api: Option<Embedded>, process: &Process) -> (PathBuf, PathBuf) {
    match (api, process.get(STATE)) {
        (None, Some(state)) => (state.into(), state.into()),
        _ => (directory.join("_ledger"), directory.join(PRIVATE)),
    }
}

fn sandbox(directory: &Path, name: &str) -> (Api, PathBuf) {
    let (state, seed) = sandbox_folders(directory, name);
    let ledger = state.join("ledger.json");
    (Api::Sandbox { state, seed }, ledger)
}

/// Where the embedded service of an environment keeps its state, and where what it begins with lies.
pub(crate) fn sandbox_folders(directory: &Path, name: &str) -> (PathBuf, PathBuf) {
    (
        directory.join(PRIVATE).join(name),
        directory.join("_sandbox"),
    )
}

fn service(section: &Section, process: &Process) -> Result<Api, SettingsErrorKind> {
    let (from, address) = match (&section.api_url, process.get(BASE_URL)) {
        (None, Some(address)) => (BASE_URL, address),
        (address, _) => ("api_url", address.as_deref().unwrap_or(SERVICE)),
    };
    let url = address::read(address).map_err(|error| SettingsErrorKind::Address(from, error))?;
    let host = url.host_str().unwrap_or_default();
    if !is_trusted(&url, host, process) {
        return Err(SettingsErrorKind::Untrusted(host.to_owned()));
    }
    let key = section
        .api_key
        .as_ref()
        .map_or_else(default_key, KeySource::name);
    let vocabulary = match section.vocabulary {
        Names::Personas => Vocabulary::Personas,
        Names::Pals => Vocabulary::Pals,
    };
    Ok(Api::Service {
        url,
        key,
        vocabulary,
    })
}

fn is_trusted(url: &Url, host: &str, process: &Process) -> bool {
    let is_service = host == SERVICE_DOMAIN || host.ends_with(&format!(".{SERVICE_DOMAIN}"));
    let base = process.get(BASE_URL).and_then(|base| Url::parse(base).ok());
    let is_base = base.is_some_and(|base| base.host_str() == Some(host));
    let named = process.get(TRUSTED_HOSTS).unwrap_or_default();
    let is_named = named
        .split(',')
        .any(|name| name.trim().eq_ignore_ascii_case(host));
    is_service || is_base || is_named || is_loopback(url)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Place;

    fn process(variables: &[(&str, &str)]) -> Process {
        variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn resolve(
        settings: Option<&str>,
        chosen: Option<&str>,
        variables: &[(&str, &str)],
    ) -> Result<Environment, SettingsError> {
        let folder = tempfile::tempdir().expect("a folder");
        if let Some(settings) = settings {
            std::fs::write(folder.path().join("personactl.yaml"), settings).expect("it is written");
        }
        Environment::resolve(folder.path(), chosen, &process(variables))
    }

    const SETTINGS: &str = "
default_environment: sandbox
environments:
  sandbox: {api: sandbox}
  staging:
    api_key: !secret STAGING_KEY
    variables: {face: r1, list: [1, a]}
  other: {api_url: 'https://example.org/v2'}
";

    /// Settings, flag, process environment, the environment's name and service.
    #[test]
    fn the_flag_wins_over_the_process_and_the_process_over_the_settings() {
        let url = ("TAVUS_PUBLIC_API_BASE_URL", "http://127.0.0.1:9/v2");
        let rows: [(_, _, &[(&str, &str)], _, _); 8] = [
            (None, None, &[], "default", "https://tavusapi.com/v2"),
            (None, None, &[url], "default", "http://127.0.0.1:9/v2"),
            (None, Some("sandbox"), &[url], "sandbox", "sandbox"),
            (Some(SETTINGS), None, &[], "sandbox", "sandbox"),
            (
                Some(SETTINGS),
                None,
                &[url],
                "default",
                "http://127.0.0.1:9/v2",
            ),
            (
                Some(SETTINGS),
                None,
                &[("PERSONACTL_ENVIRONMENT", "staging")],
                "staging",
                "https://tavusapi.com/v2",
            ),
            (
                Some(SETTINGS),
                Some("staging"),
                &[url],
                "staging",
                "http://127.0.0.1:9/v2",
            ),
            (
                None,
                None,
                &[("TAVUS_PUBLIC_API_BASE_URL", "http://localhost:9")],
                "default",
                "http://localhost:9/v2",
            ),
        ];
        for (settings, chosen, variables, name, label) in rows {
            let environment = resolve(settings, chosen, variables).expect("an environment");
            assert_eq!(
                (environment.name.as_str(), environment.api.label()),
                (name, label)
            );
        }
    }

    #[test]
    fn the_key_goes_to_the_service_to_this_machine_and_to_hosts_that_the_process_names() {
        let url = |url: &str| format!("environments: {{x: {{api_url: '{url}'}}}}");
        let trusted = ("PERSONACTL_TRUSTED_HOSTS", "a.example, example.org");
        let rows: [(_, &[(&str, &str)], _); 10] = [
            ("https://tavusapi.com/v2", &[], None),
            ("https://eu.tavusapi.com/v2", &[], None),
            ("http://127.0.0.1:1/v2", &[], None),
            ("http://[::1]:1/v2", &[], None),
            ("https://example.org/v2", &[trusted], None),
            ("https://example.org/v2", &[], Some("not trusted")),
            ("https://eviltavusapi.com/v2", &[], Some("not trusted")),
            ("http://tavusapi.com/v2", &[], Some("plain http")),
            (
                "https://user:pass@tavusapi.com/v2",
                &[],
                Some("a user name or a password"),
            ),
            ("ftp://tavusapi.com/v2", &[], Some("`https://`")),
        ];
        for (address, variables, problem) in rows {
            let said = resolve(Some(&url(address)), Some("x"), variables)
                .err()
                .map(|error| match error.kind {
                    SettingsErrorKind::Mistakes(findings, _) => findings[0].message.clone(),
                    kind => kind.to_string(),
                });
            match (said, problem) {
                (None, None) => {}
                (Some(said), Some(problem)) => assert!(said.contains(problem), "{address}: {said}"),
                (said, _) => panic!("{address}: {said:?}"),
            }
        }
    }

    #[test]
    fn variables_of_the_process_win_and_api_keys_are_reserved() {
        let environment = resolve(
            Some(SETTINGS),
            Some("staging"),
            &[("PERSONACTL_VAR_face", "r2")],
        )
        .expect("an environment");
        assert_eq!(environment.terms.variables["face"], json!("r2"));
        assert_eq!(environment.terms.variables["list"], json!([1, "a"]));
        let reserved: Vec<_> = environment
            .terms
            .reserved
            .iter()
            .map(SecretName::as_str)
            .collect();
        assert_eq!(reserved, ["STAGING_KEY", "TAVUS_API_KEY"]);
    }

    #[test]
    fn the_process_may_put_our_own_files_elsewhere_but_the_sandbox_keeps_its_own() {
        let own = |chosen, variables: &[(&str, &str)]| {
            let environment = resolve(Some(SETTINGS), Some(chosen), variables);
            let environment = environment.expect("an environment");
            let Environment {
                ledger,
                lock,
                journal,
                undo,
                ..
            } = environment;
            [ledger, lock, journal, undo]
        };
        let state = [("PERSONACTL_STATE", "/state")];
        let expected = [
            "/state/staging.json",
            "/state/staging.lock",
            "/state/staging.journal",
            "/state/undo",
        ];
        assert_eq!(own("staging", &state), expected.map(PathBuf::from));
        for path in own("sandbox", &state).iter().chain(&own("staging", &[])) {
            assert!(!path.starts_with("/state"), "{}", path.display());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_repository_leads_nothing_of_ours_out_of_it() {
        let (folder, outside) = (tempfile::tempdir(), tempfile::tempdir());
        let (folder, outside) = (folder.expect("a folder"), outside.expect("a folder"));
        let directory = folder.path().join("personas");
        std::fs::create_dir(&directory).expect("a folder");
        for link in ["_ledger", ".personactl"] {
            let link = directory.join(link);
            std::os::unix::fs::symlink(outside.path(), link).expect("a link");
        }
        let within = directory.join(".personactl");
        for (state, is_fine) in [
            (None, false),
            (Some(&within), false),
            (Some(&outside.path().to_owned()), true),
        ] {
            let variables: Vec<_> = state
                .iter()
                .map(|path| ("PERSONACTL_STATE", path.to_str().expect("a text")))
                .collect();
            let resolved = Environment::resolve(&directory, None, &process(&variables));
            assert_eq!(resolved.is_ok(), is_fine, "{state:?}: {resolved:?}");
        }
    }

    #[test]
    fn mistakes_in_settings_are_told() {
        let rows = [
            ("environments: {x: {}}", None, "no environment was chosen"),
            ("environments: {x: {}}", Some("y"), "default, sandbox, x"),
            ("environments: {x: {}}", Some("../x"), "letters, digits"),
        ];
        for (settings, chosen, problem) in rows {
            let error = resolve(Some(settings), chosen, &[]).expect_err("a mistake");
            let said = error.kind.to_string();
            assert!(said.contains(problem), "{settings}: {said}");
        }
    }

    #[test]
    fn mistakes_in_the_settings_file_have_their_places() {
        let rows = [
            (
                "environments:\n  x: {api_kee: a}",
                (2, 7),
                "`x` knows no `api_kee`",
            ),
            (
                "environments:\n  x: {api_key: plain}",
                (2, 7),
                "`api_key` takes",
            ),
            (
                "environments:\n  x: {api_key: !secret a-b}",
                (2, 7),
                "`api_key` takes",
            ),
            (
                "environments:\n  x: {protected: true}\n  x: {}",
                (3, 3),
                "x",
            ),
            ("environments: [\n", (2, 1), ""),
        ];
        for (settings, place, problem) in rows {
            let error = resolve(Some(settings), Some("x"), &[]).expect_err("a mistake");
            let SettingsErrorKind::Mistakes(findings, _) = error.kind else {
                panic!("{settings}: {error:?}")
            };
            let found = findings[0]
                .place
                .as_ref()
                .map(|place| (place.line, place.column));
            assert_eq!(found, Some(place), "{settings}: {findings:?}");
            assert!(findings[0].message.contains(problem), "{findings:?}");
        }
    }

    #[test]
    fn all_mistakes_in_the_settings_file_are_told_at_once_with_what_was_meant() {
        let settings = "
default_enviroment: staging
environments:
  staging:
    vocabulary: pal
    protected: yes
    variables: {face: !var other, voice: null}
    ledger: [git]
  5:
    dialekt: whole
    api_key: {secret: NAME}
  none: sandbox
";
        let error = resolve(Some(settings), None, &[]).expect_err("mistakes");
        let SettingsErrorKind::Mistakes(findings, _) = error.kind else {
            panic!("{error:?}")
        };
        let told: Vec<_> = findings
            .iter()
            .map(|finding| {
                let place = finding.place.as_ref().expect("a place");
                let hint = finding.hint.as_deref().unwrap_or_default();
                let Place { line, column, .. } = place;
                format!(
                    "{line}:{column} {}: {}; {hint}",
                    finding.code, finding.message
                )
            })
            .collect();
        let expected = [
            "2:1 unknown-member: `settings` knows no `default_enviroment`; did you mean `default_environment`?",
            "5:17 unknown-word: `vocabulary` knows no `pal`; did you mean `pals`? it takes `personas` or `pals`",
            "6:16 wrong-type: `protected` takes true or false; ",
            "7:23 tag: no tag works here; ",
            "8:13 wrong-type: `ledger` takes text; ",
            "10:5 unknown-member: `5` knows no `dialekt`; did you mean `dialect`?",
            "11:5 plain-secret: `api_key` takes the name of an environment variable, never the key; \
             write `api_key: !secret NAME`, and set NAME where this runs",
            "12:9 wrong-type: `none` takes a map; ",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn values_that_cannot_work_are_told_with_their_places() {
        let settings = "
default_environment: stag
environments:
  all: {api_url: tavusapi.com}
  'a b/../c': {api_url: 'https://u:p4ss@tavusapi.com/v2'}
  staging: {api: sandbox, api_url: 'https://tavusapi.com/v2?x#y', api_key: !secret X}
  plain: {api_url: 'http://tavusapi.com', ledger: s3}
  fine: {api: sandbox, api_url: ~, ledger: git}
";
        let error = resolve(Some(settings), Some("fine"), &[]).expect_err("mistakes");
        let SettingsErrorKind::Mistakes(findings, _) = error.kind else {
            panic!("{error:?}")
        };
        let told = findings.iter().map(|finding| {
            let Place { line, column, .. } = finding.place.as_ref().expect("a place");
            assert!(!format!("{finding:?}").contains("p4ss"), "{finding:?}");
            format!("{line}:{column} {}: {}", finding.code, finding.message)
        });
        let expected = [
            "2:22 settings: there is no environment `stag`",
            "4:3 settings: no environment can be called `all`: `validate -e all` means all of them",
            "4:18 settings: `api_url` does not begin with `https://`",
            "5:3 settings: the name of an environment holds letters, digits, `-`, `_` and `.` only, and begins with no `.`",
            "5:25 settings: `api_url` holds a user name or a password: the service takes a key only, by `api_key`",
            "6:27 settings: `api_url` does nothing beside `api: sandbox`",
            "6:36 settings: `api_url` has a query or a fragment, which the address of a service has not",
            "6:67 settings: `api_key` does nothing beside `api: sandbox`",
            "7:20 settings: `api_url` is plain http: the key is sent over https only, except to this machine",
            "7:51 unknown-word: `ledger` knows no `s3`",
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_address_of_the_process_is_told_as_what_it_is() {
        let base = [("TAVUS_PUBLIC_API_BASE_URL", "https://u:p4ss@tavusapi.com")];
        let error = resolve(None, None, &base).expect_err("no address");
        let said = error.kind.to_string();
        assert!(
            said.starts_with("`TAVUS_PUBLIC_API_BASE_URL` holds a user name"),
            "{said}"
        );
        assert!(!said.contains("p4ss"), "{said}");
    }

    #[test]
    fn null_is_as_good_as_not_there_and_merge_keys_work() {
        let settings = "
default_environment: ~
environments:
  base: &base {api_url: ~, vocabulary: ~, protected: ~, dialect: ~, variables: ~, api_key: ~}
  default: {<<: *base, variables: {face: r1, none: null}, ledger: null}
  empty:
  other: null
";
        for (chosen, variables) in [
            (None, vec![("face", json!("r1")), ("none", json!(null))]),
            (Some("base"), vec![]),
            (Some("empty"), vec![]),
            (Some("other"), vec![]),
        ] {
            let environment = resolve(Some(settings), chosen, &[]).expect("an environment");
            let variables = variables
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value));
            assert_eq!(environment.terms.variables, variables.collect());
        }
        for nothing in ["environments:", "environments: ~", "~", "# nothing"] {
            assert!(resolve(Some(nothing), None, &[]).is_ok(), "{nothing}");
        }
    }
}
