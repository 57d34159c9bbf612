-- What was removed: a name and a version stand for the same bytes for ever. The same bytes may come back.
CREATE TABLE component_removed (
    removed_at bigint NOT NULL,
    tenant_id  text   COLLATE "C" NOT NULL,
    name       text   COLLATE "C" NOT NULL,
    version    text   COLLATE "C" NOT NULL,
    digest     text   COLLATE "C" NOT NULL,
    actor      text   COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, name, version)
);

-- Whose newest upload does the jobs of a type that has no roll-out. A type without a row is done by the last upload of all.
CREATE TABLE job_type_owner (
    tenant_id text COLLATE "C" NOT NULL,
    job_type  text COLLATE "C" NOT NULL,
    component text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, job_type)
);

-- The history of a job type also has what serves it without a roll-out: 4 a version was uploaded, 5 a version was removed.
ALTER TABLE rollout_change DROP CONSTRAINT rollout_change_step_check;
ALTER TABLE rollout_change ADD CONSTRAINT rollout_change_step_check CHECK (step BETWEEN 0 AND 5);
-- JSON text: the digests of the versions that the plans name
ALTER TABLE rollout_change ADD COLUMN digests text COLLATE "C";

CREATE TABLE grant_change (
    sequence      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_at    bigint NOT NULL,
    tenant_id     text   COLLATE "C" NOT NULL,
    component     text   COLLATE "C" NOT NULL,
    -- JSON text, or null when nothing was ever granted
    before_policy text   COLLATE "C",
    after_policy  text   COLLATE "C" NOT NULL,
    reason        text   COLLATE "C" NOT NULL,
    actor         text   COLLATE "C" NOT NULL
);
CREATE INDEX grant_change_of_component ON grant_change (tenant_id, component, sequence);

-- Never a value. The last change of a name says which version comes next.
CREATE TABLE secret_change (
    sequence   bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_at bigint   NOT NULL,
    version    bigint   NOT NULL CHECK (version > 0),
    -- 0 set, 1 removed
    step       smallint NOT NULL CHECK (step BETWEEN 0 AND 1),
    tenant_id  text     COLLATE "C" NOT NULL,
    name       text     COLLATE "C" NOT NULL,
    reason     text     COLLATE "C" NOT NULL,
    actor      text     COLLATE "C" NOT NULL
);
CREATE INDEX secret_change_of_name ON secret_change (tenant_id, name, sequence);
