//! Times of day and durations, as they are read at a glance.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The time of day where the user is; where nobody knows that, in UTC, which then shows.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Clock(TimeZone);

impl Clock {
    /// The clock of this machine.
    pub(in crate::cli) fn system() -> Self {
        Self(TimeZone::system())
    }

    /// A clock that goes by UTC.
    #[cfg(test)]
    pub(in crate::cli) const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The time of day: `09:05:00`.
    pub(in crate::cli) fn time(&self, at: Timestamp) -> String {
        let form = match self.0.is_unknown() {
            true => "%H:%M:%SZ",
            false => "%H:%M:%S",
        };
        at.to_zoned(self.0.clone()).strftime(form).to_string()
    }
}

/// How long something took: `12 ms`, `1.4 s`, `2 min 5 s`.
pub(in crate::cli) fn lasting(took: Duration) -> String {
    match took.as_secs() {
        0 => format!("{} ms", took.as_millis()),
        1..60 => {
            let tenths = took.as_millis() / 100;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_the_unit_that_fits() {
        let rows = [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (1_499, "1.4 s"),
            (59_999, "59.9 s"),
            (60_000, "1 min 0 s"),
            (3_725_000, "62 min 5 s"),
        ];
        for (milliseconds, expected) in rows {
            assert_eq!(lasting(Duration::from_millis(milliseconds)), expected);
        }
    }

    #[test]
    fn a_time_in_no_known_zone_says_that_it_is_utc() {
        let at = Timestamp::from_second(32_645).expect("a time");
        assert_eq!(Clock(TimeZone::unknown()).time(at), "09:04:05Z");
        assert_eq!(Clock::utc().time(at), "09:04:05");
        let east = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(Clock(east).time(at), "11:04:05");
    }
}
