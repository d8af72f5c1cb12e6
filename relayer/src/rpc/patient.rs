//! Every call to the node ends: with an answer, or after a bounded number of bounded attempts.
//!
//! * No answer, a broken connection, an HTTP error: the call is made again, at the next node where there are several.
//! * "Not now" (a rate limit) and "not yet" (a block that this node does not have, because it lags): again after a pause.
//! * Everything else is an answer.
//!
//! Each call that is made is safe to repeat: the relayer reads, and sends bytes that are signed once.
use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket};
use alloy::transports::{BoxTransport, TransportError, TransportErrorKind, TransportFut};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::Service;

/// Attempts after one without an answer.
const AGAIN: u32 = 2;
/// Attempts after "not now" and "not yet", and the first and longest pause before one.
const LATER: u32 = 7;
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

#[derive(Clone)]
pub struct Patient {
    nodes: Arc<[BoxTransport]>,
    /// Of the node that is asked first.
    place: Arc<AtomicUsize>,
    timeout: Duration,
}

/// What an attempt came to.
enum Verdict {
    Answered,
    Unanswered,
    Later,
}

impl Patient {
    pub fn new(nodes: Vec<BoxTransport>, timeout: Duration) -> Self {
        Self { nodes: nodes.into(), place: Arc::default(), timeout }
    }

    async fn ask(self, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let (mut unanswered, mut later, mut pause) = (0, 0, FIRST_PAUSE);
        loop {
            let place = self.place.load(Ordering::Relaxed);
            let outcome = self.attempt(place, request.clone()).await;
            let tries = match verdict(&outcome) {
                Verdict::Answered => return outcome,
                Verdict::Unanswered if unanswered < AGAIN => &mut unanswered,
                Verdict::Later if later < LATER => &mut later,
                Verdict::Unanswered | Verdict::Later => return outcome,
            };
            *tries += 1;
            if let Err(error) = &outcome {
                let method = request.method_names().next().unwrap_or("call").to_owned();
                tracing::warn!(%error, method, node = place, "no answer; asking again");
            }
            self.turn_from(place);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn attempt(&self, place: usize, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let node = self.nodes.get(place % self.nodes.len().max(1)).cloned();
        let mut node = node.ok_or_else(TransportErrorKind::backend_gone)?;
        let answer = async {
            poll_fn(|context| node.poll_ready(context)).await?;
            node.call(request).await
        };
        tokio::time::timeout(self.timeout, answer).await.unwrap_or_else(|_| Err(unanswered(self.timeout)))
    }

    /// The next node is asked first from here on, unless another call has seen to that already.
    fn turn_from(&self, place: usize) {
        let next = place.wrapping_add(1) % self.nodes.len().max(1);
        let _ = self.place.compare_exchange(place, next, Ordering::Relaxed, Ordering::Relaxed);
    }
}

pub fn unanswered(timeout: Duration) -> TransportError {
    TransportErrorKind::custom_str(&format!("no answer in {timeout:?}"))
}

fn verdict(outcome: &Result<ResponsePacket, TransportError>) -> Verdict {
    let later = match outcome {
        Ok(packet) => packet.iter_errors().any(|error| is_later(error.code, &error.message)),
        Err(TransportError::ErrorResp(error)) => is_later(error.code, &error.message),
        Err(error) if error.is_transport_error() => {
            let said = error.as_transport_err().and_then(TransportErrorKind::as_http_error);
            let too_many = said.is_some_and(|said| said.is_rate_limit_err());
            return if too_many { Verdict::Later } else { Verdict::Unanswered };
        }
        Err(_) => return Verdict::Answered,
    };
    if later { Verdict::Later } else { Verdict::Answered }
}

/// In the words of geth, Nitro and those who sell access to them.
fn is_later(code: i64, message: &str) -> bool {
    if code == -32_005 || code == 429 {
        return true;
    }
    let message = message.to_lowercase();
    let limits = ["rate limit", "too many requests", "429"];
    let lags = ["header not found", "unknown block", "block not found", "is unknown", "missing trie node"];
    limits.iter().chain(&lags).any(|words| message.contains(words))
}

impl Service<RequestPacket> for Patient {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        Box::pin(self.clone().ask(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_has_not_yet_or_gives_not_now_is_asked_for_again() {
        for message in ["header not found", "unknown block 0x12", "block 0x12 is unknown", "Rate limit exceeded"] {
            assert!(is_later(-32_000, message), "{message}");
        }
        assert!(is_later(-32_005, "limit"));
        for message in ["execution reverted", "nonce too low", "insufficient funds for gas * price + value"] {
            assert!(!is_later(-32_000, message), "{message}");
        }
    }
}
