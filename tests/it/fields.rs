//! Every field of the catalogue against every normalisation of the sandbox: what was applied is in sync
//! from then on, whatever the service makes of it.

use crate::support::{Served, Site};
use std::thread;

use personactl::catalog::{Access, Field, Kind, PERSONA, Requirement, Secrecy};
use personactl::sandbox::Normalise;

/// How many fields a persona declares: the fewer, the less do they hide of one another, and the longer
/// it takes.
const FEW: usize = 4;

const PROMPT: &str = "system_prompt";

/// What a manifest says of a field, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edition {
    /// A value that every normalisation makes something else of.
    First,
    /// The same in another spelling.
    Respelt,
    /// Another value.
    Other,
    /// That it is to be unset.
    Unset,
    /// Nothing.
    Gone,
}

/// What manifests say after the first edition.
const LATER: [Edition; 4] = [
    Edition::Respelt,
    Edition::Other,
    Edition::Unset,
    Edition::Gone,
];

/// A persona that declares some fields of one object.
struct Sample {
    key: String,
    ownership: &'static str,
    /// The objects around the fields.
    way: Vec<&'static str>,
    fields: Vec<&'static Field>,
}

/// The value of a field, as YAML.
fn value(field: &Field, edition: Edition) -> String {
    let [first, respelt, other] = match field.kind {
        _ if field.secrecy == Secrecy::Secret => {
            ["!secret LLM_KEY", "!secret LLM_KEY", "!secret OTHER_KEY"]
        }
        Kind::Text => [r#"" Sample  Text\n""#, "sample text", "'42'"],
        Kind::Flag => ["false", "false", "true"],
        Kind::Number => ["0.75", "0.50", "2.25"],
        Kind::Integer => ["3", "3.0", "4"],
        Kind::Word(words) => {
            let (first, last) = (words.known[0], words.known[words.known.len() - 1]);
            let other = if first == last { "another" } else { first };
            [last, last, other]
        }
        Kind::Texts(_) => ["[' Two ', One]", "[one, two]", "['3', One]"],
        Kind::Tools => [
            "[{type: function, function: {name: z, description: ' Does  it '}}, \
              {type: function, function: {name: a, parameters: {type: object, minimum: 1.5}}}]",
            "[{type: function, function: {description: does it, name: z}}, \
              {function: {name: a, parameters: {type: object, minimum: 1.5}}, type: function}]",
            "[{type: function, function: {name: z, description: Does more, strict: true}}]",
        ],
        Kind::Map if field.secrecy == Secrecy::Holds => [
            "{X-Sample: ' One ', Limit: '5', Authorization: !secret LLM_KEY}",
            "{Limit: '5', X-Sample: one, Authorization: !secret LLM_KEY}",
            "{X-Sample: One, Authorization: !secret OTHER_KEY}",
        ],
        Kind::Map => [
            "{user: ' One ', top: 0.75, list: [b, a], on: true}",
            "{top: 0.50, on: true, user: one, list: [a, b]}",
            "{user: One, list: []}",
        ],
        Kind::Each(_) | Kind::ByCode(_) | Kind::Ids | Kind::Pointers => {
            unreachable!("none is sent to a service")
        }
        Kind::Members(_) | Kind::Any => [
            "{speed: '1.0', free: [2, 1], note: ' One '}",
            "{note: one, free: [1, 2], speed: 1}",
            "{speed: 1.25, free: []}",
        ],
    };
    match edition {
        Edition::First => first.to_owned(),
        Edition::Respelt => respelt.to_owned(),
        Edition::Other => other.to_owned(),
        Edition::Unset if field.name == PROMPT => "x".to_owned(),
        Edition::Unset => "null".to_owned(),
        Edition::Gone => unreachable!("nothing has no value"),
    }
}

impl Sample {
    fn manifest(&self, edition: Edition) -> String {
        let Self {
            key,
            ownership,
            way,
            fields,
        } = self;
        let ownership = format!("x-personactl: {{ownership: {ownership}}}");
        let base = format!("persona_name: {}, {ownership}", key.replace('/', " "));
        let members = fields.iter().map(|field| (field.name, *field));
        let declares_prompt = members.clone().any(|(name, _)| name == PROMPT);
        let prompt = match edition {
            Edition::Gone => return format!("{{{base}, {PROMPT}: x}}\n"),
            _ if declares_prompt => String::new(),
            _ => format!(", {PROMPT}: x"),
        };
        let members = members.map(|(name, field)| format!("{name}: {}", value(field, edition)));
        let members = members.collect::<Vec<_>>().join(", ");
        let declared = way
            .iter()
            .rev()
            .fold(members, |inner, name| format!("{name}: {{{inner}}}"));
        format!("{{{base}{prompt}, {declared}}}\n")
    }
}

/// For each object of the catalogue one persona that is owned as a whole and declares all fields there,
/// and others that declare a few of them each.
fn collect(siblings: &'static [Field], way: &[&'static str], found: &mut Vec<Sample>) {
    let mut fields = Vec::new();
    // The name is what a persona is found by where there is no ledger.
    let writable = siblings
        .iter()
        .filter(|field| field.access == Access::Writable && field.name != PERSONA.name);
    for field in writable {
        match field.kind {
            Kind::Members(members) if !field.atomic && !members.is_empty() => {
                let way: Vec<_> = way.iter().copied().chain([field.name]).collect();
                collect(members, &way, found);
            }
            _ => fields.push(field),
        }
    }
    let sample = |name: &str, ownership, fields| Sample {
        key: [way, &[name]].concat().join("/"),
        ownership,
        way: way.to_vec(),
        fields,
    };
    for few in fields.chunks(FEW) {
        found.push(sample(few[0].name, "fields", with_partners(few, siblings)));
    }
    if !fields.is_empty() {
        found.push(sample("whole", "exclusive", fields));
    }
}

