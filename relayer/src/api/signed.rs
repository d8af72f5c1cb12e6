//! Who asks: the header `Authorization: Plumbline address=…, expires=…, signature=…`, as docs/signing.md defines it.
use super::Service;
use crate::clock::now_ms;
use crate::config::Access;
use crate::http::Peer;
use crate::http::problem::Problem;
use alloy::primitives::{Address, B256, Bytes, Signature};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use chain::requests::Read;
use chain::sign::Domain;
use std::net::SocketAddr;
use std::sync::Arc;

/// Longest time ahead that a read may hold, seconds.
const LONGEST: u64 = 600;
/// Headers that a proxy adds.
const PROXIED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    Signer(Address),
    /// Somebody on this machine, where that is enough.
    Local,
}

/// What a signature must name, and whether one is needed at all.
pub struct Door {
    domain: Domain,
    hosts: Vec<String>,
    /// Requests of this machine need no signature.
    local: bool,
}

impl Door {
    /// `listens` is the address that requests come in at.
    pub fn new(access: &Access, chain_id: u64, escrow: Address, listens: SocketAddr) -> Self {
        let named = access.hosts.iter().map(|host| host.trim().to_ascii_lowercase());
        let hosts: Vec<String> = if access.hosts.is_empty() { own_names(listens) } else { named.collect() };
        let local = !access.signed && access.hosts.is_empty() && listens.ip().is_loopback();
        Self { domain: Domain::relayer(chain_id, escrow), hosts, local }
    }

    /// For the log.
    pub fn describe(&self) -> String {
        let hosts = self.hosts.join(", ");
        if self.local {
            format!("fills and accounts are open to this machine; signed reads name {hosts}")
        } else {
            format!("fills and accounts need signed reads, which name {hosts}")
        }
    }

    fn caller(&self, parts: &Parts, now: u64) -> Result<Caller, Problem> {
        let Some(given) = parts.headers.get(header::AUTHORIZATION) else {
            return if self.local && is_local(parts) { Ok(Caller::Local) } else { Err(self.missing()) };
        };
        let given = given.to_str().ok().and_then(Given::parse).ok_or_else(malformed)?;
        if given.expires < now || given.expires > now.saturating_add(LONGEST) {
            return Err(expired(given.expires, now));
        }
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let digest = |host: &String| {
            self.domain.read(&Read { host: host.clone(), path: path.to_owned(), expiresAt: given.expires })
        };
        let signed = self.hosts.iter().any(|host| given.is_over(digest(host)));
        if signed { Ok(Caller::Signer(given.address)) } else { Err(self.invalid(&given, path)) }
    }

    fn missing(&self) -> Problem {
        Problem::unauthorized("signature-missing", "A signed read is needed").detail(format!(
            "send the header Authorization: Plumbline address=0x…, expires=<seconds>, signature=0x… over Read with host {} \
             (docs/signing.md)",
            self.hosts.first().map_or("", String::as_str)
        ))
    }

    fn invalid(&self, given: &Given, path: &str) -> Problem {
        Problem::unauthorized("signature-invalid", "Not the reader's signature").detail(format!(
            "the signature is not {}'s over Read with path {path}, expiresAt {} and one of the hosts {}",
            given.address,
            given.expires,
            self.hosts.join(", ")
        ))
    }
}

fn own_names(listens: SocketAddr) -> Vec<String> {
    let mut names = vec![listens.to_string()];
    if listens.ip().is_loopback() {
        names.push(format!("localhost:{}", listens.port()));
    }
    // A URL does not name the port that its scheme has anyway.
    let without = names.iter().filter_map(|name| name.strip_suffix(":80").map(ToOwned::to_owned));
    let without: Vec<String> = without.collect();
    names.extend(without);
    names
}

/// From this machine and through no proxy, as far as one can tell; a browser's page of another site is somebody else.
fn is_local(parts: &Parts) -> bool {
    let peer = parts.extensions.get::<Peer>().is_some_and(|Peer(ip)| ip.is_loopback());
    let proxied = PROXIED.iter().any(|name| parts.headers.contains_key(*name));
    peer && !proxied && !parts.headers.contains_key(header::ORIGIN) && names_loopback(&parts.headers)
}

fn names_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost" || name.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
struct Given {
    address: Address,
    expires: u64,
    signature: Bytes,
}

impl Given {
    fn parse(header: &str) -> Option<Self> {
        let (mut address, mut expires, mut signature) = (None, None, None);
        for part in header.strip_prefix("Plumbline ")?.split(',') {
            let (name, value) = part.trim().split_once('=')?;
            let new = match name {
                "address" => address.replace(value.parse().ok()?).is_none(),
                "expires" => expires.replace(value.parse().ok()?).is_none(),
                "signature" => signature.replace(value.parse::<Bytes>().ok()?).is_none(),
                _ => false,
            };
            if !new {
                return None;
            }
        }
        Some(Self { address: address?, expires: expires?, signature: signature? })
    }

    fn is_over(&self, digest: B256) -> bool {
        signer(digest, &self.signature) == Some(self.address)
    }
}

/// The signer of 64 (EIP-2098) or 65 bytes; `None` where they are no signature.
pub fn signer(digest: B256, signature: &[u8]) -> Option<Address> {
    match signature.len() {
        64 => chain::sign::recover(digest, signature.try_into().ok()?),
        65 => Signature::from_raw(signature).ok()?.recover_address_from_prehash(&digest).ok(),
        _ => None,
    }
}

