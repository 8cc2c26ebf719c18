//! A plan against the manifests of a revision: they are taken as just applied, to an account that holds what they
//! say and nothing else. Everything else is as in any plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::against::Against;
use super::build::{Deletes, Inputs, Policy, build};
use super::entry::Digests;
use super::revise::body;
use super::step::{Action, Notes, Plan, Step};
use crate::catalog::Catalog;
use crate::model::{
    Desired, Fingerprints, Key, Live, PersonaId, Records, Salt, SecretName, secret,
};

/// The manifests of two revisions of the repository.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'c> {
    /// What is known of the fields.
    pub catalog: &'static Catalog,
    /// The environment's name.
    pub environment: &'c str,
    /// The former revision, as reports name it.
    pub against: &'c Against,
    /// What its manifests say.
    pub former: &'c [Desired],
    /// Those of them that cannot be read.
    pub broken: &'c BTreeSet<Key>,
    /// Those that were meant for other environments.
    pub aside: &'c BTreeSet<Key>,
    /// What the manifests say by now.
    pub desired: &'c [Desired],
    /// Those that are meant for other environments by now.
    pub elsewhere: &'c BTreeSet<Key>,
    /// What the user chose.
    pub policy: &'c Policy,
}

/// The account as it would be.
#[derive(Default)]
struct Supposed {
    live: Vec<Live>,
    /// Ids that stand for those that nobody knows.
    made_up: BTreeSet<PersonaId>,
    /// Ids that only a new manifest names: what such a persona holds cannot be told.
    unseen: BTreeSet<PersonaId>,
}

