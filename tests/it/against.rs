//! `plan --against`: what a branch changes, told without network, key or secret.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{self, Output, Site};

/// What the program's own git is told. It may read what is a file elsewhere, so that only the program keeps it from fetching.
const GIT: [(&str, &str); 3] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_ALLOW_PROTOCOL", "file"),
];

const SETTINGS: &str = "
default_environment: staging
environments:
  staging:
    api_url: https://agents.example.com/v2
    api_key: !secret STAGING_KEY
    variables: {face: r1}
";

const ANA: &str = "
persona_name: Ana
system_prompt: !file ../shared/manners.md
default_replica_id: !var face
layers:
  tts:
    tts_engine: elevenlabs
    api_key: !secret VOICE_KEY
";

const BEA: &str = "
persona_name: Bea
system_prompt: !file _prompts/bea.md
layers:
  llm:
    model: tavus-gpt-oss
    tools: [!include _tools/all.yaml#/weather]
x-personactl: {ownership: exclusive, ignore: [/layers/llm/speculative_inference]}
";

const WEATHER: &str = "
weather:
  type: function
  function:
    name: weather
    description: !file weather.md
    parameters: {type: object, properties: {}}
";

/// A repository with two personas, in which something is wrong with nothing, and nothing is committed that needs a
/// service.
struct Repository(Site);

impl Repository {
    fn new() -> Self {
        let repository = Self::bare();
        let files = [
            ("shared/manners.md", "Be kind.\n"),
            ("shared/bea.md", "Be brief.\n"),
            ("shared/tools/weather.md", "Tells the weather.\n"),
            ("personas/personactl.yaml", SETTINGS),
            ("personas/ana.yaml", ANA),
            ("personas/bea.yaml", BEA),
            ("personas/_overlays/staging/ana.yaml", "greeting: Hello.\n"),
            ("shared/tools/all.yaml", WEATHER),
        ];
        for (path, text) in files {
            repository.0.write(path, text);
        }
        fs::create_dir(repository.path("personas/_prompts")).expect("a folder");
        repository.link("../../shared/bea.md", "personas/_prompts/bea.md");
        repository.link("../shared/tools", "personas/_tools");
        repository.commit();
        repository
    }

    /// A repository with nothing in it.
    fn bare() -> Self {
        Self::made_of(Site::bare())
    }

    /// A repository in which nothing of this is committed yet.
    fn made_of(site: Site) -> Self {
        let repository = Self(with_git(site));
        repository.git(["init", "--quiet", "--initial-branch", "main"]);
        repository
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path(path)
    }

    fn link(&self, target: &str, path: &str) {
        symlink(target, self.path(path)).expect("a link");
    }

    /// What it can be cloned from, as if from elsewhere.
    fn url(&self) -> String {
        let path = self.path(".").canonicalize().expect("it is there");
        format!("file://{}", path.display())
    }

    fn git<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> String {
        git(&self.path("."), arguments)
    }

    fn commit(&self) {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--message", "all"]);
    }

    /// The plan against a revision, a line for each step and for each field that differs.
    fn told(&self, revision: &str) -> Vec<String> {
        told(
            &self
                .0
                .run(["plan", "--against", revision, "--format", "json"]),
        )
    }

    /// Holds that every form says this of the plan against a revision.
    #[track_caller]
    fn tells_in_all_forms(&self, revision: &str, said: &str) {
        for form in ["text", "markdown", "html", "github", "json"] {
            let output = self
                .0
                .run(["plan", "--against", revision, "--format", form])
                .success();
            assert!(output.stdout.contains(said), "{form}: {output:#?}");
        }
    }

    /// All that is in the folder, and in what git keeps of it.
    fn all(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = walkdir::WalkDir::new(self.path(".")).into_iter();
        let files = files.map(|file| file.expect("a file").into_path());
        let read = |path: PathBuf| Some((path.clone(), fs::read(path).ok()?));
        files.filter_map(read).collect()
    }
}

/// A folder in which the program has a git.
fn with_git(mut site: Site) -> Site {
    site.set("PATH", env::var("PATH").expect("a path"));
    for (name, value) in GIT {
        site.set(name, value);
    }
    site
}

fn git<'a>(folder: &Path, arguments: impl IntoIterator<Item = &'a str>) -> String {
    let git = support::git(folder, arguments).output();
    let output = git.expect("git runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[track_caller]
fn told(output: &Output) -> Vec<String> {
    assert_eq!(output.code, 0, "{output:#?}");
    let plan = output.json();
    let mut told = Vec::new();
    for step in plan["steps"].as_array().expect("steps") {
        let text = |member: &str| step[member].as_str().unwrap_or("-").to_owned();
        let said = [
            text("action"),
            text("key"),
            text("persona_id"),
            text("reason"),
        ];
        told.push(said.join(" ").trim_end_matches(" -").to_owned());
        if step["action"] == "create" {
            continue;
        }
        for field in step["fields"].as_array().expect("fields") {
            let text = |member: &str| field[member].as_str().unwrap_or("-");
            let line = field["line"].as_u64().unwrap_or_default();
            told.push(format!(
                "  {} {} {}:{line}",
                text("path"),
                text("cause"),
                text("file")
            ));
        }
    }
    told
}

#[test]
fn a_revision_against_itself_has_nothing_to_do() {
    let repository = Repository::new();
    assert_eq!(repository.told("main"), ["keep ana", "keep bea"]);
    let output = repository
        .0
        .run(["plan", "--against", "HEAD", "--detailed-exitcode"]);
    let commit = repository.git(["rev-parse", "HEAD"]);
    let expected = format!(
        "Files were compared with files: what the account holds was not looked at.\n\
         No changes for `staging` against `HEAD` ({}): nothing to do for 2 personas.\n",
        &commit[..10]
    );
    assert_eq!(output.success().stdout, expected);
}

#[test]
fn our_own_personas_have_nothing_to_do_against_themselves() {
    for directory in ["personas", "examples/minimal"] {
        let repository = Repository::made_of(Site::copy_of(directory));
        repository.commit();
        let told = repository.told("main");
        assert!(!told.is_empty(), "{directory}");
        for step in told {
            assert!(
                step.starts_with("keep ") && !step.contains("supposed"),
                "{step}"
            );
        }
    }
}

/// What was edited, and what is told of it.
#[test]
fn each_kind_of_edit_is_told() {
    type Edit = fn(&Repository);
    let gone = "no longer in the repository; `apply` deletes it with --prune only";
    let rows: [(Edit, &[&str]); 14] = [
        (
            |it| it.0.edit("personas/ana.yaml", "elevenlabs", "cartesia"),
            &[
                "update ana",
                "  /layers/tts/tts_engine change personas/ana.yaml:7",
                "keep bea",
            ],
        ),
        (
            |it| it.0.write("shared/manners.md", "Be very kind.\n"),
            &[
                "update ana",
                "  /system_prompt change personas/ana.yaml:3",
                "keep bea",
            ],
        ),
        (
            |it| it.0.write("shared/bea.md", "Be very brief.\n"),
            &[
                "keep ana",
                "update bea",
                "  /system_prompt change personas/bea.yaml:3",
            ],
        ),
        (
            |it| it.0.write("shared/tools/weather.md", "Tells it.\n"),
            &[
                "keep ana",
                "update bea",
                "  /layers/llm/tools change personas/bea.yaml:7",
            ],
        ),
        (
            |it| {
                it.0.write("personas/_overlays/staging/ana.yaml", "greeting: Hi.\n")
            },
            &[
                "update ana",
                "  /greeting change personas/_overlays/staging/ana.yaml:1",
                "keep bea",
            ],
        ),
        (
            |it| fs::remove_dir_all(it.path("personas/_overlays")).expect("it is there"),
            &[
                "update ana",
                "  /greeting change personas/ana.yaml:2",
                "keep bea",
            ],
        ),
        (
            |it| {
                it.0.edit("personas/personactl.yaml", "face: r1", "face: r2")
            },
            &[
                "update ana",
                "  /default_replica_id change personas/ana.yaml:4",
                "keep bea",
            ],
        ),
        (
            |it| it.0.edit("personas/ana.yaml", "VOICE_KEY", "OTHER_KEY"),
            &[
                "update ana",
                "  /layers/tts/api_key change personas/ana.yaml:8",
                "keep bea",
            ],
        ),
        (
            |it| {
                it.0.edit("personas/bea.yaml", "speculative_inference", "extra_body")
            },
            &["keep ana", "keep bea - its x-personactl differs: ignore"],
        ),
        (
            |it| {
                it.0.write(
                    "personas/cara.yaml",
                    "persona_name: Cara\nsystem_prompt: New.\n",
                )
            },
            &["keep ana", "keep bea", "create cara"],
        ),
        (
            |it| fs::remove_file(it.path("personas/ana.yaml")).expect("it is there"),
            &["delete ana - {gone}", "keep bea"],
        ),
        (
            |it| {
                fs::create_dir(it.path("personas/x")).expect("a folder");
                it.git(["mv", "personas/ana.yaml", "personas/x/ana.yaml"]);
                it.0.edit("personas/x/ana.yaml", "../", "../../");
                fs::remove_dir_all(it.path("personas/_overlays")).expect("it is there");
            },
            &[
                "keep bea",
                "update x/ana - moved from `ana`",
                "  /greeting change personas/x/ana.yaml:2",
            ],
        ),
        (
            |it| {
                it.0.edit(
                    "personas/ana.yaml",
                    "layers:",
                    "x-personactl: {id: p123}\nlayers:",
                )
            },
            &["keep ana p123 its x-personactl differs: id", "keep bea"],
        ),
        (
            |it| {
                it.0.edit(
                    "personas/ana.yaml",
                    "layers:",
                    "x-personactl: {environments: [default]}\nlayers:",
                )
            },
            &[
                "keep ana - not meant for this environment; its x-personactl differs: environments",
                "keep bea",
            ],
        ),
    ];
    for (edit, expected) in rows {
        let repository = Repository::new();
        edit(&repository);
        let expected = expected.iter().map(|line| line.replace("{gone}", gone));
        let expected: Vec<String> = expected.collect();
        assert_eq!(repository.told("HEAD"), expected, "uncommitted");
        repository.commit();
        assert_eq!(repository.told("HEAD~1"), expected, "committed");
        assert!(
            repository
                .told("HEAD")
                .iter()
                .all(|step| step.starts_with("keep"))
        );
    }
}

#[test]
fn what_a_manifest_says_to_us_rather_than_to_the_service_is_told_in_all_forms() {
    let block = "x-personactl: {ownership: exclusive, ignore: [/layers/llm/speculative_inference]}";
    let rows = [
        ("x-personactl: {}", "ignore, ownership"),
        (
            "x-personactl: {prevent_delete: true, id: p1}",
            "id, prevent_delete, ignore, ownership",
        ),
    ];
    for (edited, members) in rows {
        let repository = Repository::new();
        repository.0.edit("personas/bea.yaml", block, edited);
        let said = format!("its x-personactl differs: {members}");
        repository.tells_in_all_forms("HEAD", &said);
        repository
            .0
            .edit("personas/bea.yaml", "tavus-gpt-oss", "other");
        repository.tells_in_all_forms("HEAD", &said);
        // Said otherwise, it means the same.
        repository.commit();
        repository.0.edit(
            "personas/bea.yaml",
            edited,
            &edited.replace('{', "{ownership: fields, "),
        );
        assert_eq!(repository.told("HEAD").len(), 2);
        assert!(!repository.told("HEAD")[1].contains("differs"));
    }
}

#[test]
fn settings_that_lead_elsewhere_are_told_in_all_forms() {
    let rows = [
        (
            "api_url: https://agents.example.com/v2",
            "api_url: https://evil.example.com/v2",
            "api_url",
        ),
        (
            "api_url: https://agents.example.com/v2\n    api_key: !secret STAGING_KEY",
            "api: sandbox",
            "api, api_key, api_url",
        ),
        ("!secret STAGING_KEY", "!secret LIVE_KEY", "api_key"),
        ("protected: true", "protected: false", "protected"),
        ("protected: true", "dialect: whole", "protected, dialect"),
        (
            "protected: true",
            "protected: true\n    vocabulary: pals",
            "vocabulary",
        ),
        (": staging\n", ": live\n", "default_environment"),
        ("  live: {}\n", "", "which environments there are"),
        (
            "live: {}\n",
            "live: {}\n  more: {}\n",
            "which environments there are",
        ),
        (
            "live: {}",
            "live: {api_url: https://evil.example.com}",
            "other environments",
        ),
    ];
    for (from, to, members) in rows {
        let mut repository = Repository::new();
        repository.0.set("PERSONACTL_ENVIRONMENT", "staging");
        let settings = format!("{SETTINGS}    protected: true\n  live: {{}}\n");
        repository.0.write("personas/personactl.yaml", settings);
        repository.commit();
        repository.0.edit("personas/personactl.yaml", from, to);
        repository.tells_in_all_forms("HEAD", &format!("The settings differ: {members}."));
        assert_eq!(repository.told("HEAD"), ["keep ana", "keep bea"]);
    }
}

#[test]
fn settings_that_mean_the_same_are_no_difference() {
    let same = [
        (
            "    variables",
            "    protected: false\n    dialect: indexed\n    variables",
        ),
        (
            "    variables",
            "    vocabulary: personas\n    ledger: git\n    variables",
        ),
        (
            "\nenvironments",
            "\nlints: {placeholder: error}\nenvironments",
        ),
        ("{face: r1}", "{face: r1, other: r2}"),
    ];
    for (from, to) in same {
        let repository = Repository::new();
        repository.0.edit("personas/personactl.yaml", from, to);
        let output = repository.0.run(["plan", "--against", "HEAD"]).success();
        let _ = output.hides("settings differ");
    }
    let repository = Repository::bare();
    let manifest = "persona_name: Ana\nsystem_prompt: x\n";
    repository.0.write("personas/ana.yaml", manifest);
    repository.commit();
    let settings = "environments: {default: {api_key: !secret TAVUS_API_KEY}}\n";
    repository.0.write("personas/personactl.yaml", settings);
    let output = repository.0.run(["plan", "--against", "HEAD"]).success();
    let _ = output.hides("settings differ");
}

#[test]
fn neither_network_nor_key_nor_secret_is_needed_and_nothing_is_touched() {
    let repository = Repository::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("it can be asked");
    let address = listener.local_addr().expect("an address");
    let url = format!("http://{address}/v2");
    repository.0.edit(
        "personas/personactl.yaml",
        "https://agents.example.com/v2",
        &url,
    );
    repository
        .0
        .write("personas/_ledger/staging.json", "no ledger at all");
    let before = repository.all();
    let output = repository.0.run(["plan", "--against", "main"]).success();
    assert!(output.stdout.contains("No changes"), "{output:#?}");
    assert!(output.stderr.is_empty(), "{output:#?}");
    assert_eq!(repository.all(), before);
    let asked = listener.accept().map_err(|error| error.kind());
    assert_eq!(asked.err(), Some(std::io::ErrorKind::WouldBlock));
}

#[test]
fn the_values_of_secrets_are_neither_read_nor_told() {
    let mut repository = Repository::new();
    repository.0.set("VOICE_KEY", "canary-1");
    repository.0.set("OTHER_KEY", "canary-2");
    repository
        .0
        .edit("personas/ana.yaml", "VOICE_KEY", "OTHER_KEY");
    for format in ["text", "json"] {
        let output = repository
            .0
            .run(["plan", "--against", "main", "--format", format]);
        let _ = output
            .success()
            .says("api_key")
            .hides("canary")
            .hides("the value of");
    }
}

#[test]
fn mistakes_at_the_revision_stop_nothing_and_mistakes_here_do() {
    let repository = Repository::new();
    repository.0.edit(
        "personas/ana.yaml",
        "    api_key:",
        "    tts_engine: cartesia\n    api_key:",
    );
    repository.commit();
    repository.0.write("personas/ana.yaml", ANA);
    let output = repository.0.run(["plan", "--against", "HEAD"]).success();
    assert!(
        output.stderr.contains("HEAD:personas/ana.yaml:"),
        "{output:#?}"
    );
    assert!(output.stderr.starts_with("warning"), "{output:#?}");
    assert!(
        output.stderr.contains("tts_engine: cartesia"),
        "its line is shown: {output:#?}"
    );
    assert!(
        output
            .stdout
            .contains("what stood here before cannot be read"),
        "{output:#?}"
    );
    let _ = output.says("1 to create, 1 unchanged").hides("/tmp");

    repository.git(["checkout", "--quiet", "HEAD", "personas/ana.yaml"]);
    let output = repository.0.run(["plan", "--against", "HEAD~1"]).code(1);
    assert!(output.stderr.starts_with("error"), "{output:#?}");
}

#[test]
fn a_manifest_that_could_not_be_read_is_missed_as_well() {
    let repository = Repository::new();
    repository.0.write("personas/ana.yaml", "persona_name: [\n");
    repository.commit();
    fs::remove_dir_all(repository.path("personas/_overlays")).expect("it is there");
    fs::remove_file(repository.path("personas/ana.yaml")).expect("it is there");
    let gone = "no longer in the repository, and what stood here before cannot be read";
    let expected = [format!("delete ana - {gone}"), "keep bea".to_owned()];
    assert_eq!(repository.told("HEAD"), expected);
    let chosen = [
        "plan",
        "--against",
        "HEAD",
        "--only",
        "ana",
        "--detailed-exitcode",
    ];
    let _ = repository.0.run(chosen).code(2).says("1 to delete");
}

#[test]
fn where_there_was_nothing_everything_is_new() {
    let mut repository = Repository::bare();
    repository.0.write("README", "Nothing yet.\n");
    repository.commit();
    repository.0.write(
        "personas/ana.yaml",
        "persona_name: Ana\nsystem_prompt: New.\n",
    );
    let missing = "At that revision, there was no persona directory: everything is new.";
    repository.tells_in_all_forms("main", missing);
    let output = repository.0.run(["plan", "--against", "main"]);
    let output = output.success().says("1 to create");
    assert!(output.stderr.is_empty(), "it is told once: {output:#?}");
    repository.commit();

    let rows = [
        (
            "environments: {staging: {}}\n",
            "the settings had no environment `live`",
        ),
        ("environments: []\n", "the settings had mistakes"),
    ];
    for (settings, reason) in rows {
        repository.0.write("personas/personactl.yaml", settings);
        repository.commit();
        repository
            .0
            .write("personas/personactl.yaml", "environments: {live: {}}\n");
        repository.0.set("PERSONACTL_ENVIRONMENT", "live");
        let remark = format!("At that revision, {reason}: everything is new.");
        repository.tells_in_all_forms("HEAD", &remark);
        let output = repository.0.run(["plan", "--against", "HEAD"]).success();
        assert!(
            !output.stderr.contains(reason),
            "it is told once: {output:#?}"
        );
        let _ = output.says("1 to create").hides("/tmp");
    }
}

#[test]
fn only_what_is_chosen_is_compared() {
    let repository = Repository::new();
    fs::remove_file(repository.path("personas/ana.yaml")).expect("it is there");
    fs::remove_dir_all(repository.path("personas/_overlays")).expect("it is there");
    let output = repository.0.run([
        "plan",
        "--against",
        "main",
        "--only",
        "ana",
        "--detailed-exitcode",
    ]);
    let _ = output.code(2).says("- delete ana").hides("bea");
    let output = repository
        .0
        .run(["plan", "--against", "main", "--only", "anna"]);
    let _ = output.code(64).says("did you mean `ana`?");
}

#[test]
fn a_shallow_clone_and_a_work_tree_of_a_bare_repository_will_do() {
    let origin = Repository::new();
    origin.git(["checkout", "--quiet", "-b", "topic"]);
    origin.0.edit("personas/ana.yaml", "elevenlabs", "cartesia");
    origin.commit();
    let url = origin.url();
    let expected = [
        "update ana",
        "  /layers/tts/tts_engine change personas/ana.yaml:7",
        "keep bea",
    ];

    let clone = Repository::bare();
    clone.git(["fetch", "--quiet", "--depth=1", &url, "topic"]);
    clone.git(["checkout", "--quiet", "FETCH_HEAD"]);
    let output = clone.0.run(["plan", "--against", "origin/main"]).code(1);
    let _ = output
        .says("there is no revision `origin/main` here")
        .says("git fetch --depth=1 origin main");
    clone.git(["fetch", "--quiet", "--depth=1", &url, "main"]);
    assert_eq!(clone.told("FETCH_HEAD"), expected);

    let site = with_git(Site::bare());
    let bare = site.path("bare.git").display().to_string();
    git(&site.path("."), ["clone", "--quiet", "--bare", &url, &bare]);
    git(
        Path::new(&bare),
        ["worktree", "add", "--quiet", "../tree", "topic"],
    );
    let output = site.run([
        "-C",
        "tree",
        "plan",
        "--against",
        "main",
        "--format",
        "json",
    ]);
    assert_eq!(told(&output), expected);
}

#[test]
fn what_a_partial_clone_lacks_is_not_fetched() {
    let origin = Repository::new();
    origin.git(["config", "uploadpack.allowFilter", "true"]);
    origin.0.edit("personas/ana.yaml", "elevenlabs", "cartesia");
    origin.commit();
    let url = origin.url();
    let clone = Repository(with_git(Site::bare()));
    git(
        &clone.path("."),
        ["clone", "--quiet", "--filter=blob:none", &url, "."],
    );
    let before = clone.all();
    let output = clone.0.run(["plan", "--against", "HEAD~1"]).code(1);
    let _ = output
        .says("it is not in this clone")
        .says("hint: a clone that was made with --filter");
    assert_eq!(clone.all(), before);

    git(
        &clone.path("."),
        ["fetch", "--quiet", "--refetch", "--no-filter"],
    );
    let _ = clone.0.run(["plan", "--against", "HEAD~1"]).success();
}

#[test]
fn a_hook_sees_what_is_not_committed_yet() {
    let repository = Repository::new();
    let hook = format!(
        "#!/bin/sh\nexec {} plan --against HEAD --detailed-exitcode >told 2>&1\n",
        env!("CARGO_BIN_EXE_personactl")
    );
    repository.0.write(".git/hooks/pre-commit", hook);
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(repository.path(".git/hooks/pre-commit"), executable).expect("it is ours");
    repository
        .0
        .edit("personas/ana.yaml", "elevenlabs", "cartesia");
    let commit = ["commit", "--quiet", "--all", "--message", "more"];
    let status = support::git(repository.path("."), commit)
        .env("GIT_DIR", repository.path(".git"))
        .output();
    assert_eq!(status.expect("git runs").status.code(), Some(1));
    let said = repository.0.read("told");
    assert!(said.contains("1 to update, 1 unchanged"), "{said}");
}

#[test]
fn what_another_repository_holds_is_left_out() {
    let other = Repository::bare();
    for name in ["Cara", "Dora"] {
        let manifest = format!("persona_name: {name}\nsystem_prompt: x\n");
        other.0.write(&format!("{name}.yaml"), manifest);
    }
    other.commit();
    let repository = Repository::new();
    let url = other.path(".").display().to_string();
    let add = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &url,
        "personas/more",
    ];
    repository.git(add);
    repository.commit();
    let all = ["keep ana", "keep bea"];
    assert_eq!(repository.told("HEAD"), all);
    let said = "2 manifests in submodules were left out: no revision of this repository holds";
    repository.tells_in_all_forms("HEAD", said);

    // Where a file of this repository stood before, it is left out as well.
    let manifest = "persona_name: Eva\nsystem_prompt: x\n";
    repository.0.write("personas/less/eva.yaml", manifest);
    fs::remove_file(repository.path("personas/more/Dora.yaml")).expect("it is there");
    fs::remove_file(repository.path("personas/more/Cara.yaml")).expect("it is there");
    repository.commit();
    repository.git(["init", "--quiet", "personas/less"]);
    assert_eq!(repository.told("HEAD"), all);
    let said = "1 manifest in a submodule was left out: no revision of this repository holds";
    repository.tells_in_all_forms("HEAD", said);
    fs::remove_dir_all(repository.path("personas/less")).expect("it is there");

    // A submodule that was not brought along holds nothing.
    repository.git(["submodule", "deinit", "--quiet", "--force", "personas/more"]);
    assert_eq!(repository.told("HEAD~1"), all);
}

#[test]
fn a_revision_that_is_none_is_told() {
    let repository = Repository::new();
    let rows = [
        "nope",
        "--help",
        "-n",
        "",
        "main:nothing",
        ":/nothing like it",
        "^main",
        "main..main",
        "...",
        "nope...",
        "main...main",
        "a\nb",
    ];
    for revision in rows {
        let argument = format!("--against={revision}");
        let output = repository.0.run(["plan", &argument]).code(1);
        assert!(output.stdout.is_empty(), "{revision:?}: {output:#?}");
        let _ = output.says("there is no revision `");
    }
}

#[test]
fn what_is_no_commit_is_called_what_it_is() {
    let repository = Repository::new();
    repository.git([
        "tag",
        "--annotate",
        "--message",
        "x",
        "folder",
        "main:personas",
    ]);
    let rows = [
        ("main:personas", "tree"),
        ("main^{tree}", "tree"),
        ("folder", "tree"),
        ("main:personas/ana.yaml", "blob"),
        (":personas/ana.yaml", "blob"),
    ];
    for (revision, kind) in rows {
        let output = repository.0.run(["plan", "--against", revision]).code(1);
        let _ = output
            .says(&format!("`{revision}` is a {kind}, not a commit"))
            .says("hint: a branch, a tag or a commit");
    }
}

#[test]
fn every_name_that_git_has_for_a_commit_will_do() {
    let repository = Repository::new();
    let commit = repository.git(["rev-parse", "HEAD"]);
    repository.git(["tag", "--annotate", "--message", "x", "v1"]);
    repository
        .0
        .edit("personas/ana.yaml", "elevenlabs", "cartesia");
    repository.git(["commit", "--quiet", "--all", "--message", "the voice"]);
    let names = [commit.trim(), "v1", "v1^{}", ":/^all", "HEAD^{/^all}", "@~"];
    for name in names {
        assert_eq!(repository.told(name)[0], "update ana", "{name}");
    }
    assert_eq!(repository.told(":/the voice")[0], "keep ana");
}

#[test]
fn what_has_become_of_the_other_branch_meanwhile_is_left_out_where_that_is_asked_for() {
    let repository = Repository::new();
    repository.git(["checkout", "--quiet", "-b", "topic"]);
    repository
        .0
        .edit("personas/ana.yaml", "elevenlabs", "cartesia");
    repository.commit();
    repository.git(["checkout", "--quiet", "main"]);
    repository
        .0
        .edit("personas/bea.yaml", "tavus-gpt-oss", "other");
    repository.commit();
    repository.git(["checkout", "--quiet", "topic"]);
    let ours = [
        "update ana",
        "  /layers/tts/tts_engine change personas/ana.yaml:7",
    ];
    let told = repository.told("main");
    assert_eq!(
        (&told[..2], &told[2][..]),
        (&ours.map(str::to_owned)[..], "update bea")
    );
    for name in ["main...", "main...HEAD"] {
        let told = repository.told(name);
        assert_eq!(
            (&told[..2], &told[2][..]),
            (&ours.map(str::to_owned)[..], "keep bea"),
            "{name}"
        );
    }

    repository.git(["checkout", "--quiet", "--orphan", "alone"]);
    repository.commit();
    let output = repository.0.run(["plan", "--against", "main..."]).code(1);
    let _ = output.says("there is no commit here that `main...` could begin at");

    let clone = Repository::bare();
    for branch in ["main", "topic"] {
        let pair = format!("{branch}:{branch}");
        let fetch = ["fetch", "--quiet", "--depth=1", "--update-head-ok"];
        clone.git(fetch.into_iter().chain([&repository.url()[..], &pair]));
    }
    clone.git(["checkout", "--quiet", "topic"]);
    let output = clone.0.run(["plan", "--against", "main..."]).code(1);
    let _ = output.says("hint: this clone is shallow: `git fetch --unshallow`");
}

#[test]
fn what_makes_no_sense_beside_it_is_wrong_usage() {
    let repository = Repository::new();
    for other in [
        &["--out", "plan.json"][..],
        &["--no-adopt"],
        &["--on-conflict", "repo"],
    ] {
        let arguments = ["plan", "--against", "main"].iter().chain(other).copied();
        let _ = repository
            .0
            .run(arguments)
            .code(64)
            .says("cannot be used with");
    }
}

#[test]
fn without_git_or_a_repository_there_is_a_way_out() {
    let site = Site::with_manifest("persona_name: Ana\nsystem_prompt: x\n");
    let output = site.run(["plan", "--against", "main"]).code(1);
    let _ = output
        .says("the persona directory is in no git repository")
        .says("hint: ");

    let mut repository = Repository::new();
    repository.0.set("PATH", "/nowhere");
    let output = repository.0.run(["plan", "--against", "main"]).code(1);
    let _ = output.says("cannot run git").says("hint: ");

    let mut repository = Repository::new();
    repository.0.set("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    let output = repository.0.run(["plan", "--against", "main"]).code(1);
    let _ = output.says("git does not read the repository: fatal: detected dubious ownership");

    let repository = Repository::new();
    fs::write(
        repository.path(".git/config"),
        "[core]\n\trepositoryformatversion = 99\n",
    )
    .expect("it is ours");
    let output = repository.0.run(["plan", "--against", "main"]).code(1);
    let _ = output.says("git does not read the repository: fatal: ");
}

#[test]
fn a_few_objects_do_not_fill_the_disk() {
    let repository = Repository::new();
    repository.0.write("large", "x".repeat(1_000_000));
    let blob = repository.git(["hash-object", "-w", "large"]);
    let add = |number| format!("100644,{},personas/_x/{number}.json", blob.trim());
    let entries: Vec<String> = (0..300).map(add).collect();
    let options = entries.iter().flat_map(|entry| ["--cacheinfo", entry]);
    repository.git(["update-index", "--add"].into_iter().chain(options));
    repository.git(["commit", "--quiet", "--message", "large"]);
    let output = repository.0.run(["plan", "--against", "HEAD"]).code(1);
    let _ = output.says("too much is to be read at that revision: more than 256 MB");
}

/// A git that answers no more than one question, and tells of the second one.
const HANGING: &str = r#"#!/bin/sh
case "$*" in
*--batch*) { read -r first; echo "$first"; read -r second; echo >asked; cat >/dev/null; } | "$GIT" "$@" ;;
*) exec "$GIT" "$@" ;;
esac
"#;

