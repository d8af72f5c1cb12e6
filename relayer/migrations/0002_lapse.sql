-- A fill lapses on chain: one that an earlier version ended by the clock alone is still to be lapsed there.
UPDATE fills SET state = 'accepted', finished_at = NULL WHERE state = 'lapsed' AND tx IS NULL;
