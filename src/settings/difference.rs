//! What the settings of two persona directories say differently of where personas are applied, and how.

use std::path::Path;

use super::environment::{default_key, read, section};
use super::error::SettingsError;
use super::file::{File, KeySource, Section};

/// What differs for those who apply to an environment, in the names of the settings. What only the manifests see of
/// them, such as variables, is seen in what these say.
///
/// # Errors
/// Where settings are not valid.
pub(crate) fn differing(
    former: &Path,
    now: &Path,
    environment: &str,
) -> Result<Vec<&'static str>, SettingsError> {
    let ((_, mut former), (_, mut now)) = (read(former)?, read(now)?);
    let own = [&mut former, &mut now].map(|file| section(file, environment).unwrap_or_default());
    let [own, own_now] = own;
    let mut differing = own.differing(&own_now);
    differing.extend(former.differing(&now));
    Ok(differing)
}

impl File {
    /// What differs beside the environment that was taken out of both.
    fn differing(&self, now: &Self) -> Vec<&'static str> {
        let Self {
            default_environment,
            environments,
            lints: _,
        } = self;
        let same = |(name, section): (&String, &Section)| {
            let now = now.environments.get(name);
            now.is_none_or(|now| section.differing(now).is_empty())
        };
        told([
            (
                "default_environment",
                *default_environment == now.default_environment,
            ),
            (
                "which environments there are",
                environments.keys().eq(now.environments.keys()),
            ),
            ("other environments", environments.iter().all(same)),
        ])
    }
}

impl Section {
    /// The members that mean something else.
    fn differing(&self, now: &Self) -> Vec<&'static str> {
        let Self {
            api,
            api_key,
            api_url,
            vocabulary,
            variables: _,
            protected,
            dialect,
            _ledger: _,
        } = self;
        let key =
            |source: &Option<KeySource>| source.as_ref().map_or_else(default_key, KeySource::name);
        told([
            ("api", *api == now.api),
            ("api_key", key(api_key) == key(&now.api_key)),
            ("api_url", *api_url == now.api_url),
            ("vocabulary", *vocabulary == now.vocabulary),
            ("protected", *protected == now.protected),
            ("dialect", *dialect == now.dialect),
        ])
    }
}

/// The names of what is not the same.
fn told<const COUNT: usize>(members: [(&'static str, bool); COUNT]) -> Vec<&'static str> {
    let differing = members.into_iter().filter(|(_, is_same)| !is_same);
    differing.map(|(member, _)| member).collect()
}
