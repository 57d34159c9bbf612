-- The whole of a host's durable state.
--
-- Keys are 64-bit integers with their partition in the top bits, so that a range of keys is a partition and no table
-- needs a column for it. Times are milliseconds since 1970 in UTC. States are small integers, named where they are defined.
--
-- Rows of running instances are written thousands of times a second: each index here is paid for by a search, a timer
-- or a load. Finished work stays in the same tables and grows without end, so what the host asks all the time
-- (due timers, jobs to take, open tasks and incidents) has partial indexes that history never enters.

CREATE TABLE partition (
    id               INTEGER PRIMARY KEY,
    -- Counters from here on were never given out.
    next_key_counter INTEGER NOT NULL CHECK (next_key_counter > 0)
) STRICT;

-- The history: what was done to an instance by one batch of commands, with who did it.
-- AUTOINCREMENT, because a position must not come back when the newest rows are deleted.
CREATE TABLE journal (
    position             INTEGER PRIMARY KEY AUTOINCREMENT,
    process_instance_key INTEGER NOT NULL,
    entries              BLOB    NOT NULL
) STRICT;
CREATE INDEX journal_of_instance ON journal (process_instance_key);

CREATE TABLE deployment (
    key         INTEGER PRIMARY KEY,
    tenant_id   TEXT    NOT NULL,
    deployed_at INTEGER NOT NULL,
    actor       TEXT    NOT NULL
) STRICT;

-- The content of deployed files, once per content: the same file is often deployed again.
CREATE TABLE content (
    id       INTEGER PRIMARY KEY,
    checksum BLOB    NOT NULL UNIQUE CHECK (length(checksum) = 32),
    bytes    BLOB    NOT NULL
) STRICT;

