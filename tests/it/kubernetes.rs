//! `examples/kubernetes`: what it promises to a careful team, and that its parts fit together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use personactl::metrics::Metrics;
use serde_json::{Value, json};

use crate::support::{Served, Site};

const ANA: &str = "persona_name: Ana\nsystem_prompt: Be kind.\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/kubernetes")
}

/// What a file says; every file holds one object.
fn object(file: &str) -> Value {
    let text = fs::read_to_string(folder().join(file)).expect("it is there");
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn texts(value: &Value) -> Vec<&str> {
    list(value)
        .map(|text| text.as_str().expect("a text"))
        .collect()
}

fn pod() -> Value {
    object("deployment.yaml")["spec"]["template"]["spec"].clone()
}

/// All containers of the pod, those that run first as well.
fn containers() -> Vec<Value> {
    let pod = pod();
    let kinds = ["initContainers", "containers"];
    let all: Vec<_> = kinds
        .iter()
        .flat_map(|kind| list(&pod[kind]).cloned())
        .collect();
    assert_eq!(all.len(), 3);
    all
}

fn personactl() -> Value {
    let mut all = containers().into_iter();
    all.find(|container| container["name"] == "personactl")
        .expect("it is there")
}

/// What git-sync is told, by variable.
fn git_sync() -> BTreeMap<String, String> {
    let kustomization = object("kustomization.yaml");
    let generated = &kustomization["configMapGenerator"][0];
    assert_eq!(generated["name"], "personactl-git");
    let pairs = texts(&generated["literals"]).into_iter().map(|literal| {
        let (name, value) = literal.split_once('=').expect("a name and a value");
        (name.to_owned(), value.to_owned())
    });
    pairs.collect()
}

#[test]
fn each_file_is_one_object_that_the_kustomization_takes_in() {
    let kustomization = object("kustomization.yaml");
    let taken: BTreeSet<_> = texts(&kustomization["resources"]).into_iter().collect();
    let entries = fs::read_dir(folder()).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string());
    let names: BTreeSet<_> = names.map(|name| name.expect("a name")).collect();
    let others = ["README.md", "kustomization.yaml"];
    let files: BTreeSet<_> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !others.contains(name))
        .collect();
    assert_eq!(files, taken);
    for file in files {
        let object = object(file);
        assert_eq!(object["metadata"]["name"], "personactl", "{file}");
        // Which namespace it is in is for whoever applies it.
        assert_eq!(object["metadata"]["namespace"], Value::Null, "{file}");
    }
}

#[test]
fn all_that_selects_the_pod_goes_by_the_labels_that_it_has() {
    let deployment = object("deployment.yaml");
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    let selectors = [
        deployment["spec"]["selector"].clone(),
        object("network-policy.yaml")["spec"]["podSelector"].clone(),
        object("pod-monitor.yaml")["spec"]["selector"].clone(),
    ];
    for selector in selectors {
        assert_eq!(&selector["matchLabels"], labels);
    }
}

#[test]
fn only_one_pod_writes_at_a_time() {
    let deployment = object("deployment.yaml");
    assert_eq!(deployment["spec"]["replicas"], 1);
    assert_eq!(deployment["spec"]["strategy"], json!({"type": "Recreate"}));
    let state = object("state.yaml");
    assert_eq!(state["spec"]["accessModes"], json!(["ReadWriteOncePod"]));
}

#[test]
fn no_container_is_root_or_may_become_it_or_writes_where_it_should_not() {
    let pod = pod();
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["enableServiceLinks"], false);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    let seccomp = &pod["securityContext"]["seccompProfile"]["type"];
    assert_eq!(seccomp, "RuntimeDefault");
    for container in containers() {
        let name = &container["name"];
        let context = &container["securityContext"];
        assert!(context["runAsUser"].as_u64() > Some(0), "{name}");
        assert_eq!(context["readOnlyRootFilesystem"], true, "{name}");
        assert_eq!(context["allowPrivilegeEscalation"], false, "{name}");
        assert_eq!(context["capabilities"], json!({"drop": ["ALL"]}), "{name}");
        assert!(container["resources"]["limits"]["memory"].is_string());
        assert!(container["resources"]["requests"]["cpu"].is_string());
        assert!(container["resources"]["requests"]["memory"].is_string());
    }
    let dockerfile = include_str!("../../examples/docker/Dockerfile");
    let user = &personactl()["securityContext"]["runAsUser"];
    assert!(dockerfile.contains(&format!("USER {user}:{user}\n")));
}

