//! The release workflow: its shell steps, taken out of it and run here. What needs GitHub or another machine is not.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use walkdir::WalkDir;

use crate::support::{DAY, Site, git};

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn workflow() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/.github/workflows/release.yml");
    let text = fs::read_to_string(path).expect("it is there");
    serde_yaml::from_str(&text).expect("it is YAML")
}

/// A step of the workflow, ready to run as the runner does it, for this tag.
fn step(site: &Site, job: &str, name: &str, tag: &str) -> Command {
    let workflow = workflow();
    assert_eq!(workflow["defaults"]["run"]["shell"], "bash");
    let steps = workflow["jobs"][job]["steps"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["name"] == name);
    let step = step.expect("a step of this name");
    let folder = step["working-directory"].as_str().unwrap_or_default();
    let script = step["run"].as_str().expect("a script");
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
        .current_dir(site.path(folder))
        .env_clear()
        .envs(env::var_os("PATH").map(|path| ("PATH", path)));
    for (name, value) in step["env"].as_object().into_iter().flatten() {
        let value = value.as_str().expect("a text");
        bash.env(name, value.replace("${{ github.ref_name }}", tag));
    }
    bash
}

fn run(mut command: Command) -> Output {
    command.output().expect("it runs")
}

#[track_caller]
fn succeeds(output: &Output) {
    assert!(output.status.success(), "{output:#?}");
}

fn check(site: &Site, tag: &str) -> Output {
    run(step(
        site,
        "check",
        "The tag, Cargo.toml and the changelog agree",
        tag,
    ))
}

/// Sources of version 1.2.3, with this changelog.
fn sources(changelog: &str) -> Site {
    let site = Site::bare();
    let manifest = include_str!("../../Cargo.toml");
    let own = format!("version = \"{VERSION}\"");
    assert!(manifest.contains(&own));
    site.write(
        "Cargo.toml",
        manifest.replacen(&own, "version = \"1.2.3\"", 1),
    );
    site.write("CHANGELOG.md", changelog);
    site
}

#[test]
fn a_tag_is_the_version_and_has_its_part_of_the_changelog() {
    let changelog = "# Changelog\n\n## Unreleased\n\n## 1.2.3 (2026-11-21)\n\n### Added\n\n- It.\n\n## 1.2.30\n\n- Old.\n";
    let site = sources(changelog);
    succeeds(&check(&site, "v1.2.3"));
    assert_eq!(site.read("notes.md").trim(), "### Added\n\n- It.");
}

#[test]
fn a_tag_that_is_another_version_is_refused() {
    let site = sources("## 1.2.3\n\n- It.\n\n## 1.2.4\n\n- Next.\n");
    for tag in [
        "v1.2.4",
        "1.2.3",
        "v1.2.3-rc.1",
        "v1.2",
        "v1.2.3\n",
        "v$(touch x)",
    ] {
        let output = check(&site, tag);
        assert_eq!(output.status.code(), Some(1), "{tag}");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.starts_with("::error file=Cargo.toml::"), "{said}");
    }
    assert!(!site.path("x").exists());
}

#[test]
fn a_version_of_which_the_changelog_says_nothing_is_refused() {
    for changelog in [
        "## Unreleased\n\n- It.\n",
        "## 1.2.3\n\n## 1.2.2\n\n- Old.\n",
        "## 1.2.30\n\n- Other.\n",
    ] {
        let output = check(&sources(changelog), "v1.2.3");
        assert_eq!(output.status.code(), Some(1), "{changelog}");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.starts_with("::error file=CHANGELOG.md::"), "{said}");
    }
}

/// What the jobs before have left, and the repository around it. `zip` is not everywhere: without it there is nothing for Windows.
fn built() -> Site {
    let site = Site::bare();
    let program = env!("CARGO_BIN_EXE_personactl");
    let program = format!("#!/bin/sh\nexec '{program}' \"$@\"\n");
    for target in targets() {
        let name = program_of(&target);
        site.write(&format!("artifacts/built-{target}/{name}"), &program);
    }
    site.write("artifacts/sbom/personactl.cdx.json", "{}");
    site.write("artifacts/notes/notes.md", "- It.\n");
    for text in ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md"] {
        site.write(text, text);
    }
    for arguments in ["init -q", "commit -q --allow-empty -m text"] {
        succeeds(&run(git(site.path(""), arguments.split(' '))));
    }
    site
}

/// The targets of the workflow that can be packed here.
fn targets() -> Vec<String> {
    let workflow = workflow();
    let matrix = &workflow["jobs"]["build"]["strategy"]["matrix"]["include"];
    let target = |row: &Value| row["target"].as_str().expect("a target").to_owned();
    let all = matrix.as_array().expect("rows").iter().map(target);
    let has_zip = Command::new("zip").arg("-v").output().is_ok();
    all.filter(|target| has_zip || !target.contains("windows"))
        .collect()
}

fn program_of(target: &str) -> &'static str {
    match target.contains("windows") {
        true => "personactl.exe",
        false => "personactl",
    }
}

