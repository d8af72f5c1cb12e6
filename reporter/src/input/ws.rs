//! JSON documents that a WebSocket pushes.
use super::board::Board;
use super::config::Ws;
use super::{LARGEST, document, pause};
use anyhow::{Context, Result, bail};
use futures::{SinkExt, StreamExt};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

const FIRST_PAUSE: Duration = Duration::from_millis(500);

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// Listens until dropped; connects anew after each end, less soon the longer nothing useful came.
pub async fn watch(name: String, source: Ws, board: Arc<Board>) {
    let mut failures = 0;
    loop {
        let mut useful = false;
        let ended = listen(&name, &source, &board, &mut useful).await;
        if let Err(error) = ended {
            board.failed(&name, format!("{error:#}"));
        }
        failures = if useful { 0 } else { failures };
        tokio::time::sleep(pause(FIRST_PAUSE, failures)).await;
        failures += 1;
    }
}

async fn listen(name: &str, source: &Ws, board: &Board, useful: &mut bool) -> Result<()> {
    let mut socket = timeout(source.timeout, open(source)).await.context("no connection in time")??;
    let mut until = Instant::now() + source.idle;
    loop {
        let message = timeout_at(until, socket.next()).await;
        let message = message.with_context(|| format!("nothing came for {} s", source.idle.as_secs_f64()))?;
        let body = match message.context("it ended the connection")?.context("the connection broke")? {
            Message::Text(text) => text.as_bytes().to_vec(),
            Message::Binary(bytes) => bytes.to_vec(),
            Message::Close(_) => bail!("it closed the connection"),
            // The library answers pings itself; they are no news.
            _ => continue,
        };
        until = Instant::now() + source.idle;
        match document::parse(&body) {
            Ok(document) => *useful |= board.document(name, &document, true),
            Err(error) => board.failed(name, error.to_string()),
        }
    }
}

async fn open(source: &Ws) -> Result<Socket> {
    let limits = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
    let (mut socket, _) =
        connect_async_with_config(source.url.as_str(), Some(limits), true).await.context("no connection")?;
    for text in &source.subscribe {
        socket.send(Message::text(text.clone())).await.context("it takes no subscription")?;
    }
    Ok(socket)
}
