-- The outbox of the plain files beside the sound (words.PASS.jsonl): a row for each stretch that they have to state, or to state
-- anew. Triggers fill it, so that whoever changes words can't forget to. It holds no word, and a row is gone once its line is on disk.
CREATE TABLE unwritten (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  mark     INTEGER NOT NULL,           -- random; the line carries it, so that one whose row outlived a kill isn't written twice
  day      INTEGER NOT NULL,           -- since the Unix epoch, UTC, of its start: with the pass, the file
  pass     INTEGER NOT NULL,
  track    INTEGER NOT NULL,
  start_us INTEGER NOT NULL,
  end_us   INTEGER NOT NULL,
  UNIQUE (pass, track, start_us, end_us)
) STRICT;

CREATE INDEX unwritten_file ON unwritten (day, pass, seq);

CREATE TRIGGER coverage_added AFTER INSERT ON coverage BEGIN
  INSERT OR REPLACE INTO unwritten (mark, day, pass, track, start_us, end_us)
  VALUES (random(), new.start_us / 86400000000, new.pass, new.track, new.start_us, new.end_us);
END;

CREATE TRIGGER coverage_removed AFTER DELETE ON coverage BEGIN
  INSERT OR REPLACE INTO unwritten (mark, day, pass, track, start_us, end_us)
  VALUES (random(), old.start_us / 86400000000, old.pass, old.track, old.start_us, old.end_us);
END;

CREATE TRIGGER coverage_changed AFTER UPDATE ON coverage BEGIN
  INSERT OR REPLACE INTO unwritten (mark, day, pass, track, start_us, end_us)
  VALUES (random(), old.start_us / 86400000000, old.pass, old.track, old.start_us, old.end_us);
  INSERT OR REPLACE INTO unwritten (mark, day, pass, track, start_us, end_us)
  VALUES (random(), new.start_us / 86400000000, new.pass, new.track, new.start_us, new.end_us);
END;

-- An utterance is stated with the stretch that holds its place.
CREATE TRIGGER utterance_added AFTER INSERT ON utterance BEGIN
  INSERT OR REPLACE INTO unwritten (mark, day, pass, track, start_us, end_us)
  SELECT random(), start_us / 86400000000, pass, track, start_us, end_us FROM coverage
  WHERE pass = new.pass AND track = new.track AND start_us <= new.at_us AND end_us > new.at_us
  ORDER BY start_us DESC LIMIT 1;
END;

CREATE TRIGGER utterance_changed AFTER UPDATE ON utterance BEGIN
  INSERT OR REPLACE INTO unwritten (mark, day, pass, track, start_us, end_us)
  SELECT random(), start_us / 86400000000, pass, track, start_us, end_us FROM coverage
  WHERE pass = old.pass AND track = old.track AND start_us <= old.at_us AND end_us > old.at_us
  ORDER BY start_us DESC LIMIT 1;
  INSERT OR REPLACE INTO unwritten (mark, day, pass, track, start_us, end_us)
  SELECT random(), start_us / 86400000000, pass, track, start_us, end_us FROM coverage
  WHERE pass = new.pass AND track = new.track AND start_us <= new.at_us AND end_us > new.at_us
  ORDER BY start_us DESC LIMIT 1;
END;

CREATE TRIGGER utterance_removed AFTER DELETE ON utterance BEGIN
  INSERT OR REPLACE INTO unwritten (mark, day, pass, track, start_us, end_us)
  SELECT random(), start_us / 86400000000, pass, track, start_us, end_us FROM coverage
  WHERE pass = old.pass AND track = old.track AND start_us <= old.at_us AND end_us > old.at_us
  ORDER BY start_us DESC LIMIT 1;
END;

-- What was stored before there were such files.
INSERT INTO unwritten (mark, day, pass, track, start_us, end_us)
SELECT random(), start_us / 86400000000, pass, track, start_us, end_us FROM coverage ORDER BY start_us;
