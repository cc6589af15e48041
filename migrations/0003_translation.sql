-- A translation stands beside what was said and never speaks in its place.
ALTER TABLE pass ADD COLUMN translation INTEGER NOT NULL DEFAULT 0 CHECK (translation IN (0, 1));
