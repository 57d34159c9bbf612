-- Which versions of components do the jobs of a type. A type without a row is done by the last upload that has it.
CREATE TABLE rollout (
    -- The change that has made it.
    revision   bigint NOT NULL,
    changed_at bigint NOT NULL,
    tenant_id  text   COLLATE "C" NOT NULL,
    job_type   text   COLLATE "C" NOT NULL,
    -- JSON text
    plan       text   COLLATE "C" NOT NULL,
    actor      text   COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, job_type)
);

-- A revision names one state of a roll-out for ever.
CREATE TABLE rollout_change (
    sequence    bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_at  bigint   NOT NULL,
    -- 0 set, 1 removed, 2 rolled back, 3 rolled back by the host itself
    step        smallint NOT NULL CHECK (step BETWEEN 0 AND 3),
    tenant_id   text     COLLATE "C" NOT NULL,
    job_type    text     COLLATE "C" NOT NULL,
    -- JSON text, or null when nothing was rolled out
    before_plan text     COLLATE "C",
    after_plan  text     COLLATE "C",
    reason      text     COLLATE "C" NOT NULL,
    -- JSON text
    figures     text     COLLATE "C",
    actor       text     COLLATE "C" NOT NULL
);
CREATE INDEX rollout_change_of_type ON rollout_change (tenant_id, job_type, sequence);
