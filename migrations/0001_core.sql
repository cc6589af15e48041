-- What was heard, what is covered, and what the index still has to hear of.
--
-- Times are microseconds since the Unix epoch, UTC. Keys are private to this file; what leaves the program
-- is made of facts (start, track, pass), so that it survives a rebuild of the database.
-- AUTOINCREMENT wherever a key is known outside of this file (the index holds utterance keys and change
-- numbers): without it SQLite gives the highest key of a deleted row to the next one, and the index would
-- point at other words.

-- 'hear': tells this file from any other SQLite database.
PRAGMA application_id = 1751474546;

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Which database this is. The index names it beside its cursor, so that an index never follows another one.
INSERT INTO meta (key, value) VALUES ('database', lower(hex(randomblob(16))));

CREATE TABLE track (
  key  INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 16),
  side TEXT NOT NULL CHECK (side IN ('said', 'heard', 'both'))
) STRICT;

-- One model with one set of parameters. Never edited: another parameter is another pass.
CREATE TABLE pass (
  key          INTEGER PRIMARY KEY AUTOINCREMENT,
  name         TEXT    NOT NULL UNIQUE CHECK (length(name) = 8),
  model        TEXT    NOT NULL,
  model_sha256 TEXT    NOT NULL,
  engine       TEXT    NOT NULL,
  params       TEXT    NOT NULL CHECK (json_valid(params)),
  rank         INTEGER NOT NULL,        -- the higher, the better; among equals the younger pass goes first
  created_us   INTEGER NOT NULL
) STRICT;

-- What a pass has dealt with. Rows of one pass and track never overlap: a window that comes twice is
-- refused when it is stored, which is what makes every window exist once.
CREATE TABLE coverage (
  pass       INTEGER NOT NULL REFERENCES pass (key),
  track      INTEGER NOT NULL REFERENCES track (key),
  start_us   INTEGER NOT NULL CHECK (start_us >= 0),
  end_us     INTEGER NOT NULL CHECK (end_us > start_us),
  outcome    TEXT    NOT NULL CHECK (outcome IN ('words', 'nothing', 'quarantined')),
  reason     TEXT,                      -- why it was quarantined
  speech_us  INTEGER NOT NULL CHECK (speech_us >= 0),
  compute_us INTEGER NOT NULL CHECK (compute_us >= 0),
  PRIMARY KEY (pass, track, start_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE utterance (
  key           INTEGER PRIMARY KEY AUTOINCREMENT,
  pass          INTEGER NOT NULL REFERENCES pass (key),
  track         INTEGER NOT NULL REFERENCES track (key),
  start_us      INTEGER NOT NULL CHECK (start_us >= 0),
  end_us        INTEGER NOT NULL CHECK (end_us >= start_us),
  at_us         INTEGER NOT NULL,       -- its middle, inside its window: whoever covers this moment best is current
  repeat        INTEGER NOT NULL CHECK (repeat > 0),    -- the ~2 of its public id
  text          TEXT    NOT NULL,
  language      TEXT,
  p             REAL    NOT NULL,       -- mean probability of its words
  no_speech_p   REAL    NOT NULL,
  mean_logprob  REAL    NOT NULL,
  vad_mean      REAL    NOT NULL,
  vad_peak      REAL    NOT NULL,
  state         TEXT    NOT NULL CHECK (state IN ('shown', 'doubtful', 'hidden')),
  reason        TEXT,                   -- why it is not simply shown
  echo_of       TEXT,                   -- public id of what came back through the microphone
  replay_of     TEXT,                   -- public id of what the program itself played
  words         BLOB    NOT NULL        -- packed; the format is described in crates/store/src/words.rs
) STRICT;

-- The public id (milliseconds, track, pass, repeat) is unique by constraint. This is also how one track is
-- read in time order.
CREATE UNIQUE INDEX utterance_id ON utterance (track, start_us / 1000, pass, repeat);
CREATE INDEX utterance_time ON utterance (start_us);

-- The outbox of the index: one row for each utterance that the index has to look at again, written in the
-- transaction that changed it. No foreign key: what was deleted must still be un-indexed.
CREATE TABLE change (
  seq       INTEGER PRIMARY KEY AUTOINCREMENT,
  nonce     INTEGER NOT NULL,           -- random: an older copy of the database put back in place counts seq alike, but not this
  utterance INTEGER NOT NULL
) STRICT;

-- What the running worker says of itself, for those who only read.
CREATE TABLE worker (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  pid        INTEGER NOT NULL,
  speed_x    REAL    NOT NULL,
  backlog_us INTEGER NOT NULL,
  updated_us INTEGER NOT NULL
) STRICT;
