//! HTTP and WebSocket sources against servers that are slow, stale, malformed, huge, or refuse.
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use plumbline_reporter::input::{Board, Inputs, watch};
use plumbline_reporter::service::clock::Clock;
use plumbline_reporter::{Settings, feed};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

/// The address of a server that runs as long as the test.
async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

fn inputs(text: &str) -> Inputs {
    let text = format!("deployment = \"none.json\"\n{text}");
    Settings::parse(&text, std::path::Path::new(".")).expect(&text).inputs
}

/// What is read of BTC-USD as soon as `done` says so, or after five seconds.
async fn read_until(text: &str, done: impl Fn(&Result<u64, String>) -> bool) -> Result<u64, String> {
    let inputs = inputs(text);
    let board = Arc::new(Board::new(inputs.clone(), 0));
    let _tasks = watch(&inputs, &board);
    let started = Instant::now();
    loop {
        let read = read(&board);
        if done(&read) || started.elapsed() > Duration::from_secs(5) {
            return read;
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until that is read, at most five seconds.
async fn expect(board: &Board, price: u64) {
    let started = Instant::now();
    while read(board) != Ok(price) {
        assert!(started.elapsed() < Duration::from_secs(5), "{price}: {:?}", read(board));
        sleep(Duration::from_millis(10)).await;
    }
}

fn read(board: &Board) -> Result<u64, String> {
    let read = board.read(feed::feed("BTC-USD").unwrap());
    read.map(|reading| reading.quote.price / 100_000_000)
}

fn http(address: &str, place: &str) -> String {
    format!(
        "[sources.venue]\nhttp = \"http://{address}/price\"\nevery = 0.1\ntimeout = 0.3\n\
         [feeds]\nBTC-USD = [{{ source = \"venue\", price = \"/data/0/last\", {place} }}]\n"
    )
}

async fn answering(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> String {
    serve(Router::new().route("/price", get(move || std::future::ready(answer())))).await
}

fn now_ms() -> u64 {
    Clock::default().machine()
}

fn document(price: &str, at: u64) -> String {
    format!(r#"{{"data":[{{"last":{price},"ts":{at}}}]}}"#)
}

#[tokio::test]
async fn an_http_source_is_read_at_its_pointers() {
    let server = answering(|| document("\"113000.5\"", now_ms()).into_response()).await;
    let timed = http(&server, "time = \"/data/0/ts\", time-is = \"ms\", max-age = 5");
    assert_eq!(read_until(&timed, Result::is_ok).await, Ok(113_000));
}

/// Why BTC-USD is not signed.
async fn refused(address: &str, place: &str, reason: &str) {
    let read = read_until(&http(address, place), |read| read.as_ref().is_err_and(|why| why.contains(reason))).await;
    let why = read.expect_err(reason);
    assert!(why.contains(reason) && why.contains("venue"), "{reason}: {why}");
}

#[tokio::test]
async fn what_is_stale_is_not_signed() {
    let timed = "time = \"/data/0/ts\", time-is = \"ms\", max-age = 5";
    let stale = answering(|| document("113000", now_ms() - 6_000).into_response()).await;
    refused(&stale, timed, "s old").await;
    let ahead = answering(|| document("113000", now_ms() + 60_000).into_response()).await;
    refused(&ahead, timed, "ahead of this machine's clock").await;
    let undated = answering(|| r#"{"data":[{"last":1}]}"#.into_response()).await;
    refused(&undated, timed, "nothing at /data/0/ts").await;
}

#[tokio::test]
async fn what_is_malformed_or_refused_is_not_signed() {
    let answers: [(Response, &str); 9] = [
        ("<html>".into_response(), "not JSON"),
        ("".into_response(), "not JSON"),
        (r#"{"data":[]}"#.into_response(), "nothing at /data/0/last"),
        (r#"{"data":[{"last":"much"}]}"#.into_response(), "is not a price"),
        (r#"{"data":[{"last":-1}]}"#.into_response(), "is not a price"),
        (r#"{"data":[{"last":null}]}"#.into_response(), "is not a price"),
        (StatusCode::SERVICE_UNAVAILABLE.into_response(), "503"),
        (StatusCode::FORBIDDEN.into_response(), "403"),
        ((StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:1/")]).into_response(), "302"),
    ];
    for (answer, reason) in answers {
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let (status, headers): (StatusCode, HeaderMap) = (parts.status, parts.headers);
        let server = answering(move || (status, headers.clone(), body.clone()).into_response()).await;
        refused(&server, "max-age = 5", reason).await;
    }
    refused("127.0.0.1:1", "max-age = 5", "no answer").await;
}

#[tokio::test]
async fn what_is_huge_or_slow_is_given_up() {
    let huge = answering(|| document(&format!("\"{}\"", "1".repeat(2 << 20)), 0).into_response()).await;
    refused(&huge, "max-age = 5", "longer than").await;
    let slow = Router::new().route("/price", get(|| async { sleep(Duration::from_secs(60)).await }));
    refused(&serve(slow).await, "max-age = 5", "no answer").await;
}

#[tokio::test]
async fn a_failing_source_is_asked_less_and_less() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let server = answering(move || {
        count.fetch_add(1, Ordering::Relaxed);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    });
    let inputs = inputs(&http(&server.await, "max-age = 5"));
    let board = Arc::new(Board::new(inputs.clone(), 0));
    let tasks = watch(&inputs, &board);
    sleep(Duration::from_millis(1_700)).await;
    drop(tasks);
    // At 0, 0.2, 0.6, 1.4 s; every 0.1 s it would be 17.
    assert!((2..=5).contains(&asked.load(Ordering::Relaxed)), "{asked:?}");
}

#[tokio::test]
async fn what_a_source_said_holds_until_it_is_too_old_and_the_next_takes_over() {
    let asked = Arc::new(AtomicUsize::new(0));
    let server = answering(move || match asked.fetch_add(1, Ordering::Relaxed) {
        0 => document("7", 0).into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    });
    let text = http(&server.await, "max-age = 1").replace("}]", "}, { constant = \"9\" }]");
    let inputs = inputs(&text);
    let board = Arc::new(Board::new(inputs.clone(), 0));
    assert_eq!(read(&board), Ok(9), "nothing yet");
    let _tasks = watch(&inputs, &board);
    expect(&board, 7).await;
    let since = Instant::now();
    expect(&board, 9).await;
    assert!(since.elapsed() > Duration::from_millis(500), "it held for a second, though the source failed");
}

fn ws(address: &str, more: &str) -> String {
    format!(
        "[sources.venue]\nws = \"ws://{address}/\"\nsubscribe = ['{{\"subscribe\":\"btc\"}}']\nidle = 0.4\n\
         [feeds]\nBTC-USD = [{{ source = \"venue\", price = \"/p\", where = {{ \"/s\" = \"BTC\" }}, max-age = 1{more} }}]\n"
    )
}

/// Runs `talk` with each connection that subscribed; counts them.
async fn streaming<F>(talk: impl Fn(usize, WebSocket) -> F + Clone + Send + Sync + 'static) -> String
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let connections = Arc::new(AtomicUsize::new(0));
    let handler = move |State(count): State<Arc<AtomicUsize>>, upgrade: WebSocketUpgrade| async move {
        let number = count.fetch_add(1, Ordering::Relaxed);
        upgrade.on_upgrade(move |mut socket| async move {
            let subscribed = socket.recv().await;
            if matches!(subscribed, Some(Ok(Message::Text(text))) if text.as_str() == r#"{"subscribe":"btc"}"#) {
                talk(number, socket).await;
            }
        })
    };
    serve(Router::new().route("/", any(handler)).with_state(connections)).await
}

async fn say(socket: &mut WebSocket, text: &str) -> Option<()> {
    socket.send(Message::text(text.to_owned())).await.ok()
}

#[tokio::test]
async fn a_stream_is_read_among_other_messages() {
    let server = streaming(|_, mut socket| async move {
        for text in [
            r#"{"type":"subscribed"}"#,
            r#"{"s":"ETH","p":"3"}"#,
            "no json",
            r#"{"s":"BTC","p":"5"}"#,
            r#"{"s":"ETH","p":"4"}"#,
        ] {
            say(&mut socket, text).await?;
        }
        socket.recv().await.map(drop)
    });
    assert_eq!(read_until(&ws(&server.await, ""), Result::is_ok).await, Ok(5));
}

#[tokio::test]
async fn a_stream_that_ends_hangs_or_is_huge_is_opened_anew() {
    let server = streaming(|number, mut socket| async move {
        match number {
            // Ends at once; hangs; sends too much at once.
            0 => None,
            1 => socket.recv().await.map(drop),
            2 => say(&mut socket, &format!(r#"{{"s":"BTC","p":"{}"}}"#, "1".repeat(2 << 20))).await,
            _ => loop {
                say(&mut socket, r#"{"s":"BTC","p":"5"}"#).await?;
                sleep(Duration::from_millis(50)).await;
            },
        }
    })
    .await;
    let inputs = inputs(&ws(&server, ""));
    let board = Arc::new(Board::new(inputs.clone(), 0));
    let _tasks = watch(&inputs, &board);
    let started = Instant::now();
    while read(&board) != Ok(5) {
        assert!(started.elapsed() < Duration::from_secs(15), "{:?}", read(&board));
        sleep(Duration::from_millis(50)).await;
    }
    assert!(started.elapsed() > Duration::from_secs(2), "it waits longer after each failure: {:?}", started.elapsed());
}

#[tokio::test]
async fn a_message_out_of_order_or_of_a_time_to_come_changes_nothing() {
    let server = streaming(|_, mut socket| async move {
        let now = now_ms();
        say(&mut socket, &format!(r#"{{"s":"BTC","p":"3","t":{}}}"#, now + 3_600_000)).await?;
        say(&mut socket, &format!(r#"{{"s":"BTC","p":"5","t":{now}}}"#)).await?;
        say(&mut socket, &format!(r#"{{"s":"BTC","p":"4","t":{}}}"#, now - 500)).await?;
        socket.recv().await.map(drop)
    });
    let text = ws(&server.await, ", time = \"/t\", time-is = \"ms\"");
    let inputs = inputs(&text);
    let board = Arc::new(Board::new(inputs.clone(), 0));
    let _tasks = watch(&inputs, &board);
    expect(&board, 5).await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(read(&board), Ok(5));
}

#[tokio::test]
async fn a_file_is_read_again_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prices.csv");
    let write = |rows: &str| std::fs::write(&path, format!("time,feed,source,price\n{rows}\n")).unwrap();
    let text = |more: &str| {
        let path = path.display();
        format!(
            "[sources.desk]\nfile = \"{path}\"\n{more}[feeds]\nBTC-USD = [{{ source = \"desk\", name = \"a\", max-age = 60 }}]\n"
        )
    };
    let now = now_ms() / 1_000;
    write(&format!("{},BTC-USD,*,5", now - 1));
    let board = Board::new(inputs(&text("")), 0);
    assert_eq!(read(&board), Ok(5));
    write(&format!("{},BTC-USD,*,5\n{now},BTC-USD,a,6000", now - 1));
    assert_eq!(read(&board), Ok(6_000));
    write("garbage,BTC-USD,a,6000000");
    assert!(read(&board).unwrap_err().contains("row 2"));
    write(&format!("{},BTC-USD,a,70000000", now - 61));
    assert!(read(&board).unwrap_err().contains("s old"));
    std::fs::remove_file(&path).unwrap();
    assert!(read(&board).unwrap_err().contains("prices.csv"));
    write("1,BTC-USD,a,8\n3,BTC-USD,a,9");
    let replay = Board::new(inputs(&text("replay = 4\n").replace(", max-age = 60", "")), 0);
    assert_eq!(read(&replay), Ok(8));
    expect(&replay, 9).await;
    let started = Instant::now();
    while read(&replay).is_ok() {
        assert!(started.elapsed() < Duration::from_secs(5), "the last row is passed");
        sleep(Duration::from_millis(10)).await;
    }
    assert!(read(&replay).unwrap_err().contains("over"));
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let refused = |text: &str, reason: &str| {
        let text = format!("deployment = \"none.json\"\n{text}");
        let error = Settings::parse(&text, std::path::Path::new(".")).map(drop).expect_err(&text);
        assert!(format!("{error:#}").contains(reason), "{text}: {error:#}");
    };
    let venue = "[sources.v]\nhttp = \"http://127.0.0.1/\"\n[feeds]\n";
    refused("[feeds]\n", "names no feed");
    refused("[feeds]\nBTC-USD = []\n", "at least one");
    refused("[feeds]\nBTC-USD = [{ constant = \"0\" }]\n", "not a price");
    refused("[feeds]\nBTC-USD = [{ constant = \"1\", confidence = 1000001 }]\n", "at most 1000000");
    refused("[feeds]\nBTC-USD = [{ constant = \"1\", price = \"/p\" }]\n", "a constant takes");
    refused("[feeds]\n\"BTC USD\" = [{ constant = \"1\" }]\n", "not the name of a feed");
    refused("[feeds]\nBTC-USD = [{ source = \"nobody\" }]\n", "[sources.nobody]");
    refused(&format!("{venue}BTC-USD = [{{ source = \"v\", price = \"/p\" }}]"), "max-age");
    refused(&format!("{venue}BTC-USD = [{{ source = \"v\", price = \"p\", max-age = 1 }}]"), "JSON pointer");
    refused(&format!("{venue}BTC-USD = [{{ source = \"v\", max-age = 1 }}]"), "name price");
    refused(&format!("{venue}BTC-USD = [{{ source = \"v\", price = \"/p\", max-age = -1 }}]"), "max-age");
    refused(&format!("{venue}BTC-USD = [{{ source = \"v\", price = \"/p\", max-age = nan }}]"), "max-age");
    refused(&format!("{venue}BTC-USD = [{{ source = \"v\", price = \"/p\", max-age = 1, tiem = \"/t\" }}]"), "tiem");
    refused("[sources.v]\nhttp = \"ftp://x\"\n[feeds]\nA = [{ constant = \"1\" }]", "[sources.v]");
    refused("[sources.v]\nhttp = \"http://x\"\nws = \"ws://x\"\n[feeds]\nA = [{ constant = \"1\" }]", "exactly one");
    refused("[sources.v]\nfile = \"x\"\nreplay = 0\n[feeds]\nA = [{ constant = \"1\" }]", "replay");
    refused("[sources.v]\nfile = \"x\"\nevery = 1\n[feeds]\nA = [{ constant = \"1\" }]", "replay alone");
    refused("peers = [\"10.0.0.1:9100\"]\n[feeds]\nA = [{ constant = \"1\" }]", "URL of a peer");
    refused("key = \"0x00\"\n[feeds]\nA = [{ constant = \"1\" }]", "key");
    refused("[feeds]\nA = [{ constant = \"1\" }]\nA = [{ constant = \"2\" }]", "duplicate");
}
