//! Faults that twist what the service knows, over HTTP: flawed lists, stale answers, drafts.

use serde_json::{Value, json};

use super::faults::set;
use super::site::Site;
use crate::sandbox::Quirks;

/// The list without the stock, three on a page.
const LIST: &str = "/v2/personas?persona_type=user&limit=3";

async fn seven() -> Site {
    let seed = |number| json!({"persona_id": format!("p{number}"), "persona_name": "Ana", "system_prompt": "x"});
    Site::with(Quirks::default(), (0..7).map(seed).collect()).await
}

async fn fault(site: &Site, text: &str) {
    assert_eq!(set(site, json!([text])).await.0, 200, "{text}");
}

/// The ids on a page, and how many it counts.
async fn page(site: &Site, path: &str) -> (String, Value) {
    let (status, page) = site.get(path).await;
    assert_eq!(status, 200, "{page}");
    let personas = page["data"].as_array().expect("a list").iter();
    let ids: Vec<_> = personas
        .map(|persona| {
            let id = persona.get("persona_id").or(persona.get("pal_id"));
            id.and_then(Value::as_str).expect("an id").to_owned()
        })
        .collect();
    (ids.join(" "), page["total_count"].clone())
}

#[tokio::test]
async fn a_flaw_shows_in_the_list_of_either_vocabulary() {
    let site = seven().await;
    for (word, ids, total) in [
        ("endless", "p6 p0 p1", 12),
        ("shift=1", "", 6),
        ("shift=-1", "p5 p6", 8),
        ("short=1", "", 7),
        ("missing=1", "", 6),
        ("duplicate=2", "p6 p6", 7),
    ] {
        for path in ["/v2/personas", "/v2/personas/", "/v2/pals"] {
            fault(&site, &format!("GET {path} {word}")).await;
            let path = format!("{path}?persona_type=user&limit=3&page=3");
            let expected = (ids.to_owned(), json!(total));
            assert_eq!(page(&site, &path).await, expected, "{word} {path}");
        }
    }
}

#[tokio::test]
async fn only_requests_that_can_have_the_flaw_are_counted() {
    let site = seven().await;
    set(&site, json!(["* * missing=1 count=1"])).await;
    assert_eq!(site.get("/v2/personas/p6").await.0, 200);
    let body = json!({"persona_name": "Eva", "system_prompt": "Be kind."});
    assert_eq!(site.post("/v2/personas", body).await.0, 200);
    assert_eq!(page(&site, LIST).await.1, 7);
    assert_eq!(page(&site, LIST).await.1, 8);
}

#[tokio::test]
async fn a_stale_answer_has_not_heard_of_the_last_write() {
    let site = seven().await;
    let made = site.create(json!({"context": "first"})).await;
    let deleted = site.delete("/v2/personas/p0").await;
    assert_eq!(deleted.0, 204);
    let context = |value: &str| json!([{"op": "add", "path": "/context", "value": value}]);
    for value in ["one", "two"] {
        assert_eq!(site.patch("p1", context(value)).await.0, 200);
    }

    fault(&site, "GET * stale").await;
    assert_eq!(page(&site, LIST).await, ("p0 p1 p2".to_owned(), json!(7)));
    assert_eq!(site.get(&format!("/v2/personas/{made}")).await.0, 400);
    assert_eq!(site.get("/v2/personas/p0").await.0, 200);
    assert_eq!(site.read("p1").await["context"], "one");

    assert_eq!(site.patch(&made, context("second")).await.0, 200);
    assert_eq!(site.read(&made).await["context"], "first");
    site.draft(&made).await;
    assert_eq!(
        site.read(&made).await["context"],
        "first",
        "a draft is no write"
    );
    set(&site, json!([])).await;
    assert_eq!(page(&site, LIST).await.0, "p1 p2 p3");
    assert_eq!(site.read(&made).await["context"], "second");
}

#[tokio::test]
async fn a_draft_is_met_as_if_it_were_there() {
    let site = seven().await;
    fault(&site, "PATCH * draft count=2").await;
    let patch = json!([{"op": "add", "path": "/context", "value": "New"}]);
    let (status, body) = site.patch("p0", patch.clone()).await;
    assert_eq!((status, &body["conflict"]), (409, &json!("maker_changes")));
    let forced = site
        .patch_at("/v2/personas/p0?force=true", patch.clone())
        .await;
    let discarded = json!({"persona_id": "p0", "discarded_maker_changes": true});
    assert_eq!(forced, (200, discarded));
    assert_eq!(site.patch("p0", patch).await.0, 304);

    let id = site.create(json!({"layers": {}})).await;
    fault(&site, "PATCH * draft").await;
    let alone =
        json!([{"op": "add", "path": "/layers/conferencing", "value": {"username": "ana"}}]);
    let (status, answer) = site.patch(&id, alone).await;
    assert_eq!(status, 200, "{answer}");
    set(&site, json!([])).await;
    let patch = json!([{"op": "add", "path": "/context", "value": "Newer"}]);
    assert_eq!(site.patch(&id, patch).await.0, 200, "it leaves no draft");
}

#[tokio::test]
async fn a_twist_can_come_late() {
    let site = seven().await;
    set(
        &site,
        json!(["GET * missing=5 delay=1ms", "PATCH * draft delay=1ms"]),
    )
    .await;
    assert_eq!(page(&site, LIST).await, ("p0 p1".to_owned(), json!(2)));
    let patch = json!([{"op": "add", "path": "/context", "value": "New"}]);
    assert_eq!(site.patch("p0", patch).await.0, 409);
}
