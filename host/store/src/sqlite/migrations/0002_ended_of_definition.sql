-- Finds the instances of a process version that have ended, the oldest first: they are kept for a time of their process.
-- Each instance enters it once, when it ends, behind all others of its version.
CREATE INDEX process_instance_ended_of_definition ON process_instance (definition_key, ended_at)
    WHERE ended_at IS NOT NULL;
