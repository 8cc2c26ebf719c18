#[cfg(test)]
use super as _;