#[test]
fn whoever_is_ended_leaves_nothing_behind() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut repository = Repository::new();
        let path = env::var("PATH").expect("a path");
        let git = env::split_paths(&path).map(|folder| folder.join("git"));
        let git = git.into_iter().find(|git| git.exists()).expect("a git");
        repository.0.write("bin/git", HANGING);
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(repository.path("bin/git"), executable).expect("it is ours");
        let fifo = Command::new("mkfifo")
            .arg(repository.path("asked"))
            .status();
        assert!(fifo.expect("it runs").success());
        fs::create_dir(repository.path("temporary")).expect("a folder");
        let of = |path: &str| repository.path(path).display().to_string();
        let variables = [
            ("GIT", git.display().to_string()),
            ("PATH", format!("{}:{path}", of("bin"))),
            ("TMPDIR", of("temporary")),
        ];
        for (name, value) in variables {
            repository.0.set(name, value);
        }
        let left = || {
            fs::read_dir(repository.path("temporary"))
                .expect("it is there")
                .count()
        };

        let mut running = repository.0.start(["plan", "--against", "HEAD"]);
        let _ = fs::read(repository.path("asked")).expect("it asks");
        assert_eq!(left(), 1);
        let id = running.0.id().to_string();
        let kill = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(kill.expect("it runs").success());
        let status = running.0.wait().expect("it ends");
        assert_eq!(status.code(), Some(code), "{signal}");
        assert_eq!(left(), 0, "{signal}");
    }
}

