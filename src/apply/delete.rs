//! Deleting a persona, and looking whether it is gone.

use super::execute::{Bookkeeping, Session, Taken};
use super::outcome::{After, Outcome, Status};
use super::trouble::{failure, unsure};
use crate::model::{PersonaId, causes};
use crate::plan::Removal;

impl Session<'_> {
    /// Deletes a persona, and looks whether it is gone: an unknown id is refused just as a bad request.
    pub(super) async fn delete(self, removal: &Removal) -> Taken {
        let Removal {
            id,
            base,
            record: _,
        } = removal;
        let live = match self.look(id).await {
            Ok(Some(live)) => live,
            Ok(None) => return gone(id, After::Untouched),
            Err(error) => return (failure(&error), Bookkeeping::Leave),
        };
        if let Some(stale) = self.staleness(id, base, &live) {
            return (stale, Bookkeeping::Leave);
        }
        for tries in 1.. {
            let Err(error) = self.writer.delete(id).await else {
                break;
            };
            let may_repeat = self.may_repeat(&error, tries).await;
            match self.writer.reader().find(id).await {
                Ok(None) => return gone(id, After::Deleted),
                Ok(Some(live)) if may_repeat => {
                    if let Some(stale) = self.staleness(id, base, &live) {
                        return (stale, Bookkeeping::Leave);
                    }
                }
                Ok(Some(_)) | Err(_) => return (unsure(&error), Bookkeeping::Leave),
            }
        }
        self.deleted(id).await
    }

    /// Looks whether a persona is gone whose end the service has confirmed.
    async fn deleted(self, id: &PersonaId) -> Taken {
        let problem = match self.settled(id, |live| live.is_none()).await {
            Ok(None) => return gone(id, After::Deleted),
            Ok(Some(_)) => format!("the service took the request, but {id} is still there"),
            Err(error) => {
                let causes = causes(&error);
                format!("{id} was deleted, but that could not be seen: {causes}")
            }
        };
        let mut outcome = Outcome::because(Status::Failed, problem);
        outcome.after = After::Unseen;
        (outcome, Bookkeeping::Leave)
    }
}

/// A persona that is no longer there, as it should be.
fn gone(id: &PersonaId, after: After) -> Taken {
    let mut outcome = Outcome::new(Status::Applied);
    if matches!(after, After::Untouched) {
        outcome.message = Some("it was gone already".to_owned());
    }
    outcome.persona_id = Some(id.clone());
    outcome.after = after;
    (outcome, Bookkeeping::Forget)
}
