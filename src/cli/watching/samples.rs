//! Plans for the tests of what is shown of them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::apply::{After, Outcome, Status};
use crate::model::{Finding, Key, PersonaId, Place, Pointer};
use crate::plan::{
    Action, Against, Base, Cause, Entry, FieldChange, Notes, Obstacle, Plan, Revision, Step,
};

pub(super) fn update() -> Action {
    Action::Update(Revision {
        id: PersonaId::new("p1").expect("an id"),
        base: Base::default(),
        requests: Vec::new(),
    })
}

pub(super) const fn blocked() -> Action {
    Action::Blocked(Obstacle::Conflict)
}

pub(super) fn step(key: &str, action: Action, fields: &[(&str, Cause)]) -> Step {
    let fields = fields.iter().map(|(path, cause)| FieldChange {
        path: Pointer::parse(path).expect("a pointer"),
        cause: *cause,
        before: None,
        after: Some(Value::from("new")),
        secret: false,
        place: None,
    });
    Step {
        key: Key::new(key),
        file: None,
        persona_id: None,
        persona_name: String::new(),
        action,
        reason: None,
        fields: fields.collect(),
        unmanaged: Vec::new(),
        unavailable: BTreeSet::new(),
        ignore: Vec::new(),
        binding: None,
        rivals: BTreeSet::new(),
        entry: Entry::Fixed(None),
    }
}

pub(super) fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        environment: "staging".to_owned(),
        against: Against::Service("http://127.0.0.1:8787".to_owned()),
        steps,
        notes: Notes::default(),
    }
}

pub(super) fn outcome(status: Status, message: Option<&str>) -> Outcome {
    Outcome {
        status,
        message: message.map(str::to_owned),
        persona_id: None,
        normalised: Vec::new(),
        is_unauthorized: false,
        after: After::Untouched,
    }
}

pub(super) fn mistake(file: &str, line: usize, message: &str) -> Finding {
    let place = Place {
        file: file.into(),
        line,
        column: 1,
        width: 1,
    };
    Finding::error("unknown-member", place, message)
}
