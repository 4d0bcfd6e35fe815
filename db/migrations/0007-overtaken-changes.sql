-- The newer request that took a change's place while nobody could say whether the change had taken effect: it is sent
-- no more, and a reading says how it ended.
ALTER TABLE changes ADD COLUMN superseded_by TEXT CHECK (superseded_by <> '');