#[test]
fn a_program_that_needs_a_library_or_cannot_be_looked_at_is_not_released() {
    let site = Site::bare();
    site.write("none", "no program");
    let looked_at = |program: &str| {
        let name = "It needs no library of the machine";
        let mut step = step(&site, "build", name, "");
        step.env("PROGRAM", program);
        run(step)
    };
    let tests = env::current_exe().expect("we run");
    let linked = looked_at(&tests.display().to_string());
    let said = String::from_utf8_lossy(&linked.stdout);
    assert!(
        !linked.status.success() && said.contains("NEEDED"),
        "{linked:#?}"
    );
    for program in ["none", "nowhere"] {
        let output = looked_at(program);
        assert!(!output.status.success(), "{program}: {output:#?}");
    }
}

fn pack(site: &Site) {
    let tag = format!("v{VERSION}");
    succeeds(&run(step(site, "pack", "Pack", &tag)));
    succeeds(&run(step(site, "pack", "Checksums", &tag)));
}

#[test]
fn an_archive_holds_the_program_and_what_belongs_to_it() {
    let site = built();
    pack(&site);
    let name = format!("personactl-{VERSION}-x86_64-unknown-linux-musl");
    let mut tar = Command::new("tar");
    tar.args(["-xf", &format!("release/{name}.tar.gz")])
        .current_dir(site.path(""));
    succeeds(&tar.output().expect("tar runs"));

    let program = site.path(&name).join("personactl");
    let day = UNIX_EPOCH + Duration::from_secs(DAY);
    let modified = fs::metadata(&program).and_then(|data| data.modified());
    assert_eq!(modified.expect("it is there"), day);
    let version = Command::new(program).arg("-V").output();
    let said = version.expect("it can be run").stdout;
    assert_eq!(
        String::from_utf8_lossy(&said),
        format!("personactl {VERSION}\n")
    );
    for text in ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md"] {
        assert_eq!(site.read(&format!("{name}/{text}")), text);
    }
    let shells = [
        ("bash", "personactl.bash"),
        ("elvish", "personactl.elv"),
        ("fish", "personactl.fish"),
        ("powershell", "_personactl.ps1"),
        ("zsh", "_personactl"),
    ];
    for (shell, file) in shells {
        let script = site.run(["completions", shell]).success().stdout;
        assert_eq!(site.read(&format!("{name}/completions/{file}")), script);
    }
    let page = site.read(&format!("{name}/man/personactl-apply.1"));
    assert_eq!(page, site.run(["man", "apply"]).success().stdout);
}

#[test]
fn the_checksums_are_of_all_that_is_published_and_find_what_was_changed() {
    let site = built();
    pack(&site);
    let arrived = || {
        run(step(
            &site,
            "publish",
            "What arrived is what was packed",
            "",
        ))
    };
    succeeds(&arrived());
    let sums = site.read("release/SHA256SUMS");
    let summed: Vec<_> = sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .collect();
    for entry in WalkDir::new(site.path("release")).min_depth(1) {
        let name = entry.expect("an entry").file_name().to_owned();
        let is_summed = summed.iter().any(|(_, file)| name == *file);
        assert!(is_summed || name == "SHA256SUMS", "{name:?}");
    }
    assert_eq!(summed.len(), targets().len() + 1);
    site.write("release/personactl.cdx.json", "{ }");
    assert!(!arrived().status.success());
}

#[test]
fn who_packs_the_same_programs_gets_the_same_archives() {
    let sites = [built(), built()];
    let ours = Permissions::from_mode(0o600);
    fs::set_permissions(sites[1].path("LICENSE"), ours).expect("it is ours");
    let sums = sites.each_ref().map(|site| {
        pack(site);
        site.read("release/SHA256SUMS")
    });
    assert_eq!(sums[0], sums[1]);
}

/// What `cargo binstall` is told in the manifest.
fn binstall() -> Value {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let metadata = cargo.expect("cargo runs").stdout;
    let metadata: Value = serde_json::from_slice(&metadata).expect("JSON");
    metadata["packages"][0]["metadata"]["binstall"].clone()
}

