//! A fault: which requests it hits, and what happens to them. Its text form is read in `grammar`.

use std::fmt;
use std::time::Duration;

use axum::http::{Method, StatusCode};

use super::pages::Flaw;

/// The paths of the list, in either vocabulary; a slash may follow.
const LISTS: [&str; 2] = ["/v2/personas", "/v2/pals"];

/// Something that goes wrong with some of the requests, as `POST /v2/personas reset after count=1`
/// says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What it was made of, one space between the words.
    pub(super) text: String,
    pub(super) target: Target,
    pub(super) times: Times,
    pub(super) effect: Effect,
    pub(super) moment: Moment,
    /// How long the request waits at that moment.
    pub(super) delay: Duration,
}

/// The requests that a fault may hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// `None` is any.
    pub(super) method: Option<Method>,
    /// A path without its query; a `*` stands for any characters.
    pub(super) path: String,
}

/// How many of these requests it hits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Times {
    /// How many are let through first.
    pub(super) skip: u64,
    /// How many are hit at most; `None` has no end.
    pub(super) count: Option<u64>,
    /// How probable it is that one of the others is hit.
    pub(super) chance: f64,
    /// Another seed hits others; the same one always the same.
    pub(super) seed: u64,
}

/// What the client gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The answer, only later.
    Wait,
    /// An error of the service.
    Status {
        code: StatusCode,
        retry_after: Option<u32>,
    },
    /// A closed connection.
    Reset,
    /// A web page.
    Html,
    /// Half of the body, under the length of the whole.
    Truncate,
    /// A body that is not JSON.
    Garbage,
    /// The body byte by byte, with a pause before each.
    Trickle(Duration),
    /// The answer of a service that knows otherwise than it should.
    Twist(Twist),
}

/// What the service knows otherwise than it should while it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twist {
    /// Which personas are on a page of the list.
    Flawed(Flaw),
    /// The last write to each persona: it has not heard of that yet.
    Stale,
    /// That the dashboard holds a draft.
    Draft,
}

/// When it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Instead of what the request asks for.
    Before,
    /// When that is done.
    After,
}

impl Fault {
    /// Whether it may hit such a request.
    pub(super) fn concerns(&self, method: &Method, path: &str) -> bool {
        let list_only = self.effect.is_about_lists();
        self.target.includes(method, path)
            && self.effect.method().is_none_or(|only| only == method)
            && (!list_only || is_list(path))
    }
}

impl Target {
    fn includes(&self, method: &Method, path: &str) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted == method) && covers(&self.path, path)
    }

    /// Whether it includes requests for the list.
    pub(super) fn includes_lists(&self) -> bool {
        let mut lists = LISTS
            .iter()
            .flat_map(|path| [(*path).to_owned(), format!("{path}/")]);
        lists.any(|path| covers(&self.path, &path))
    }
}

impl Times {
    /// Whether the request is hit before which so many were seen and so many hit.
    pub(super) fn include(&self, seen: u64, hits: u64) -> bool {
        let left = self.count.is_none_or(|count| hits < count);
        left && seen >= self.skip && draw(self.seed, seen) < self.chance
    }
}

impl Effect {
    /// The only moment at which it can happen, if there is but one.
    pub(super) fn moment(&self) -> Option<Moment> {
        match self {
            Self::Truncate | Self::Garbage | Self::Trickle(_) => Some(Moment::After),
            Self::Twist(Twist::Flawed(_) | Twist::Stale) => Some(Moment::After),
            Self::Twist(Twist::Draft) => Some(Moment::Before),
            Self::Wait | Self::Status { .. } | Self::Reset | Self::Html => None,
        }
    }

    /// The only method that it can happen to, if there is but one.
    pub(super) fn method(&self) -> Option<Method> {
        match self {
            Self::Twist(Twist::Flawed(_) | Twist::Stale) => Some(Method::GET),
            Self::Twist(Twist::Draft) => Some(Method::PATCH),
            _ => None,
        }
    }

    /// Whether only a list can have it.
    pub(super) fn is_about_lists(&self) -> bool {
        matches!(self, Self::Twist(Twist::Flawed(_)))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_list(path: &str) -> bool {
    LISTS.contains(&path.trim_end_matches('/'))
}

/// Whether the pattern stands for the path.
fn covers(pattern: &str, path: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == path;
    };
    let Some(mut path) = path.strip_prefix(start) else {
        return false;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        let Some(at) = path.find(part) else {
            return false;
        };
        path = &path[at + part.len()..];
    }
    path.ends_with(end)
}

/// A number from 0 up to 1, the same for the same arguments: SplitMix64.
fn draw(seed: u64, index: u64) -> f64 {
    let mut mixed = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    // As many bits as the number can hold.
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, path, covered) in [
            ("/v2/personas", "/v2/personas", true),
            ("/v2/personas", "/v2/personas/p1", false),
            ("/v2/personas/*", "/v2/personas/p1", true),
            ("/v2/personas/*", "/v2/personas", false),
            ("*", "/v2/personas", true),
            ("/v2/*/p1", "/v2/pals/p1", true),
            ("/v2/*/p1", "/v2/p1", false),
            ("/*/*/*", "/v2/pals/p1", true),
            ("/*a*b*", "/b/a", false),
            ("/aa*aa", "/aaa", false),
        ] {
            assert_eq!(covers(pattern, path), covered, "{pattern} {path}");
        }
    }

    #[test]
    fn a_seed_decides_which_requests_are_hit() {
        let hits = |seed, chance| -> Vec<u64> {
            let times = Times {
                skip: 0,
                count: None,
                chance,
                seed,
            };
            (0..1000).filter(|&seen| times.include(seen, 0)).collect()
        };
        assert_eq!(hits(7, 0.3), hits(7, 0.3));
        assert_ne!(hits(7, 0.3), hits(8, 0.3));
        assert_eq!(hits(7, 1.0).len(), 1000);
        let some = hits(7, 0.3).len();
        assert!((250..350).contains(&some), "{some}");
    }
}
