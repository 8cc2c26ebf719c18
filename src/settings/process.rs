//! The process environment, read once, so that everything below takes it as a value.

use std::collections::BTreeMap;

/// The variables of the process environment. An empty variable counts as unset.
#[derive(Clone, Default)]
pub struct Process(BTreeMap<String, String>);

impl Process {
    /// The variables of this process; those that are no UTF-8 are left out.
    #[must_use]
    pub fn capture() -> Self {
        let readable = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        std::env::vars_os().filter_map(readable).collect()
    }

    /// The variable's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// What stands behind `prefix` in the names that begin so, with the values.
    pub fn below<'p>(&'p self, prefix: &'p str) -> impl Iterator<Item = (&'p str, &'p str)> {
        self.0
            .iter()
            .filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }
}

impl FromIterator<(String, String)> for Process {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .collect(),
        )
    }
}

/// Any variable may be a secret, so no value is ever printed.
impl std::fmt::Debug for Process {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("Process")
            .field(&self.0.keys())
            .finish()
    }
}
