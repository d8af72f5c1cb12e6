//! A venue's stream of what becomes of its fills, over SSE or a WebSocket, from a cursor on.
//!
//! A stream reads the journal at its reader's pace, a page at a time: a slow reader costs one page of memory, and misses nothing. Every
//! stream ends after a while, so that one whose reader is gone does not stay; the reader goes on from its cursor.
use super::signed::Caller;
use super::{Service, State, pages, venues};
use crate::http::problem::{Problem, ProblemDetails};
use crate::journal::{FillEvent, Journal};
use crate::state::fill::FillId;
use alloy::primitives::{Address, B256};
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use utoipa::{IntoParams, ToSchema};

/// Events read at once.
const PAGE: u32 = 128;
/// Least time between two looks at the journal.
const PACE: Duration = Duration::from_millis(10);
/// Something is said at least this often.
const BEAT: Duration = Duration::from_secs(15);
/// How long a WebSocket's reader may take for one message.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a stream lasts.
const LONGEST: Duration = Duration::from_secs(3_600);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// Number of the last event that the reader has; 0 for all that are kept. Without it, from now on. `Last-Event-ID` wins.
    after: Option<u64>,
}

/// What became of a fill.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    /// The venue's own count of events.
    pub number: u64,
    pub id: String,
    pub sequence: u64,
    /// `accepted`, `cancelled`, `settled`, `lapsed` or `rejected`; `accepted` after `settled` or `lapsed` where the chain took it back.
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tx: Option<B256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub block_hash: Option<B256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// How many streams there are.
#[derive(Default)]
pub struct Streams {
    open: Mutex<HashMap<Address, usize>>,
}

/// A stream's place; it is free again when this is dropped.
struct Place {
    streams: Arc<Streams>,
    venue: Address,
}

impl Streams {
    fn take(self: &Arc<Self>, venue: Address, all: usize, own: usize) -> Result<Place, Problem> {
        let mut open = self.open.lock();
        let held = open.get(&venue).copied().unwrap_or(0);
        if held >= own {
            return Err(Problem::too_many_streams(own));
        }
        if open.values().sum::<usize>() >= all {
            return Err(Problem::busy("too many streams are open"));
        }
        open.insert(venue, held + 1);
        Ok(Place { streams: Arc::clone(self), venue })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock();
        if let Some(held) = open.get_mut(&self.venue) {
            *held -= 1;
            if *held == 0 {
                open.remove(&self.venue);
            }
        }
    }
}

