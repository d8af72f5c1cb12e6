-- A venue takes a fill back: it settles no more, and lapses when its time is over.
ALTER TABLE fills ADD COLUMN cancelled_at INTEGER;

-- What became of each venue's fills, numbered by venue. The triggers write with whatever changes a fill, so a cursor misses nothing.
CREATE TABLE fill_events (
    venue        BLOB    NOT NULL,
    number       INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    -- accepted, cancelled, settled, lapsed or rejected.
    state        TEXT    NOT NULL,
    tx           BLOB,
    block_number INTEGER,
    block_hash   BLOB,
    reason       TEXT,
    PRIMARY KEY (venue, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER fills_begin AFTER INSERT ON fills BEGIN
    INSERT INTO fill_events (venue, number, sequence, state)
    VALUES (NEW.venue, (SELECT COALESCE(MAX(number), 0) + 1 FROM fill_events WHERE venue = NEW.venue), NEW.sequence, NEW.state);
END;

CREATE TRIGGER fills_change AFTER UPDATE OF state, block_hash, cancelled_at ON fills
WHEN NEW.state <> OLD.state OR NEW.block_hash IS NOT OLD.block_hash OR NEW.cancelled_at IS NOT OLD.cancelled_at BEGIN
    INSERT INTO fill_events (venue, number, sequence, state, tx, block_number, block_hash, reason)
    VALUES (
        NEW.venue, (SELECT COALESCE(MAX(number), 0) + 1 FROM fill_events WHERE venue = NEW.venue), NEW.sequence,
        CASE WHEN NEW.state = 'accepted' AND NEW.cancelled_at IS NOT NULL THEN 'cancelled' ELSE NEW.state END,
        NEW.tx, CASE WHEN NEW.tx IS NOT NULL THEN NEW.block_number END, NEW.block_hash, NEW.reason
    );
END;

-- The last 65,536 of each venue are kept: one that floods pushes out nobody else's.
CREATE TRIGGER fill_events_kept AFTER INSERT ON fill_events BEGIN
    DELETE FROM fill_events WHERE venue = NEW.venue AND number <= NEW.number - 65536;
END;

-- How far each webhook is.
CREATE TABLE webhooks (
    venue  BLOB    NOT NULL,
    url    TEXT    NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (venue, url)
) STRICT, WITHOUT ROWID;
