-- The last change of each account's history on chain: with the root of its book, what it was before and the digest of what
-- changed it make the history. So a process knows by hashes whether its book is the chain's.
CREATE TABLE lineages (
    account  INTEGER PRIMARY KEY,
    history  BLOB    NOT NULL,
    previous BLOB    NOT NULL,
    digest   BLOB    NOT NULL
) STRICT;
