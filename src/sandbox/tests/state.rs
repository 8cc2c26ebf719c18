//! Starting, stopping, and who is let in.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};

use super::site::{Site, answer, client, options};
use crate::sandbox::{Options, Quirks, StartErrorKind, start};

#[tokio::test]
async fn personas_survive_a_restart_and_seeds_are_sown_once() {
    let site = Site::new().await;
    let number: Value = serde_json::from_str("0.10").expect("a number");
    let tts = json!({"api_key": "k", "voice_settings": {"stability": number}});
    let id = site.create(json!({"layers": {"tts": tts}})).await;
    site.draft(&id).await;
    let before = site.read(&id).await;
    let list = site.get("/v2/personas").await;
    let home = site.stop().await;

    let seed = vec![json!({"persona_name": "Late"})];
    let site = Site::at(home, Quirks::default(), seed)
        .await
        .expect("it starts");
    assert_eq!(site.read(&id).await, before);
    assert_eq!(site.get("/v2/personas").await, list);
    let patch = json!([{"op": "add", "path": "/context", "value": "New"}]);
    assert_eq!(
        site.patch(&id, patch).await.0,
        409,
        "the draft is still there"
    );
}

#[tokio::test]
async fn what_is_made_at_the_same_time_is_all_there_and_keeps_its_order() {
    let site = Site::new().await;
    let made: Vec<_> = (0..20).map(|_| site.create(json!({}))).collect();
    let made = futures_util::future::join_all(made).await;
    let (_, list) = site.get("/v2/personas?persona_type=user&limit=100").await;
    let personas = list["data"].as_array().expect("a list");
    let mut ids: Vec<_> = personas
        .iter()
        .map(|persona| persona["persona_id"].as_str())
        .collect();
    let mut expected: Vec<_> = made.iter().map(|id| Some(id.as_str())).collect();
    ids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ids, expected);

    let home = site.stop().await;
    let site = Site::at(home, Quirks::default(), Vec::new())
        .await
        .expect("it starts");
    let again = site.get("/v2/personas?persona_type=user&limit=100").await;
    assert_eq!(again, (200, list));
}

#[tokio::test]
async fn a_state_file_that_somebody_has_copied_hides_no_other() {
    let site = Site::new().await;
    let first = site.create(json!({})).await;
    let second = site.create(json!({})).await;
    let personas = site.state().join("personas");
    let text = fs::read_to_string(personas.join(format!("{first}.json"))).expect("a file");
    let home = site.stop().await;
    let copied = text.replace(&first, "pcopied");
    fs::write(personas.join("pcopied.json"), copied).expect("it is written");

    let site = Site::at(home, Quirks::default(), Vec::new())
        .await
        .expect("it starts");
    let third = site.create(json!({})).await;
    for id in [&first, "pcopied", &second, &third] {
        assert_eq!(site.read(id).await["persona_id"], *id);
    }
    let (_, list) = site.get("/v2/personas?persona_type=user").await;
    assert_eq!(list["total_count"], 4);
}

#[tokio::test]
async fn a_state_in_use_tells_where_its_sandbox_listens() {
    let site = Site::new().await;
    let home = site.state();
    let home = home.parent().expect("a parent");
    let error = start(options(home)).await.expect_err("it is in use");
    let StartErrorKind::Busy { address } = error.kind else {
        panic!("{error:?}")
    };
    assert_eq!(address, Some(site.sandbox().address()));

    let home = site.stop().await;
    Site::at(home, Quirks::default(), Vec::new())
        .await
        .expect("it is free again");
}

#[tokio::test]
async fn a_garbled_state_file_is_named() {
    let site = Site::new().await;
    let id = site.create(json!({})).await;
    let file = site.state().join(format!("personas/{id}.json"));
    let home = site.stop().await;
    for (content, misnamed) in [
        ("{", false),
        (r#"{"order":0,"draft":false,"document":{}}"#, true),
    ] {
        fs::write(&file, content).expect("it is written");
        let error = start(options(home.path()))
            .await
            .expect_err("it is garbled");
        assert_eq!(error.path, file);
        assert_eq!(matches!(error.kind, StartErrorKind::Misnamed), misnamed);
        assert_eq!(matches!(error.kind, StartErrorKind::Garbled(_)), !misnamed);
    }
}

#[tokio::test]
async fn a_seed_that_cannot_be_taken_is_told_by_its_position() {
    let good = json!({"persona_id": "p0"});
    for bad in [
        json!([]),
        json!({"persona_id": "../p1"}),
        json!({"persona_id": 1}),
        good.clone(),
    ] {
        let home = tempfile::tempdir().expect("a directory");
        let seed = vec![good.clone(), bad];
        let options = Options {
            seed,
            ..options(home.path())
        };
        let error = start(options).await.expect_err("a seed is bad");
        assert!(matches!(error.kind, StartErrorKind::Seed(1)), "{error:?}");
        assert!(!home.path().join("state/personas").exists());
    }
}

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let home = tempfile::tempdir().expect("a directory");
    let options = Options {
        listen: ([0, 0, 0, 0], 0).into(),
        ..options(home.path())
    };
    let error = start(options).await.expect_err("it could be reached");
    assert!(matches!(error.kind, StartErrorKind::NotLoopback(_)));
    assert!(!home.path().join("state").exists());
}

#[tokio::test]
async fn the_directory_that_it_makes_is_not_committed() {
    let site = Site::new().await;
    let ignored = fs::read_to_string(site.state().join(".gitignore")).expect("a file");
    assert_eq!(ignored, "*\n");
    assert!(!site.state().join("personas/.gitignore").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_persona_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let site = Site::new().await;
    let id = site.create(json!({})).await;
    let file = site.state().join(format!("personas/{id}.json"));
    let mode = fs::metadata(file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_page_under_another_name_gets_nothing() {
    let site = Site::new().await;
    let request = site
        .request(Method::GET, "/v2/personas")
        .header("host", "evil.example");
    assert_eq!(answer(request).await.0, 403);
    let request = site
        .request(Method::GET, "/v2/personas")
        .header("origin", "http://evil.example");
    let response = request.send().await.expect("an answer");
    assert!(
        !response
            .headers()
            .contains_key("access-control-allow-origin")
    );
}

#[tokio::test]
async fn a_key_is_asked_for() {
    let home = tempfile::tempdir().expect("a directory");
    let options = Options {
        api_key: Some("right".into()),
        ..options(home.path())
    };
    let sandbox = start(options).await.expect("it starts");
    let client = client();
    let refused = (401, json!({"message": "Invalid access token"}));
    for path in ["/v2/personas", "/nowhere"] {
        let url = format!("http://{}{path}", sandbox.address());
        assert_eq!(answer(client.get(&url)).await, refused);
        for wrong in ["", "wrong"] {
            assert_eq!(
                answer(client.get(&url).header("x-api-key", wrong)).await,
                refused
            );
        }
        assert_ne!(
            answer(client.get(&url).header("x-api-key", "right")).await,
            refused
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json() {
    let site = Site::new().await;
    let missing = (404, json!({"message": "Not Found"}));
    assert_eq!(site.get("/v2/replicas").await, missing);
    let request = site.request(Method::PUT, "/v2/personas");
    assert_eq!(
        answer(request).await,
        (405, json!({"message": "Method Not Allowed"}))
    );
}

#[tokio::test]
async fn a_body_beyond_the_cap_is_refused() {
    let site = Site::new().await;
    let body = vec![b' '; 9 * 1024 * 1024];
    let request = site.request(Method::POST, "/v2/personas").body(body);
    assert_eq!(answer(request).await.0, 413);
}
