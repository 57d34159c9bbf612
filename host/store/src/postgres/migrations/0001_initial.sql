-- The whole of an installation's durable state. The same tables as on SQLite.
--
-- Keys are 64-bit integers with their partition in the top bits (key >> 51). Times are milliseconds since 1970 in UTC.
-- States are small integers, named where they are defined. Texts compare by their characters' numbers, as everywhere in
-- Fermata, whatever the database's own collation is.
--
-- Rows of running instances are written thousands of times a second: each index here is paid for by a search, a timer
-- or a load. Finished work stays in the same tables and grows without end, so what the hosts ask all the time
-- (due timers, jobs to take, open tasks and incidents) has partial indexes that history never enters.
--
-- Where a search sorts by key among equals, the key is part of the index. Indexes of values that may be missing hold the
-- missing ones first, as searches show them.
--
-- Rows that come and go leave dead ones behind. Tables that live on that are vacuumed early, by a fixed number of dead rows:
-- a share of a table that is nearly empty or huge says nothing.

-- Counts the rows that a part of a commit has touched. Raised here, a wrong number takes back the whole commit in the one
-- statement that it is, without another way to the client and back while rows are locked.
CREATE FUNCTION fermata_touched(table_name text, touched bigint, expected bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF touched <> expected THEN
        RAISE EXCEPTION USING
            ERRCODE = 'FM001',
            TABLE = table_name,
            MESSAGE = format('%s rows of %s were touched instead of %s', touched, table_name, expected);
    END IF;
    RETURN true;
END
$$;

CREATE TABLE partition (
    id               integer PRIMARY KEY,
    -- Grows whenever the partition is taken, or what was begun for it must not be carried out any longer.
    epoch            bigint  NOT NULL CHECK (epoch > 0),
    -- Counters from here on were never given out.
    next_key_counter bigint  NOT NULL CHECK (next_key_counter > 0),
    -- When others may take it.
    lease_until      timestamptz CHECK ((lease_until IS NULL) = (owner IS NULL)),
    -- The node that works on it: its name, a slash, and a random id of its process.
    owner            text    COLLATE "C"
-- Every commit updates a row. With room in the page, and no index on what changes, that touches one page only.
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- The history: what was done to an instance by one batch of commands, with who did it.
CREATE TABLE journal (
    position             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    process_instance_key bigint NOT NULL,
    entries              bytea  NOT NULL
);
CREATE INDEX journal_of_instance ON journal (process_instance_key, position);

CREATE TABLE deployment (
    key         bigint PRIMARY KEY,
    deployed_at bigint NOT NULL,
    tenant_id   text   COLLATE "C" NOT NULL,
    actor       text   COLLATE "C" NOT NULL
);

-- The content of deployed files, once per content: the same file is often deployed again.
CREATE TABLE content (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    checksum bytea  NOT NULL UNIQUE CHECK (length(checksum) = 32),
    bytes    bytea  NOT NULL
);

CREATE TABLE resource (
    deployment_key bigint NOT NULL REFERENCES deployment (key),
    content_id     bigint NOT NULL REFERENCES content (id),
    name           text   COLLATE "C" NOT NULL,
    PRIMARY KEY (deployment_key, name)
);

CREATE TABLE process_definition (
    key             bigint  PRIMARY KEY,
    deployment_key  bigint  NOT NULL,
    version         integer NOT NULL CHECK (version > 0),
    tenant_id       text    COLLATE "C" NOT NULL,
    bpmn_process_id text    COLLATE "C" NOT NULL,
    name            text    COLLATE "C",
    version_tag     text    COLLATE "C",
    resource_name   text    COLLATE "C" NOT NULL,
    -- Also finds the latest version.
    UNIQUE (tenant_id, bpmn_process_id, version),
    FOREIGN KEY (deployment_key, resource_name) REFERENCES resource (deployment_key, name)
);
-- Searches by process id do not always name a tenant.
CREATE INDEX process_definition_of_process ON process_definition (bpmn_process_id, key);

-- Version and version tag are the definition's: not repeated here, because finished instances are the most rows of all.
-- A foreign key to the definition would lock its row for each instance, by all nodes at once; commits look it up instead.
CREATE TABLE process_instance (
    key             bigint   PRIMARY KEY,
    definition_key  bigint   NOT NULL,
    started_at      bigint   NOT NULL,
    ended_at        bigint   CHECK ((ended_at IS NULL) = (state = 0)),
    open_incidents  integer  NOT NULL CHECK (open_incidents >= 0),
    -- 0 active, 1 completed, 2 terminated
    state           smallint NOT NULL CHECK (state BETWEEN 0 AND 2),
    paused          boolean  NOT NULL,
    bpmn_process_id text     COLLATE "C" NOT NULL,
    tenant_id       text     COLLATE "C" NOT NULL,
    business_id     text     COLLATE "C",
    -- Null for none.
    tags            text[]   COLLATE "C"
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);
CREATE INDEX process_instance_of_definition ON process_instance (definition_key, key);
CREATE INDEX process_instance_of_process ON process_instance (bpmn_process_id, key);
CREATE INDEX process_instance_started ON process_instance (started_at, key);
CREATE INDEX process_instance_ended ON process_instance (ended_at NULLS FIRST, key) WHERE ended_at IS NOT NULL;
CREATE INDEX process_instance_active ON process_instance (key) WHERE state = 0;
CREATE INDEX process_instance_active_of_process ON process_instance (bpmn_process_id, key) WHERE state = 0;
CREATE INDEX process_instance_paused ON process_instance (key) WHERE paused;
CREATE INDEX process_instance_in_trouble ON process_instance (key) WHERE open_incidents > 0;
CREATE INDEX process_instance_of_business_id ON process_instance (business_id, key) WHERE business_id IS NOT NULL;

-- Element instances that have not ended, without the process scope: the instance's row stands for that.
CREATE TABLE element_instance (
    key                  bigint   PRIMARY KEY,
    process_instance_key bigint   NOT NULL,
    scope_key            bigint   NOT NULL,
    entered_at           bigint   NOT NULL,
    -- 0 activating, 1 active, 2 completing
    state                smallint NOT NULL CHECK (state BETWEEN 0 AND 2),
    element_id           text     COLLATE "C" NOT NULL
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX element_instance_of_instance ON element_instance (process_instance_key);

-- The variables of the process scope stay when the instance has ended; those of inner scopes go with them.
CREATE TABLE variable (
    key                  bigint PRIMARY KEY,
    process_instance_key bigint NOT NULL,
    scope_key            bigint NOT NULL,
    -- At most 255 bytes, which an index can hold.
    name                 text   COLLATE "C" NOT NULL,
    -- JSON text: numbers and members stay as they were written.
    value                text   COLLATE "C" NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);
CREATE INDEX variable_of_instance ON variable (process_instance_key, key);
CREATE UNIQUE INDEX variable_of_scope ON variable (scope_key, name);

-- Tokens that wait at the end of a sequence flow.
CREATE TABLE token (
    process_instance_key bigint NOT NULL,
    scope_key            bigint NOT NULL,
    count                bigint NOT NULL CHECK (count > 0),
    flow_id              text   COLLATE "C" NOT NULL,
    PRIMARY KEY (process_instance_key, scope_key, flow_id)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- Jobs that are not done.
CREATE TABLE job (
    key                  bigint   PRIMARY KEY,
    process_instance_key bigint   NOT NULL,
    definition_key       bigint   NOT NULL,
    element_instance_key bigint   NOT NULL,
    -- Activatable: when the back-off ends, 0 without one. Held or run: the deadline.
    due                  bigint   CHECK ((due IS NULL) = (state = 3)),
    retries              bigint   NOT NULL CHECK (retries >= 0),
    attempt              bigint   NOT NULL CHECK (attempt >= 0),
    interruptions        bigint   NOT NULL CHECK (interruptions >= 0),
    checkpoint_attempt   bigint   CHECK ((checkpoint_attempt IS NULL) = (checkpoint IS NULL)),
    -- 0 activatable, 1 held by an external worker, 2 run by a component of its node, 3 stopped
    state                smallint NOT NULL CHECK (state BETWEEN 0 AND 3),
    tenant_id            text     COLLATE "C" NOT NULL,
    job_type             text     COLLATE "C" NOT NULL,
    -- Who holds or runs it.
    worker               text     COLLATE "C" CHECK ((worker IS NULL) = (state NOT IN (1, 2))),
    message              text     COLLATE "C",
    -- Headers that are not in the model, encoded like the journal, or null for none.
    headers              bytea,
    checkpoint           bytea,
    checkpoint_writer    text     COLLATE "C" CHECK ((checkpoint_writer IS NULL) = (checkpoint IS NULL))
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX job_of_instance ON job (process_instance_key, key);
-- Jobs to take, in the order of their keys among those that never failed. Begins with the partition, which a node asks for:
-- it would otherwise step over the jobs of all others. Types come out of expressions, and may be longer than an index takes.
-- The sums in this index and the next keep plans to the one that is right, also those made while the table is empty.
CREATE INDEX job_activatable ON job ((key >> 51), left(job_type, 255), tenant_id, due, (key + 0))
    WHERE state = 0;
CREATE INDEX job_backing_off ON job ((key >> 51), due) WHERE state = 0 AND due + 0 > 0;
CREATE INDEX job_held ON job ((key >> 51), due, key) WHERE state = 1;
CREATE INDEX job_running ON job (key) WHERE state = 2;

-- Timers that have not fired.
CREATE TABLE timer (
    key                  bigint PRIMARY KEY,
    process_instance_key bigint NOT NULL,
    element_instance_key bigint NOT NULL,
    due                  bigint NOT NULL,
    -- How often the event has fired before in its element instance.
    fired                bigint NOT NULL CHECK (fired >= 0),
    element_id           text   COLLATE "C" NOT NULL
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX timer_of_instance ON timer (process_instance_key);
CREATE INDEX timer_due ON timer ((key >> 51), due, key);

CREATE TABLE user_task (
    key                     bigint   PRIMARY KEY,
    process_instance_key    bigint   NOT NULL,
    definition_key          bigint   NOT NULL,
    element_instance_key    bigint   NOT NULL,
    due_date                bigint,
    follow_up_date          bigint,
    created_at              bigint   NOT NULL,
    ended_at                bigint   CHECK ((ended_at IS NULL) = (state = 0)),
    -- 0 created, 1 completed, 2 canceled
    state                   smallint NOT NULL CHECK (state BETWEEN 0 AND 2),
    priority                smallint NOT NULL CHECK (priority BETWEEN 0 AND 255),
    tenant_id               text     COLLATE "C" NOT NULL,
    element_id              text     COLLATE "C" NOT NULL,
    assignee                text     COLLATE "C",
    -- Null for none.
    candidate_groups        text[]   COLLATE "C",
    candidate_users         text[]   COLLATE "C",
    form_key                text     COLLATE "C",
    external_form_reference text     COLLATE "C"
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);
CREATE INDEX user_task_of_instance ON user_task (process_instance_key, key);
CREATE INDEX user_task_open ON user_task (key) WHERE state = 0;
CREATE INDEX user_task_open_created ON user_task (created_at, key) WHERE state = 0;
-- An assignee comes out of an expression, and may be longer than an index takes.
CREATE INDEX user_task_open_of_assignee ON user_task (left(assignee, 255), created_at, key)
    WHERE state = 0 AND assignee IS NOT NULL;
CREATE INDEX user_task_created ON user_task (created_at, key);

CREATE TABLE incident (
    key                  bigint   PRIMARY KEY,
    process_instance_key bigint   NOT NULL,
    definition_key       bigint   NOT NULL,
    element_instance_key bigint   NOT NULL,
    job_key              bigint,
    created_at           bigint   NOT NULL,
    -- Null while it is open.
    ended_at             bigint,
    -- The numbers of the kinds in the journal.
    kind                 smallint NOT NULL CHECK (kind >= 0),
    tenant_id            text     COLLATE "C" NOT NULL,
    element_id           text     COLLATE "C" NOT NULL,
    message              text     COLLATE "C" NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);
CREATE INDEX incident_of_instance ON incident (process_instance_key, key);
CREATE INDEX incident_open ON incident (key) WHERE ended_at IS NULL;
CREATE INDEX incident_open_created ON incident (created_at, key) WHERE ended_at IS NULL;

-- The last component that was uploaded serves a job type, also when later ones were deleted.
CREATE TABLE component (
    sequence    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    size_bytes  bigint NOT NULL CHECK (size_bytes >= 0),
    uploaded_at bigint NOT NULL,
    tenant_id   text   COLLATE "C" NOT NULL,
    name        text   COLLATE "C" NOT NULL,
    version     text   COLLATE "C" NOT NULL,
    digest      text   COLLATE "C" NOT NULL,
    -- JSON text
    manifest    text   COLLATE "C" NOT NULL,
    actor       text   COLLATE "C" NOT NULL,
    UNIQUE (tenant_id, name, version)
);

-- Megabytes, apart from what lists read. Compressed code does not get smaller.
CREATE TABLE component_bytes (
    sequence bigint PRIMARY KEY REFERENCES component (sequence) ON DELETE CASCADE,
    bytes    bytea  NOT NULL
);
ALTER TABLE component_bytes ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE component_grant (
    changed_at bigint NOT NULL,
    tenant_id  text   COLLATE "C" NOT NULL,
    component  text   COLLATE "C" NOT NULL,
    -- JSON text
    policy     text   COLLATE "C" NOT NULL,
    actor      text   COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, component)
);

CREATE TABLE secret (
    changed_at bigint NOT NULL,
    version    bigint NOT NULL CHECK (version > 0),
    tenant_id  text   COLLATE "C" NOT NULL,
    name       text   COLLATE "C" NOT NULL,
    -- Nonce and ciphertext
    sealed     bytea  NOT NULL,
    actor      text   COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

-- What belongs to the installation as a whole, such as its random id.
CREATE TABLE installation (
    name  text COLLATE "C" PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);
