//! The limit that a service keeps, learnt from what it takes and refuses: nothing here waits or sends.
//!
//! The limit is taken for a bucket that holds so many requests (`burst`) and is refilled at some `rate`. One fact
//! carries all of it: of a bucket that was empty, or at most full, the service has taken no more in a stretch of time
//! than `rate * time`, or `burst + rate * time`. So each stretch that ends with a refusal tells a rate that the service
//! bears, and where the bucket never overflowed it is the rate. Requests go out at the best of these, and at times a
//! little faster, to see whether more is borne.
//!
//! Before the first refusal nothing is held back. A refusal costs what the service then wants to be left alone, so a
//! run is close to the ideal when it lasts for much longer than five such waits.

use std::time::Duration;

use tokio::time::Instant;

/// How long a service is left alone that does not say for how long; twice as long each time it takes nothing then.
const SILENT: Duration = Duration::from_millis(250);
/// The least and the most by which the rate is raised at a time, as a part of it.
const STEPS: (f64, f64) = (0.05, 1.0);
/// By how much it is raised where nothing better is known.
const STEP: f64 = 0.25;
/// Below which step a rate is nearly certain.
const CERTAIN: f64 = 0.1;
/// For how many requests such a rate is kept at least, and for how many times the wait that a refusal costs.
const KEPT: f64 = 300.0;
const WAITS: u32 = 40;
/// How far below a measured rate we stay.
const BELOW: f64 = 0.98;
/// The part of the burst that is used: the rest is for those on their way, and for what we do not know.
const USED: f64 = 0.5;
/// A request's worth, but for what is lost where numbers are rounded.
const ONE: f64 = 0.999;

/// What is known of the service's limit.
#[derive(Debug)]
pub(super) struct Pace {
    stretch: Stretch,
    limit: Option<Limit>,
    /// When a refusal was heard that is the answer to a request sent after the one before.
    heard: Option<Instant>,
    /// How often in a row the service took nothing between two refusals.
    in_vain: u32,
}

/// A time in which requests were sent at one rate.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    since: Instant,
    /// How long nothing was sent, to begin with.
    idle: Duration,
    /// How many requests were taken.
    taken: f64,
    /// Whether the bucket was empty at first, or may have been full.
    was_empty: bool,
}

/// What is held to be the limit.
#[derive(Debug)]
struct Limit {
    /// How many requests are sent in a second.
    rate: f64,
    /// What to go back to if that is too much.
    fallback: f64,
    /// By how much to raise it next, as a part of it.
    step: f64,
    /// Until when it is kept, if it is nearly certain.
    kept: Option<Instant>,
    /// How many requests the bucket holds, at most.
    burst: f64,
    /// What was taken before the first refusal, and in which time.
    first: (f64, f64),
    /// How many requests may be sent, as of this time.
    ready: f64,
    at: Instant,
}

impl Stretch {
    const fn new(since: Instant) -> Self {
        Self {
            since,
            idle: Duration::ZERO,
            taken: 0.0,
            was_empty: false,
        }
    }

    /// How many seconds it has lasted, without those in which nothing was sent.
    fn busy(&self, now: Instant) -> f64 {
        let idle = self.idle.as_secs_f64();
        now.duration_since(self.since).as_secs_f64() - idle
    }
}