#[test]
fn what_is_mounted_is_there_and_the_clone_is_only_read() {
    let pod = pod();
    let volumes: BTreeSet<_> = list(&pod["volumes"])
        .map(|volume| volume["name"].as_str().expect("a name"))
        .collect();
    let mut mounted = BTreeSet::new();
    let containers = containers();
    for mount in containers
        .iter()
        .flat_map(|container| list(&container["volumeMounts"]))
    {
        mounted.insert(mount["name"].as_str().expect("a name"));
    }
    assert_eq!(mounted, volumes);
    let personactl = personactl();
    let expected = json!([
        {"name": "git", "mountPath": "/git", "readOnly": true},
        {"name": "state", "mountPath": "/state"},
    ]);
    assert_eq!(personactl["volumeMounts"], expected);
    let claim =
        list(&pod["volumes"]).find_map(|volume| volume["persistentVolumeClaim"].as_object());
    let claim = &claim.expect("a claim")["claimName"];
    assert_eq!(*claim, object("state.yaml")["metadata"]["name"]);
}

#[test]
fn what_git_sync_writes_is_what_personactl_reads() {
    let git_sync = git_sync();
    for name in git_sync.keys() {
        assert!(name.starts_with("GITSYNC_"), "{name}");
    }
    let link = format!("{}/{}/", git_sync["GITSYNC_ROOT"], git_sync["GITSYNC_LINK"]);
    let personactl = personactl();
    let arguments = texts(&personactl["args"]);
    assert_eq!(arguments[0], "reconcile");
    assert!(arguments[1].starts_with(&link), "{arguments:?}");
    let password = Path::new(&git_sync["GITSYNC_PASSWORD_FILE"]);
    for container in containers() {
        if container["name"] == "personactl" {
            continue;
        }
        assert_eq!(
            container["envFrom"],
            json!([{"configMapRef": {"name": "personactl-git"}}])
        );
        let holds = |mount: &Value| password.parent() == mount["mountPath"].as_str().map(Path::new);
        assert!(list(&container["volumeMounts"]).any(holds));
    }
    let first = &pod()["initContainers"][0];
    assert_eq!(first["args"], json!(["--one-time"]));
}

/// A protected environment takes its own name, and only that.
#[test]
fn the_environment_is_named_twice_alike() {
    let personactl = personactl();
    let arguments = texts(&personactl["args"]);
    let value = |name: &str| {
        let mut values = arguments
            .iter()
            .filter_map(|argument| argument.strip_prefix(name));
        values.next().unwrap_or_else(|| panic!("{name}"))
    };
    assert_eq!(value("--environment="), value("--yes="));
}

#[test]
fn the_probes_are_where_the_program_serves_them() {
    let personactl = personactl();
    let port = &personactl["ports"][0];
    assert_eq!(port["name"], "probes");
    let arguments = texts(&personactl["args"]);
    let listen = format!("--listen=0.0.0.0:{}", port["containerPort"]);
    assert!(arguments.contains(&listen.as_str()), "{arguments:?}");
    for (probe, path) in [("livenessProbe", "/livez"), ("readinessProbe", "/readyz")] {
        let asked = json!({"path": path, "port": "probes"});
        assert_eq!(personactl[probe]["httpGet"], asked);
    }
    let monitor = object("pod-monitor.yaml");
    let endpoint = &monitor["spec"]["podMetricsEndpoints"][0];
    assert_eq!(endpoint["path"], "/metrics");
    assert_eq!(endpoint["port"], "probes");
    let policy = object("network-policy.yaml");
    assert_eq!(policy["spec"]["ingress"][0]["ports"][0]["port"], "probes");
}