impl Comparison<'_> {
    /// What each persona needs, had the former revision just been applied.
    pub fn plan(&self) -> Plan {
        let mut supposed = Supposed::default();
        let former = self.identify(&mut supposed.made_up);
        supposed.live = former.iter().map(|former| self.applied(former)).collect();
        let policy = Policy {
            deletes: match self.policy.deletes {
                // That a file is gone is what a reviewer has to see.
                Deletes::Refuse => Deletes::Any,
                chosen => chosen,
            },
            ..self.policy.clone()
        };
        let inputs = Inputs {
            catalog: self.catalog,
            environment: self.environment,
            against: self.against,
            desired: self.desired,
            elsewhere: self.elsewhere,
            // What is compared is sound.
            broken: &BTreeSet::new(),
            live: &supposed.live,
            records: &Records::new(),
            secrets: &self.secrets(),
            policy: &policy,
        };
        let records = recorded(&former, inputs);
        let strangers = self.strangers(&supposed.live);
        supposed.unseen = strangers.iter().map(|live| live.id.clone()).collect();
        let live = [supposed.live.clone(), strangers].concat();
        let plan = build(&Inputs {
            live: &live,
            records: &records,
            ..inputs
        });
        let steps = plan.steps.into_iter();
        Plan {
            steps: steps.map(|step| self.told(step, &supposed)).collect(),
            // There is no ledger that could learn anything.
            notes: Notes::default(),
            ..plan
        }
    }

    /// What is known of the secrets: only which is which.
    fn secrets(&self) -> Fingerprints {
        let mut secrets = Fingerprints::new(Salt::new([0; 32]));
        let both = self.former.iter().chain(self.desired);
        for name in both.flat_map(|desired| secret::names(&desired.document)) {
            let value = stand_in(&name);
            secrets.insert(name, &value);
        }
        secrets
    }

    /// The former manifests, each with an id: the one that its file names by now or did name, else one that is
    /// made up.
    fn identify(&self, made_up: &mut BTreeSet<PersonaId>) -> Vec<Desired> {
        let pins = |desired: &[Desired]| -> BTreeMap<Key, PersonaId> {
            let pins = desired.iter();
            pins.filter_map(|desired| Some((desired.key.clone(), desired.id.clone()?)))
                .collect()
        };
        let (former, now) = (pins(self.former), pins(self.desired));
        let stays = |key: &Key| self.former.iter().any(|former| former.key == *key);
        let kept: BTreeSet<&PersonaId> = now
            .iter()
            .filter(|(key, _)| stays(key))
            .map(|(_, id)| id)
            .collect();
        let is_free = |id: &PersonaId| !former.values().chain(now.values()).any(|pin| pin == id);
        let mut free = (1..)
            .filter_map(|number: u64| PersonaId::new(format!("supposed-{number}")))
            .filter(is_free);
        let id = |manifest: &Desired| {
            let own = manifest.id.as_ref().filter(|id| !kept.contains(id));
            let known = now.get(&manifest.key).or(own).cloned();
            known.unwrap_or_else(|| {
                let id = free.next().expect("there is always another number");
                made_up.insert(id.clone());
                id
            })
        };
        let ids: Vec<PersonaId> = self.former.iter().map(id).collect();
        let pinned = self.former.iter().zip(ids);
        pinned
            .map(|(manifest, id)| Desired {
                id: Some(id),
                ..manifest.clone()
            })
            .collect()
    }

    /// What the account would hold of a manifest.
    fn applied(&self, former: &Desired) -> Live {
        Live {
            id: former.id.clone().expect("each has one by now"),
            document: revealed(body(self.catalog, &former.document)),
        }
    }

    /// Personas that only new manifests name: no more than their names can be supposed.
    fn strangers(&self, live: &[Live]) -> Vec<Live> {
        let known: BTreeSet<&PersonaId> = live.iter().map(|live| &live.id).collect();
        let strangers = self.desired.iter().filter_map(|desired| {
            let id = desired.id.as_ref().filter(|id| !known.contains(id))?;
            let name = self.catalog.name_of(&desired.document);
            let name = name.map(|name| (self.catalog.name.to_owned(), Value::from(name)));
            Some(Live {
                id: id.clone(),
                document: Value::Object(Map::from_iter(name)),
            })
        });
        strangers.collect()
    }

    /// The step as it may be told: without what was made up, and with what a reviewer has to know.
    fn told(&self, step: Step, supposed: &Supposed) -> Step {
        let reasons = self.reason(&step, supposed).into_iter();
        let reasons: Vec<String> = reasons.chain(self.redirected(&step)).collect();
        let is_unseen = |id: &PersonaId| supposed.unseen.contains(id);
        Step {
            action: match step.action {
                Action::Update(revision) if is_unseen(&revision.id) => Action::Adopt(revision),
                action => action,
            },
            reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
            persona_id: step.persona_id.filter(|id| !supposed.made_up.contains(id)),
            ..step
        }
    }

    fn reason(&self, step: &Step, supposed: &Supposed) -> Option<String> {
        if let (Action::Delete(_), true) = (&step.action, self.broken.contains(&step.key)) {
            let gone = "no longer in the repository, and what stood here before cannot be read";
            return Some(gone.to_owned());
        }
        if let Action::Create(_) = step.action {
            let is_broken = self.broken.contains(&step.key);
            return is_broken.then(|| "what stood here before cannot be read".to_owned());
        }
        if let (Action::Delete(_), Deletes::Refuse) = (&step.action, self.policy.deletes) {
            let gone = "no longer in the repository; `apply` deletes it with --prune only";
            return Some(gone.to_owned());
        }
        let named = step.persona_id.as_ref();
        if let Some(id) = named.filter(|id| supposed.unseen.contains(id)) {
            let reason = format!("the manifest names {id}; what that holds was not looked at");
            return Some(reason);
        }
        step.reason.clone().or_else(|| self.history(step))
    }

    /// That what a manifest says to us means something else in this environment.
    fn redirected(&self, step: &Step) -> Option<String> {
        let now = self.desired.iter().find(|now| now.key == step.key);
        let members = match (self.predecessor(step), now) {
            (Some(former), Some(now)) => differing(former, now),
            (Some(_), None) if self.elsewhere.contains(&step.key) => vec!["environments"],
            (None, Some(_)) if self.aside.contains(&step.key) => vec!["environments"],
            _ => Vec::new(),
        };
        let members = members.join(", ");
        (!members.is_empty()).then(|| format!("its x-personactl differs: {members}"))
    }

    /// The former manifest of a persona, as it was written.
    fn predecessor(&self, step: &Step) -> Option<&Desired> {
        let was = &step.binding.as_ref()?.key;
        self.former.iter().find(|former| former.key == *was)
    }

    /// What has happened to a manifest, beside its fields.
    fn history(&self, step: &Step) -> Option<String> {
        let former = self.predecessor(step)?;
        let was = &former.key;
        match (former.id.as_ref(), step.persona_id.as_ref()) {
            (Some(old), Some(new)) if old != new => Some(format!(
                "named {old} before; what {new} holds was not looked at"
            )),
            _ if *was != step.key => Some(format!("moved from `{was}`")),
            _ => None,
        }
    }
}