/// What git takes for none is none, though there may be another one around it.
#[test]
fn no_other_repository_is_read_than_the_one_that_bounds_the_directory() {
    let repository = Repository::new();
    let ana = "persona_name: Ana\nsystem_prompt: Be kind.\n";
    repository.0.write("inner/personas/ana.yaml", ana);
    repository.commit();
    fs::create_dir(repository.path("inner/.git")).expect("a folder");
    let inner = ["-C", "inner", "plan", "--against", "HEAD"];
    let output = repository.0.run(inner).code(1);
    let _ = output
        .says("inner/.git` is no repository to git, which would read `")
        .says("hint: ");
}

#[test]
fn what_was_put_in_the_place_of_an_object_is_not_read() {
    let repository = Repository::new();
    repository.0.edit("personas/ana.yaml", "Ana", "Anna");
    repository.commit();
    let expected = repository.told("HEAD~1");
    assert_eq!(expected[0], "update ana");
    repository.git(["replace", "HEAD~1", "HEAD"]);
    assert_eq!(repository.told("HEAD~1"), expected);
    let without_parents = repository.git(["rev-parse", "HEAD"]);
    repository.0.write(".git/info/grafts", without_parents);
    assert_eq!(repository.told("HEAD~1"), expected);
}

/// Files of the revision cannot lead out of the copy that they are read from, nor can the copy be written out of.
#[test]
fn a_hostile_tree_leads_nowhere() {
    let repository = Repository::new();
    let outside = Site::bare();
    outside.write("secret.md", "canary");
    let away = outside.path(".").display().to_string();
    repository.link(&away, "personas/away");
    repository.link("../../../../../../../..", "personas/up");
    repository.link("loop", "personas/loop");
    repository.link("round/x", "personas/round");
    repository.0.write(
        "personas/cara.yaml",
        "persona_name: Cara\nsystem_prompt: !file away/secret.md\n",
    );
    repository.0.write(
        "personas/dora.yaml",
        "persona_name: Dora\nsystem_prompt: !file round/a.md\n",
    );
    repository.commit();
    for path in ["away", "up", "loop", "round", "cara.yaml", "dora.yaml"] {
        fs::remove_file(repository.path(&format!("personas/{path}"))).expect("it is there");
    }
    let output = repository.0.run(["plan", "--against", "HEAD"]).success();
    let _ = output
        .says("`away/secret.md` is outside of the repository")
        .says("2 to delete, 2 unchanged")
        .hides("canary");
    assert_eq!(
        fs::read_dir(outside.path("."))
            .expect("it is there")
            .count(),
        1
    );
}

