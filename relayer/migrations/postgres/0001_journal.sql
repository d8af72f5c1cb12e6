-- The journal of several relayers: the same tables as the file's, in PostgreSQL's words. Hashes and addresses are bytes; times are
-- milliseconds.

CREATE TABLE origin (
    one          BIGINT PRIMARY KEY CHECK (one = 1),
    chain_id     BIGINT NOT NULL,
    escrow       BYTEA  NOT NULL,
    block_number BIGINT NOT NULL,
    block_hash   BYTEA  NOT NULL,
    seal         BYTEA,
    folded       BIGINT NOT NULL DEFAULT 0
);

-- Who leads. Every write of a leader carries the epoch.
CREATE TABLE lease (
    one        BIGINT PRIMARY KEY CHECK (one = 1),
    epoch      BIGINT NOT NULL,
    holder     TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    -- The address that it sends from: all have the same.
    signer     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);
INSERT INTO lease VALUES (1, 0, '', '', '', 0);

-- How often something was written: whoever waits for news looks here.
CREATE TABLE news (one BIGINT PRIMARY KEY CHECK (one = 1), commits BIGINT NOT NULL);
INSERT INTO news VALUES (1, 0);

CREATE TABLE batches (
    id                  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    venue               BYTEA  NOT NULL,
    first_sequence      BIGINT NOT NULL,
    count               BIGINT NOT NULL,
    batch_hash          BYTEA  NOT NULL,
    previous_batch_hash BYTEA  NOT NULL,
    signature           BYTEA  NOT NULL,
    idempotency_key     TEXT   NOT NULL,
    body_hash           BYTEA  NOT NULL,
    answer              TEXT   NOT NULL,
    accepted_at         BIGINT NOT NULL,
    terms               BYTEA  NOT NULL,
    UNIQUE (venue, first_sequence),
    UNIQUE (venue, idempotency_key)
);

CREATE TABLE bundles (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         TEXT   NOT NULL,
    house        BIGINT NOT NULL,
    nonce        BIGINT NOT NULL,
    tx           BYTEA  NOT NULL UNIQUE,
    raw          BYTEA  NOT NULL,
    prices       TEXT   NOT NULL,
    statements   TEXT   NOT NULL,
    fills        BIGINT NOT NULL,
    intended_at  BIGINT NOT NULL,
    state        TEXT   NOT NULL DEFAULT 'intended',
    block_number BIGINT,
    block_hash   BYTEA,
    gas_used     BIGINT,
    included_at  BIGINT,
    reason       TEXT,
    bytes        BIGINT NOT NULL DEFAULT 0,
    data_gas     BIGINT,
    wei          BIGINT
);
CREATE INDEX bundles_open ON bundles (id) WHERE state = 'intended';
CREATE INDEX bundles_refused ON bundles (id) WHERE state = 'refused';

CREATE TABLE fills (
    venue        BYTEA  NOT NULL,
    sequence     BIGINT NOT NULL,
    batch        BIGINT NOT NULL,
    buyer        BIGINT NOT NULL,
    seller       BIGINT NOT NULL,
    matched_at   BIGINT NOT NULL,
    settle_by    BIGINT NOT NULL,
    grouped      BIGINT NOT NULL,
    state        TEXT   NOT NULL DEFAULT 'accepted',
    tx           BYTEA,
    block_number BIGINT,
    block_hash   BYTEA,
    bundle       BIGINT,
    reason       TEXT,
    finished_at  BIGINT,
    cancelled_at BIGINT,
    PRIMARY KEY (venue, sequence)
);
CREATE INDEX fills_live ON fills (batch) WHERE state = 'accepted';
CREATE INDEX fills_settled ON fills (block_number) WHERE state = 'settled';

CREATE TABLE bases (account BIGINT PRIMARY KEY, book BYTEA NOT NULL);
CREATE TABLE pruned (state TEXT PRIMARY KEY, fills BIGINT NOT NULL);