impl Pace {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            stretch: Stretch::new(now),
            limit: None,
            heard: None,
            in_vain: 0,
        }
    }

    /// Begins another run, with nothing held back: the bucket may have been filled meanwhile, and runs of a few requests, as a
    /// watch has them, would never get to know that more is borne.
    pub(super) fn begin(&mut self, now: Instant) {
        *self = Self::new(now);
    }

    /// When the next request may be sent.
    pub(super) fn opens(&self, now: Instant) -> Instant {
        self.limit.as_ref().map_or(now, |limit| limit.opens(now))
    }

    /// Learns that a request is sent.
    pub(super) fn sent(&mut self, now: Instant) {
        if let Some(limit) = &mut self.limit {
            limit.refill(now);
            limit.ready -= 1.0;
        }
    }

    /// Learns that the service took a request.
    pub(super) fn taken(&mut self, sent: Instant, now: Instant) {
        if sent < self.stretch.since {
            return;
        }
        self.stretch.taken += 1.0;
        if let Some(limit) = &mut self.limit
            && limit.may_rise(&self.stretch, now)
        {
            limit.rise();
            self.stretch = Stretch::new(now);
        }
    }

    /// Learns that the service refused a request, and wants to be left alone for some time, or does not say so.
    /// Tells when to go on, unless the request was sent before an earlier refusal was heard: then it is no news.
    pub(super) fn refused(
        &mut self,
        sent: Instant,
        now: Instant,
        asked: Option<Duration>,
    ) -> Option<Instant> {
        if self.heard.is_some_and(|heard| sent <= heard) {
            return None;
        }
        self.heard = Some(now);
        let in_vain = self.stretch.taken == 0.0;
        self.in_vain = if in_vain { self.in_vain + 1 } else { 0 };
        let wait = asked.unwrap_or_else(|| SILENT.saturating_mul(1 << self.in_vain.min(6)));
        let stretch = self.stretch;
        match &mut self.limit {
            // Where nothing was taken there is nothing to learn from: others have emptied the bucket.
            None if in_vain => {}
            Some(limit) if in_vain => limit.empty(now),
            None => self.limit = Some(Limit::guess(&stretch, sent, now, wait)),
            Some(limit) => limit.learn(&stretch, sent, now, wait),
        }
        self.stretch = Stretch {
            since: sent + Duration::from_nanos(1),
            idle: now - sent + wait,
            taken: 0.0,
            was_empty: true,
        };
        now.checked_add(wait)
    }
}

impl Limit {
    /// After the first refusal it is only known that the burst is no larger than what was taken, and hoped that the
    /// service wants to be left alone until it is refilled.
    fn guess(stretch: &Stretch, sent: Instant, now: Instant, wait: Duration) -> Self {
        let burst = stretch.taken.max(1.0);
        let rate = burst / wait.as_secs_f64().max(f64::EPSILON);
        Self {
            rate,
            fallback: rate / 2.0,
            step: STEPS.1,
            kept: None,
            burst,
            first: (stretch.taken, stretch.busy(sent)),
            ready: 0.0,
            at: now,
        }
    }

    fn opens(&self, now: Instant) -> Instant {
        let missing = ONE - self.ready_at(now);
        let wait = Duration::try_from_secs_f64((missing / self.rate).max(0.0));
        let opens = wait.ok().and_then(|wait| now.checked_add(wait));
        opens.unwrap_or(now)
    }

    fn ready_at(&self, now: Instant) -> f64 {
        let more = now.duration_since(self.at).as_secs_f64() * self.rate;
        (self.ready + more).min(self.most())
    }

    /// How many requests may be sent at once.
    const fn most(&self) -> f64 {
        (self.burst * USED).max(1.0)
    }

    fn refill(&mut self, now: Instant) {
        self.ready = self.ready_at(now);
        self.at = now;
    }

    fn empty(&mut self, now: Instant) {
        self.ready = 0.0;
        self.at = now;
    }

    /// Whether so much was taken that a rate above the limit would have been refused, and no more was to be sent.
    fn may_rise(&self, stretch: &Stretch, now: Instant) -> bool {
        let is_kept = self
            .kept
            .is_some_and(|until| now < until || stretch.taken < KEPT);
        let enough = self.burst / self.step + 1.0;
        !is_kept && stretch.taken >= enough && self.ready_at(now) < self.most()
    }

    /// Tries more, and more boldly if that has been kept for long.
    fn rise(&mut self) {
        self.fallback = self.rate;
        self.rate *= 1.0 + self.step;
        if self.kept.is_some() {
            self.step = STEPS.1.min(self.step * 2.0);
        }
    }

