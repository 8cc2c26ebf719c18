//! What a page has beside the report where it is served while the manifests are written.

use askama::Template;

use super::page::policy;

/// How that looks.
pub(super) const STYLE: &str = include_str!("live.css");
/// What that does.
pub(super) const SCRIPT: &str = include_str!("live.js");

/// The live page before there is any plan.
#[must_use]
pub fn waiting(version: u64) -> String {
    let page = Waiting {
        policy: policy(Some(version)),
        live: Some(version),
        title: "The first plan is being made",
    };
    page.render().expect("a string takes all")
}

#[derive(Template)]
#[template(path = "waiting.html", config = "src/render/plan/html/askama.toml")]
struct Waiting {
    policy: String,
    live: Option<u64>,
    title: &'static str,
}
