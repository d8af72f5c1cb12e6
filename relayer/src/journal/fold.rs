//! Fold and prune: what the chain will not take back becomes small, and then goes.
//!
//! Settled fills of old blocks are folded into each account's book, so that a process that starts reads books and not their
//! history. Folded fills that ended long enough ago go, with their batches, transactions and events. Of each venue the last batch
//! stays: it says how the venue goes on.
use super::seal::{Seal, batch_place};
use super::{JournalError, address, int, uint};
use alloy::primitives::Address;
use risk::{Book, Quantity, RiskError};
use sqlx::{AnyConnection, Row};
use std::collections::BTreeMap;

/// Fills folded at once, and batches pruned at once: a write of others waits no longer than that takes.
const FILLS: i64 = 4_096;
const BATCHES: i64 = 64;

/// Settled fills of one batch.
struct Settled {
    venue: Address,
    first_sequence: u64,
    terms: Vec<u8>,
    /// Sequence, buyer, seller.
    fills: Vec<(u64, u64, u64)>,
}

/// Folds settled fills of blocks up to one; true where there is more to fold.
pub async fn fold(connection: &mut AnyConnection, seal: &Seal, last: u64) -> Result<bool, JournalError> {
    let (folded, last) = (folded(connection).await?, int(last));
    if last <= folded {
        return Ok(false);
    }
    // A block is folded whole.
    let row = sqlx::query(
        "SELECT block_number FROM fills WHERE state = 'settled' AND block_number > $1 AND block_number <= $2
         ORDER BY block_number LIMIT 1 OFFSET $3",
    );
    let row = row.bind(folded).bind(last).bind(FILLS).fetch_optional(&mut *connection).await?;
    let upto = row.map(|row| row.try_get::<i64, _>("block_number")).transpose()?;
    let settled = settled(connection, folded, upto.unwrap_or(last)).await?;
    let mut books = BTreeMap::new();
    for account in settled.iter().flat_map(|batch| &batch.fills).flat_map(|(_, buyer, seller)| [*buyer, *seller]) {
        if let std::collections::btree_map::Entry::Vacant(unread) = books.entry(account) {
            unread.insert(base(connection, seal, account).await?);
        }
    }
    settled.iter().try_for_each(|batch| batch.add(&mut books, seal))?;
    for (account, book) in &books {
        let insert = sqlx::query(
            "INSERT INTO bases (account, book) VALUES ($1, $2) ON CONFLICT (account) DO UPDATE SET book = excluded.book",
        );
        insert.bind(int(*account)).bind(seal.book(*account, book)?).execute(&mut *connection).await?;
    }
    let update = sqlx::query("UPDATE origin SET folded = $1").bind(upto.unwrap_or(last));
    update.execute(connection).await?;
    Ok(upto.is_some())
}

/// The block up to which settled fills are folded.
pub async fn folded(connection: &mut AnyConnection) -> Result<i64, JournalError> {
    let row = sqlx::query("SELECT folded FROM origin").fetch_one(connection).await?;
    Ok(row.try_get("folded")?)
}

async fn base(connection: &mut AnyConnection, seal: &Seal, account: u64) -> Result<Book, JournalError> {
    let row = sqlx::query("SELECT book FROM bases WHERE account = $1").bind(int(account));
    let row = row.fetch_optional(connection).await?;
    row.map_or_else(|| Ok(Book::new()), |row| seal.read_book(account, row.try_get("book")?))
}

/// What all settled fills made of nothing, by account.
pub async fn positions(connection: &mut AnyConnection, seal: &Seal) -> Result<BTreeMap<u64, Book>, JournalError> {
    let mut books = BTreeMap::new();
    for row in sqlx::query("SELECT account, book FROM bases").fetch_all(&mut *connection).await? {
        let account = uint(row.try_get("account")?);
        books.insert(account, seal.read_book(account, row.try_get("book")?)?);
    }
    let folded = folded(connection).await?;
    let settled = settled(connection, folded, i64::MAX).await?;
    settled.iter().try_for_each(|batch| batch.add(&mut books, seal))?;
    Ok(books)
}

/// Of blocks after one and up to another.
async fn settled(connection: &mut AnyConnection, after: i64, upto: i64) -> Result<Vec<Settled>, JournalError> {
    let rows = sqlx::query(
        "SELECT batch, sequence, buyer, seller FROM fills
         WHERE state = 'settled' AND block_number > $1 AND block_number <= $2",
    );
    let mut batches: BTreeMap<i64, Vec<(u64, u64, u64)>> = BTreeMap::new();
    for row in rows.bind(after).bind(upto).fetch_all(&mut *connection).await? {
        let number = |column: &str| Ok::<_, JournalError>(uint(row.try_get(column)?));
        let fill = (number("sequence")?, number("buyer")?, number("seller")?);
        batches.entry(row.try_get("batch")?).or_default().push(fill);
    }
    let mut settled = Vec::with_capacity(batches.len());
    for (batch, fills) in batches {
        let row = sqlx::query("SELECT venue, first_sequence, terms FROM batches WHERE id = $1").bind(batch);
        let row = row.fetch_one(&mut *connection).await?;
        let (venue, first_sequence) = (address(row.try_get("venue")?)?, uint(row.try_get("first_sequence")?));
        settled.push(Settled { venue, first_sequence, terms: row.try_get("terms")?, fills });
    }
    Ok(settled)
}

