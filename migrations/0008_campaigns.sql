-- Which pass the user wants to read, over a span: it speaks there before any other that ranks higher. The file of choices beside the
-- sound says the same; `mark` is its line's. By name, for a lost database is made of the words first.
CREATE TABLE preference (
  mark      INTEGER PRIMARY KEY,
  pass      TEXT    NOT NULL CHECK (length(pass) = 8),
  track     TEXT,                       -- by name; NULL: all
  start_us  INTEGER NOT NULL,
  end_us    INTEGER NOT NULL CHECK (end_us > start_us),
  chosen_us INTEGER NOT NULL            -- the younger goes first
) STRICT;

-- Another pass over old days, as it was asked for. What it has done is its pass's coverage; what is left follows from both.
CREATE TABLE campaign (
  key        INTEGER PRIMARY KEY AUTOINCREMENT,
  pass       INTEGER NOT NULL REFERENCES pass (key),
  terms      TEXT    NOT NULL CHECK (json_valid(terms)),  -- when it may run and with how many threads
  asked_us   INTEGER NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'cancelled', 'failed')),
  reason     TEXT,                      -- why it failed, or waits
  changed_us INTEGER NOT NULL
) STRICT;

CREATE TABLE campaign_span (
  campaign INTEGER NOT NULL REFERENCES campaign (key),
  track    TEXT    NOT NULL,            -- by name, for it may not be here yet
  start_us INTEGER NOT NULL,
  end_us   INTEGER NOT NULL CHECK (end_us > start_us),
  PRIMARY KEY (campaign, track, start_us)
) STRICT, WITHOUT ROWID;
