//! How often somebody may ask.
use super::problem::Problem;
use crate::http::Peer;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Peers remembered before those whose buckets are full again are forgotten.
const MOST_PEERS: usize = 16_384;

/// A bucket of tokens for each peer: `rate` come in a second, `burst` fit.
pub struct Buckets {
    rate: f64,
    burst: f64,
    peers: Mutex<HashMap<IpAddr, (f64, Instant)>>,
}

impl Buckets {
    /// `rate` a second, and what gathers in `seconds` at once.
    pub fn new(rate: u32, seconds: u32) -> Self {
        let rate = f64::from(rate.max(1));
        Self { rate, burst: rate * f64::from(seconds.max(1)), peers: Mutex::default() }
    }

    /// # Errors
    /// How long until there is a token again.
    pub fn take(&self, peer: IpAddr) -> Result<(), Duration> {
        let (now, mut peers) = (Instant::now(), self.peers.lock());
        let level = |(tokens, since): (f64, Instant)| {
            (tokens + now.duration_since(since).as_secs_f64() * self.rate).min(self.burst)
        };
        if peers.len() >= MOST_PEERS {
            peers.retain(|_, held| level(*held) < self.burst);
        }
        let tokens = peers.get(&peer).map_or(self.burst, |held| level(*held));
        if tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - tokens) / self.rate));
        }
        peers.insert(peer, (tokens - 1.0, now));
        Ok(())
    }
}

/// Refuses a peer that asks too often, before anything is read or looked up for it.
pub async fn by_peer(State(buckets): State<Arc<Buckets>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    match peer.map_or(Ok(()), |peer| buckets.take(peer.0)) {
        Ok(()) => next.run(request).await,
        Err(pause) => Problem::too_many(pause).into_response(),
    }
}

/// A body that was not read ends its connection; whoever would use it again is told.
pub async fn close_unread(mut response: Response) -> Response {
    let unread = [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    if unread.contains(&response.status()) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_the_rate() {
        let buckets = Buckets::new(10, 2);
        let [one, other] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
        assert!((0..20).all(|_| buckets.take(one).is_ok()));
        let pause = buckets.take(one).unwrap_err();
        assert!(pause <= Duration::from_millis(100), "{pause:?}");
        assert!(buckets.take(other).is_ok(), "another peer has its own");
        std::thread::sleep(pause);
        assert!(buckets.take(one).is_ok() && buckets.take(one).is_err());
    }
}
