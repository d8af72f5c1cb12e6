use super::*;
use crate::state::Lineage;
use crate::state::fill::{Batch, Fill, FillId};
use crate::state::ledger::Prices;
use alloy::primitives::B256;
use risk::{Book, Cash, Instrument, Price, Quantity};
use std::sync::Arc;

const VENUE: Address = Address::repeat_byte(7);
const ESCROW: Address = Address::repeat_byte(8);

async fn journal(folder: &Path) -> Journal {
    Journal::open(&folder.join("journal.sqlite"), 1, ESCROW, Head::default()).await.unwrap()
}

fn batch(first_sequence: u64, previous_batch_hash: B256, count: u64) -> Arc<Batch> {
    let fill = |place| Fill {
        id: FillId { venue: VENUE, sequence: first_sequence + place },
        buyer: 1,
        seller: 2,
        matched_at: 1_000,
        settle_by: 31_000,
        group: 3,
        salt: B256::repeat_byte(1),
        instrument: Instrument::perpetual(Underlying::BTC),
        quantity: Quantity::from_raw(5),
        price: Price::from_raw(11),
        accepted_at: 77,
    };
    let fills: Vec<Fill> = (0..count).map(fill).collect();
    let leaves = fills.iter().map(Fill::leaf).collect();
    let (venue, signature) = (VENUE, [4; 64]);
    let mut batch = Batch { venue, first_sequence, previous_batch_hash, hash: B256::ZERO, signature, fills, leaves };
    batch.hash = abi::eip712::batch_hash(&batch.typed_data());
    Arc::new(batch)
}

fn bought(quantity: i64, price: u64) -> Book {
    let mut book = Book::new();
    let perpetual = Instrument::perpetual(Underlying::BTC);
    book.trade(&perpetual, Quantity::from_raw(quantity), Price::from_raw(price)).unwrap();
    book
}

fn accepting(batch: &Arc<Batch>, key: &str, body: u8) -> Accepting {
    Accepting {
        batch: Arc::clone(batch),
        idempotency_key: key.to_owned(),
        body_hash: B256::repeat_byte(body),
        answer: format!("answer to {key}"),
        accepted_at: 77,
    }
}

#[tokio::test]
async fn a_key_brings_its_answer_again_and_no_other_body() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path()).await;
    let batch = batch(1, B256::ZERO, 2);
    assert_eq!(journal.accept(accepting(&batch, "k", 1)).await.unwrap(), Acceptance::Accepted);
    let again = journal.accept(accepting(&batch, "k", 1)).await.unwrap();
    assert_eq!(again, Acceptance::Replayed("answer to k".to_owned()));
    let other = journal.accept(accepting(&batch, "k", 2)).await.unwrap();
    assert_eq!(other, Acceptance::Refused(Refusal::KeyReused));
    assert_eq!(journal.stored_answer(VENUE, "k").await.unwrap().unwrap().body_hash, B256::repeat_byte(1));
    assert_eq!(journal.stored_answer(VENUE, "l").await.unwrap(), None);
    assert_eq!(journal.stored_answer(ESCROW, "k").await.unwrap(), None, "another venue's key is another key");
}

#[tokio::test]
async fn batches_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let first = batch(10, B256::repeat_byte(9), 3);
    journal(folder.path()).await.accept(accepting(&first, "a", 1)).await.unwrap();
    // A new process knows where the chain of batches stands.
    let journal = journal(folder.path()).await;
    let refused = async |batch: Arc<Batch>, key: &str| journal.accept(accepting(&batch, key, 1)).await.unwrap();
    assert_eq!(refused(batch(12, first.hash, 1), "b").await, Acceptance::Refused(Refusal::SequenceSeen { next: 13 }));
    assert_eq!(refused(batch(14, first.hash, 1), "c").await, Acceptance::Refused(Refusal::SequenceGap { next: 13 }));
    let broken = Acceptance::Refused(Refusal::ChainBroken { expected: first.hash });
    assert_eq!(refused(batch(13, B256::ZERO, 1), "d").await, broken);
    assert_eq!(refused(batch(13, first.hash, 1), "e").await, Acceptance::Accepted);
}