impl Settled {
    /// Positions and cash add up, in whatever order.
    fn add(&self, books: &mut BTreeMap<u64, Book>, seal: &Seal) -> Result<(), JournalError> {
        let terms = seal.read_terms(batch_place(self.venue.as_slice(), self.first_sequence), &self.terms)?;
        for (sequence, buyer, seller) in &self.fills {
            let corrupt = |what: String| JournalError::Corrupt(format!("fill {}-{sequence}: {what}", self.venue));
            let place = usize::try_from(sequence.wrapping_sub(self.first_sequence)).ok();
            let terms = place.and_then(|place| terms.get(place)).ok_or_else(|| corrupt("no terms".to_owned()))?;
            let (_, instrument, quantity, price) = terms.read()?;
            let sold = quantity.checked_neg().unwrap_or(Quantity::ZERO);
            for (account, quantity) in [(buyer, quantity), (seller, sold)] {
                let trade = books.entry(*account).or_default().trade(&instrument, quantity, price);
                trade.map_err(|error: RiskError| corrupt(error.to_string()))?;
            }
        }
        Ok(())
    }
}

/// Forgets some batches whose fills ended before `at`, milliseconds since 1970, and are folded; how many.
pub async fn prune(connection: &mut AnyConnection, at: u64) -> Result<usize, JournalError> {
    let (at, folded) = (int(at), folded(connection).await?);
    let rows = sqlx::query(
        "SELECT id, venue, first_sequence, count FROM batches AS b
         WHERE accepted_at < $1 AND first_sequence < (SELECT MAX(first_sequence) FROM batches WHERE venue = b.venue)
         AND NOT EXISTS (SELECT 1 FROM fills AS f WHERE f.venue = b.venue
             AND f.sequence >= b.first_sequence AND f.sequence < b.first_sequence + b.count
             AND (f.state = 'accepted' OR f.finished_at IS NULL OR f.finished_at >= $1 OR f.block_number > $2))
         ORDER BY id LIMIT $3",
    );
    let batches = rows.bind(at).bind(folded).bind(BATCHES).fetch_all(&mut *connection).await?;
    let mut venues = std::collections::BTreeSet::new();
    for row in &batches {
        let venue = address(row.try_get("venue")?)?;
        forget(connection, venue, row.try_get("id")?, row.try_get("first_sequence")?, row.try_get("count")?).await?;
        venues.insert(venue);
    }
    for venue in venues {
        // Events of fills that are still there stay, and whatever comes after them.
        let delete = sqlx::query(
            "DELETE FROM fill_events WHERE venue = $1 AND number < (SELECT MIN(e.number) FROM fill_events AS e
             WHERE e.venue = $1 AND e.sequence >= (SELECT MIN(sequence) FROM fills WHERE venue = $1))",
        );
        delete.bind(venue.as_slice()).execute(&mut *connection).await?;
    }
    let delete = sqlx::query(
        "DELETE FROM bundles WHERE state <> 'intended' AND intended_at < $1 AND (block_number IS NULL OR block_number <= $2)",
    );
    delete.bind(at).bind(folded).execute(connection).await?;
    Ok(batches.len())
}

/// A batch with its fills; they stay counted.
async fn forget(
    connection: &mut AnyConnection,
    venue: Address,
    batch: i64,
    first: i64,
    count: i64,
) -> Result<(), JournalError> {
    let (venue, next) = (venue.as_slice(), first.saturating_add(count));
    let insert = sqlx::query(
        "INSERT INTO pruned (state, fills) SELECT state, COUNT(*) FROM fills
         WHERE venue = $1 AND sequence >= $2 AND sequence < $3 GROUP BY state
         ON CONFLICT (state) DO UPDATE SET fills = pruned.fills + excluded.fills",
    );
    insert.bind(venue).bind(first).bind(next).execute(&mut *connection).await?;
    let delete = sqlx::query("DELETE FROM fills WHERE venue = $1 AND sequence >= $2 AND sequence < $3");
    delete.bind(venue).bind(first).bind(next).execute(&mut *connection).await?;
    sqlx::query("DELETE FROM batches WHERE id = $1").bind(batch).execute(connection).await?;
    Ok(())
}