/// The members of `x-personactl` that mean something else.
fn differing(former: &Desired, now: &Desired) -> Vec<&'static str> {
    let Desired {
        key: _,
        file: _,
        document: _,
        places: _,
        id,
        ownership,
        ignore,
        prevent_delete,
    } = former;
    let ignored = BTreeSet::from_iter(ignore);
    let members = [
        ("id", *id == now.id),
        ("prevent_delete", *prevent_delete == now.prevent_delete),
        ("ignore", ignored == BTreeSet::from_iter(&now.ignore)),
        ("ownership", *ownership == now.ownership),
    ];
    let differing = members.into_iter().filter(|(_, is_same)| !is_same);
    differing.map(|(member, _)| member).collect()
}

/// What the ledger would hold of manifests.
fn recorded(former: &[Desired], inputs: Inputs<'_>) -> Records {
    let plan = build(&Inputs {
        desired: former,
        elsewhere: &BTreeSet::new(),
        policy: &Policy::default(),
        ..inputs
    });
    let digests = Digests {
        catalog: inputs.catalog,
        secrets: inputs.secrets,
    };
    let live: BTreeMap<_, _> = inputs.live.iter().map(|live| (&live.id, live)).collect();
    let records = plan.steps.iter().filter_map(|step| {
        let live = live.get(step.persona_id.as_ref()?)?;
        let record = step.record(live, live, &BTreeSet::new(), digests)?;
        Some((step.key.clone(), record))
    });
    records.collect()
}

/// What stands for a secret's value: as nobody knows that, two are the same if they have one name.
fn stand_in(name: &SecretName) -> String {
    format!("the value of {name}")
}