#[tokio::test]
async fn many_batches_at_once_are_all_durable() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path()).await;
    let mut last = B256::ZERO;
    let batches: Vec<_> = (0..50u64)
        .map(|place| {
            let next = batch(1 + place * 2, last, 2);
            last = next.hash;
            next
        })
        .collect();
    let accepts = batches.iter().map(|batch| journal.accept(accepting(batch, &batch.first_sequence.to_string(), 1)));
    let outcomes = futures::future::join_all(accepts).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Acceptance::Accepted))), "{outcomes:?}");
    assert_eq!(journal.recover().await.unwrap().live.len(), 100);
}

#[tokio::test]
async fn recovery_finds_what_has_not_ended() {
    let folder = tempfile::tempdir().unwrap();
    let accepted = batch(1, B256::ZERO, 4);
    let tx = B256::repeat_byte(5);
    let prices = Prices { slot: 9, ..Prices::default() };
    let [history, previous, digest] = [11, 12, 13].map(B256::repeat_byte);
    let lineage = Lineage { history, previous, digest };
    {
        let journal = journal(folder.path()).await;
        journal.accept(accepting(&accepted, "a", 1)).await.unwrap();
        let intent = |nonce, tx| BundleIntent {
            kind: "settle",
            house: 1,
            nonce,
            tx,
            bytes: 1,
            raw: vec![1, 2],
            prices: prices.clone(),
            statements: Vec::new(),
            fills: 1,
            intended_at: 5,
        };
        let bundle = journal.intend(intent(0, tx)).await.unwrap();
        journal.intend(intent(1, B256::repeat_byte(6))).await.unwrap();
        let fill = |sequence| FillId { venue: VENUE, sequence };
        let included = |sequence| IncludedFill {
            fill: fill(sequence),
            tx,
            block_number: 3,
            block_hash: B256::ZERO,
            included_at: 99,
        };
        let outcome = BundleOutcome::Included { block_number: 3, block_hash: B256::ZERO, gas_used: 8, included_at: 99 };
        let absorbed = Absorbed {
            head: Head { number: 3, hash: B256::repeat_byte(3), timestamp: 0 },
            settled: vec![included(1), included(2)],
            lapsed: vec![included(3)],
            expired: Vec::new(),
            lineages: vec![(1, lineage)],
            marks: vec![(1, 1, prices.clone())],
            claims: Vec::new(),
            bundles: vec![(bundle, outcome)],
            landed: Vec::new(),
        };
        let late = |sequence| Unsettled { fill: fill(sequence), reason: "short of margin".to_owned() };
        journal.expire(vec![late(3), late(4)]).await.unwrap();
        journal.absorb(absorbed).await.unwrap();
    }
    let journal = journal(folder.path()).await;
    let recovered = journal.recover().await.unwrap();
    assert_eq!(recovered.head, Head { number: 3, hash: B256::repeat_byte(3), timestamp: 0 });
    assert_eq!(recovered.live.into_iter().map(|id| id.sequence).collect::<Vec<_>>(), [4]);
    assert_eq!(recovered.batches, [Arc::clone(&accepted)], "the whole batch: its leaves make the tree");
    assert_eq!(recovered.books, [(1, bought(10, 11)), (2, bought(-10, 11))].into());
    assert_eq!(recovered.lineages, [(1, lineage)].into());
    assert_eq!(recovered.marks.get(&1), Some(&prices));
    assert_eq!(
        recovered.bundles.iter().map(|open| (open.nonce, open.raw.clone())).collect::<Vec<_>>(),
        [(1, vec![1, 2])]
    );
    assert_eq!((recovered.settled, recovered.lapsed, recovered.rejected), (2, 1, 0));
    let record = journal.fill(FillId { venue: VENUE, sequence: 1 }).await.unwrap().unwrap();
    assert_eq!(
        (record.state.as_str(), record.tx, record.bundle, record.block_number),
        ("settled", Some(tx), Some(1), Some(3))
    );
    let record = journal.fill(FillId { venue: VENUE, sequence: 3 }).await.unwrap().unwrap();
    assert_eq!((record.state.as_str(), record.tx), ("lapsed", Some(tx)));
    assert_eq!(record.reason.as_deref(), Some("short of margin"), "what it waited for stays");
    let record = journal.fill(FillId { venue: VENUE, sequence: 4 }).await.unwrap().unwrap();
    assert_eq!((record.state.as_str(), record.reason.as_deref()), ("accepted", Some("short of margin")));
}

