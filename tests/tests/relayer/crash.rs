//! `kill -9`: what was acknowledged settles, once, whenever the process dies.
use super::net::{account, expect_sound, start};
use super::process::Relayer;
use super::venue::{Trade, Venue};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_between_acknowledgement_and_submission_loses_nothing() {
    let net = start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut venue = Venue::new(&net, 0);
    let trade = Trade::new(&net, account(&net, 0), account(&net, 1), 10_000_000).await;
    let (body, _) = venue.batch(&vec![trade; 7]);

    let relayer = Relayer::start(&net, folder.path(), &["--hold-submission"]);
    let answer = relayer.accept("batch", &body).await;
    relayer.kill();
    assert!(expect_sound(&net).await.fills.is_empty(), "nothing was submitted");

    let relayer = Relayer::start(&net, folder.path(), &[]);
    for sequence in 1..=7 {
        relayer.until(&venue.id(sequence), "settled").await;
    }
    assert_eq!(relayer.accept("batch", &body).await, answer, "the same request is told the same");
    relayer.kill();

    let relayer = Relayer::start(&net, folder.path(), &[]);
    relayer.until(&venue.id(7), "settled").await;
    let ledger = expect_sound(&net).await;
    assert_eq!(ledger.fills.len(), 7);
    assert_eq!(ledger.accounts[&account(&net, 0)].sequence, 1, "one statement: nothing was submitted twice");
}

/// The process is killed at other moments of its work each time; a venue repeats what was not acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_at_any_moment_settle_nothing_twice() {
    let net = start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut venue = Venue::new(&net, 0);
    for round in 0..6u64 {
        let relayer = Relayer::start(&net, folder.path(), &[]);
        for batch in 0..3 {
            let trade = Trade::new(&net, account(&net, batch % 2), account(&net, 2), 1_000_000).await;
            let (body, _) = venue.batch(&vec![trade; 5]);
            relayer.accept(&format!("{round}-{batch}"), &body).await;
        }
        tokio::time::sleep(Duration::from_millis(round * 6)).await;
        relayer.kill();
    }
    let relayer = Relayer::start(&net, folder.path(), &[]);
    for sequence in 1..venue.next {
        relayer.until(&venue.id(sequence), "settled").await;
    }
    let ledger = expect_sound(&net).await;
    let applied: Vec<u64> = ledger.fills.keys().map(|(_, sequence)| *sequence).collect();
    assert_eq!(applied, (1..=90).collect::<Vec<_>>());
}
