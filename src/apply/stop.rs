//! How an apply that is under way is told to end.

use tokio::sync::watch;

/// What an apply may still do; whoever holds this can only ever take back.
#[derive(Debug)]
pub struct Stop(watch::Sender<Rest>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rest {
    /// All that there is to do.
    All,
    /// What is under way.
    UnderWay,
    /// Nothing, not even that.
    Nothing,
}

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(Rest::All))
    }
}

impl Stop {
    /// Nothing new is to be started.
    pub fn start_nothing(&self) {
        self.take_back(Rest::UnderWay);
    }

    /// What is under way is to be left, with no answer.
    pub fn leave_everything(&self) {
        self.take_back(Rest::Nothing);
    }

    fn take_back(&self, rest: Rest) {
        self.0.send_modify(|current| *current = rest.max(*current));
    }

    pub(super) fn starts_nothing(&self) -> bool {
        *self.0.borrow() != Rest::All
    }

    /// Waits until what is under way is to be left.
    pub(super) async fn left(&self) {
        let mut rest = self.0.subscribe();
        // The sender is in our hands, so that it cannot be gone.
        let _ = rest.wait_for(|rest| *rest == Rest::Nothing).await;
    }
}
