use super::*;
use crate::state::Lineage;
use crate::state::fill::{Batch, Fill, FillId};
use crate::state::ledger::Prices;
use alloy::primitives::B256;
use localnet::Postgres;
use risk::{Book, Cash, Instrument, Price, Quantity};
use sqlx::migrate::Migrator;
use std::sync::{Arc, OnceLock};

const VENUE: Address = Address::repeat_byte(7);
const SIGNER: Address = Address::repeat_byte(6);
const SECRET: B256 = B256::repeat_byte(9);
const ESCROW: Address = Address::repeat_byte(8);

/// Where a test's journal lies.
struct Home {
    store: Store,
    folder: tempfile::TempDir,
}

impl Home {
    fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { store: Store::File(folder.path().join("journal.sqlite")), folder }
    }

    /// A database of its own; `None` where there is no PostgreSQL here.
    fn database() -> Option<Self> {
        static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
        let server = SERVER.get_or_init(|| Postgres::start().unwrap()).as_ref()?;
        Some(Self { store: Store::Shared(server.database().unwrap()), folder: tempfile::tempdir().unwrap() })
    }

    async fn try_open(&self, chain_id: u64) -> Result<Journal, JournalError> {
        Journal::open(&self.store, "test", SIGNER, SECRET, chain_id, ESCROW, Head::default()).await
    }

    /// A journal of a relayer that leads.
    async fn open(&self) -> Journal {
        let journal = self.try_open(1).await.unwrap();
        assert!(journal.leads_still(), "{:?}", journal.standing());
        journal
    }

    /// The end of its process.
    async fn close(&self, journal: Journal) {
        journal.resign().await;
    }

    /// Past the journal.
    async fn connect(&self) -> AnyConnection {
        self.store.connect().await.unwrap()
    }

    async fn count(&self, table: &str) -> i64 {
        let count = format!("SELECT COUNT(*) AS n FROM {table}");
        let row = sqlx::query(sqlx::AssertSqlSafe(count)).fetch_one(&mut self.connect().await).await.unwrap();
        row.get("n")
    }
}

/// Each test against both stores.
macro_rules! conformance {
    ($($name:ident),* $(,)?) => {
        mod file {
            $(#[tokio::test] async fn $name() { super::$name(super::Home::file()).await; })*
        }
        mod database {
            $(#[tokio::test] async fn $name() {
                if let Some(home) = super::Home::database() { super::$name(home).await; }
            })*
        }
    };
}

