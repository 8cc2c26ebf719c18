//! Files that anybody may have edited or damaged, by the thousand: whatever they hold, they are read in
//! full and rightly, or refused with a reason. `PROPTEST_CASES` sets how many of each are tried.

mod edits;
mod imports;
mod ledgers;
mod manifests;
mod patches;
mod plans;

use proptest::test_runner::Config;

/// As many cases as are asked for; what fails is kept as a test of its own, and not in a folder.
fn config() -> Config {
    Config {
        failure_persistence: None,
        ..Config::default()
    }
}