/// A document with that in the place of references.
fn revealed(value: Value) -> Value {
    match (secret::referred(&value), value) {
        (Some(name), _) => Value::from(stand_in(&name)),
        (None, Value::Object(members)) => {
            let members = members.into_iter();
            Value::Object(
                members
                    .map(|(name, value)| (name, revealed(value)))
                    .collect(),
            )
        }
        (None, Value::Array(elements)) => elements.into_iter().map(revealed).collect(),
        (None, other) => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::judge::Cause;
    use super::super::step::FieldChange;
    use super::super::tests::{any_persona, desired, id};
    use super::*;
    use crate::catalog::PERSONA;
    use crate::model::{Ownership, Pointer};

    /// A manifest with this name and further members, which pins an id unless that is empty.
    fn manifest(key: &str, name: &str, members: Value, pin: &str) -> Desired {
        let mut document = json!({ "persona_name": name });
        let members = members.as_object().cloned().unwrap_or_default();
        document.as_object_mut().expect("an object").extend(members);
        Desired {
            id: (!pin.is_empty()).then(|| id(pin)),
            ..desired(key, document)
        }
    }

    fn plan_with(former: &[Desired], now: &[Desired], deletes: Deletes) -> Plan {
        let comparison = Comparison {
            catalog: &PERSONA,
            environment: "test",
            against: &Against::Revision {
                name: "main".to_owned(),
                commit: "abc".to_owned(),
                remarks: Vec::new(),
            },
            former,
            broken: &BTreeSet::from([Key::new("broken")]),
            aside: &BTreeSet::from([Key::new("aside")]),
            desired: now,
            elsewhere: &BTreeSet::from([Key::new("elsewhere")]),
            policy: &Policy {
                deletes,
                ..Policy::default()
            },
        };
        comparison.plan()
    }

    /// What the plan says, a line for each step and for each field that differs.
    fn told(former: &[Desired], now: &[Desired]) -> Vec<String> {
        let plan = plan_with(former, now, Deletes::Refuse);
        assert_eq!(plan.notes, Notes::default());
        let mut told = Vec::new();
        for step in &plan.steps {
            let id = step.persona_id.as_ref().map_or("-", |id| id.as_str());
            let reason = step.reason.as_deref().unwrap_or_default();
            let said = format!("{} {} {id} {reason}", step.action.word(), step.key);
            told.push(said.trim_end().to_owned());
            let fields = step.fields.iter().map(|field| {
                let FieldChange { path, cause, .. } = field;
                format!("  {path} {cause}")
            });
            told.extend(fields);
        }
        told
    }

    fn reference(name: &str) -> Value {
        secret::reference(&SecretName::new(name).expect("a name"))
    }

    #[test]
    fn what_a_reviewer_is_told() {
        let plain = |key, name| manifest(key, name, json!({}), "");
        let pinned = |key, name, pin| manifest(key, name, json!({}), pin);
        let with = |members| manifest("a", "Ana", members, "");
        let secret = |name| with(json!({"layers": {"llm": {"api_key": reference(name)}}}));
        let kept = |manifest: Desired| Desired {
            prevent_delete: true,
            ..manifest
        };
        let ignoring = |paths: &[&str]| Desired {
            ignore: paths
                .iter()
                .filter_map(|path| Pointer::parse(path))
                .collect(),
            ..plain("a", "Ana")
        };
        let exclusive = |manifest: Desired| Desired {
            ownership: Ownership::Exclusive,
            ..manifest
        };
        let redirected = "its x-personactl differs:";
        let gone = "no longer in the repository; `apply` deletes it with --prune only";
        let rows: Vec<(Vec<Desired>, Vec<Desired>, Vec<String>)> = vec![
            (vec![], vec![plain("a", "Ana")], vec!["create a -".into(), "  /persona_name change".into()]),
            (vec![plain("a", "Ana")], vec![plain("a", "Ana")], vec!["keep a -".into()]),
            (vec![plain("a", "Ana")], vec![], vec![format!("delete a - {gone}")]),
            (vec![pinned("a", "Ana", "p1")], vec![], vec![format!("delete a p1 {gone}")]),
            (
                vec![kept(plain("a", "Ana"))],
                vec![],
                vec!["keep a - no longer in the repository, but its manifest said prevent_delete: left alone".into()],
            ),
            (
                vec![plain("elsewhere", "Ana")],
                vec![],
                vec!["keep elsewhere - not meant for this environment; its x-personactl differs: environments".into()],
            ),
            (
                vec![],
                vec![plain("broken", "Ana")],
                vec![
                    "create broken - what stood here before cannot be read".into(),
                    "  /persona_name change".into(),
                ],
            ),
            (
                vec![with(json!({"context": "x", "greeting": "y"}))],
                vec![with(json!({"context": "z"}))],
                vec!["update a -".into(), "  /context change".into(), "  /greeting change".into()],
            ),
            // Moved, by name or by id; nearly the same name is another one.
            (vec![plain("a", "Ana")], vec![plain("b", "Ana")], vec!["keep b - moved from `a`".into()]),
            (
                vec![pinned("a", "Ana", "p1")],
                vec![pinned("b", "Bea", "p1")],
                vec!["update b p1 moved from `a`".into(), "  /persona_name change".into()],
            ),
            (
                vec![plain("a", "Ana")],
                vec![plain("b", "ANA")],
                vec![
                    "keep a - no longer in the repository; left alone, as `b` may mean it".into(),
                    "create b -".into(),
                    "  /persona_name change".into(),
                ],
            ),
            // Ids that come, go and change.
            (vec![plain("a", "Ana")], vec![pinned("a", "Ana", "p1")], vec![format!("keep a p1 {redirected} id")]),
            (
                vec![pinned("a", "Ana", "p1")],
                vec![plain("a", "Ana")],
                vec![format!("keep a p1 {redirected} id")],
            ),
            (
                vec![pinned("a", "Ana", "p1")],
                vec![pinned("a", "Ana", "p2")],
                vec![format!("keep a p2 named p1 before; what p2 holds was not looked at; {redirected} id")],
            ),
            (
                vec![pinned("a", "Ana", "p1"), pinned("b", "Bea", "p2")],
                vec![pinned("a", "Ana", "p2"), pinned("b", "Bea", "p1")],
                vec![
                    format!("keep a p2 named p1 before; what p2 holds was not looked at; {redirected} id"),
                    format!("keep b p1 named p2 before; what p1 holds was not looked at; {redirected} id"),
                ],
            ),
            (
                vec![],
                vec![manifest("a", "Ana", json!({"context": "x"}), "p1")],
                vec![
                    "adopt a p1 the manifest names p1; what that holds was not looked at".into(),
                    "  /context first-contact".into(),
                ],
            ),
            (
                vec![pinned("a", "Ana", "p1")],
                vec![plain("a", "Ana"), pinned("b", "Bea", "p1")],
                vec![
                    format!("blocked a - `b` means p1 as well: give one of them another id, or delete a manifest; {redirected} id"),
                    "blocked b p1 `a` means p1 as well: give one of them another id, or delete a manifest".into(),
                ],
            ),
            // What is said to us rather than to the service.
            (
                vec![kept(plain("a", "Ana"))],
                vec![exclusive(plain("a", "Ana"))],
                vec![format!("keep a - {redirected} prevent_delete, ownership")],
            ),
            (
                vec![plain("a", "Ana")],
                vec![exclusive(with(json!({"context": "x"})))],
                vec![format!("update a - {redirected} ownership"), "  /context change".into()],
            ),
            (
                vec![plain("a", "Ana")],
                vec![kept(plain("b", "Ana"))],
                vec![format!("keep b - moved from `a`; {redirected} prevent_delete")],
            ),
            (
                vec![ignoring(&["/context", "/greeting"])],
                vec![ignoring(&["/greeting", "/context", "/greeting"])],
                vec!["keep a -".into()],
            ),
            (
                vec![ignoring(&["/context"])],
                vec![ignoring(&["/greeting"])],
                vec![format!("keep a - {redirected} ignore")],
            ),
            (
                vec![],
                vec![plain("aside", "Ana")],
                vec![
                    format!("create aside - {redirected} environments"),
                    "  /persona_name change".into(),
                ],
            ),
            // An id that looks like one that is made up.
            (
                vec![plain("a", "Ana"), pinned("b", "Bea", "supposed-1")],
                vec![plain("a", "Ana"), pinned("b", "Bea", "supposed-1")],
                vec!["keep a -".into(), "keep b supposed-1".into()],
            ),
            // Secrets are the same by their names.
            (vec![secret("ONE")], vec![secret("ONE")], vec!["keep a -".into()]),
            (
                vec![secret("ONE")],
                vec![secret("TWO")],
                vec!["update a -".into(), "  /layers/llm/api_key change".into()],
            ),
            (
                vec![secret("ONE")],
                vec![with(json!({}))],
                vec!["update a -".into(), "  /layers/llm/api_key change".into()],
            ),
        ];
        for (former, now, expected) in rows {
            assert_eq!(told(&former, &now), expected, "{former:#?}\n{now:#?}");
        }
    }

    #[test]
    fn only_what_is_chosen_is_deleted_and_not_too_much_of_it() {
        let former: Vec<Desired> = ["a", "b", "c", "d", "e"]
            .map(|key| manifest(key, key, json!({}), ""))
            .into();
        let words = |deletes| -> Vec<&str> {
            let plan = plan_with(&former, &former[4..], deletes);
            let steps = plan.steps.iter();
            steps.map(|step| step.action.word()).collect()
        };
        let deleted = ["delete", "delete", "delete", "delete", "keep"];
        assert_eq!(words(Deletes::Refuse), deleted);
        assert_eq!(words(Deletes::Any), deleted);
        let braked = ["blocked", "blocked", "blocked", "blocked", "keep"];
        assert_eq!(words(Deletes::Few), braked);
    }

    #[test]
    fn what_is_not_there_any_more_is_removed_whoever_owns_it() {
        let full = json!({"context": "x", "layers": {"llm": {"model": "m"}}});
        for ownership in [Ownership::Fields, Ownership::Exclusive] {
            let owned = |members: &Value| Desired {
                ownership,
                ..manifest("a", "Ana", members.clone(), "")
            };
            let (full, bare) = ([owned(&full)], [owned(&json!({}))]);
            let expected = [
                "update a -",
                "  /context change",
                "  /layers/llm/model change",
            ];
            assert_eq!(told(&full, &bare), expected);
            assert_eq!(told(&full, &full), ["keep a -"]);
        }
    }

    #[test]
    fn no_value_of_a_secret_is_ever_supposed_to_be_known() {
        let with = |key| manifest("a", "Ana", json!({"layers": {"llm": {"api_key": key}}}), "");
        let (former, now) = (with(reference("ONE")), with(reference("TWO")));
        let plan = plan_with(&[former], &[now], Deletes::Refuse);
        let [step] = &plan.steps[..] else {
            panic!("{plan:#?}")
        };
        let field = &step.fields[0];
        assert_eq!(field.before, Some(Value::from(secret::MASK)));
        assert_eq!(field.after, Some(reference("TWO")));
        assert!(step.unavailable.is_empty() && field.secret);
    }

    proptest! {
        #[test]
        fn what_is_the_same_is_kept_and_what_is_not_is_a_change(
            former in any_persona(),
            now in any_persona(),
            ownership in prop_oneof![Just(Ownership::Fields), Just(Ownership::Exclusive)],
        ) {
            let manifest = |document: &Value| Desired {
                ownership,
                ..desired("a", document.clone())
            };
            let (former, now) = ([manifest(&former)], [manifest(&now)]);
            let same = plan_with(&former, &former, Deletes::Refuse);
            prop_assert!(same.is_empty(), "{:#?}", same);
            let plan = plan_with(&former, &now, Deletes::Refuse);
            let is_told = |step: &Step| matches!(step.action, Action::Keep | Action::Update(_));
            prop_assert!(plan.steps.iter().all(is_told), "{:#?}", plan);
            let mut fields = plan.steps.iter().flat_map(|step| &step.fields);
            prop_assert!(fields.all(|field| field.cause == Cause::Change), "{:#?}", plan);
        }
    }
}
