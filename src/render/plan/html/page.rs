//! The page around the personas: what it is for, what it comes to, and what it may do in a browser.

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use super::live;
use super::shown::{Block, Shown};
use super::view::{self, Group, Persona, Tally, Target};
use crate::render::plan::entry;
use crate::render::plan::report::Report;
use crate::render::plan::words::{NOT_LOOKED_AT, headline, ticked};

/// How the page looks.
pub(super) const STYLE: &str = include_str!("page.css");
/// What the page does.
pub(super) const SCRIPT: &str = include_str!("page.js");

/// From how many entries on only those are laid out that are in sight. Fewer can all be on one picture.
const MANY: usize = 100;

/// The plan as a page.
pub(in crate::render::plan) fn report(report: &Report<'_>) -> String {
    let page = Page {
        policy: policy(report.setting.live),
        live: report.setting.live,
        title: headline(report, &ticked),
        id: report.id.to_string(),
        target: Target::of(report.plan),
        not_looked_at: NOT_LOOKED_AT,
        groups: Group::all(report),
        kept: view::kept(report),
        tells_of_kept: entry::kept(&report.plan.steps, false).next().is_some(),
        tallies: Tally::all(report),
    };
    page.render().expect("a string takes all")
}

/// What a browser may do for the page: apply its own style and run its own script, and ask where it comes from what is
/// new, where it is live. Everything else it refuses, whatever a persona is called.
pub(super) fn policy(live: Option<u64>) -> String {
    let hash = |text: &str| {
        format!(
            "'sha256-{}'",
            STANDARD.encode(digest(&SHA256, text.as_bytes()))
        )
    };
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    let (style, script, connect) = match live {
        None => (style, script, ""),
        Some(_) => (
            format!("{style} {}", hash(live::STYLE)),
            format!("{script} {}", hash(live::SCRIPT)),
            "connect-src 'self'; ",
        ),
    };
    format!(
        "default-src 'none'; style-src {style}; script-src {script}; {connect}base-uri 'none'; form-action 'none'"
    )
}

#[derive(Template)]
#[template(path = "page.html", config = "src/render/plan/html/askama.toml")]
struct Page {
    policy: String,
    /// Which page it is of those that are served one after the other, where it is live.
    live: Option<u64>,
    title: String,
    id: String,
    target: Target,
    not_looked_at: &'static str,
    groups: Vec<Group>,
    kept: Vec<Persona>,
    /// Whether there is something to say of those, beside what they have more than their manifests.
    tells_of_kept: bool,
    tallies: Vec<Tally>,
}

impl Page {
    fn is_long(&self) -> bool {
        let entries = self.groups.iter().map(|group| group.entries.len());
        entries.sum::<usize>() > MANY
    }
}
