ALTER TABLE fills DROP COLUMN salt;
ALTER TABLE fills DROP COLUMN instrument;
ALTER TABLE fills DROP COLUMN quantity;
ALTER TABLE fills DROP COLUMN price;
DROP TABLE expired;
ALTER TABLE expired_sealed RENAME TO expired;
