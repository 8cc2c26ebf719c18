//! What the service gives to a new persona: random ids and the time.

/// The members that a persona is born with.
#[derive(Clone, Debug)]
pub(super) struct Birth {
    /// Its id.
    pub(super) id: String,
    /// The service's inner id.
    pub(super) uuid: String,
    /// The time.
    pub(super) at: String,
}

impl Birth {
    /// Of a persona that is made now.
    pub(super) fn now() -> Self {
        Self {
            id: format!("p{}", &digits()[..11]),
            uuid: uuid(&digits()),
            at: now(),
        }
    }
}

/// The id of a conversation that is made now.
pub(super) fn conversation() -> String {
    format!("c{}", &digits()[..11])
}

/// The time as the service writes it.
pub(super) fn now() -> String {
    format!("{:.6}", jiff::Timestamp::now())
}

/// Thirty-two random hexadecimal digits.
fn digits() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A random UUID: version 4, variant 8.
fn uuid(digits: &str) -> String {
    let part = |range: std::ops::Range<usize>| &digits[range];
    let (low, middle, high) = (part(0..8), part(8..12), part(13..16));
    let (clock, node) = (part(17..20), part(20..32));
    format!("{low}-{middle}-4{high}-8{clock}-{node}")
}
