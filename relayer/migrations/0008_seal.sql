-- Private terms lie sealed, those of a batch together. What was not sealed goes with the next step, once it is.
ALTER TABLE batches ADD COLUMN terms BLOB;
-- Something sealed, by which the key is known again; and the block up to which settled fills are folded into `bases`.
ALTER TABLE origin ADD COLUMN seal BLOB;
ALTER TABLE origin ADD COLUMN folded INTEGER NOT NULL DEFAULT 0;

-- Each account's book as folded fills made it, sealed.
CREATE TABLE bases (
    account INTEGER PRIMARY KEY,
    book    BLOB    NOT NULL
) STRICT;

-- How many fills were pruned, by how they ended.
CREATE TABLE pruned (
    state TEXT    PRIMARY KEY,
    fills INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The position is found by a name that only the key makes.
CREATE TABLE expired_sealed (
    account      INTEGER NOT NULL,
    position     BLOB    NOT NULL,
    sealed       BLOB    NOT NULL,
    reference    BLOB    NOT NULL,
    tx           BLOB    NOT NULL,
    block_number INTEGER NOT NULL,
    block_hash   BLOB    NOT NULL,
    PRIMARY KEY (account, position, block_number)
) STRICT, WITHOUT ROWID;

CREATE INDEX fills_settled ON fills (block_number) WHERE state = 'settled';