fn malformed() -> Problem {
    Problem::unauthorized("signature-malformed", "Not a signed read")
        .detail("expected Authorization: Plumbline address=0x…, expires=<seconds since 1970>, signature=0x…")
        .field("Authorization")
}

fn expired(expires: u64, now: u64) -> Problem {
    Problem::unauthorized("signature-expired", "The signed read holds no more, or too long")
        .detail(format!("expires is {expires}; between {now} and {} is taken now", now.saturating_add(LONGEST)))
        .field("Authorization")
}

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Problem> {
        service.door.caller(parts, now_ms() / 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::hex;
    use alloy::signers::local::PrivateKeySigner;
    use axum::http::Request;

    const ESCROW: Address = Address::repeat_byte(5);
    const NOW: u64 = 1_760_130_000;
    const PATH: &str = "/v1/accounts/3/evidence?x=1";

    fn door(access: &Access, listens: &str) -> Door {
        Door::new(access, 1, ESCROW, listens.parse().unwrap())
    }

    fn key() -> PrivateKeySigner {
        PrivateKeySigner::from_bytes(&B256::repeat_byte(3)).unwrap()
    }

    fn header(host: &str, path: &str, expires: u64) -> String {
        let read = Read { host: host.to_owned(), path: path.to_owned(), expiresAt: expires };
        let signature = chain::sign::sign(&key(), Domain::relayer(1, ESCROW).read(&read));
        format!(
            "Plumbline address={}, expires={expires}, signature={}",
            key().address(),
            hex::encode_prefixed(signature)
        )
    }

    fn ask(door: &Door, peer: &str, headers: &[(&str, &str)]) -> Result<Caller, String> {
        let request =
            headers.iter().fold(Request::builder().uri(PATH), |request, (name, value)| request.header(*name, *value));
        let mut parts = request.body(()).unwrap().into_parts().0;
        parts.extensions.insert(Peer(peer.parse().unwrap()));
        door.caller(&parts, NOW).map_err(|problem| problem.code().to_owned())
    }

    #[test]
    fn a_read_is_signed_for_this_host_path_and_time() {
        let door = door(
            &Access { hosts: vec!["Relayer.example".to_owned()], signed: false, ..Access::default() },
            "127.0.0.1:8080",
        );
        let ask = |value: String| ask(&door, "10.0.0.1", &[("authorization", &value)]);
        assert_eq!(ask(header("relayer.example", PATH, NOW + 5)), Ok(Caller::Signer(key().address())));
        for (host, path, expires, code) in [
            ("127.0.0.1:8080", PATH, NOW + 5, "signature-invalid"),
            ("other.example", PATH, NOW + 5, "signature-invalid"),
            ("relayer.example", "/v1/accounts/3/evidence", NOW + 5, "signature-invalid"),
            ("relayer.example", PATH, NOW - 1, "signature-expired"),
            ("relayer.example", PATH, NOW + 601, "signature-expired"),
        ] {
            assert_eq!(ask(header(host, path, expires)), Err(code.to_owned()), "{host} {path} {expires}");
        }
        let good = header("relayer.example", PATH, NOW + 5);
        let another = good.replace(&key().address().to_string(), &Address::repeat_byte(1).to_string());
        assert_eq!(ask(another), Err("signature-invalid".to_owned()));
        for wrong in [
            "",
            "Bearer x",
            "Plumbline ",
            "Plumbline address=0x1",
            &format!("{good}, expires=1"),
            &format!("{good}, x=1"),
        ] {
            assert_eq!(ask(wrong.to_owned()), Err("signature-malformed".to_owned()), "{wrong}");
        }
    }

    #[test]
    fn this_machine_reads_freely_where_nothing_says_otherwise() {
        let free = door(&Access::default(), "127.0.0.1:8080");
        assert_eq!(ask(&free, "127.0.0.1", &[("host", "127.0.0.1:8080")]), Ok(Caller::Local));
        assert_eq!(ask(&free, "127.0.0.1", &[("host", "localhost:8080")]), Ok(Caller::Local));
        let missing = Err("signature-missing".to_owned());
        for headers in [
            [("host", "relayer.example"), ("accept", "*/*")],
            [("host", "127.0.0.1"), ("x-forwarded-for", "10.0.0.1")],
            [("host", "127.0.0.1"), ("forwarded", "for=10.0.0.1")],
            [("host", "localhost:8080"), ("origin", "https://evil.example")],
        ] {
            assert_eq!(ask(&free, "127.0.0.1", &headers), missing, "{headers:?}");
        }
        assert_eq!(ask(&free, "10.0.0.1", &[("host", "localhost")]), missing);
        let signed = Access { signed: true, ..Access::default() };
        let named = Access { hosts: vec!["relayer.example".to_owned()], signed: false, ..Access::default() };
        for (access, listens) in [(&signed, "127.0.0.1:1"), (&named, "127.0.0.1:1"), (&Access::default(), "0.0.0.0:1")]
        {
            assert_eq!(ask(&door(access, listens), "127.0.0.1", &[("host", "localhost")]), missing);
        }
    }

    #[test]
    fn names_are_those_of_urls() {
        assert_eq!(
            own_names("127.0.0.1:80".parse().unwrap()),
            ["127.0.0.1:80", "localhost:80", "127.0.0.1", "localhost"]
        );
        assert_eq!(own_names("10.1.2.3:8080".parse().unwrap()), ["10.1.2.3:8080"]);
        assert_eq!(own_names("[::1]:8080".parse().unwrap())[0], "[::1]:8080");
    }
}
