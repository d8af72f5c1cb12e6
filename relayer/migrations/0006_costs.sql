-- What a transaction cost, as its receipt says: gas of execution and data, the part of it for data, wei. And what it carries.
ALTER TABLE bundles ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bundles ADD COLUMN data_gas INTEGER;
ALTER TABLE bundles ADD COLUMN wei INTEGER;