#[test]
fn a_persona_directory_may_be_a_link_by_now_but_never_one_that_leads_out() {
    let repository = Repository::new();
    repository.link("personas", "linked");
    let output = repository
        .0
        .run(["plan", "linked", "--against", "HEAD", "--format", "json"]);
    assert_eq!(told(&output), ["keep ana", "keep bea"]);

    let outside = Repository::new();
    repository.git(["mv", "personas", "moved"]);
    repository.link(&outside.path("personas").display().to_string(), "personas");
    repository.commit();
    fs::remove_file(repository.path("personas")).expect("it is there");
    repository.git(["mv", "moved", "personas"]);
    let output = repository.0.run(["plan", "--against", "HEAD"]).success();
    let _ = output
        .says("there was no persona directory")
        .says("2 to create");
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let repository = Repository::new();
    repository
        .0
        .write("shared/manners.md", "x".repeat(1_000_001));
    repository.commit();
    repository.0.write("shared/manners.md", "Be kind.\n");
    let output = repository.0.run(["plan", "--against", "HEAD"]).success();
    let _ = output
        .says("is larger than 1 MB")
        .says("1 to create, 1 unchanged");
}

#[test]
fn json_names_the_revision() {
    let repository = Repository::new();
    let plan = repository
        .0
        .run(["plan", "--against", "main", "--format", "json"])
        .json();
    let commit = repository.git(["rev-parse", "main"]);
    assert_eq!(plan["api_url"], Value::Null);
    assert_eq!(
        plan["against"],
        serde_json::json!({"ref": "main", "commit": commit.trim(), "remarks": []})
    );
    assert_eq!(plan["steps"][0]["persona_id"], Value::Null);
}
