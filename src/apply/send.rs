//! Sending one patch in a form that the service takes.

use super::execute::Session;
use crate::api::{ApiError, ApiErrorKind, Drafts};
use crate::diff::{Dialect, Patch};
use crate::model::PersonaId;
use crate::plan::{self, Step};

/// A form of patches, from the fullest to the plainest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Old values are asserted.
    #[default]
    Guarded,
    /// Nothing is asserted.
    Indexed,
    /// Nothing is asserted, and lists are replaced whole.
    Whole,
}

impl Form {
    fn and_plainer(self) -> impl Iterator<Item = Self> {
        [Self::Guarded, Self::Indexed, Self::Whole]
            .into_iter()
            .filter(move |form| *form >= self)
    }
}

/// What became of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Changed,
    /// The service says that this changes nothing.
    Unchanged,
    /// What it replaces is no longer there.
    Stale,
}

impl Sent {
    const fn of(changed: bool) -> Self {
        if changed {
            Self::Changed
        } else {
            Self::Unchanged
        }
    }
}

impl Session<'_> {
    /// Sends a patch in the fullest form that the service takes. Where one is refused although its
    /// guards hold, the next plainer one is tried; what works is remembered for those to come.
    pub(super) async fn patch(
        self,
        step: &Step,
        id: &PersonaId,
        patch: &Patch,
    ) -> Result<Sent, ApiError> {
        let mut refused: Option<(ApiError, Patch)> = None;
        for form in self.form.get().and_plainer() {
            let formed = match form {
                Form::Guarded => Some(patch.clone()),
                Form::Indexed if refused.is_none() => Some(patch.without_guards()),
                Form::Indexed | Form::Whole => self.in_form(form, step, id, patch).await?,
            };
            let Some(formed) = formed else {
                return Ok(Sent::Stale);
            };
            if refused.as_ref().is_some_and(|(_, last)| *last == formed) {
                continue;
            }
            match self.write(id, &formed).await {
                Ok(changed) => {
                    self.form.set(form);
                    return Ok(Sent::of(changed));
                }
                Err(error) if error.is_invalid() => {
                    let first = refused.map_or(error, |(first, _)| first);
                    refused = Some((first, formed));
                }
                Err(error) => return Err(error),
            }
        }
        let (first, _) = refused.expect("there is always a form to try");
        Err(first)
    }

    /// Sends a patch; a draft that is in its way is discarded, if that was asked for.
    async fn write(self, id: &PersonaId, patch: &Patch) -> Result<bool, ApiError> {
        match self.writer.patch(id, patch, Drafts::Keep).await {
            Err(ApiError {
                kind: ApiErrorKind::Draft { .. },
                ..
            }) if self.drafts == Drafts::Discard => {
                tracing::warn!(%id, "unpublished edits in the dashboard are discarded");
                self.writer.patch(id, patch, Drafts::Discard).await
            }
            settled => settled,
        }
    }

    /// The patch in a plainer form, for the persona as it is now; `None` where the guards do not hold.
    async fn in_form(
        self,
        form: Form,
        step: &Step,
        id: &PersonaId,
        patch: &Patch,
    ) -> Result<Option<Patch>, ApiError> {
        let live = self.writer.reader().find(id).await?;
        let Some(live) = live.filter(|live| patch.guards_hold(&live.document)) else {
            return Ok(None);
        };
        let bare = patch.without_guards();
        Ok(match form {
            Form::Guarded | Form::Indexed => Some(bare),
            Form::Whole => bare.apply(&live.document).ok().map(|target| {
                plan::patch(
                    self.catalog,
                    &live.document,
                    &target,
                    &step.ignore,
                    Dialect::Whole,
                )
                .without_guards()
            }),
        })
    }
}
