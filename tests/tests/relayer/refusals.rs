//! Bad input: each with its own problem (RFC 9457), and nothing of it taken.
use super::net::{account, expect_sound, start};
use super::process::{Answer, Relayer};
use super::venue::{Trade, Venue};
use localnet::Localnet;
use serde_json::{Value, json};

struct Desk {
    net: Localnet,
    relayer: Relayer,
    venue: Venue,
    trade: Trade,
    _journal: tempfile::TempDir,
}

async fn desk() -> Desk {
    let net = start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let relayer = Relayer::start(&net, folder.path(), &[]);
    let trade = Trade::new(&net, account(&net, 0), account(&net, 1), 10_000_000).await;
    Desk { venue: Venue::new(&net, 0), relayer, trade, net, _journal: folder }
}

#[track_caller]
fn expect_problem((status, body): Answer, expected: u16, code: &str) {
    assert_eq!((status, &body["type"]), (expected, &format!("urn:plumbline:problem:{code}").into()), "{body}");
    assert_eq!(body["status"], expected, "{body}");
    assert!(body["title"].is_string() && body["detail"].is_string(), "a problem says what is wrong: {body}");
}

impl Desk {
    async fn send(&self, body: &Value) -> Answer {
        self.relayer.post(Some("key"), body.to_string()).await
    }

    /// The chain has seen nothing, and a good batch of the same sequence is still taken.
    async fn expect_nothing_taken(mut self) {
        assert!(expect_sound(&self.net).await.fills.is_empty());
        let (good, _) = self.venue.batch(&[self.trade.clone()]);
        self.relayer.accept("good", &good).await;
        self.relayer.until(&self.venue.id(1), "settled").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_signature_is_refused() {
    let desk = desk().await;
    let (mut body, _) = desk.venue.draft(std::slice::from_ref(&desk.trade));
    body["fills"][0]["quantity"] = json!("5");
    expect_problem(desk.send(&body).await, 403, "invalid-signature");
    let other = Venue::new(&desk.net, 1).draft(std::slice::from_ref(&desk.trade)).0;
    let (mut body, _) = desk.venue.draft(std::slice::from_ref(&desk.trade));
    body["signature"] = other["signature"].clone();
    expect_problem(desk.send(&body).await, 403, "invalid-signature");
    desk.expect_nothing_taken().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_venues_and_accounts_are_refused() {
    let desk = desk().await;
    let stranger = Venue { actor: desk.net.actors.desk[3].clone(), ..Venue::new(&desk.net, 0) };
    expect_problem(desk.send(&stranger.draft(std::slice::from_ref(&desk.trade)).0).await, 403, "unknown-venue");
    let trade = Trade { seller: 900, ..desk.trade.clone() };
    let answer = desk.send(&desk.venue.draft(&[trade]).0).await;
    assert_eq!(answer.1["errors"][0]["pointer"], "/fills/0/sellerAccount", "{}", answer.1);
    expect_problem(answer, 422, "unknown-account");
    desk.expect_nothing_taken().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replayed_and_missing_sequences_are_refused() {
    let mut desk = desk().await;
    let (first, _) = desk.venue.batch(std::slice::from_ref(&desk.trade));
    desk.relayer.accept("first", &first).await;
    desk.relayer.until(&desk.venue.id(1), "settled").await;
    expect_problem(desk.send(&first).await, 409, "sequence-replayed");

    let ahead = Venue { next: 5, previous: desk.venue.previous, ..Venue::new(&desk.net, 0) };
    expect_problem(desk.send(&ahead.draft(std::slice::from_ref(&desk.trade)).0).await, 409, "sequence-gap");
    let broken = Venue { next: 2, ..Venue::new(&desk.net, 0) };
    expect_problem(desk.send(&broken.draft(std::slice::from_ref(&desk.trade)).0).await, 409, "batch-chain-broken");
    assert_eq!(expect_sound(&desk.net).await.fills.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idempotency_key_is_needed_and_stands_for_one_body() {
    let mut desk = desk().await;
    let (body, _) = desk.venue.draft(std::slice::from_ref(&desk.trade));
    expect_problem(desk.relayer.post(None, body.to_string()).await, 400, "missing-idempotency-key");
    let (first, _) = desk.venue.batch(std::slice::from_ref(&desk.trade));
    let told = desk.relayer.accept("key", &first).await;
    assert_eq!(desk.relayer.accept("key", &first).await, told);
    let (second, _) = desk.venue.batch(std::slice::from_ref(&desk.trade));
    expect_problem(desk.send(&second).await, 422, "idempotency-key-reused");
    desk.relayer.accept("another-key", &second).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oversized_batches_are_refused() {
    let desk = desk().await;
    let (body, _) = desk.venue.draft(&vec![desk.trade.clone(); 257]);
    expect_problem(desk.send(&body).await, 413, "batch-too-large");
    let answer = desk.relayer.post(Some("key"), " ".repeat(2_000_000)).await;
    expect_problem(answer, 413, "body-too-large");
    desk.expect_nothing_taken().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_bodies_are_refused_with_the_place() {
    let desk = desk().await;
    for text in ["", "{", "{\"venue\": }", "[1, 2", "null x"] {
        expect_problem(desk.relayer.post(Some("key"), text).await, 400, "malformed-json");
    }
    let (good, _) = desk.venue.draft(std::slice::from_ref(&desk.trade));
    let wrong = [
        ("/fills/0/quantity", "quantity", json!("-1")),
        ("/fills/0/quantity", "quantity", json!(1.5)),
        ("/fills/0/price", "price", json!("0")),
        ("/fills/0/instrument", "instrument", json!("DOGE-PERP")),
        ("/fills/0/sequence", "sequence", json!(7)),
        ("/fills/0/settleBy", "settleBy", json!(1)),
        ("/fills/0/sellerAccount", "sellerAccount", good["fills"][0]["buyerAccount"].clone()),
    ];
    for (pointer, field, value) in wrong {
        let mut body = good.clone();
        body["fills"][0][field] = value;
        let answer = desk.send(&body).await;
        assert_eq!(answer.1["errors"][0]["pointer"], pointer, "{}", answer.1);
        expect_problem(answer, 422, "invalid-body");
    }
    let mut body = good.clone();
    body["surprise"] = json!(1);
    expect_problem(desk.send(&body).await, 422, "invalid-body");
    desk.expect_nothing_taken().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_fills_accounts_and_paths_are_not_found() {
    let desk = desk().await;
    expect_problem(desk.relayer.get(&format!("/v1/fills/{}", desk.venue.id(77))).await, 404, "not-found");
    expect_problem(desk.relayer.get("/v1/fills/nonsense").await, 422, "invalid-id");
    expect_problem(desk.relayer.get("/v1/accounts/900").await, 404, "not-found");
    expect_problem(desk.relayer.get("/v2/anything").await, 404, "not-found");
}