CREATE TABLE marks (
    account      BIGINT PRIMARY KEY,
    sequence     BIGINT NOT NULL,
    prices       TEXT   NOT NULL,
    block_number BIGINT NOT NULL
);

CREATE TABLE claims (
    account      BIGINT NOT NULL,
    number       BIGINT NOT NULL,
    block_number BIGINT NOT NULL,
    state        TEXT   NOT NULL,
    detail       TEXT   NOT NULL,
    PRIMARY KEY (account, number, block_number)
);

CREATE TABLE settlements (
    underlying   TEXT   NOT NULL,
    expiry       BIGINT NOT NULL,
    feed         BYTEA  NOT NULL,
    slot         BIGINT NOT NULL,
    price        BIGINT NOT NULL,
    block_number BIGINT NOT NULL,
    PRIMARY KEY (underlying, expiry)
);

CREATE TABLE expired (
    account      BIGINT NOT NULL,
    position     BYTEA  NOT NULL,
    sealed       BYTEA  NOT NULL,
    reference    BYTEA  NOT NULL,
    tx           BYTEA  NOT NULL,
    block_number BIGINT NOT NULL,
    block_hash   BYTEA  NOT NULL,
    PRIMARY KEY (account, position, block_number)
);

CREATE TABLE lineages (
    account      BIGINT NOT NULL,
    block_number BIGINT NOT NULL,
    history      BYTEA  NOT NULL,
    previous     BYTEA  NOT NULL,
    digest       BYTEA  NOT NULL,
    PRIMARY KEY (account, block_number)
);

CREATE TABLE blocks (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    hash   BYTEA  NOT NULL
);

CREATE TABLE webhooks (
    venue  BYTEA  NOT NULL,
    url    TEXT   NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (venue, url)
);

CREATE TABLE fill_events (
    venue        BYTEA  NOT NULL,
    number       BIGINT NOT NULL,
    sequence     BIGINT NOT NULL,
    state        TEXT   NOT NULL,
    tx           BYTEA,
    block_number BIGINT,
    block_hash   BYTEA,
    reason       TEXT,
    PRIMARY KEY (venue, number)
);

CREATE FUNCTION fills_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO fill_events (venue, number, sequence, state)
    SELECT venue, last_event(venue) + row_number() OVER (PARTITION BY venue ORDER BY sequence), sequence, state FROM added;
    RETURN NULL;
END $$;

CREATE FUNCTION last_event(of BYTEA) RETURNS BIGINT LANGUAGE sql STABLE AS $$
    SELECT COALESCE((SELECT number FROM fill_events WHERE venue = of ORDER BY number DESC LIMIT 1), 0)
$$;

CREATE FUNCTION fills_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO fill_events (venue, number, sequence, state, tx, block_number, block_hash, reason)
    SELECT fresh.venue, last_event(fresh.venue) + row_number() OVER (PARTITION BY fresh.venue ORDER BY fresh.sequence), fresh.sequence,
        CASE WHEN fresh.state = 'accepted' AND fresh.cancelled_at IS NOT NULL THEN 'cancelled' ELSE fresh.state END,
        fresh.tx, CASE WHEN fresh.tx IS NOT NULL THEN fresh.block_number END, fresh.block_hash, fresh.reason
    FROM changed AS fresh JOIN before AS past USING (venue, sequence)
    WHERE fresh.state <> past.state OR fresh.block_hash IS DISTINCT FROM past.block_hash
        OR fresh.cancelled_at IS DISTINCT FROM past.cancelled_at;
    RETURN NULL;
END $$;

CREATE FUNCTION fill_events_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM fill_events AS gone USING (SELECT venue, MAX(number) AS last FROM added GROUP BY venue) AS newest
    WHERE gone.venue = newest.venue AND gone.number <= newest.last - 65536;
    RETURN NULL;
END $$;

CREATE TRIGGER fills_begin AFTER INSERT ON fills REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION fills_begin();
CREATE TRIGGER fills_change AFTER UPDATE ON fills REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION fills_change();
CREATE TRIGGER fill_events_keep AFTER INSERT ON fill_events REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION fill_events_keep();