#[test]
fn nothing_goes_out_but_names_and_https() {
    let policy = object("network-policy.yaml");
    assert_eq!(policy["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
    let ports = list(&policy["spec"]["egress"]).flat_map(|rule| list(&rule["ports"]));
    let ports: BTreeSet<_> = ports.map(|port| port["port"].as_u64()).collect();
    assert_eq!(ports, BTreeSet::from([Some(53), Some(443)]));
    assert!(list(&policy["spec"]["egress"]).all(|rule| rule["ports"].is_array()));
}

/// Each secret that the pod asks for, with its members, is one that the instructions make.
#[test]
fn the_secrets_are_those_of_the_instructions() {
    let (pod, personactl) = (pod(), personactl());
    let mut wanted: Vec<(String, String)> = list(&personactl["env"])
        .filter_map(|variable| {
            let secret = &variable["valueFrom"]["secretKeyRef"];
            let (name, key) = (secret["name"].as_str()?, secret["key"].as_str()?);
            assert_eq!(variable["name"], key);
            Some((name.to_owned(), key.to_owned()))
        })
        .collect();
    let mounted = list(&pod["volumes"]).find_map(|volume| volume["secret"]["secretName"].as_str());
    let file = git_sync()["GITSYNC_PASSWORD_FILE"].clone();
    let file = Path::new(&file).file_name().and_then(|name| name.to_str());
    wanted.push((
        mounted.expect("a secret").to_owned(),
        file.expect("a name").to_owned(),
    ));
    assert_eq!(wanted.len(), 2);
    let told = fs::read_to_string(folder().join("README.md")).expect("it is there");
    for (name, key) in wanted {
        let command = format!("kubectl create secret generic {name} --from-file={key}=");
        assert!(told.contains(&command), "{command}");
    }
}

#[test]
fn images_have_a_version() {
    let kustomization = object("kustomization.yaml");
    let pinned: BTreeSet<_> = list(&kustomization["images"])
        .map(|image| {
            let tag = image["newTag"].as_str().expect("a tag");
            assert_ne!(tag, "latest");
            image["name"].as_str().expect("a name").to_owned()
        })
        .collect();
    let used: BTreeSet<_> = containers()
        .iter()
        .map(|container| container["image"].as_str().expect("an image").to_owned())
        .collect();
    assert_eq!(used, pinned);
}

/// The names in an expression that are metrics of ours.
fn named(expression: &str) -> BTreeSet<&str> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter(|word| word.starts_with("personactl_"))
        .collect()
}

#[test]
fn alerts_go_by_metrics_and_results_that_there_are() {
    let told = Metrics::new(Duration::from_secs(300)).encode();
    let samples: BTreeSet<_> = told
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    let alerts = object("alerts.yaml");
    let rules: Vec<_> = list(&alerts["spec"]["groups"][0]["rules"]).collect();
    assert_eq!(rules.len(), 3);
    for rule in rules {
        let expression = rule["expr"].as_str().expect("an expression");
        let named = named(expression);
        assert!(!named.is_empty(), "{expression}");
        assert!(named.is_subset(&samples), "{expression}");
        let results = expression.split_once("result=~\"");
        let results = results.and_then(|(_, rest)| rest.split_once('"'));
        for result in results.into_iter().flat_map(|(words, _)| words.split('|')) {
            assert!(told.contains(&format!("result=\"{result}\"")), "{result}");
        }
    }
}

/// git-sync replaces the whole clone with each commit, and personactl may not write to it.
#[test]
fn what_was_applied_is_known_in_the_next_clone() {
    let service = Served::with(&[]);
    let mut site = Site::with_manifest(ANA);
    site.write(
        "personas/personactl.yaml",
        "environments: {production: {protected: true}}",
    );
    site.set("PERSONACTL_ENVIRONMENT", "production");
    site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
    site.set("TAVUS_API_KEY", "a-key");
    site.set("PERSONACTL_STATE", site.path("state").display().to_string());
    let written = |folder: &str| {
        let entries = fs::read_dir(site.path(folder)).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().into_string());
        names.collect::<Result<BTreeSet<_>, _>>().expect("names")
    };
    let before = written("personas");
    site.run(["apply", "--yes", "production"]).success();
    assert_eq!(written("personas"), before);
    assert!(written("state").contains("production.json"));

    fs::rename(site.path("personas"), site.path("old")).expect("it is moved");
    let settings = fs::read(site.path("old/personactl.yaml")).expect("it is there");
    site.write("personas/personactl.yaml", settings);
    site.write("personas/ana.yaml", ANA.replace("kind", "brief"));
    let plan = site.run(["plan", "--format", "json"]).success().json();
    assert_eq!(plan["steps"][0]["action"], "update");
    assert_eq!(plan["steps"][0]["fields"][0]["cause"], "change");
    site.run(["status"]).success().says("Ana");
}