#[tokio::test]
async fn another_deployment_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(journal(folder.path()).await);
    let other = Journal::open(&folder.path().join("journal.sqlite"), 2, ESCROW, Head::default()).await;
    assert!(matches!(other, Err(JournalError::OtherDeployment { chain_id: 1, .. })));
}

#[tokio::test]
async fn a_journal_has_one_holder() {
    let folder = tempfile::tempdir().unwrap();
    let first = journal(folder.path()).await;
    let second = Journal::open(&folder.path().join("journal.sqlite"), 1, ESCROW, Head::default()).await;
    assert!(matches!(second, Err(JournalError::InUse { .. })));
    drop(first);
    journal(folder.path()).await;
}

/// Journals of versions that let fills lapse by the clock alone.
#[tokio::test]
async fn a_fill_that_lapsed_without_a_transaction_is_live_again() {
    let folder = tempfile::tempdir().unwrap();
    let accepted = batch(1, B256::ZERO, 2);
    journal(folder.path()).await.accept(accepting(&accepted, "a", 1)).await.unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("journal.sqlite"));
    let mut connection = options.connect().await.unwrap();
    sqlx::query("UPDATE fills SET state = 'lapsed' WHERE sequence = 1").execute(&mut connection).await.unwrap();
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 2").execute(&mut connection).await.unwrap();
    drop(connection);
    let live = journal(folder.path()).await.recover().await.unwrap().live;
    assert_eq!(live.into_iter().map(|id| id.sequence).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn what_expired_is_no_position_any_more_and_its_price_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (future, expiry): (Instrument, Expiry) = ("BTC-20251031".parse().unwrap(), "20251031".parse().unwrap());
    let settlement = Settlement { feed: B256::repeat_byte(3), slot: 7, price: Price::from_raw(14) };
    let expired = ExpiredPosition {
        account: 2,
        instrument: future,
        quantity: Quantity::from_raw(-10),
        reference: B256::repeat_byte(4),
        tx: B256::repeat_byte(5),
        block_number: 6,
        block_hash: B256::repeat_byte(6),
    };
    let mut dated = (*batch(1, B256::ZERO, 2)).clone();
    dated.fills.iter_mut().for_each(|fill| fill.instrument = future);
    let dated = Arc::new(dated);
    {
        let journal = journal(folder.path()).await;
        journal.accept(accepting(&dated, "a", 1)).await.unwrap();
        let included = |sequence| IncludedFill {
            fill: FillId { venue: VENUE, sequence },
            tx: B256::repeat_byte(5),
            block_number: 3,
            block_hash: B256::ZERO,
            included_at: 99,
        };
        let absorbed =
            Absorbed { settled: vec![included(1), included(2)], expired: vec![expired.clone()], ..Absorbed::default() };
        journal.absorb(absorbed).await.unwrap();
        journal.fix(Underlying::BTC, expiry, settlement, 7).await.unwrap();
        assert!(journal.fix(Underlying::BTC, expiry, settlement, 7).await.is_err(), "fixed once");
    }
    let journal = journal(folder.path()).await;
    let recovered = journal.recover().await.unwrap();
    let mut held = Book::new();
    held.trade(&future, Quantity::from_raw(10), Price::from_raw(11)).unwrap();
    // Sold at 11, settled at 14: −10 · 3.
    assert_eq!(recovered.books, [(1, held), (2, Book::new().with_cash(Cash::from_raw(-30)))].into());
    assert_eq!(recovered.settlements.get(Underlying::BTC, expiry), Some(&settlement));
    assert_eq!(journal.expired().await.unwrap(), [expired]);
}

fn intent(tx: B256) -> BundleIntent {
    let (statements, prices) = (Vec::new(), Prices::default());
    BundleIntent {
        kind: "settle",
        house: 1,
        nonce: 1,
        tx,
        raw: vec![1],
        bytes: 1,
        prices,
        statements,
        fills: 1,
        intended_at: 1,
    }
}

fn head(number: u64) -> Head {
    Head { number, hash: B256::left_padding_from(&number.to_be_bytes()), timestamp: 0 }
}

