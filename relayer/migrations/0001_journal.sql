-- What was promised, what was intended, what the chain said. Hashes and addresses are blobs; times are milliseconds.

-- Which chain and escrow this journal belongs to, and the last block absorbed.
CREATE TABLE origin (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    chain_id     INTEGER NOT NULL,
    escrow       BLOB    NOT NULL,
    block_number INTEGER NOT NULL,
    block_hash   BLOB    NOT NULL
) STRICT;

-- One row for each acknowledged batch. `answer` is what the venue was told.
CREATE TABLE batches (
    id                  INTEGER PRIMARY KEY,
    venue               BLOB    NOT NULL,
    first_sequence      INTEGER NOT NULL,
    count               INTEGER NOT NULL,
    batch_hash          BLOB    NOT NULL,
    previous_batch_hash BLOB    NOT NULL,
    signature           BLOB    NOT NULL,
    idempotency_key     TEXT    NOT NULL,
    body_hash           BLOB    NOT NULL,
    answer              TEXT    NOT NULL,
    accepted_at         INTEGER NOT NULL,
    UNIQUE (venue, first_sequence),
    UNIQUE (venue, idempotency_key)
) STRICT;

CREATE TABLE fills (
    venue        BLOB    NOT NULL,
    sequence     INTEGER NOT NULL,
    batch        INTEGER NOT NULL REFERENCES batches (id),
    buyer        INTEGER NOT NULL,
    seller       INTEGER NOT NULL,
    matched_at   INTEGER NOT NULL,
    settle_by    INTEGER NOT NULL,
    grouped      INTEGER NOT NULL,
    salt         BLOB    NOT NULL,
    instrument   TEXT    NOT NULL,
    quantity     INTEGER NOT NULL,
    price        INTEGER NOT NULL,
    -- accepted, settled, lapsed or rejected; everything in between is not worth keeping.
    state        TEXT    NOT NULL DEFAULT 'accepted',
    tx           BLOB,
    block_number INTEGER,
    block_hash   BLOB,
    bundle       INTEGER REFERENCES bundles (id),
    reason       TEXT,
    finished_at  INTEGER,
    PRIMARY KEY (venue, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX fills_live ON fills (batch) WHERE state = 'accepted';

-- One row for each transaction, written before it is sent.
CREATE TABLE bundles (
    id           INTEGER PRIMARY KEY,
    kind         TEXT    NOT NULL,
    house        INTEGER NOT NULL,
    nonce        INTEGER NOT NULL,
    tx           BLOB    NOT NULL UNIQUE,
    raw          BLOB    NOT NULL,
    -- Prices of the set's slot as they were used, and what it states, as JSON.
    prices       TEXT    NOT NULL,
    statements   TEXT    NOT NULL,
    fills        INTEGER NOT NULL,
    intended_at  INTEGER NOT NULL,
    -- intended, included, reverted or refused.
    state        TEXT    NOT NULL DEFAULT 'intended',
    block_number INTEGER,
    block_hash   BLOB,
    gas_used     INTEGER,
    included_at  INTEGER,
    reason       TEXT
) STRICT;

CREATE INDEX bundles_open ON bundles (id) WHERE state = 'intended';

-- Prices at which an account's variation was last settled.
CREATE TABLE marks (
    account  INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    prices   TEXT    NOT NULL
) STRICT;

CREATE TABLE claims (
    account INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    state   TEXT    NOT NULL,
    detail  TEXT    NOT NULL,
    PRIMARY KEY (account, number)
) STRICT, WITHOUT ROWID;
