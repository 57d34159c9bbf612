-- Attempts at jobs in components of the host that have failed, or have written to their log.
-- They stay when the job and the instance have ended.
CREATE TABLE job_attempt (
    key                  bigint PRIMARY KEY,
    process_instance_key bigint NOT NULL,
    job_key              bigint NOT NULL,
    attempt              bigint NOT NULL CHECK (attempt > 0),
    element_instance_key bigint NOT NULL,
    element_id           text COLLATE "C" NOT NULL,
    job_type             text COLLATE "C" NOT NULL,
    -- `name@version` of the component.
    worker               text COLLATE "C" NOT NULL,
    -- 0 completed, 1 again, 2 parked, 3 BPMN error, 4 failed
    outcome              bigint NOT NULL CHECK (outcome BETWEEN 0 AND 4),
    message              text COLLATE "C",
    ended_at             bigint NOT NULL,
    -- Encoded like the journal: what it has cost, its requests and its log.
    report               bytea NOT NULL
);
CREATE INDEX job_attempt_of_instance ON job_attempt (process_instance_key, key);
CREATE INDEX job_attempt_of_job ON job_attempt (job_key, key);
