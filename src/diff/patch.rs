//! JSON Patch (RFC 6902) as a value, and its application.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;
use thiserror::Error;

use crate::model::Pointer;

/// Operations that are applied one after the other, all or none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Patch(pub Vec<Operation>);

/// One operation. There is no `copy` and no `move`: the service is not known to take them.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Sets a member that is absent or null, or inserts an element before the index.
    Add(Pointer, Value),
    /// Sets what is there.
    Replace(Pointer, Value),
    /// Takes away what is there.
    Remove(Pointer),
    /// Lets the whole patch fail unless this stands there.
    Test(Pointer, Value),
}

/// A patch that does not fit the document.
#[derive(Debug, Error)]
#[error("operation {} does not apply", self.0.operation + 1)]
pub struct ApplyError(#[source] json_patch::PatchError);

impl Patch {
    /// Whether it changes nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether everything that it asserts stands in the document.
    #[must_use]
    pub fn guards_hold(&self, document: &Value) -> bool {
        self.0.iter().all(|operation| match operation {
            Operation::Test(path, value) => path.get(document) == Some(value),
            _ => true,
        })
    }

    /// The same changes, with nothing asserted.
    #[must_use]
    pub fn without_guards(&self) -> Self {
        let is_change = |operation: &&Operation| !matches!(operation, Operation::Test(..));
        Self(self.0.iter().filter(is_change).cloned().collect())
    }

    /// The document after the patch.
    ///
    /// # Errors
    /// Where an operation does not apply.
    pub fn apply(&self, document: &Value) -> Result<Value, ApplyError> {
        let mut patched = document.clone();
        json_patch::patch(&mut patched, &self.foreign()).map_err(ApplyError)?;
        Ok(patched)
    }

    fn foreign(&self) -> json_patch::Patch {
        json_patch::Patch(self.0.iter().map(Operation::foreign).collect())
    }
}

impl Operation {
    /// The operation's word.
    #[must_use]
    pub const fn op(&self) -> &'static str {
        match self {
            Self::Add(..) => "add",
            Self::Replace(..) => "replace",
            Self::Remove(..) => "remove",
            Self::Test(..) => "test",
        }
    }

    /// The place that it is about.
    #[must_use]
    pub const fn path(&self) -> &Pointer {
        match self {
            Self::Add(path, _)
            | Self::Replace(path, _)
            | Self::Remove(path)
            | Self::Test(path, _) => path,
        }
    }

    /// What it puts there, or expects there.
    #[must_use]
    pub const fn value(&self) -> Option<&Value> {
        match self {
            Self::Add(_, value) | Self::Replace(_, value) | Self::Test(_, value) => Some(value),
            Self::Remove(_) => None,
        }
    }

    /// The same operation with its place and its value passed through `change`.
    #[must_use]
    pub fn map(
        &self,
        change: impl FnOnce(&Pointer, Option<Value>) -> (Pointer, Option<Value>),
    ) -> Self {
        let (path, value) = change(self.path(), self.value().cloned());
        let value = value.unwrap_or_default();
        match self {
            Self::Add(..) => Self::Add(path, value),
            Self::Replace(..) => Self::Replace(path, value),
            Self::Remove(_) => Self::Remove(path),
            Self::Test(..) => Self::Test(path, value),
        }
    }

    fn foreign(&self) -> json_patch::PatchOperation {
        use json_patch::{
            AddOperation, PatchOperation, RemoveOperation, ReplaceOperation, TestOperation,
        };
        let path = json_patch::jsonptr::PointerBuf::parse(self.path().as_str())
            .expect("a pointer is checked when made");
        match self.clone() {
            Self::Add(_, value) => PatchOperation::Add(AddOperation { path, value }),
            Self::Replace(_, value) => PatchOperation::Replace(ReplaceOperation { path, value }),
            Self::Remove(_) => PatchOperation::Remove(RemoveOperation { path }),
            Self::Test(_, value) => PatchOperation::Test(TestOperation { path, value }),
        }
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Members { op, path, value } = Members::deserialize(deserializer)?;
        match (op.as_str(), value) {
            ("add", Some(value)) => Ok(Self::Add(path, value)),
            ("replace", Some(value)) => Ok(Self::Replace(path, value)),
            ("remove", None) => Ok(Self::Remove(path)),
            ("test", Some(value)) => Ok(Self::Test(path, value)),
            (op, _) => Err(de::Error::custom(format!("`{op}` is no operation of ours"))),
        }
    }
}

/// An operation as it is written. A tagged enum would have its numbers rounded on the way in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    op: String,
    path: Pointer,
    #[serde(default, deserialize_with = "present")]
    value: Option<Value>,
}

/// A member that is there, null or not.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.value();
        let mut members =
            serializer.serialize_struct("Operation", 2 + usize::from(value.is_some()))?;
        members.serialize_field("op", self.op())?;
        members.serialize_field("path", self.path())?;
        if let Some(value) = value {
            members.serialize_field("value", &Sorted(value))?;
        }
        members.end()
    }
}

/// A value with its members in the order of their names: the bytes of a patch are the same whatever that was.
struct Sorted<'v>(&'v Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                serializer.collect_map(members.into_iter().map(|(name, value)| (name, Self(value))))
            }
            Value::Array(elements) => serializer.collect_seq(elements.iter().map(Sorted)),
            scalar => scalar.serialize(serializer),
        }
    }
}