CREATE TABLE resource (
    deployment_key INTEGER NOT NULL REFERENCES deployment (key),
    name           TEXT    NOT NULL,
    content_id     INTEGER NOT NULL REFERENCES content (id),
    PRIMARY KEY (deployment_key, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE process_definition (
    key             INTEGER PRIMARY KEY,
    deployment_key  INTEGER NOT NULL,
    tenant_id       TEXT    NOT NULL,
    bpmn_process_id TEXT    NOT NULL,
    version         INTEGER NOT NULL CHECK (version > 0),
    name            TEXT,
    version_tag     TEXT,
    resource_name   TEXT    NOT NULL,
    -- Also finds the latest version.
    UNIQUE (tenant_id, bpmn_process_id, version),
    FOREIGN KEY (deployment_key, resource_name) REFERENCES resource (deployment_key, name)
) STRICT;
-- Searches by process id do not always name a tenant.
CREATE INDEX process_definition_of_process ON process_definition (bpmn_process_id);

-- Version and version tag are the definition's: not repeated here, because finished instances are the most rows of all.
CREATE TABLE process_instance (
    key             INTEGER PRIMARY KEY,
    definition_key  INTEGER NOT NULL REFERENCES process_definition (key),
    bpmn_process_id TEXT    NOT NULL,
    tenant_id       TEXT    NOT NULL,
    -- 0 active, 1 completed, 2 terminated
    state           INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    started_at      INTEGER NOT NULL,
    ended_at        INTEGER CHECK ((ended_at IS NULL) = (state = 0)),
    business_id     TEXT,
    -- A JSON array of texts, or null for none.
    tags            TEXT,
    paused          INTEGER NOT NULL CHECK (paused IN (0, 1)),
    open_incidents  INTEGER NOT NULL CHECK (open_incidents >= 0)
) STRICT;
CREATE INDEX process_instance_of_definition ON process_instance (definition_key);
CREATE INDEX process_instance_of_process ON process_instance (bpmn_process_id);
CREATE INDEX process_instance_started ON process_instance (started_at);
CREATE INDEX process_instance_ended ON process_instance (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX process_instance_active ON process_instance (key) WHERE state = 0;
CREATE INDEX process_instance_active_of_process ON process_instance (bpmn_process_id) WHERE state = 0;
CREATE INDEX process_instance_paused ON process_instance (key) WHERE paused = 1;
CREATE INDEX process_instance_in_trouble ON process_instance (key) WHERE open_incidents > 0;
CREATE INDEX process_instance_of_business_id ON process_instance (business_id) WHERE business_id IS NOT NULL;

-- Element instances that have not ended, without the process scope: the instance's row stands for that.
CREATE TABLE element_instance (
    key                  INTEGER PRIMARY KEY,
    process_instance_key INTEGER NOT NULL,
    scope_key            INTEGER NOT NULL,
    element_id           TEXT    NOT NULL,
    -- 0 activating, 1 active, 2 completing
    state                INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    entered_at           INTEGER NOT NULL
) STRICT;
CREATE INDEX element_instance_of_instance ON element_instance (process_instance_key);

-- The variables of the process scope stay when the instance has ended; those of inner scopes go with them.
CREATE TABLE variable (
    key                  INTEGER PRIMARY KEY,
    process_instance_key INTEGER NOT NULL,
    scope_key            INTEGER NOT NULL,
    name                 TEXT    NOT NULL,
    -- JSON text
    value                TEXT    NOT NULL
) STRICT;
CREATE INDEX variable_of_instance ON variable (process_instance_key);
CREATE UNIQUE INDEX variable_of_scope ON variable (scope_key, name);

-- Tokens that wait at the end of a sequence flow. Read and written with their instance only, so the key is the table.
CREATE TABLE token (
    process_instance_key INTEGER NOT NULL,
    scope_key            INTEGER NOT NULL,
    flow_id              TEXT    NOT NULL,
    count                INTEGER NOT NULL CHECK (count > 0),
    PRIMARY KEY (process_instance_key, scope_key, flow_id)
) STRICT, WITHOUT ROWID;

-- Jobs that are not done.
CREATE TABLE job (
    key                  INTEGER PRIMARY KEY,
    process_instance_key INTEGER NOT NULL,
    definition_key       INTEGER NOT NULL,
    tenant_id            TEXT    NOT NULL,
    element_instance_key INTEGER NOT NULL,
    job_type             TEXT    NOT NULL,
    retries              INTEGER NOT NULL CHECK (retries >= 0),
    attempt              INTEGER NOT NULL CHECK (attempt >= 0),
    interruptions        INTEGER NOT NULL CHECK (interruptions >= 0),
    -- 0 activatable, 1 held by an external worker, 2 run by a component of this host, 3 stopped
    state                INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
    -- Activatable: when the back-off ends, 0 without one. Held or run: the deadline.
    due                  INTEGER CHECK ((due IS NULL) = (state = 3)),
    -- Who holds or runs it.
    worker               TEXT    CHECK ((worker IS NULL) = (state NOT IN (1, 2))),
    message              TEXT,
    -- Headers that are not in the model, encoded like the journal, or null for none.
    headers              BLOB,
    checkpoint           BLOB,
    checkpoint_writer    TEXT    CHECK ((checkpoint_writer IS NULL) = (checkpoint IS NULL)),
    checkpoint_attempt   INTEGER CHECK ((checkpoint_attempt IS NULL) = (checkpoint IS NULL))
) STRICT;
CREATE INDEX job_of_instance ON job (process_instance_key);
-- Jobs to take, in the order of their keys among those that never failed.
CREATE INDEX job_activatable ON job (job_type, tenant_id, due) WHERE state = 0;
CREATE INDEX job_backing_off ON job (due) WHERE state = 0 AND due > 0;
CREATE INDEX job_held ON job (due) WHERE state = 1;
CREATE INDEX job_running ON job (key) WHERE state = 2;

-- Timers that have not fired.
CREATE TABLE timer (
    key                  INTEGER PRIMARY KEY,
    process_instance_key INTEGER NOT NULL,
    element_instance_key INTEGER NOT NULL,
    element_id           TEXT    NOT NULL,
    due                  INTEGER NOT NULL,
    -- How often the event has fired before in its element instance.
    fired                INTEGER NOT NULL CHECK (fired >= 0)
) STRICT;
CREATE INDEX timer_of_instance ON timer (process_instance_key);
CREATE INDEX timer_due ON timer (due);

CREATE TABLE user_task (
    key                     INTEGER PRIMARY KEY,
    process_instance_key    INTEGER NOT NULL,
    definition_key          INTEGER NOT NULL,
    tenant_id               TEXT    NOT NULL,
    element_instance_key    INTEGER NOT NULL,
    element_id              TEXT    NOT NULL,
    -- 0 created, 1 completed, 2 canceled
    state                   INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    assignee                TEXT,
    -- JSON arrays of texts, or null for none.
    candidate_groups        TEXT,
    candidate_users         TEXT,
    due_date                INTEGER,
    follow_up_date          INTEGER,
    priority                INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 255),
    form_key                TEXT,
    external_form_reference TEXT,
    created_at              INTEGER NOT NULL,
    ended_at                INTEGER CHECK ((ended_at IS NULL) = (state = 0))
) STRICT;
CREATE INDEX user_task_of_instance ON user_task (process_instance_key);
CREATE INDEX user_task_open ON user_task (key) WHERE state = 0;
CREATE INDEX user_task_open_created ON user_task (created_at) WHERE state = 0;
CREATE INDEX user_task_open_of_assignee ON user_task (assignee, created_at) WHERE state = 0 AND assignee IS NOT NULL;
CREATE INDEX user_task_created ON user_task (created_at);

CREATE TABLE incident (
    key                  INTEGER PRIMARY KEY,
    process_instance_key INTEGER NOT NULL,
    definition_key       INTEGER NOT NULL,
    tenant_id            TEXT    NOT NULL,
    element_instance_key INTEGER NOT NULL,
    element_id           TEXT    NOT NULL,
    job_key              INTEGER,
    -- The numbers of the kinds in the journal.
    kind                 INTEGER NOT NULL CHECK (kind >= 0),
    message              TEXT    NOT NULL,
    created_at           INTEGER NOT NULL,
    -- Null while it is open.
    ended_at             INTEGER
) STRICT;
CREATE INDEX incident_of_instance ON incident (process_instance_key);
CREATE INDEX incident_open ON incident (key) WHERE ended_at IS NULL;
CREATE INDEX incident_open_created ON incident (created_at) WHERE ended_at IS NULL;

-- AUTOINCREMENT: the last component that was uploaded serves a job type, also when later ones were deleted.
CREATE TABLE component (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id   TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    version     TEXT    NOT NULL,
    digest      TEXT    NOT NULL,
    size_bytes  INTEGER NOT NULL CHECK (size_bytes >= 0),
    -- JSON text
    manifest    TEXT    NOT NULL,
    uploaded_at INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    UNIQUE (tenant_id, name, version)
) STRICT;

-- Megabytes, apart from what lists read.
CREATE TABLE component_bytes (
    sequence INTEGER PRIMARY KEY REFERENCES component (sequence) ON DELETE CASCADE,
    bytes    BLOB    NOT NULL
) STRICT;

CREATE TABLE component_grant (
    tenant_id  TEXT    NOT NULL,
    component  TEXT    NOT NULL,
    -- JSON text
    policy     TEXT    NOT NULL,
    changed_at INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, component)
) STRICT, WITHOUT ROWID;

CREATE TABLE secret (
    tenant_id  TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL CHECK (version > 0),
    -- Nonce and ciphertext
    sealed     BLOB    NOT NULL,
    changed_at INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;

-- What belongs to the installation as a whole, such as its random id.
CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