#[tokio::test]
async fn what_a_block_said_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path()).await;
    journal.accept(accepting(&batch(1, B256::ZERO, 4), "a", 1)).await.unwrap();
    let [first, second] = [5, 6].map(B256::repeat_byte);
    let mut bundles = Vec::new();
    for tx in [first, second] {
        bundles.push(journal.intend(intent(tx)).await.unwrap());
    }
    let lineage = |byte| Lineage { history: B256::repeat_byte(byte), ..Lineage::default() };
    let said = |block: u64, tx: B256, sequence: u64, byte: u8| {
        let fill = |sequence| FillId { venue: VENUE, sequence };
        let included = |sequence| IncludedFill {
            fill: fill(sequence),
            tx,
            block_number: block,
            block_hash: head(block).hash,
            included_at: 99,
        };
        let claim = |state| ClaimRow { account: 1, number: 1, state, detail: format!("{block}") };
        Absorbed {
            head: head(block),
            settled: vec![included(sequence)],
            lapsed: vec![included(sequence + 1)],
            lineages: vec![(1, lineage(byte))],
            marks: vec![(1, block, Prices { slot: block, ..Prices::default() })],
            claims: vec![claim("open")],
            landed: vec![Landed { tx, block_number: block, block_hash: head(block).hash }],
            ..Absorbed::default()
        }
    };
    journal.absorb(said(3, first, 1, 1)).await.unwrap();
    let before = journal.recover().await.unwrap();
    journal.absorb(said(5, second, 3, 2)).await.unwrap();
    let expiry: Expiry = "20251031".parse().unwrap();
    let settlement = Settlement { feed: B256::ZERO, slot: 7, price: Price::from_raw(14) };
    journal.fix(Underlying::BTC, expiry, settlement, 5).await.unwrap();
    assert_eq!(journal.recover().await.unwrap().live.len(), 0);

    journal.unwind(head(3)).await.unwrap();
    let after = journal.recover().await.unwrap();
    assert_eq!((after.head, &after.blocks), (before.head, &before.blocks));
    assert_eq!((&after.live, &after.books, &after.claims), (&before.live, &before.books, &before.claims));
    assert_eq!(after.lineages, [(1, lineage(1))].into());
    assert!(after.marks.is_empty() && after.settlements.is_empty(), "both are read again");
    assert_eq!(after.bundles.iter().map(|open| open.id).collect::<Vec<_>>(), [bundles[1]], "to be sent again");
    let record = journal.fill(FillId { venue: VENUE, sequence: 3 }).await.unwrap().unwrap();
    assert_eq!((record.state.as_str(), record.tx, record.bundle, record.reason), ("accepted", None, None, None));
    journal.absorb(said(4, second, 3, 2)).await.unwrap();
    assert_eq!(journal.recover().await.unwrap().blocks.last(), Some(&(4, head(4).hash)));
}

#[tokio::test]
async fn a_command_that_contradicts_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path()).await;
    let expiry: Expiry = "20251031".parse().unwrap();
    let settlement = Settlement { feed: B256::ZERO, slot: 7, price: Price::from_raw(14) };
    let accepted = batch(1, B256::ZERO, 1);
    let (once, twice, accepted, intended) = tokio::join!(
        journal.fix(Underlying::BTC, expiry, settlement, 1),
        journal.fix(Underlying::BTC, expiry, settlement, 1),
        journal.accept(accepting(&accepted, "a", 1)),
        journal.intend(intent(B256::repeat_byte(5))),
    );
    assert!(once.is_ok() && twice.is_err());
    assert_eq!(accepted.unwrap(), Acceptance::Accepted);
    let bundle = intended.unwrap();
    journal.conclude(bundle, BundleOutcome::Refused { reason: "no".to_owned() }).await.unwrap();
    assert_eq!(
        journal.intend(intent(B256::repeat_byte(5))).await.unwrap(),
        bundle,
        "the same bytes are the same bundle"
    );
    assert_eq!(journal.recover().await.unwrap().bundles.len(), 1, "and it is open again");
    assert!(journal.failing().is_none());
}

