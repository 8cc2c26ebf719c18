//! A directory that is loaded again says what it would say loaded anew.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;
use crate::manifest::Workspace;

const LONGEST: Duration = Duration::from_secs(10);

impl Site {
    fn refresh(&self, workspace: &mut Workspace) -> Vec<String> {
        let news = workspace
            .refresh(&self.path("personas"), &self.scope())
            .expect("a directory that can be read");
        news.keys.iter().map(ToString::to_string).collect()
    }

    /// Waits until the clock of the files has moved on, so that they count as read.
    fn settle(&self) {
        let now = self.path("personas/_now");
        fs::write(&now, "").expect("a file");
        let written = fs::metadata(&now).and_then(|found| found.modified());
        let settled = written.expect("a time") + Duration::from_millis(60);
        fs::remove_file(now).expect("a file");
        let start = SystemTime::now();
        while SystemTime::now() <= settled {
            let waited = start.elapsed().unwrap_or_default();
            assert!(waited < LONGEST, "the clock stands still");
            std::thread::yield_now();
        }
    }

    #[track_caller]
    fn is_loaded(&self, workspace: &Workspace) {
        let anew = self.load();
        let loaded = workspace.loaded();
        assert_eq!(loaded.desired, anew.desired);
        assert_eq!(loaded.findings, anew.findings);
        assert_eq!(loaded.files, anew.files);
        assert_eq!(loaded.missing, anew.missing);
        assert_eq!(loaded.sources, anew.sources);
        assert_eq!(loaded.broken, anew.broken);
        assert_eq!(loaded.elsewhere, anew.elsewhere);
        assert_eq!(loaded.manifests, anew.manifests);
    }
}

#[test]
fn only_what_a_file_affects_has_changed() {
    let a = "persona_name: A\nsystem_prompt: !file _prompt.md\n".to_owned();
    let b = "persona_name: B\nsystem_prompt: P\nlayers: !include _layers.yaml\n".to_owned();
    let c = "persona_name: C\nsystem_prompt: P\n".to_owned();
    let site = Site::new(&[
        ("personas/a.yaml", a.clone()),
        ("personas/b.yaml", b),
        ("personas/c.yaml", c.clone()),
        ("personas/_prompt.md", "one".to_owned()),
        (
            "personas/_layers.yaml",
            "llm: {model: tavus-gpt-4o}\n".to_owned(),
        ),
    ]);
    let mut workspace = Workspace::default();
    assert_eq!(site.refresh(&mut workspace), ["a", "b", "c"]);
    site.settle();
    assert_eq!(site.refresh(&mut workspace), [""; 0]);
    let overlay = "greeting: hi\n";
    let twin = a.replace("_prompt.md", "_gone.md");
    let steps: [(&str, Option<&str>, &[&str]); 13] = [
        ("personas/_prompt.md", Some("two"), &["a"]),
        ("personas/_prompt.md", Some("two"), &[]),
        (
            "personas/_layers.yaml",
            Some("llm: {model: tavus-gpt-oss}\n"),
            &["b"],
        ),
        (
            "personas/c.yaml",
            Some("persona_name: C\nsystem_prompt: Q # said\n"),
            &["c"],
        ),
        ("personas/_other.md", Some("nobody reads it"), &[]),
        ("personas/_overlays/staging/c.yaml", Some(overlay), &["c"]),
        ("personas/_overlays/staging/c.yaml", None, &["c"]),
        ("personas/a.yaml", Some(&twin), &["a"]),
        ("personas/_gone.md", Some("found"), &["a"]),
        (
            "personas/new/d.yaml",
            Some("persona_name: B\nsystem_prompt: P\n"),
            &["b", "new/d"],
        ),
        (
            "personas/new/d.yaml",
            Some("persona_name: D\nsystem_prompt: P\n"),
            &["b", "new/d"],
        ),
        ("personas/new/d.yaml", None, &["new/d"]),
        ("personas/c.yaml", Some("[\n"), &["c"]),
    ];
    for (file, text, expected) in steps {
        match text {
            Some(text) => site.write(file, text),
            None => fs::remove_file(site.path(file)).expect("a file"),
        }
        let changed = site.refresh(&mut workspace);
        // Whether the clock has moved on makes no difference.
        if file.len() % 2 == 0 {
            site.settle();
        }
        assert_eq!(changed, expected, "{file} {text:?}");
        site.is_loaded(&workspace);
    }
}

