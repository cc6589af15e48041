-- What else an utterance is judged by. Those stored before have 0: it wasn't kept.

ALTER TABLE utterance ADD COLUMN tokens_per_s REAL NOT NULL DEFAULT 0;   -- the recogniser's tokens by seconds of speech
ALTER TABLE utterance ADD COLUMN repetition   REAL NOT NULL DEFAULT 0;   -- the part of its words that is one phrase said again and again