/// A trigger that ends the transaction, as SQLite does by itself when the disk is full.
#[tokio::test]
async fn writing_goes_on_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path()).await;
    let options = SqliteConnectOptions::new().filename(folder.path().join("journal.sqlite"));
    let mut other = options.connect().await.unwrap();
    let full = "CREATE TRIGGER full BEFORE INSERT ON fills BEGIN SELECT RAISE(ROLLBACK, 'disk is full'); END";
    sqlx::query(full).execute(&mut other).await.unwrap();
    let (first, second) = (batch(1, B256::ZERO, 2), batch(3, B256::repeat_byte(1), 2));
    for _ in 0..3 {
        let (one, other) =
            tokio::join!(journal.intend(intent(B256::repeat_byte(5))), journal.accept(accepting(&first, "a", 1)));
        assert!(other.is_err());
        assert!(one.is_err() || journal.recover().await.unwrap().bundles.len() == 1, "told durable, and is");
    }
    assert!(journal.failing().is_some());
    assert!(journal.recover().await.unwrap().live.is_empty());
    sqlx::query("DROP TRIGGER full").execute(&mut other).await.unwrap();
    assert_eq!(journal.accept(accepting(&first, "a", 1)).await.unwrap(), Acceptance::Accepted);
    let refused = Acceptance::Refused(Refusal::ChainBroken { expected: first.hash });
    assert_eq!(journal.accept(accepting(&second, "b", 1)).await.unwrap(), refused, "it knows where the venue stands");
    assert!(journal.failing().is_none());
}

#[tokio::test]
async fn refused_transactions_fill_no_disk() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path()).await;
    for number in 0..600_u64 {
        let bundle = journal.intend(intent(B256::left_padding_from(&number.to_be_bytes()))).await.unwrap();
        journal.conclude(bundle, BundleOutcome::Refused { reason: "no".to_owned() }).await.unwrap();
    }
    let kept = sqlx::query("SELECT COUNT(*) AS n FROM bundles").fetch_one(&journal.pool).await.unwrap();
    assert!(kept.get::<i64, _>("n") < 260);
}

#[tokio::test]
async fn heads_that_stay_are_forgotten_with_what_they_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path()).await;
    let heads = crate::journal::KEPT as u64 + 600;
    let lineage = |number| Lineage { history: head(number).hash, ..Lineage::default() };
    for number in 1..=heads {
        let lineages = vec![(1, lineage(number)), (2, lineage(1))];
        let absorbed = Absorbed { head: head(number), lineages, ..Absorbed::default() };
        // Of the second account only the first one.
        let absorbed =
            if number > 1 { Absorbed { lineages: absorbed.lineages[..1].to_vec(), ..absorbed } } else { absorbed };
        journal.absorb(absorbed).await.unwrap();
    }
    let recovered = journal.recover().await.unwrap();
    assert!((crate::journal::KEPT..crate::journal::KEPT + 300).contains(&recovered.blocks.len()));
    assert_eq!(recovered.lineages, [(1, lineage(heads)), (2, lineage(1))].into());
    let kept = sqlx::query("SELECT COUNT(*) AS n FROM lineages").fetch_one(&journal.pool).await.unwrap();
    assert!(kept.get::<i64, _>("n") < crate::journal::KEPT as i64 + 310);
}

#[tokio::test]
async fn a_journal_of_before_blocks_were_kept_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let mut old = SqliteConnectOptions::new().filename(&path).create_if_missing(true).connect().await.unwrap();
    Migrator::with_migrations(steps().into_iter().take(4).collect()).run(&mut old).await.unwrap();
    for row in [
        "INSERT INTO origin VALUES (1, 1, x'0808080808080808080808080808080808080808', 7, zeroblob(32))",
        "INSERT INTO lineages VALUES (1, zeroblob(32), zeroblob(32), zeroblob(32))",
        "INSERT INTO claims VALUES (1, 1, 'open', 'as it was')",
        "INSERT INTO marks VALUES (1, 1, '{\"slot\":3,\"feeds\":{}}')",
        "INSERT INTO settlements VALUES ('BTC', 1761897600, zeroblob(32), 7, 14)",
    ] {
        sqlx::query(row).execute(&mut old).await.unwrap();
    }
    drop(old);
    let recovered = journal(folder.path()).await.recover().await.unwrap();
    assert_eq!((recovered.head.number, &recovered.blocks), (7, &vec![(7, B256::ZERO)]));
    assert_eq!(
        (recovered.lineages, recovered.claims),
        ([(1, Lineage::default())].into(), vec!["as it was".to_owned()])
    );
    assert_eq!((recovered.marks.len(), recovered.settlements.is_empty()), (1, false));
}
