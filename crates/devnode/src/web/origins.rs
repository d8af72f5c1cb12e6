//! Which pages may use the node.
//!
//! The node listens on this machine alone, but every page that a browser shows runs on this machine as well. A page from
//! the internet could reach it directly, or under a name of its own that it lets point to 127.0.0.1 (DNS rebinding).

use http::Uri;
use http::uri::Authority;
use std::net::IpAddr;
use std::str::FromStr;

/// Whose pages may use the node. Whoever is no browser sends no origin and always may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origins {
    /// Pages that this machine serves.
    #[default]
    Loopback,
    /// These and no others.
    Only(Vec<String>),
    /// All.
    Any,
}

/// What is no origin.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no origin: expected * or as http://localhost:3000, without a path")]
pub struct OriginError(String);

impl Origins {
    /// Those named: `*` for all; the machine's own where none is named.
    pub fn of(named: &[String]) -> Result<Self, OriginError> {
        if named.iter().any(|name| name == "*") {
            return Ok(Self::Any);
        }
        if let Some(wrong) = named.iter().find(|name| authority(name).is_none()) {
            return Err(OriginError(wrong.to_string()));
        }
        Ok(if named.is_empty() { Self::Loopback } else { Self::Only(named.to_vec()) })
    }

    /// Whether pages of `origin` may use the node.
    pub fn allow(&self, origin: &str) -> bool {
        match self {
            Self::Loopback => authority(origin).is_some_and(|authority| is_loopback(authority.host())),
            Self::Only(named) => named.iter().any(|name| name.eq_ignore_ascii_case(origin)),
            Self::Any => true,
        }
    }

    /// Whether the node may be reached under `host`, a name with or without port. Numbers are nobody's to point elsewhere.
    pub fn allow_host(&self, host: &str) -> bool {
        let Ok(host) = Authority::from_str(host) else { return false };
        let host = host.host();
        let named = |names: &[String]| {
            let mut hosts = names.iter().filter_map(|name| authority(name));
            hosts.any(|named| named.host().eq_ignore_ascii_case(host))
        };
        match self {
            Self::Any => true,
            _ if is_loopback(host) || address(host).is_some() => true,
            Self::Only(names) => named(names),
            Self::Loopback => false,
        }
    }
}

/// Host and port of an origin of the web.
fn authority(origin: &str) -> Option<Authority> {
    let (scheme, rest) = origin.split_once("://")?;
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let authority = Uri::from_str(origin).ok()?.authority()?.clone();
    (web && rest.eq_ignore_ascii_case(authority.as_str()) && !rest.contains('@')).then_some(authority)
}

fn is_loopback(host: &str) -> bool {
    let name = host.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || address(host).is_some_and(|address| address.is_loopback())
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_this_machine_are_let_in_by_default() {
        let origins = Origins::of(&[]).unwrap();
        for origin in [
            "http://localhost:3000",
            "https://localhost",
            "http://127.0.0.1:5173",
            "http://[::1]:80",
            "http://app.localhost",
        ] {
            assert!(origins.allow(origin), "{origin}");
        }
        for origin in [
            "null",
            "",
            "https://evil.example",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://evil.example/http://localhost",
            "http://localhost@evil.example",
            "file://localhost",
            "http://10.0.0.1",
        ] {
            assert!(!origins.allow(origin), "{origin}");
        }
        assert!(
            origins.allow_host("127.0.0.1:8547") && origins.allow_host("localhost") && origins.allow_host("[::1]:1")
        );
        assert!(!origins.allow_host("evil.example:8547") && !origins.allow_host("127.0.0.1.evil.example"));
    }

    #[test]
    fn naming_origins_narrows_or_widens() {
        let origins = Origins::of(&["https://app.example".to_owned()]).unwrap();
        assert!(origins.allow("https://app.example") && origins.allow_host("app.example:8547"));
        assert!(!origins.allow("http://app.example") && !origins.allow("http://localhost:3000"));
        assert!(Origins::of(&["*".to_owned()]).unwrap().allow("null"));
        for wrong in ["app.example", "https://app.example/path", "https://", "ftp://app.example"] {
            assert!(Origins::of(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
