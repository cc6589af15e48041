-- The user's stars and notes. They belong to a moment and not to an utterance, so that they stay whoever transcribes it. The file of
-- marks in the home says the same; `mark` is its line's.
CREATE TABLE remark (
  mark     INTEGER PRIMARY KEY,
  track    TEXT,                        -- by name, for it may not be here yet; NULL: all
  start_us INTEGER NOT NULL,
  end_us   INTEGER NOT NULL CHECK (end_us > start_us),
  note     TEXT,                        -- what it says; NULL: it is a star
  made_us  INTEGER NOT NULL
) STRICT;

-- When it was asked for: what the user wrote of the span afterwards stays. 0: before there was anything to write.
ALTER TABLE forgotten ADD COLUMN asked_us INTEGER NOT NULL DEFAULT 0;
