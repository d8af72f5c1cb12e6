//! HTTP connections, each bounded: how many there are, how long a head and a request may take.
use super::problem::Problem;
use crate::config::Limits;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// After the system refused a connection, for want of file descriptors above all.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes connections until `stop` turns true, then ends those that are open.
pub async fn run(listener: TcpListener, app: Router, limits: Limits, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let open = GracefulShutdown::new();
    loop {
        // A connection that has no place stays in the system's queue.
        let taken = tokio::select! {
            taken = Arc::clone(&places).acquire_owned() => taken,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Ok(place) = taken else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (app, watcher) = (app.clone(), open.watcher());
                tokio::spawn(async move {
                    // A peer that goes away or is too slow is nobody's business.
                    let _ = serve(stream, Peer(peer.ip()), app, limits, watcher).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    open.shutdown().await;
}

/// One connection to its end, or until it becomes a WebSocket.
async fn serve(
    stream: TcpStream,
    peer: Peer,
    app: Router,
    limits: Limits,
    watcher: Watcher,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let service =
        service_fn(move |request: hyper::Request<Incoming>| answer(app.clone(), request, peer, limits.request));
    let _ = stream.set_nodelay(true);
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.header);
    watcher.watch(builder.serve_connection_with_upgrades(TokioIo::new(stream), service)).await
}

async fn answer(
    app: Router,
    request: hyper::Request<Incoming>,
    peer: Peer,
    within: Duration,
) -> Result<Response, Infallible> {
    let mut request: Request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    match tokio::time::timeout(within, app.oneshot(request)).await {
        Ok(answered) => answered,
        Err(_) => Ok(Problem::request_timeout(within).into_response()),
    }
}
