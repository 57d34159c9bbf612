-- Attempts at jobs in components of the host that have failed, or have written to their log.
-- They stay when the job and the instance have ended.
CREATE TABLE job_attempt (
    key                  INTEGER PRIMARY KEY,
    process_instance_key INTEGER NOT NULL,
    job_key              INTEGER NOT NULL,
    attempt              INTEGER NOT NULL CHECK (attempt > 0),
    element_instance_key INTEGER NOT NULL,
    element_id           TEXT NOT NULL,
    job_type             TEXT NOT NULL,
    -- `name@version` of the component.
    worker               TEXT NOT NULL,
    -- 0 completed, 1 again, 2 parked, 3 BPMN error, 4 failed
    outcome              INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 4),
    message              TEXT,
    ended_at             INTEGER NOT NULL,
    -- Encoded like the journal: what it has cost, its requests and its log.
    report               BLOB NOT NULL
) STRICT;
CREATE INDEX job_attempt_of_instance ON job_attempt (process_instance_key);
CREATE INDEX job_attempt_of_job ON job_attempt (job_key);