/// The fields, and those beside them that they need.
fn with_partners(fields: &[&'static Field], siblings: &'static [Field]) -> Vec<&'static Field> {
    let is_meant = |sibling: &Field| {
        fields.iter().any(|field| match field.required {
            _ if field.name == sibling.name => true,
            Requirement::Together(partner) => partner == sibling.name,
            Requirement::Optional | Requirement::Unless(..) => false,
        })
    };
    siblings
        .iter()
        .filter(|sibling| is_meant(sibling))
        .collect()
}

fn samples() -> Vec<Sample> {
    let mut found = Vec::new();
    collect(PERSONA.fields, &[], &mut found);
    assert!(found.len() > 30, "{}", found.len());
    found
}

/// The personas on a service with these options.
struct Story {
    service: Served,
    site: Site,
    samples: Vec<Sample>,
    options: String,
}

impl Story {
    fn new(options: &[&str], samples: Vec<Sample>) -> Self {
        let service = Served::with(options);
        let mut site = Site::empty();
        site.set("TAVUS_PUBLIC_API_BASE_URL", service.url());
        for variable in ["TAVUS_API_KEY", "LLM_KEY", "OTHER_KEY"] {
            site.set(variable, format!("{variable}-4711"));
        }
        Self {
            service,
            site,
            samples,
            options: options.join(" "),
        }
    }

    fn write(&self, edition: Edition) {
        for sample in &self.samples {
            let file = format!("personas/{}.yaml", sample.key);
            self.site.write(&file, sample.manifest(edition));
        }
    }

    /// The plan is empty after one apply, or after two where a persona is owned as a whole: what the
    /// service fills in is only seen once it is there.
    fn settles(&self, when: &str) {
        let said = format!("{} {when}", self.options);
        self.apply(&said);
        let mut differing = self.differing();
        if !differing.is_empty() && differing.iter().all(|(key, _)| key.ends_with("whole")) {
            self.apply(&said);
            differing = self.differing();
        }
        assert!(differing.is_empty(), "{said}: {differing:#?}");
        assert_eq!(self.service.live().len(), self.samples.len(), "{said}");
    }

    fn apply(&self, said: &str) {
        let applied = self.site.run(["apply", "--yes"]);
        assert_eq!(applied.code, 0, "{said}: {applied:#?}");
    }

    /// What the next plan would do, by key.
    fn differing(&self) -> Vec<(String, String)> {
        let plan = self.site.run(["plan", "--format", "json"]).success().json();
        let steps = plan["steps"].as_array().expect("a list");
        let differing = steps.iter().filter(|step| step["action"] != "keep");
        let told = differing.map(|step| {
            let key = step["key"].as_str().expect("a key");
            (key.to_owned(), step.to_string())
        });
        told.collect()
    }

    fn forget(&self) {
        std::fs::remove_file(self.site.path("personas/_ledger/default.json"))
            .expect("it is removed");
    }
}

fn tell(options: &[&str], samples: Vec<Sample>, editions: &[Edition]) {
    let story = Story::new(options, samples);
    story.write(Edition::First);
    story.settles("at first");
    story.forget();
    story.settles("without a ledger");
    for edition in editions {
        story.write(*edition);
        story.settles(&format!("{edition:?}"));
    }
}

fn words() -> impl Iterator<Item = &'static str> {
    let told = Normalise::ALL.into_iter().map(Normalise::told);
    told.map(|(word, _)| word)
}

#[test]
fn every_field_is_in_sync_with_a_service_that_does_as_it_is_known_to() {
    tell(&[], samples(), &LATER);
}

#[test]
fn every_field_is_in_sync_under_each_normalisation() {
    thread::scope(|scope| {
        for word in words() {
            scope.spawn(move || tell(&["--normalise", word], samples(), &LATER));
        }
    });
}

#[test]
fn every_field_is_in_sync_where_all_comes_together() {
    // Of what is hidden nothing else is to be seen.
    let answered: Vec<_> = words().filter(|word| *word != "hide").collect();
    let answered = answered.join(",");
    let options = ["--mask", "ending", "--get-shape", "envelope", "--normalise"];
    tell(&[&options[..], &[&answered]].concat(), samples(), &LATER);
}

#[test]
fn every_secret_is_in_sync_under_each_mask() {
    let is_secret = |field: &&Field| field.secrecy != Secrecy::Open;
    for mask in ["ending", "null", "omitted"] {
        let mut samples = samples();
        samples.retain(|sample| sample.fields.iter().any(is_secret));
        // A secret that is not answered at all cannot be removed by a patch to what is answered.
        let editions = match mask {
            "omitted" => &LATER[..2],
            _ => &LATER[..],
        };
        tell(&["--mask", mask], samples, editions);
    }
}
