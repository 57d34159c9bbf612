-- What was removed: a name and a version stand for the same bytes for ever. The same bytes may come back.
CREATE TABLE component_removed (
    tenant_id  TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    version    TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    removed_at INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, name, version)
) STRICT, WITHOUT ROWID;

-- Whose newest upload does the jobs of a type that has no roll-out. A type without a row is done by the last upload of all.
CREATE TABLE job_type_owner (
    tenant_id TEXT NOT NULL,
    job_type  TEXT NOT NULL,
    component TEXT NOT NULL,
    PRIMARY KEY (tenant_id, job_type)
) STRICT, WITHOUT ROWID;

-- The history of a job type also has what serves it without a roll-out, and the bytes of what it names.
CREATE TABLE rollout_change_new (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id   TEXT    NOT NULL,
    job_type    TEXT    NOT NULL,
    -- 0 set, 1 removed, 2 rolled back, 3 rolled back by the host itself, 4 a version was uploaded, 5 a version was removed
    step        INTEGER NOT NULL CHECK (step BETWEEN 0 AND 5),
    -- JSON text, or null when nothing was rolled out
    before_plan TEXT,
    after_plan  TEXT,
    reason      TEXT    NOT NULL,
    -- JSON text
    figures     TEXT,
    -- JSON text: the digests of the versions that the plans name
    digests     TEXT,
    changed_at  INTEGER NOT NULL,
    actor       TEXT    NOT NULL
) STRICT;
INSERT INTO rollout_change_new
    (sequence, tenant_id, job_type, step, before_plan, after_plan, reason, figures, changed_at, actor)
    SELECT sequence, tenant_id, job_type, step, before_plan, after_plan, reason, figures, changed_at, actor
    FROM rollout_change;
DROP TABLE rollout_change;
ALTER TABLE rollout_change_new RENAME TO rollout_change;
CREATE INDEX rollout_change_of_type ON rollout_change (tenant_id, job_type, sequence);

CREATE TABLE grant_change (
    sequence      INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id     TEXT    NOT NULL,
    component     TEXT    NOT NULL,
    -- JSON text, or null when nothing was ever granted
    before_policy TEXT,
    after_policy  TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    changed_at    INTEGER NOT NULL,
    actor         TEXT    NOT NULL
) STRICT;
CREATE INDEX grant_change_of_component ON grant_change (tenant_id, component, sequence);

-- Never a value. The last change of a name says which version comes next.
CREATE TABLE secret_change (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id  TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL CHECK (version > 0),
    -- 0 set, 1 removed
    step       INTEGER NOT NULL CHECK (step BETWEEN 0 AND 1),
    reason     TEXT    NOT NULL,
    changed_at INTEGER NOT NULL,
    actor      TEXT    NOT NULL
) STRICT;
CREATE INDEX secret_change_of_name ON secret_change (tenant_id, name, sequence);
