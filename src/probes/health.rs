//! How the loop is, by its own words and the clock.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

/// Whether all is well, and why.
pub type Verdict = Result<String, String>;

/// What the loop says of itself, for the probes to judge.
#[derive(Debug)]
pub struct Health(Mutex<Signs>);

#[derive(Debug)]
struct Signs {
    life: Sign,
    success: Option<Sign>,
}

/// Something that the loop said, and for how long it counts.
#[derive(Clone, Copy, Debug)]
struct Sign {
    at: Instant,
    lasts: Duration,
}

impl Health {
    /// Of a loop that begins now, and speaks up within this time.
    #[must_use]
    pub fn new(silence: Duration) -> Self {
        Self(Mutex::new(Signs {
            life: Sign::now(silence),
            success: None,
        }))
    }

    /// The loop is at work, or waits as it should, and says so again within this time. Whoever is silent for longer
    /// hangs, and is to be started again.
    pub fn beat(&self, silence: Duration) {
        self.signs().life = Sign::now(silence);
    }

    /// A round went well, which is good for this time.
    pub fn succeeded(&self, lasts: Duration) {
        self.signs().success = Some(Sign::now(lasts));
    }

    /// Whether the loop goes round; that the service is down does not keep it from that.
    pub fn live(&self) -> Verdict {
        self.signs().life.judge("the loop was heard of")
    }

    /// Whether the loop does what it is there for.
    pub fn ready(&self) -> Verdict {
        let success = self.signs().success;
        let success = success.ok_or("no round has gone well yet")?;
        success.judge("a round last went well")
    }

    fn signs(&self) -> MutexGuard<'_, Signs> {
        self.0.lock().expect("nobody panics with a sign in hand")
    }
}

impl Sign {
    fn now(lasts: Duration) -> Self {
        Self {
            at: Instant::now(),
            lasts,
        }
    }

    fn judge(self, what: &str) -> Verdict {
        let (age, lasts) = (self.at.elapsed(), self.lasts);
        let told = format!("{what} {} s ago", age.as_secs());
        match age <= lasts {
            true => Ok(told),
            false => Err(format!("{told}, and {} s are allowed", lasts.as_secs())),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn ok(told: &str) -> Verdict {
        Ok(told.to_owned())
    }

    fn bad(told: &str) -> Verdict {
        Err(told.to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_is_silent_for_longer_than_it_said_hangs() {
        let health = Health::new(MINUTE);
        advance(MINUTE).await;
        assert_eq!(health.live(), ok("the loop was heard of 60 s ago"));
        advance(Duration::from_secs(1)).await;
        let hangs = bad("the loop was heard of 61 s ago, and 60 s are allowed");
        assert_eq!(health.live(), hangs);
        // What comes late is still a sign of life.
        health.beat(2 * MINUTE);
        advance(2 * MINUTE).await;
        assert_eq!(health.live(), ok("the loop was heard of 120 s ago"));
        // Who goes round in vain is alive.
        assert_eq!(health.ready(), bad("no round has gone well yet"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_is_ready_from_its_first_good_round_until_that_is_too_long_ago() {
        let health = Health::new(MINUTE);
        assert_eq!(health.ready(), bad("no round has gone well yet"));
        health.succeeded(2 * MINUTE);
        advance(MINUTE).await;
        assert_eq!(health.ready(), ok("a round last went well 60 s ago"));
        health.beat(MINUTE);
        advance(2 * MINUTE).await;
        let stale = bad("a round last went well 180 s ago, and 120 s are allowed");
        assert_eq!(health.ready(), stale);
        health.succeeded(MINUTE);
        assert_eq!(health.ready(), ok("a round last went well 0 s ago"));
    }
}