#[cfg(unix)]
#[test]
fn what_a_link_leads_to_is_looked_for_before_it_is_there() {
    use std::os::unix::fs::symlink;

    type Links = &'static [(&'static str, &'static str)];

    let rows: [(&str, Links, &[&str]); 4] = [
        (
            "a file",
            &[("personas/_text.md", "../shared/text.md")],
            &["shared/text.md"],
        ),
        (
            "a link to a link",
            &[
                ("personas/_text.md", "_other"),
                ("personas/_other", "../shared/text.md"),
            ],
            &["personas/_other", "shared/text.md"],
        ),
        (
            "a circle",
            &[("personas/_text.md", "_text.md")],
            &["personas/_text.md"],
        ),
        (
            "out of the repository",
            &[("personas/_text.md", "../../text.md")],
            &[],
        ),
    ];
    for (name, links, expected) in rows {
        let site = Site::manifest("persona_name: A\nsystem_prompt: !file _text.md\n");
        site.write("shared/other.md", "");
        for (link, target) in links {
            symlink(target, site.path(link)).expect("a link");
        }
        let mut workspace = Workspace::default();
        site.refresh(&mut workspace);
        site.is_loaded(&workspace);
        let top = site.path("").canonicalize().expect("a folder");
        let written = ["personas/a.yaml", "personas/_text.md"];
        let expected = written.iter().chain(expected).map(|path| top.join(path));
        let expected: BTreeSet<PathBuf> = expected.collect();
        assert_eq!(workspace.paths(), expected, "{name}");
        let folders = expected.iter().filter_map(|path| path.parent());
        let folders: BTreeSet<PathBuf> = folders.map(Path::to_owned).collect();
        assert_eq!(workspace.folders(), folders, "{name}");
        if let Some(target) = expected
            .iter()
            .find(|path| path.ends_with("shared/text.md"))
        {
            site.settle();
            fs::write(target, "P").expect("a file");
            assert_eq!(site.refresh(&mut workspace), ["a"], "{name}");
            site.is_loaded(&workspace);
        }
    }
}

/// What may become of the files between two looks.
#[derive(Clone, Debug)]
enum Edit {
    Write(usize, usize),
    Remove(usize),
    Rename(usize, usize),
    Settle,
}

const FILES: [&str; 8] = [
    "personas/a.yaml",
    "personas/b/c.yaml",
    "personas/b/d.yml",
    "personas/_part.yaml",
    "personas/_text.md",
    "personas/_overlays/staging/a.yaml",
    "personas/_overlays/production/b/c.yaml",
    "personas/_overlays/staging/b/c.json",
];
const TEXTS: [&str; 8] = [
    "persona_name: A\nsystem_prompt: !file _text.md\n",
    "persona_name: B\nsystem_prompt: !file ../_text.md\ncontext: !include ../_part.yaml#/x\n",
    "persona_name: A\nsystem_prompt: P\nx-personactl: {environments: [production]}\n",
    "x: one\npersona_name: P\nsystem_prompt: !concat [!file _text.md, two]\n",
    "{\"system_prompt\": \"json\"}",
    "x: [\n",
    "greeting: !include ../../_part.yaml\n",
    "x: two\nsystem_prompt: null # personactl: allow prompt-length\n",
];

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let file = || 0..FILES.len();
    let edit = prop_oneof![
        5 => (file(), 0..TEXTS.len()).prop_map(|(file, text)| Edit::Write(file, text)),
        1 => file().prop_map(Edit::Remove),
        1 => (file(), file()).prop_map(|(from, to)| Edit::Rename(from, to)),
        1 => Just(Edit::Settle),
    ];
    prop::collection::vec(edit, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn loaded_again_or_anew_is_the_same(edits in edits()) {
        let site = Site::new(&[("personas/a.yaml", NAMED.to_owned())]);
        let mut workspace = Workspace::default();
        for edit in edits {
            match edit {
                Edit::Write(file, text) => site.write(FILES[file], TEXTS[text]),
                // That there is none is as good.
                Edit::Remove(file) => drop(fs::remove_file(site.path(FILES[file]))),
                Edit::Rename(from, to) => {
                    drop(fs::rename(site.path(FILES[from]), site.path(FILES[to])));
                }
                Edit::Settle => site.settle(),
            }
            site.refresh(&mut workspace);
            site.is_loaded(&workspace);
        }
    }
}
