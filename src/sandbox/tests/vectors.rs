//! The public test vectors of RFC 6902, which nobody here wrote: first on the vector's document itself,
//! then over HTTP on a persona that holds it in a free-form field.

use serde_json::{Value, json};

use super::site::Site;
use crate::sandbox::patch::{Patch, same};
use crate::sandbox::quirk::Quirks;

const SUITES: [&str; 2] = [
    include_str!("../../../tests/data/json-patch-tests/tests.json"),
    include_str!("../../../tests/data/json-patch-tests/spec_tests.json"),
];
/// Where a persona holds a vector's document.
const HOLDER: &str = "/layers/llm/extra_body/document";

/// A document, a patch, and what the document is afterwards; nothing where the patch is refused.
struct Vector {
    label: String,
    document: Value,
    patch: Value,
    expected: Option<Value>,
}

/// The vectors in use, and how many their authors have disabled.
fn vectors() -> (Vec<Vector>, usize) {
    let suites = SUITES.map(|text| serde_json::from_str::<Vec<Value>>(text).expect("vectors"));
    let (active, disabled): (Vec<_>, Vec<_>) = suites
        .into_iter()
        .flatten()
        .partition(|row| row["disabled"] != json!(true));
    (active.into_iter().map(vector).collect(), disabled.len())
}

fn vector(row: Value) -> Vector {
    let (document, patch) = (row["doc"].clone(), row["patch"].clone());
    let expected = match row.get("error") {
        Some(_) => None,
        // Tests that hold leave the document as it is, and a few vectors do not repeat it.
        None => Some(row.get("expected").unwrap_or(&document).clone()),
    };
    Vector {
        label: row.to_string(),
        document,
        patch,
        expected,
    }
}

#[test]
fn every_active_vector_holds_for_the_patch_itself() {
    let (vectors, disabled) = vectors();
    assert_eq!((vectors.len(), disabled), (91, 4));
    for vector in vectors {
        let patched = Patch::read(vector.patch.to_string().as_bytes())
            .and_then(|patch| patch.apply(&vector.document, &Quirks::default()));
        let fits = match (&patched, &vector.expected) {
            (Ok(patched), Some(expected)) => same(patched, expected),
            (Err(_), None) => true,
            _ => false,
        };
        assert!(fits, "{}: {patched:?}", vector.label);
    }
}

#[tokio::test]
async fn every_active_vector_holds_over_http_below_a_field_of_a_persona() {
    let site = Site::new().await;
    for vector in vectors().0 {
        let body = json!({"extra_body": {"document": vector.document}});
        let id = site.create(json!({"layers": {"llm": body}})).await;
        let before = site.read(&id).await;
        let (status, answer) = site.patch(&id, below_holder(vector.patch)).await;
        let after = site.read(&id).await;
        match vector.expected {
            Some(expected) => {
                let changes = !same(&expected, &vector.document);
                let wanted = if changes { 200 } else { 304 };
                assert_eq!(status, wanted, "{} {answer}", vector.label);
                let held = after.pointer(HOLDER);
                let fits = held.is_some_and(|held| same(held, &expected));
                assert!(fits, "{} {held:?}", vector.label);
            }
            None => {
                assert_eq!(status, 422, "{} {answer}", vector.label);
                assert_eq!(after, before, "{}", vector.label);
            }
        }
        assert_eq!(site.delete(&format!("/v2/personas/{id}")).await.0, 204);
    }
}

/// The same patch for a document that stands in a persona. What is no pointer stays none.
fn below_holder(mut patch: Value) -> Value {
    for operation in patch.as_array_mut().into_iter().flatten() {
        for name in ["path", "from"] {
            if let Some(Value::String(pointer)) = operation.get_mut(name)
                && (pointer.is_empty() || pointer.starts_with('/'))
            {
                pointer.insert_str(0, HOLDER);
            }
        }
    }
    patch
}
