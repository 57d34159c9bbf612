-- Which versions of components do the jobs of a type. A type without a row is done by the last upload that has it.
CREATE TABLE rollout (
    tenant_id  TEXT    NOT NULL,
    job_type   TEXT    NOT NULL,
    -- The change that has made it.
    revision   INTEGER NOT NULL,
    -- JSON text
    plan       TEXT    NOT NULL,
    changed_at INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, job_type)
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: a revision names one state of a roll-out for ever.
CREATE TABLE rollout_change (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id   TEXT    NOT NULL,
    job_type    TEXT    NOT NULL,
    -- 0 set, 1 removed, 2 rolled back, 3 rolled back by the host itself
    step        INTEGER NOT NULL CHECK (step BETWEEN 0 AND 3),
    -- JSON text, or null when nothing was rolled out
    before_plan TEXT,
    after_plan  TEXT,
    reason      TEXT    NOT NULL,
    -- JSON text
    figures     TEXT,
    changed_at  INTEGER NOT NULL,
    actor       TEXT    NOT NULL
) STRICT;
CREATE INDEX rollout_change_of_type ON rollout_change (tenant_id, job_type, sequence);
