-- What an expired instrument settles at: the oracle's round of a feed at or before the expiry. Fixed once.
CREATE TABLE settlements (
    underlying TEXT    NOT NULL,
    -- Seconds since 1970.
    expiry     INTEGER NOT NULL,
    feed       BLOB    NOT NULL,
    slot       INTEGER NOT NULL,
    price      INTEGER NOT NULL,
    PRIMARY KEY (underlying, expiry)
) STRICT, WITHOUT ROWID;

-- Positions that left their account's book with a bundle of cause expiry.
CREATE TABLE expired (
    account      INTEGER NOT NULL,
    instrument   TEXT    NOT NULL,
    quantity     INTEGER NOT NULL,
    reference    BLOB    NOT NULL,
    tx           BLOB    NOT NULL,
    block_number INTEGER NOT NULL,
    block_hash   BLOB    NOT NULL,
    PRIMARY KEY (account, instrument)
) STRICT, WITHOUT ROWID;
