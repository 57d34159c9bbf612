-- Finds the instances of a process version that have ended, the oldest first: they are kept for a time of their process.
-- Each instance enters it once, when it ends, behind all others of its version. It begins with the partition, as all indexes
-- do that a node asks for its own.
CREATE INDEX process_instance_ended_of_definition ON process_instance ((key >> 51), definition_key, ended_at, key)
    WHERE ended_at IS NOT NULL;
