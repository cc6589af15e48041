-- What keeps words from being written as they are said, as the worker found it: for who looks why none come. Without a row nothing does.

CREATE TABLE live_fault (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  text TEXT NOT NULL                    -- what is wrong, which file, and what to do; never words that were said
) STRICT;
