//! Looking at a persona, before it is written and after.

use std::collections::BTreeSet;
use std::time::Duration;

use super::execute::Session;
use super::outcome::Outcome;
use super::trouble::stale;
use crate::api::ApiError;
use crate::model::{Live, PersonaId, Pointer};
use crate::mutant::{Mutant, planted};
use crate::plan::Base;

/// How long to wait before each look for what was written, or may have been.
pub const SETTLING: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(2),
];

impl Session<'_> {
    /// Reads a persona again before it is written.
    pub(super) async fn look(self, id: &PersonaId) -> Result<Option<Live>, ApiError> {
        if planted(Mutant::NoReadBeforeWrite) {
            let mut planned = self.live.iter();
            return Ok(planned.find(|live| live.id == *id).cloned());
        }
        self.writer.reader().find(id).await
    }

    /// What to say where a persona is not what the plan was built on.
    pub(super) fn staleness(self, id: &PersonaId, base: &Base, live: &Live) -> Option<Outcome> {
        let now = Base::of(self.catalog, &live.document, self.fingerprints.salt());
        let moved = base.moved(&now);
        (!moved.is_empty()).then(|| stale(id, &edited(&moved)))
    }

    /// Reads a persona that was written, again where that does not show: the service may need a moment. What
    /// it is in the end counts.
    pub(super) async fn settled(
        self,
        id: &PersonaId,
        shows: impl Fn(Option<&Live>) -> bool,
    ) -> Result<Option<Live>, ApiError> {
        for wait in SETTLING {
            let live = self.writer.reader().find(id).await?;
            if shows(live.as_ref()) {
                return Ok(live);
            }
            tracing::debug!(%id, "does not show what was written: reading it again");
            tokio::time::sleep(wait).await;
        }
        self.writer.reader().find(id).await
    }
}

/// What was edited since the plan was made.
fn edited(moved: &BTreeSet<&Pointer>) -> String {
    let paths: Vec<_> = moved.iter().map(|path| path.as_str()).collect();
    format!(
        "was edited since the plan was made, at {}; plan again",
        paths.join(", ")
    )
}
