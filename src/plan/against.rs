//! What the desired personas were held against.

/// What the desired personas were held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Against {
    /// The account behind this address.
    Service(String),
    /// The manifests of another revision: no account was looked at, and nobody can apply the plan.
    Revision {
        /// What the revision was called.
        name: String,
        /// The commit that this means.
        commit: String,
        /// What is to be known of the comparison as a whole, a sentence each. They quote nothing of what was compared.
        remarks: Vec<String>,
    },
}

impl Default for Against {
    fn default() -> Self {
        Self::Service(String::new())
    }
}

impl Against {
    /// The address of the service; `None` where none was looked at.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        match self {
            Self::Service(address) => Some(address),
            Self::Revision { .. } => None,
        }
    }

    /// What is to be known of the comparison as a whole.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        match self {
            Self::Service(_) => &[],
            Self::Revision { remarks, .. } => remarks,
        }
    }
}
