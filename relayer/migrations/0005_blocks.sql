-- What a block said can be taken back with the block: every row that follows from one says which.

-- The last heads absorbed; the newest is the one in origin.
CREATE TABLE blocks (
    id     INTEGER PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    hash   BLOB    NOT NULL
) STRICT;
INSERT INTO blocks (number, hash) SELECT block_number, block_hash FROM origin;

-- The newest row of an account is the one that counts; earlier ones stay as long as their blocks can go.
CREATE TABLE lineages_by_block (
    account      INTEGER NOT NULL,
    block_number INTEGER NOT NULL,
    history      BLOB    NOT NULL,
    previous     BLOB    NOT NULL,
    digest       BLOB    NOT NULL,
    PRIMARY KEY (account, block_number)
) STRICT, WITHOUT ROWID;
INSERT INTO lineages_by_block SELECT account, 0, history, previous, digest FROM lineages;
DROP TABLE lineages;
ALTER TABLE lineages_by_block RENAME TO lineages;

-- The same of claims.
CREATE TABLE claims_by_block (
    account      INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    block_number INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    detail       TEXT    NOT NULL,
    PRIMARY KEY (account, number, block_number)
) STRICT, WITHOUT ROWID;
INSERT INTO claims_by_block SELECT account, number, 0, state, detail FROM claims;
DROP TABLE claims;
ALTER TABLE claims_by_block RENAME TO claims;

CREATE TABLE expired_by_block (
    account      INTEGER NOT NULL,
    instrument   TEXT    NOT NULL,
    quantity     INTEGER NOT NULL,
    reference    BLOB    NOT NULL,
    tx           BLOB    NOT NULL,
    block_number INTEGER NOT NULL,
    block_hash   BLOB    NOT NULL,
    PRIMARY KEY (account, instrument, block_number)
) STRICT, WITHOUT ROWID;
INSERT INTO expired_by_block SELECT * FROM expired;
DROP TABLE expired;
ALTER TABLE expired_by_block RENAME TO expired;

-- A mark that is taken back is read from the oracle again.
ALTER TABLE marks ADD COLUMN block_number INTEGER NOT NULL DEFAULT 0;
-- A settlement price that a block was seen with, before anything settled at it.
ALTER TABLE settlements ADD COLUMN block_number INTEGER NOT NULL DEFAULT 0;

-- Refused transactions are forgotten after a while.
CREATE INDEX bundles_refused ON bundles (id) WHERE state = 'refused';