conformance! {
    a_key_brings_its_answer_again_and_no_other_body,
    batches_follow_each_other,
    many_batches_at_once_are_all_durable,
    recovery_finds_what_has_not_ended,
    another_deployment_is_refused,
    what_expired_is_no_position_any_more_and_its_price_stays,
    what_a_block_said_goes_with_it,
    a_command_that_contradicts_fails_alone,
    writing_goes_on_once_there_is_room,
    refused_transactions_fill_no_disk,
    heads_that_stay_are_forgotten_with_what_they_replaced,
    events_are_numbered_and_none_is_left_out,
    news_are_the_batches_after_one,
    another_key_is_refused,
    what_is_folded_reads_the_same_and_what_is_old_goes,
    a_copy_is_the_journal_as_of_one_moment,
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

async fn a_key_brings_its_answer_again_and_no_other_body(home: Home) {
    let journal = home.open().await;
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

async fn batches_follow_each_other(home: Home) {
    let first = batch(10, B256::repeat_byte(9), 3);
    let earlier = home.open().await;
    earlier.accept(accepting(&first, "a", 1)).await.unwrap();
    home.close(earlier).await;
    // A new process knows where the chain of batches stands.
    let journal = home.open().await;
    let refused = async |batch: Arc<Batch>, key: &str| journal.accept(accepting(&batch, key, 1)).await.unwrap();
    assert_eq!(refused(batch(12, first.hash, 1), "b").await, Acceptance::Refused(Refusal::SequenceSeen { next: 13 }));
    assert_eq!(refused(batch(14, first.hash, 1), "c").await, Acceptance::Refused(Refusal::SequenceGap { next: 13 }));
    let broken = Acceptance::Refused(Refusal::ChainBroken { expected: first.hash });
    assert_eq!(refused(batch(13, B256::ZERO, 1), "d").await, broken);
    assert_eq!(refused(batch(13, first.hash, 1), "e").await, Acceptance::Accepted);
}

async fn many_batches_at_once_are_all_durable(home: Home) {
    let journal = home.open().await;
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

async fn recovery_finds_what_has_not_ended(home: Home) {
    let accepted = batch(1, B256::ZERO, 4);
    let tx = B256::repeat_byte(5);
    let prices = Prices { slot: 9, ..Prices::default() };
    let [history, previous, digest] = [11, 12, 13].map(B256::repeat_byte);
    let lineage = Lineage { history, previous, digest };
    {
        let journal = home.open().await;
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
        journal.intend(intent(0, tx)).await.unwrap();
        journal.intend(intent(1, B256::repeat_byte(6))).await.unwrap();
        let fill = |sequence| FillId { venue: VENUE, sequence };
        let included = |sequence| IncludedFill {
            fill: fill(sequence),
            tx,
            block_number: 3,
            block_hash: B256::ZERO,
            included_at: 99,
        };
        let absorbed = Absorbed {
            head: Head { number: 3, hash: B256::repeat_byte(3), timestamp: 0 },
            settled: vec![included(1), included(2)],
            lapsed: vec![included(3)],
            expired: Vec::new(),
            lineages: vec![(1, lineage)],
            marks: vec![(1, 1, prices.clone())],
            claims: Vec::new(),
            landed: vec![Landed { tx, block_number: 3, block_hash: B256::ZERO }],
        };
        let late = |sequence| Unsettled { fill: fill(sequence), reason: "short of margin".to_owned() };
        journal.expire(vec![late(3), late(4)]).await.unwrap();
        journal.absorb(absorbed).await.unwrap();
        home.close(journal).await;
    }
    let journal = home.open().await;
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

async fn another_deployment_is_refused(home: Home) {
    home.close(home.open().await).await;
    let other = home.try_open(2).await;
    assert!(matches!(other, Err(JournalError::OtherDeployment { chain_id: 1, .. })));
}

#[tokio::test]
async fn a_journal_has_one_holder() {
    let home = Home::file();
    let first = home.open().await;
    let second = home.try_open(1).await;
    assert!(matches!(second, Err(JournalError::InUse { .. })));
    drop(first);
    home.open().await;
}

/// Journals of versions that let fills lapse by the clock alone.
#[tokio::test]
async fn a_fill_that_lapsed_without_a_transaction_is_live_again() {
    let home = Home::file();
    let accepted = batch(1, B256::ZERO, 2);
    home.open().await.accept(accepting(&accepted, "a", 1)).await.unwrap();
    let mut connection = home.connect().await;
    sqlx::query("UPDATE fills SET state = 'lapsed' WHERE sequence = 1").execute(&mut connection).await.unwrap();
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 2").execute(&mut connection).await.unwrap();
    drop(connection);
    let live = home.open().await.recover().await.unwrap().live;
    assert_eq!(live.into_iter().map(|id| id.sequence).collect::<Vec<_>>(), [1, 2]);
}

async fn what_expired_is_no_position_any_more_and_its_price_stays(home: Home) {
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
        let journal = home.open().await;
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
        home.close(journal).await;
    }
    let journal = home.open().await;
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

async fn what_a_block_said_goes_with_it(home: Home) {
    let journal = home.open().await;
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

async fn a_command_that_contradicts_fails_alone(home: Home) {
    let journal = home.open().await;
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

/// A trigger that ends the transaction, as databases do by themselves when the disk is full.
async fn writing_goes_on_once_there_is_room(home: Home) {
    let journal = home.open().await;
    let mut other = home.connect().await;
    let (full, room) = match &home.store {
        Store::File(_) => (
            "CREATE TRIGGER full_disk BEFORE INSERT ON fills BEGIN SELECT RAISE(ROLLBACK, 'disk is full'); END",
            "DROP TRIGGER full_disk",
        ),
        Store::Shared(_) => (
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE disk_full USING MESSAGE = 'disk is full'; END $$;
             CREATE TRIGGER full_disk BEFORE INSERT ON fills FOR EACH ROW EXECUTE FUNCTION full_disk()",
            "DROP TRIGGER full_disk ON fills",
        ),
    };
    sqlx::raw_sql(full).execute(&mut other).await.unwrap();
    let (first, second) = (batch(1, B256::ZERO, 2), batch(3, B256::repeat_byte(1), 2));
    for _ in 0..3 {
        let (one, other) =
            tokio::join!(journal.intend(intent(B256::repeat_byte(5))), journal.accept(accepting(&first, "a", 1)));
        assert!(other.is_err());
        assert!(one.is_err() || journal.recover().await.unwrap().bundles.len() == 1, "told durable, and is");
    }
    assert!(journal.failing().is_some());
    assert!(journal.recover().await.unwrap().live.is_empty());
    sqlx::raw_sql(room).execute(&mut other).await.unwrap();
    assert_eq!(journal.accept(accepting(&first, "a", 1)).await.unwrap(), Acceptance::Accepted);
    let refused = Acceptance::Refused(Refusal::ChainBroken { expected: first.hash });
    assert_eq!(journal.accept(accepting(&second, "b", 1)).await.unwrap(), refused, "it knows where the venue stands");
    assert!(journal.failing().is_none());
}

async fn refused_transactions_fill_no_disk(home: Home) {
    let journal = home.open().await;
    for number in 0..600_u64 {
        let bundle = journal.intend(intent(B256::left_padding_from(&number.to_be_bytes()))).await.unwrap();
        journal.conclude(bundle, BundleOutcome::Refused { reason: "no".to_owned() }).await.unwrap();
    }
    assert!(home.count("bundles").await < 260);
}

async fn heads_that_stay_are_forgotten_with_what_they_replaced(home: Home) {
    let journal = home.open().await;
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
    assert!(home.count("lineages").await < crate::journal::KEPT as i64 + 310);
}

#[tokio::test]
async fn a_journal_of_before_blocks_were_kept_goes_on() {
    let home = Home::file();
    let mut old = home.connect().await;
    Migrator::with_migrations(store::of_file().into_iter().take(4).collect()).run(&mut old).await.unwrap();
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
    let recovered = home.open().await.recover().await.unwrap();
    assert_eq!((recovered.head.number, &recovered.blocks), (7, &vec![(7, B256::ZERO)]));
    assert_eq!(
        (recovered.lineages, recovered.claims),
        ([(1, Lineage::default())].into(), vec!["as it was".to_owned()])
    );
    assert_eq!((recovered.marks.len(), recovered.settlements.is_empty()), (1, false));
}

async fn events_are_numbered_and_none_is_left_out(home: Home) {
    let journal = home.open().await;
    journal.accept(accepting(&batch(1, B256::ZERO, 3), "a", 1)).await.unwrap();
    let tx = B256::repeat_byte(5);
    let included = |sequence| IncludedFill {
        fill: FillId { venue: VENUE, sequence },
        tx,
        block_number: 3,
        block_hash: head(3).hash,
        included_at: 99,
    };
    journal.cancel(vec![FillId { venue: VENUE, sequence: 3 }], 98).await.unwrap();
    let settled = vec![included(1), included(2)];
    journal.absorb(Absorbed { head: head(3), settled, ..Absorbed::default() }).await.unwrap();
    journal.absorb(Absorbed { head: head(4), lapsed: vec![included(3)], ..Absorbed::default() }).await.unwrap();
    // Says nothing new: no event.
    journal
        .expire(vec![Unsettled { fill: FillId { venue: VENUE, sequence: 3 }, reason: "late".to_owned() }])
        .await
        .unwrap();
    journal.unwind(head(2)).await.unwrap();
    let events = journal.events_after(VENUE, 0, 100).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.number, event.sequence, event.state.as_str())).collect();
    let wanted = [
        (1, 1, "accepted"),
        (2, 2, "accepted"),
        (3, 3, "accepted"),
        (4, 3, "cancelled"),
        (5, 1, "settled"),
        (6, 2, "settled"),
        (7, 3, "lapsed"),
        (8, 1, "accepted"),
        (9, 2, "accepted"),
        (10, 3, "cancelled"),
    ];
    assert_eq!(told, wanted);
    assert_eq!(events[4].tx, Some(tx));
    assert_eq!(journal.events_kept(VENUE).await.unwrap(), (1, 10));
    assert_eq!(journal.events_after(VENUE, 8, 1).await.unwrap().len(), 1);
    assert_eq!(journal.fills_from(VENUE, 1, Some("settled"), 10).await.unwrap().len(), 0);
    assert_eq!(journal.fills_from(VENUE, 2, None, 10).await.unwrap().len(), 2);
    assert_eq!(journal.told(VENUE, "https://venue").await.unwrap(), None);
    journal.tell(VENUE, "https://venue".into(), 9).await.unwrap();
    journal.tell(VENUE, "https://venue".into(), 10).await.unwrap();
    assert_eq!(journal.told(VENUE, "https://venue").await.unwrap(), Some(10));
}

async fn news_are_the_batches_after_one(home: Home) {
    let journal = home.open().await;
    assert_eq!(journal.news(0, 0).await.unwrap().last, 0);
    let first = batch(1, B256::ZERO, 75);
    let second = batch(76, first.hash, 2);
    journal.accept(accepting(&first, "a", 1)).await.unwrap();
    let known = journal.recover().await.unwrap().last_batch;
    journal.accept(accepting(&second, "b", 1)).await.unwrap();
    let news = journal.news(known, 0).await.unwrap();
    assert_eq!(news.batches.iter().map(|(batch, live)| (batch, live.len())).collect::<Vec<_>>(), [(&second, 2)]);
    assert_eq!(journal.recover().await.unwrap().batches, [Arc::clone(&first), second]);
    let (tx, block_hash) = (B256::repeat_byte(5), head(3).hash);
    let fill = FillId { venue: VENUE, sequence: 1 };
    let settled = vec![IncludedFill { fill, tx, block_number: 3, block_hash, included_at: 99 }];
    journal.absorb(Absorbed { head: head(3), settled, ..Absorbed::default() }).await.unwrap();
    for (head, live) in [(2, 75), (3, 74)] {
        let news = journal.news(0, head).await.unwrap();
        assert_eq!(news.batches[0].1.len(), live, "as of block {head}");
    }
    assert!(journal.news(news.last, 0).await.unwrap().batches.is_empty());
}

/// Two relayers and one journal.
#[tokio::test]
async fn one_leads_and_the_other_writes_what_an_intake_writes() {
    let Some(home) = Home::database() else { return };
    let leader = home.open().await;
    let other = home.try_open(1).await.unwrap();
    assert_eq!(other.standing(), Standing::Follows { leader: Some("test".to_owned()) });
    let first = batch(1, B256::ZERO, 2);
    assert_eq!(other.accept(accepting(&first, "a", 1)).await.unwrap(), Acceptance::Accepted);
    let replayed = leader.accept(accepting(&first, "a", 1)).await.unwrap();
    assert_eq!(replayed, Acceptance::Replayed("answer to a".to_owned()), "whichever of them is asked");
    assert_eq!(leader.accept(accepting(&batch(3, first.hash, 2), "b", 1)).await.unwrap(), Acceptance::Accepted);
    assert!(other.intend(intent(B256::repeat_byte(5))).await.is_err());
    let stranger = Journal::open(&home.store, "test", VENUE, SECRET, 1, ESCROW, Head::default()).await;
    assert!(
        matches!(stranger, Err(JournalError::OtherSigner { .. })),
        "one key, so that one takes over from the other"
    );
    // Whatever it believes.
    assert!(!other.under(leader.epoch()).leads_still());
    leader.intend(intent(B256::repeat_byte(5))).await.unwrap();

    let (epoch, stale) = (leader.epoch().unwrap(), leader.clone());
    leader.resign().await;
    let mut standing = other.standing.clone();
    standing.wait_for(|standing| standing.epoch().is_some()).await.unwrap();
    assert_eq!(other.standing().epoch(), Some(epoch + 1));
    let refused = stale.intend(intent(B256::repeat_byte(6))).await.unwrap_err().to_string();
    assert!(refused.contains("another relayer leads"), "{refused}");
    assert_eq!(home.count("bundles").await, 1);
    other.under(other.standing().epoch()).intend(intent(B256::repeat_byte(7))).await.unwrap();
}

/// The leader dies without a word.
#[tokio::test]
async fn a_lease_that_is_not_renewed_runs_out() {
    let Some(home) = Home::database() else { return };
    let leader = home.open().await;
    let other = home.try_open(1).await.unwrap();
    drop(leader);
    let (died, mut standing) = (Instant::now(), other.standing.clone());
    standing.wait_for(|standing| standing.epoch().is_some()).await.unwrap();
    assert!(died.elapsed() < Duration::from_secs(5), "{:?}", died.elapsed());
}

async fn another_key_is_refused(home: Home) {
    home.close(home.open().await).await;
    let other = Journal::open(&home.store, "test", SIGNER, B256::ZERO, 1, ESCROW, Head::default()).await;
    assert!(matches!(other, Err(JournalError::OtherKey)));
    home.open().await;
}

/// A batch of every fill's kind, and what a bundle made of it.
async fn settle(journal: &Journal, first: &Arc<Batch>, block: u64) {
    journal.accept(accepting(first, &first.first_sequence.to_string(), 1)).await.unwrap();
    let tx = B256::left_padding_from(&block.to_be_bytes());
    journal.intend(intent(tx)).await.unwrap();
    let settled = first.fills.iter().map(|fill| IncludedFill {
        fill: fill.id,
        tx,
        block_number: block,
        block_hash: head(block).hash,
        included_at: 99,
    });
    let landed = vec![Landed { tx, block_number: block, block_hash: head(block).hash }];
    let absorbed = Absorbed { head: head(block), settled: settled.collect(), landed, ..Absorbed::default() };
    journal.absorb(absorbed).await.unwrap();
}

async fn what_is_folded_reads_the_same_and_what_is_old_goes(home: Home) {
    let journal = home.open().await;
    let (mut last, mut next) = (B256::ZERO, 1);
    for block in 1..=80 {
        let batch = batch(next, last, 125);
        settle(&journal, &batch, block).await;
        (last, next) = (batch.hash, batch.next_sequence());
    }
    let fills = next - 1;
    let before = journal.recover().await.unwrap();
    assert_eq!(before.books, [(1, bought(5 * fills as i64, 11)), (2, bought(-5 * fills as i64, 11))].into());
    let full = home.store.size(&mut home.connect().await).await.unwrap();

    journal.tidy(60, Duration::from_secs(1)).await.unwrap();
    assert_eq!(home.count("fills").await, 20 * 125, "what may come back stays");
    assert!(journal.unwind(head(59)).await.is_err(), "what is folded does not come back");
    journal.unwind(head(79)).await.unwrap();
    assert_eq!(journal.recover().await.unwrap().live.len(), 125);
    let tx = B256::left_padding_from(&80u64.to_be_bytes());
    let included = |sequence| IncludedFill {
        fill: FillId { venue: VENUE, sequence },
        tx,
        block_number: 80,
        block_hash: head(80).hash,
        included_at: 99,
    };
    let settled = (next - 125..next).map(included).collect();
    journal.absorb(Absorbed { head: head(80), settled, ..Absorbed::default() }).await.unwrap();
    journal.tidy(80, Duration::from_secs(1)).await.unwrap();

    let after = journal.recover().await.unwrap();
    assert_eq!((&after.books, after.settled, after.live.len()), (&before.books, fills, 0));
    assert_eq!(home.count("fills").await, 125, "the last batch says how the venue goes on");
    assert_eq!(home.count("batches").await, 1);
    assert!(home.count("bundles").await <= 1);
    // The last batch's events: accepted, settled, accepted again, settled again.
    assert_eq!(home.count("fill_events").await, 4 * 125);
    let refused = Acceptance::Refused(Refusal::SequenceSeen { next });
    assert_eq!(journal.accept(accepting(&batch(1, B256::ZERO, 125), "again", 1)).await.unwrap(), refused);
    let following = batch(next, last, 1);
    assert_eq!(journal.accept(accepting(&following, "next", 1)).await.unwrap(), Acceptance::Accepted);
    let events = journal.events_after(VENUE, 0, 1_000).await.unwrap();
    assert_eq!(events.last().map(|event| event.number), Some(fills * 2 + 2 * 125 + 1), "numbers go on");

    home.close(journal).await;
    home.store.prune(Duration::from_secs(1)).await.unwrap();
    if home.store.shared() {
        sqlx::raw_sql("VACUUM FULL").execute(&mut home.connect().await).await.unwrap();
    }
    let small = home.store.size(&mut home.connect().await).await.unwrap();
    let a_fill = small / fills;
    println!("{fills} settled fills: {full} bytes, {small} after pruning, {a_fill} a fill");
    assert!(a_fill <= 120, "{a_fill} bytes a settled fill");
    assert_eq!(home.open().await.recover().await.unwrap().books, before.books);
}

async fn a_copy_is_the_journal_as_of_one_moment(home: Home) {
    let journal = home.open().await;
    let first = batch(1, B256::ZERO, 2);
    journal.accept(accepting(&first, "a", 1)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    home.store.backup(&copy).await.unwrap();
    assert!(home.store.backup(&copy).await.is_err(), "no copy is written over");
    journal.accept(accepting(&batch(3, first.hash, 2), "b", 1)).await.unwrap();
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    if let Store::Shared(_) = home.store {
        let listed = std::process::Command::new("pg_restore").arg("--list").arg(&copy).output().unwrap();
        assert!(String::from_utf8_lossy(&listed.stdout).contains("TABLE DATA public fills"));
        return;
    }
    let restored = Journal::open(&Store::File(copy), "test", SIGNER, SECRET, 1, ESCROW, Head::default()).await.unwrap();
    assert_eq!(restored.recover().await.unwrap().batches, [first]);
}

#[tokio::test]
async fn files_are_their_owners_alone() {
    let home = Home::file();
    let Store::File(path) = &home.store else { panic!("a file") };
    std::fs::write(path, "").unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
    let journal = home.open().await;
    journal.accept(accepting(&batch(1, B256::ZERO, 2), "a", 1)).await.unwrap();
    for entry in std::fs::read_dir(path.parent().unwrap()).unwrap().flatten() {
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}

#[tokio::test]
async fn what_is_done_with_a_journal_makes_none() {
    let home = Home::file();
    let copy = home.folder.path().join("copy");
    assert!(matches!(home.store.backup(&copy).await, Err(JournalError::Missing { .. })));
    assert!(matches!(home.store.prune(Duration::ZERO).await, Err(JournalError::Missing { .. })));
    assert_eq!(std::fs::read_dir(home.folder.path()).unwrap().count(), 0);
}

/// Journals of versions that kept terms open.
#[tokio::test]
async fn what_lay_open_is_sealed() {
    let home = Home::file();
    let Store::File(path) = &home.store else { panic!("a file") };
    let first = batch(1, B256::ZERO, 2);
    let mut old = home.connect().await;
    Migrator::with_migrations(store::of_file().into_iter().take(7).collect()).run(&mut old).await.unwrap();
    let batches =
        sqlx::query("INSERT INTO batches VALUES (1, $1, 1, 2, $2, zeroblob(32), $3, 'a', zeroblob(32), 'answer', 77)");
    let batches = batches.bind(VENUE.as_slice()).bind(first.hash.as_slice()).bind(first.signature.as_slice());
    batches.execute(&mut old).await.unwrap();
    for fill in &first.fills {
        let insert = sqlx::query(
            "INSERT INTO fills (venue, sequence, batch, buyer, seller, matched_at, settle_by, grouped, salt, instrument, quantity, price)
             VALUES ($1, $2, 1, 1, 2, 1000, 31000, 3, $3, 'BTC-PERP', 5, 11)",
        );
        let insert = insert.bind(VENUE.as_slice()).bind(int(fill.id.sequence)).bind(fill.salt.as_slice());
        insert.execute(&mut old).await.unwrap();
    }
    for row in [
        "INSERT INTO origin VALUES (1, 1, x'0808080808080808080808080808080808080808', 7, zeroblob(32))",
        "UPDATE fills SET state = 'settled', block_number = 3 WHERE sequence = 1",
        "INSERT INTO settlements VALUES ('BTC', 1761897600, zeroblob(32), 7, 14, 5)",
        "INSERT INTO expired VALUES (2, 'BTC-20251031', -10, zeroblob(32), zeroblob(32), 6, zeroblob(32))",
    ] {
        sqlx::query(row).execute(&mut old).await.unwrap();
    }
    drop(old);
    let journal = home.open().await;
    let recovered = journal.recover().await.unwrap();
    assert_eq!(recovered.batches, [first]);
    assert_eq!(recovered.books.get(&1), Some(&bought(5, 11)));
    let expired = journal.expired().await.unwrap();
    assert_eq!((expired[0].instrument.to_string(), expired[0].quantity.raw()), ("BTC-20251031".to_owned(), -10));
    home.close(journal).await;
    let bytes = std::fs::read(path).unwrap();
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(!holds(b"BTC-PERP") && !holds(b"BTC-20251031") && !holds(&[1; 32]), "nothing lies open");
    home.open().await;
}
