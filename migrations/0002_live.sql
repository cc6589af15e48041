-- Until when somebody wants to see words as they are said. Renewed every few seconds by who is watching, so that one who is
-- gone, however that happened, costs nothing for long.

CREATE TABLE live (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  until_us INTEGER NOT NULL
) STRICT;
