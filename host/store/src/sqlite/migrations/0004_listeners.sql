-- Of execution listeners that run neither when an element is entered nor when it is left: 0 before a multi-instance
-- activity looks at its items, 1 before an instance that is ended from outside has ended.
ALTER TABLE job ADD COLUMN occasion INTEGER CHECK (occasion BETWEEN 0 AND 1);

-- Of what is being ended, or what is in it: where it stands and what follows, encoded like the journal.
ALTER TABLE element_instance ADD COLUMN ending BLOB;