/// The names of what an archive holds.
fn listed(archive: &Path) -> Vec<String> {
    let lister = match archive.extension().is_some_and(|ending| ending == "zip") {
        true => ["zip", "-sf"],
        false => ["tar", "-tf"],
    };
    let list = Command::new(lister[0]).arg(lister[1]).arg(archive).output();
    let list = list.expect("it runs");
    succeeds(&list);
    let text = String::from_utf8(list.stdout).expect("text");
    text.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn binstall_finds_the_archives_and_the_programs_in_them() {
    let site = built();
    pack(&site);
    let binstall = binstall();
    for target in targets() {
        let own = &binstall["overrides"][&target]["pkg-fmt"];
        let format = own.as_str().or(binstall["pkg-fmt"].as_str());
        let (suffix, ending) = match format {
            Some("tgz") => (".tar.gz", ""),
            Some("zip") => (".zip", ".exe"),
            other => panic!("{other:?}"),
        };
        let filled = |template: &str| {
            let template = binstall[template].as_str().expect("a template").to_owned();
            let words = [
                ("{ name }", "personactl"),
                ("{ bin }", "personactl"),
                ("{ version }", VERSION),
                ("{ target }", &target),
                ("{ archive-suffix }", suffix),
                ("{ binary-ext }", ending),
            ];
            words
                .iter()
                .fold(template, |text, (word, value)| text.replace(word, value))
        };
        let url = filled("pkg-url");
        let archive = url.strip_prefix(&format!("{{ repo }}/releases/download/v{VERSION}/"));
        let archive = site
            .path("release")
            .join(archive.expect("an asset of the release"));
        assert!(listed(&archive).contains(&filled("bin-dir")), "{archive:?}");
    }
}

/// Publishes by a `gh` that writes down what it is asked for; `view` is what it does when it is asked about a release.
fn publish(tag: &str, view: &str) -> (bool, Vec<String>) {
    let site = Site::bare();
    let gh =
        format!("#!/bin/sh\necho \"$2 $3 $4 $5 $6\" >> asked\ncase $2 in view) {view} ;; esac\n");
    site.write("bin/gh", gh);
    fs::set_permissions(site.path("bin/gh"), Permissions::from_mode(0o755)).expect("it is ours");
    site.write("release/SHA256SUMS", "");
    let mut step = step(&site, "publish", "Publish", tag);
    let path = env::var("PATH").expect("a path");
    let bin = site.path("bin").display().to_string();
    step.env("PATH", format!("{bin}:{path}"));
    let output = run(step);
    let asked = site.read("asked");
    let asked = asked.lines().map(|line| line.trim_end().to_owned());
    (output.status.success(), asked.collect())
}

#[test]
fn a_release_is_a_draft_until_all_of_it_is_there() {
    let view = "view v1.2.3 --json isDraft --jq";
    let delete = "delete v1.2.3 --yes";
    let create = "create v1.2.3 --draft --verify-tag --prerelease=false";
    let edit = "edit v1.2.3 --draft=false";
    let rows: [(&str, bool, &[&str]); 4] = [
        ("exit 1", true, &[view, create, edit]),
        ("echo true", true, &[view, delete, create, edit]),
        ("echo false", false, &[view]),
        ("exit 1 ;; create) exit 1", false, &[view, create]),
    ];
    for (gh, is_out, wanted) in rows {
        let (success, asked) = publish("v1.2.3", gh);
        assert_eq!(
            (success, asked),
            (is_out, wanted.iter().map(|&line| line.to_owned()).collect()),
            "{gh}"
        );
    }
}

#[test]
fn a_version_with_a_hyphen_is_no_full_release() {
    let (_, asked) = publish("v1.2.3-rc.1", "exit 1");
    assert!(asked[1].ends_with("--prerelease=true"), "{asked:?}");
}

#[test]
fn only_who_publishes_may_write_and_it_builds_nothing() {
    let workflow = workflow();
    assert_eq!(workflow["permissions"], json!({}));
    for (name, job) in workflow["jobs"].as_object().expect("jobs") {
        let steps = job["steps"].as_array().expect("steps");
        let uses = |action: &str| {
            let used = steps.iter().filter_map(|step| step["uses"].as_str());
            used.filter(|used| used.starts_with(action)).count()
        };
        let may_write = job["permissions"] != json!({"contents": "read"});
        assert_eq!(may_write, name == "publish", "{name}");
        assert_eq!(uses("actions/checkout@"), usize::from(!may_write), "{name}");
        assert_eq!(uses("actions/cache"), 0, "{name}");
    }
}

#[test]
fn the_image_is_built_from_all_that_the_manifest_names() {
    let ignored = include_str!("../../examples/docker/Dockerfile.dockerignore");
    let lines = ignored.lines().filter(|line| !line.starts_with('#'));
    let (kept, rest): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with('!'));
    assert_eq!(rest, ["*"]);
    // These patterns mean the same to a shell.
    let patterns = kept.join(" ").replace('!', "");
    let site = Site::bare();
    let script = format!("cp -r --parents {patterns} \"$0\"");
    let mut copy = Command::new("bash");
    copy.args(["-c", &script])
        .arg(site.path(""))
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    succeeds(&run(copy));
    // The first step of a build. Whether there is all to fetch is not asked here.
    let mut fetch = Command::new(env!("CARGO"));
    fetch
        .args(["fetch", "--locked", "--offline"])
        .current_dir(site.path(""));
    let said = String::from_utf8(run(fetch).stderr).expect("text");
    assert!(!said.contains("failed to parse manifest"), "{said}");
    for (path, comes) in [
        ("Cargo.lock", true),
        ("src/build.rs", true),
        ("personas", false),
    ] {
        assert_eq!(site.path(path).exists(), comes, "{path}");
    }
}

#[test]
fn the_image_and_the_release_are_built_by_the_same_compiler() {
    let workflow = workflow();
    let version = workflow["env"]["RUSTUP_TOOLCHAIN"].as_str();
    let image = format!("\nFROM rust:{}-alpine", version.expect("a version"));
    assert!(include_str!("../../examples/docker/Dockerfile").contains(&image));
}
