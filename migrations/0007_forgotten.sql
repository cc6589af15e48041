-- What was forgotten, as the files beside the sound (forgotten.jsonl) say: a row for each track, or one without a track for all.
-- It keeps words out that come late, from a window that was under way or a plain file, and tells the worker what it still has to do.

CREATE TABLE forgotten (
  mark     INTEGER NOT NULL,           -- the line's
  track    TEXT,                       -- by name, for it may not be here yet; NULL: all
  start_us INTEGER NOT NULL,
  end_us   INTEGER NOT NULL CHECK (end_us > start_us),
  pending  INTEGER NOT NULL CHECK (pending IN (0, 1)),  -- whether something of it may be left outside of this database
  UNIQUE (mark, track)
) STRICT;
