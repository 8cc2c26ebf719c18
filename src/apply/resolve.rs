//! Putting secrets where their references stand: the last thing before a request.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::catalog::{Catalog, Secrecy};
use crate::diff::{Operation, Patch};
use crate::model::{Fingerprints, Pointer, Salt, SecretName, redact, secret};

/// The values of the secrets that are available here.
#[derive(Debug, Default)]
pub struct Secrets(pub BTreeMap<SecretName, SecretString>);

impl Secrets {
    /// What may be known of them, salted.
    #[must_use]
    pub fn fingerprints(&self, salt: Salt) -> Fingerprints {
        let mut fingerprints = Fingerprints::new(salt);
        for (name, value) in &self.0 {
            fingerprints.insert(name.clone(), value.expose_secret());
        }
        fingerprints
    }

    /// The text without any of their values.
    #[must_use]
    pub(super) fn redact(&self, text: String) -> String {
        redact(text, self.0.values().map(ExposeSecret::expose_secret))
    }

    /// The body with its secrets in it.
    ///
    /// # Errors
    /// The name of a secret that is not available, or that stands where no secret belongs.
    pub(super) fn in_body(&self, catalog: &Catalog, body: &Value) -> Result<Value, String> {
        self.put(catalog, &Pointer::root(), body)
    }

    /// The patch with its secrets in it.
    ///
    /// # Errors
    /// The name of a secret that is not available, or that stands where no secret belongs.
    pub(super) fn in_patch(&self, catalog: &Catalog, patch: &Patch) -> Result<Patch, String> {
        let operation = |operation: &Operation| {
            let path = operation.path().clone();
            Ok(match operation {
                Operation::Add(_, value) => {
                    Operation::Add(path.clone(), self.put(catalog, &path, value)?)
                }
                Operation::Replace(_, value) => {
                    Operation::Replace(path.clone(), self.put(catalog, &path, value)?)
                }
                Operation::Remove(_) | Operation::Test(..) => operation.clone(),
            })
        };
        patch
            .0
            .iter()
            .map(operation)
            .collect::<Result<_, _>>()
            .map(Patch)
    }

    fn put(&self, catalog: &Catalog, at: &Pointer, value: &Value) -> Result<Value, String> {
        if let Some(name) = secret::referred(value) {
            return self.value(catalog, at, &name);
        }
        Ok(match value {
            Value::Object(members) => {
                let put = |(name, member): (&String, &Value)| {
                    Ok::<_, String>((name.clone(), self.put(catalog, &at.join(name), member)?))
                };
                Value::Object(members.iter().map(put).collect::<Result<_, _>>()?)
            }
            Value::Array(elements) => {
                let put = |(index, element): (usize, &Value)| {
                    self.put(catalog, &at.join(&index.to_string()), element)
                };
                Value::Array(
                    elements
                        .iter()
                        .enumerate()
                        .map(put)
                        .collect::<Result<_, _>>()?,
                )
            }
            scalar => scalar.clone(),
        })
    }

    fn value(&self, catalog: &Catalog, at: &Pointer, name: &SecretName) -> Result<Value, String> {
        // Manifests are checked for this; a plan that was tampered with would be caught here.
        if catalog.secrecy(at) == Secrecy::Open {
            return Err(format!("the secret {name} may not be sent to {at}"));
        }
        let value = self
            .0
            .get(name)
            .ok_or_else(|| format!("the secret {name} is not set in the environment"))?;
        Ok(Value::from(value.expose_secret()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::PERSONA;

    #[test]
    fn a_secret_goes_only_where_the_catalogue_has_one() {
        let name = SecretName::new("KEY").expect("a name");
        let secrets = Secrets(BTreeMap::from([(
            name.clone(),
            SecretString::from("hunter2"),
        )]));
        let reference = secret::reference(&name);

        let body = json!({"layers": {"llm": {"api_key": reference, "headers": {"X-Key": reference, "X": "1"}}}});
        let put = secrets
            .in_body(&PERSONA, &body)
            .expect("all of them belong there");
        assert_eq!(
            put,
            json!({"layers": {"llm": {"api_key": "hunter2", "headers": {"X-Key": "hunter2", "X": "1"}}}})
        );

        let misplaced = secrets
            .in_body(&PERSONA, &json!({"greeting": reference}))
            .expect_err("a greeting is shown");
        assert!(misplaced.contains("/greeting"), "{misplaced}");
        let unset = secret::reference(&SecretName::new("OTHER").expect("a name"));
        let patch = Patch(vec![Operation::Add(
            Pointer::parse("/layers/llm/api_key").expect("a pointer"),
            unset,
        )]);
        assert!(
            secrets
                .in_patch(&PERSONA, &patch)
                .expect_err("it is not set")
                .contains("OTHER")
        );
    }
}
