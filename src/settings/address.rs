//! The address of a service, and why a text is none.

use thiserror::Error;
use url::{Host, ParseError, Url};

/// Why a text is no address that a key is sent to. None of it is repeated, as it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Only `https`, and `http` to this machine, will do.
    #[error("does not begin with `https://`")]
    Scheme,
    /// There is no host in it that could be asked.
    #[error("is no address")]
    Unreadable,
    /// A user name or a password.
    #[error("holds a user name or a password: the service takes a key only, by `api_key`")]
    Login,
    /// `?` or `#` with what follows.
    #[error("has a query or a fragment, which the address of a service has not")]
    Rest,
    /// The key would go over the wire in clear.
    #[error("is plain http: the key is sent over https only, except to this machine")]
    Plain,
}

/// Reads an address; one without a path gets the service's own.
pub(super) fn read(address: &str) -> Result<Url, AddressError> {
    let mut url = Url::parse(address).map_err(|error| match error {
        ParseError::RelativeUrlWithoutBase => AddressError::Scheme,
        _ => AddressError::Unreadable,
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(AddressError::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::Login);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(AddressError::Rest);
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(AddressError::Plain);
    }
    if url.path() == "/" {
        url.set_path("/v2");
    }
    Ok(url)
}

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_told_apart() {
        let rows = [
            ("tavusapi.com/v2", AddressError::Scheme),
            ("tavusapi.com:443/v2", AddressError::Scheme),
            ("ftp://tavusapi.com/v2", AddressError::Scheme),
            ("", AddressError::Scheme),
            ("https://", AddressError::Unreadable),
            ("https://a b/", AddressError::Unreadable),
            ("https://u:p4ss@tavusapi.com/v2", AddressError::Login),
            ("https://tavusapi.com/v2?x=1", AddressError::Rest),
            ("https://tavusapi.com/v2#x", AddressError::Rest),
            ("http://tavusapi.com/v2", AddressError::Plain),
        ];
        for (address, expected) in rows {
            assert_eq!(read(address), Err(expected), "{address}");
        }
        for (address, expected) in [
            ("https://tavusapi.com", "https://tavusapi.com/v2"),
            ("http://[::1]:80/x", "http://[::1]/x"),
        ] {
            assert_eq!(read(address).expect("an address").as_str(), expected);
        }
    }
}
