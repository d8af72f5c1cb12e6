//! A long wire to the node: every byte takes a while, each way.
use super::Result;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The URL of a node that is `delay` away from another one.
pub async fn long(node: &str, delay: Duration) -> Result<String> {
    let node = node.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let node = node.clone();
            tokio::spawn(async move {
                let Ok(far) = TcpStream::connect(&node).await else { return };
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                tokio::join!(carry(near_in, far_out, delay), carry(far_in, near_out, delay));
            });
        }
    });
    Ok(url)
}

/// What comes in goes out so much later, in order.
async fn carry(mut from: tokio::net::tcp::OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf, delay: Duration) {
    let (send, mut wire) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let taking = async move {
        let mut buffer = vec![0; 65_536];
        while let Ok(read) = from.read(&mut buffer).await {
            if read == 0 || send.send((Instant::now() + delay, buffer[..read].to_vec())).is_err() {
                break;
            }
        }
    };
    let giving = async move {
        while let Some((at, bytes)) = wire.recv().await {
            tokio::time::sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(taking, giving);
}