/// Server-sent events of a venue's fills. The first one, `open`, has the cursor that the stream begins at; all others are `fill`.
#[utoipa::path(
    get, path = "/v1/venues/{address}/events", tag = "venues",
    params(("address" = String, Path, description = "The venue", pattern = "^0x[0-9a-fA-F]{40}$"), EventQuery, ("Last-Event-ID" = Option<u64>, Header, description = "As `after`")),
    responses(
        (status = 200, body = EventView, content_type = "text/event-stream"),
        (status = 401, description = "Not signed", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "Signed by somebody else", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No venue of anybody", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 410, description = "The cursor's events are kept no more", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Not an address, not a cursor", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "The venue has as many streams as it may", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Too many streams", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn get_events(
    axum::extract::State(service): State,
    caller: Caller,
    Path(address): Path<String>,
    query: Result<Query<EventQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let venue = venues::own(&address, caller)?;
    let feed = Feed::open(&service, venue, cursor(query, &headers)?).await?;
    let first = Event::default().event("open").id(feed.after.to_string()).data("{}");
    let first = stream::once(async move { Ok::<_, Infallible>(first) });
    let events = feed.events().map(|view| {
        let event = Event::default().event("fill").id(view.number.to_string());
        Ok(event.json_data(&view).unwrap_or_else(|_| Event::default().comment("an event that is no JSON")))
    });
    let sse = Sse::new(first.chain(events)).keep_alive(KeepAlive::new().interval(BEAT));
    // A proxy that buffers would hold events back.
    Ok(([("cache-control", "no-store"), ("x-accel-buffering", "no")], sse).into_response())
}

/// The same over a WebSocket: a text message of JSON for each event, `{"open": <cursor>}` first.
#[utoipa::path(
    get, path = "/v1/venues/{address}/socket", tag = "venues",
    params(("address" = String, Path, description = "The venue", pattern = "^0x[0-9a-fA-F]{40}$"), EventQuery),
    responses(
        (status = 101, description = "Events follow"),
        (status = 400, description = "Not a WebSocket's handshake", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "Not signed", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "Signed by somebody else", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No venue of anybody", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 410, description = "The cursor's events are kept no more", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Not an address, not a cursor", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "The venue has as many streams as it may", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Too many streams", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn get_socket(
    axum::extract::State(service): State,
    caller: Caller,
    Path(address): Path<String>,
    query: Result<Query<EventQuery>, QueryRejection>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let venue = venues::own(&address, caller)?;
    let upgrade = upgrade.map_err(|rejection| {
        Problem::bad_request("not-a-websocket", "Not a WebSocket's handshake").detail(rejection.body_text())
    })?;
    let feed = Feed::open(&service, venue, cursor(query, &headers)?).await?;
    let upgrade = upgrade.max_message_size(1_024).max_frame_size(1_024);
    Ok(upgrade.on_upgrade(move |socket| tell(socket, feed)))
}

fn cursor(query: Result<Query<EventQuery>, QueryRejection>, headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let query = pages::query(query, "after is the number of an event")?;
    let Some(last) = headers.get("last-event-id") else { return pages::number("after", query.after) };
    let last = last.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(|| {
        Problem::unprocessable("invalid-query", "Not a cursor")
            .detail("the number of an event is expected")
            .field("Last-Event-ID")
    })?;
    Ok(Some(last))
}

/// Events of a venue after a number.
struct Feed {
    journal: Journal,
    venue: Address,
    after: u64,
    read: VecDeque<FillEvent>,
    commits: watch::Receiver<u64>,
    stop: watch::Receiver<bool>,
    until: Instant,
    _place: Place,
}

impl Feed {
    async fn open(service: &Service, venue: Address, after: Option<u64>) -> Result<Self, Problem> {
        let (limits, journal) = (&service.config.limits, service.journal.clone());
        if !service.world.read().knows_venue(venue) {
            return Err(Problem::not_found(format!(
                "{venue} is no venue: neither the role VENUE nor any account's mandate"
            )));
        }
        let place = service.streams.take(venue, limits.streams, limits.venue_streams)?;
        // Before anything is read, so that nothing is committed in between unseen.
        let mut commits = journal.commits();
        commits.mark_unchanged();
        let (first, last) = journal.events_kept(venue).await?;
        let after = match after {
            None => last,
            Some(0) => first.saturating_sub(1),
            Some(after) if after.saturating_add(1) < first || after > last => return Err(gone(after, first, last)),
            Some(after) => after,
        };
        let (stop, until) = (service.stop.clone(), Instant::now() + LONGEST);
        Ok(Self { journal, venue, after, read: VecDeque::new(), commits, stop, until, _place: place })
    }

    fn events(self) -> impl Stream<Item = EventView> + Send {
        stream::unfold(self, |mut feed| async move {
            let event = feed.next().await?;
            Some((event, feed))
        })
    }

    /// The next one, when there is one; nothing where the stream ends.
    async fn next(&mut self) -> Option<EventView> {
        while self.read.is_empty() {
            if *self.stop.borrow() || Instant::now() >= self.until {
                return None;
            }
            self.commits.mark_unchanged();
            // A journal that cannot be read ends the stream; the reader comes again.
            let page = self.journal.events_after(self.venue, self.after, PAGE).await.ok()?;
            // What was pruned in the meantime cannot be told: the reader is, when it comes again.
            if page.first().is_some_and(|event| event.number != self.after.saturating_add(1)) {
                return None;
            }
            self.read.extend(page);
            if self.read.is_empty() {
                tokio::select! {
                    changed = self.commits.changed() => changed.ok()?,
                    _ = self.stop.wait_for(|stop| *stop) => return None,
                    () = sleep_until(self.until) => return None,
                }
                sleep(PACE).await;
            }
        }
        let event = self.read.pop_front()?;
        self.after = event.number;
        Some(view(self.venue, event))
    }
}

pub fn view(venue: Address, event: FillEvent) -> EventView {
    EventView {
        number: event.number,
        id: FillId { venue, sequence: event.sequence }.to_string(),
        sequence: event.sequence,
        state: event.state,
        tx: event.tx,
        block_number: event.block_number,
        block_hash: event.block_hash,
        detail: event.reason,
    }
}

fn gone(after: u64, first: u64, last: u64) -> Problem {
    Problem::gone("events-gone", "The cursor is none of the events that are kept").detail(format!(
        "after is {after}, events {first} to {last} are kept; read the fills, then go on with after={last}"
    ))
}

async fn tell(mut socket: WebSocket, feed: Feed) {
    let open = Message::Text(format!("{{\"open\":{}}}", feed.after).into());
    if say(&mut socket, open).await.is_none() {
        return;
    }
    let mut events = pin!(feed.events());
    let mut beat = tokio::time::interval(BEAT);
    loop {
        let message = tokio::select! {
            event = events.next() => match event.map(|event| serde_json::to_string(&event)) {
                Some(Ok(text)) => Message::Text(text.into()),
                _ => break,
            },
            _ = beat.tick() => Message::Ping(Default::default()),
            // Nothing is expected of the reader; pongs are none of our business.
            heard = socket.recv() => match heard {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
        };
        if say(&mut socket, message).await.is_none() {
            return;
        }
    }
    let _ = timeout(PATIENCE, socket.send(Message::Close(None))).await;
}

/// Nothing where the reader is gone, or too slow.
async fn say(socket: &mut WebSocket, message: Message) -> Option<()> {
    timeout(PATIENCE, socket.send(message)).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_and_come_back() {
        let streams = Arc::new(Streams::default());
        let [one, other] = [1, 2].map(Address::repeat_byte);
        let held: Vec<Place> = (0..2).map(|_| streams.take(one, 3, 2).ok().unwrap()).collect();
        assert_eq!(streams.take(one, 3, 2).err().unwrap().status, 429);
        let third = streams.take(other, 3, 2).ok().unwrap();
        assert_eq!(streams.take(other, 3, 2).err().unwrap().status, 503);
        drop(held);
        assert!(streams.take(one, 3, 2).is_ok());
        drop(third);
        assert!(streams.open.lock().is_empty());
    }
}