    /// Learns from a stretch that ended with a refusal.
    fn learn(&mut self, stretch: &Stretch, sent: Instant, now: Instant, wait: Duration) {
        let Measured {
            rate,
            requests,
            is_exact,
        } = self.measure(stretch, sent);
        if is_exact || rate > self.fallback {
            self.rate = self.rate.min(rate) * BELOW;
            self.step = (self.burst / 2.0 / requests).clamp(STEPS.0, STEPS.1);
            let (taken, time) = self.first;
            self.burst = self.burst.min(taken - self.rate * time).max(1.0);
        } else {
            // The last step is tried again in quarters, where it was one.
            let last = self.rate / self.fallback - 1.0;
            self.step = if stretch.was_empty { STEP } else { last * STEP };
            self.step = self.step.clamp(STEPS.0, STEPS.1);
            self.rate = self.fallback;
        }
        self.fallback = self.rate / 2.0;
        let kept = now.checked_add(wait.saturating_mul(WAITS));
        self.kept = kept.filter(|_| self.step < CERTAIN);
        self.empty(now);
    }

    /// The rate that the service was seen to bear.
    fn measure(&self, stretch: &Stretch, sent: Instant) -> Measured {
        let busy = stretch.busy(sent).max(f64::EPSILON);
        let idle = stretch.idle.as_secs_f64();
        let beyond = stretch.taken - self.burst;
        let from_full = Measured {
            rate: beyond / busy,
            requests: beyond,
            is_exact: false,
        };
        if !stretch.was_empty {
            return from_full;
        }
        let rate = stretch.taken / (busy + idle);
        let from_empty = Measured {
            rate,
            requests: stretch.taken,
            is_exact: rate * idle < self.burst,
        };
        if from_full.rate > rate {
            from_full
        } else {
            from_empty
        }
    }
}

/// A rate, the requests that it was measured with, and whether it is the limit or may be below it.
struct Measured {
    rate: f64,
    requests: f64,
    is_exact: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many requests that are sent at a time and taken at once.
    fn takes(pace: &mut Pace, requests: usize, now: Instant) {
        for _ in 0..requests {
            pace.sent(now);
            pace.taken(now, now);
        }
    }

    #[test]
    fn what_was_sent_before_a_refusal_was_heard_is_no_news() {
        let begun = Instant::now();
        let after = |seconds| begun + Duration::from_secs(seconds);
        let wait = Some(Duration::from_secs(5));
        let mut pace = Pace::new(begun);
        assert_eq!(pace.refused(begun, after(1), wait), Some(after(6)));
        assert_eq!(pace.refused(begun, after(2), wait), None);
        assert_eq!(pace.refused(after(1), after(3), wait), None);
        assert_eq!(pace.refused(after(6), after(7), wait), Some(after(12)));
    }

    #[test]
    fn a_service_that_says_nothing_is_left_alone_for_longer_while_it_takes_nothing() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        takes(&mut pace, 10, now);
        let mut waits = [Duration::ZERO; 4];
        for wait in &mut waits {
            let next = pace.refused(now, now, None).expect("it is news");
            *wait = next - now;
            now = next;
        }
        assert_eq!(waits.map(|wait| wait.as_millis()), [250, 500, 1000, 2000]);
        takes(&mut pace, 1, now);
        let next = pace.refused(now, now, None).expect("it is news");
        assert_eq!((next - now).as_millis(), 250);
    }

    #[test]
    fn a_refusal_at_the_start_of_each_run_does_not_slow_the_next() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        for _ in 0..12 {
            pace.begin(now);
            now = pace
                .refused(now, now, Some(Duration::from_secs(1)))
                .expect("it is news");
            takes(&mut pace, 2, now);
            assert_eq!(pace.opens(now), now, "{pace:?}");
        }
    }

    #[test]
    fn an_hour_without_requests_says_nothing_about_the_limit() {
        let begun = Instant::now();
        let mut pace = Pace::new(begun);
        takes(&mut pace, 10, begun);
        pace.refused(begun, begun, Some(Duration::from_secs(1)));
        let later = begun + Duration::from_secs(3600);
        pace.begin(later);
        takes(&mut pace, 10, later);
        let next = pace.refused(later, later, Some(Duration::from_secs(1)));
        let next = next.expect("it is news");
        let opens = pace.opens(next);
        assert!(opens - next < Duration::from_secs(1), "{pace:?}");
    }
}
