-- What waits for messages, signals and conditions; loops, calls and compensation; what is on its way between instances;
-- and what starts instances by itself.

-- The instance that has called this one.
ALTER TABLE process_instance ADD COLUMN caller_key INTEGER;
-- Held by an operator.
ALTER TABLE process_instance ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1));
-- What few instances have, encoded like the journal: who called them, what started them, listeners of the process.
ALTER TABLE process_instance ADD COLUMN details BLOB;
CREATE INDEX process_instance_of_caller ON process_instance (caller_key) WHERE caller_key IS NOT NULL;

-- Null in no loop, 0 for the loop itself, the loop counter for one of its items, -1 for a path through an ad-hoc sub-process.
ALTER TABLE element_instance ADD COLUMN role INTEGER CHECK (role >= -1);
-- How many execution listeners have run in its state.
ALTER TABLE element_instance ADD COLUMN listeners_done INTEGER NOT NULL DEFAULT 0 CHECK (listeners_done >= 0);
-- The instance that it has called.
ALTER TABLE element_instance ADD COLUMN called_key INTEGER;

-- 0 the work of its element, 1 start listener, 2 end listener, 3 task listener, 4 ad-hoc sub-process
ALTER TABLE job ADD COLUMN kind INTEGER NOT NULL DEFAULT 0 CHECK (kind BETWEEN 0 AND 4);
-- Those with a higher one are taken first.
ALTER TABLE job ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
-- Its instance is held by an operator.
ALTER TABLE job ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1));
DROP INDEX job_activatable;
DROP INDEX job_backing_off;
-- Jobs to take, in the order in which they are taken among those that never failed.
CREATE INDEX job_activatable ON job (job_type, tenant_id, due, priority DESC) WHERE state = 0 AND suspended = 0;
CREATE INDEX job_backing_off ON job (due) WHERE state = 0 AND suspended = 0 AND due > 0;

-- Which of the event's triggers it is.
ALTER TABLE timer ADD COLUMN trigger_index INTEGER NOT NULL DEFAULT 0 CHECK (trigger_index >= 0);
-- Its instance is held by an operator.
ALTER TABLE timer ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1));
DROP INDEX timer_due;
CREATE INDEX timer_due ON timer (due) WHERE suspended = 0;

-- The change that task listeners are looking at, encoded like the journal.
ALTER TABLE user_task ADD COLUMN pending BLOB;

-- What element instances wait for besides timers and jobs.
CREATE TABLE subscription (
    key                  INTEGER PRIMARY KEY,
    process_instance_key INTEGER NOT NULL,
    definition_key       INTEGER NOT NULL,
    tenant_id            TEXT    NOT NULL,
    element_instance_key INTEGER NOT NULL,
    element_id           TEXT    NOT NULL,
    trigger_index        INTEGER NOT NULL CHECK (trigger_index >= 0),
    -- 0 message, 1 signal, 2 condition
    kind                 INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),
    -- Of the message or signal.
    name                 TEXT    CHECK ((name IS NULL) = (kind = 2)),
    correlation_key      TEXT    CHECK ((correlation_key IS NULL) = (kind <> 0)),
    -- Whether the condition held when it was last looked at.
    held                 INTEGER CHECK ((held IS NULL) = (kind <> 2))
) STRICT;
CREATE INDEX subscription_of_instance ON subscription (process_instance_key);
CREATE INDEX subscription_to_signal ON subscription (tenant_id, name) WHERE kind = 1;

-- Completed activities that can be undone.
CREATE TABLE compensable (
    key                  INTEGER PRIMARY KEY,
    process_instance_key INTEGER NOT NULL,
    scope_key            INTEGER NOT NULL,
    activity_id          TEXT    NOT NULL,
    within_key           INTEGER,
    -- Encoded like the journal.
    variables            BLOB    NOT NULL,
    undone_by_key        INTEGER,
    handler_key          INTEGER
) STRICT;
CREATE INDEX compensable_of_instance ON compensable (process_instance_key);

-- How far loops are. Read and written with their instance only, so the key is the table.
CREATE TABLE loop_progress (
    process_instance_key INTEGER NOT NULL,
    element_instance_key INTEGER NOT NULL,
    total                INTEGER CHECK (total >= 0),
    entered              INTEGER NOT NULL CHECK (entered >= 0),
    completed            INTEGER NOT NULL CHECK (completed >= 0),
    terminated           INTEGER NOT NULL CHECK (terminated >= 0),
    PRIMARY KEY (process_instance_key, element_instance_key)
) STRICT, WITHOUT ROWID;

-- The items of loops, all in one row whose counter is 0, and the results of single items.
CREATE TABLE loop_value (
    process_instance_key INTEGER NOT NULL,
    element_instance_key INTEGER NOT NULL,
    counter              INTEGER NOT NULL CHECK (counter >= 0),
    -- JSON text
    value                TEXT    NOT NULL,
    PRIMARY KEY (process_instance_key, element_instance_key, counter)
) STRICT, WITHOUT ROWID;

-- What is on its way to a partition. The sender's commit adds it, the receiver's removes it. The key is the sender's.
CREATE TABLE outbox (
    receiver INTEGER NOT NULL,
    key      INTEGER NOT NULL,
    -- Encoded like the journal.
    content  BLOB    NOT NULL,
    PRIMARY KEY (receiver, key)
) STRICT, WITHOUT ROWID;

-- Messages, and what waits for them: read and written one mailbox at a time.
CREATE TABLE mailbox (
    -- A digest of tenant, name and correlation key.
    mailbox         BLOB    NOT NULL CHECK (length(mailbox) = 16),
    -- 0 message, 1 subscription, 2 start: an instance that a message has started
    kind            INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),
    key             INTEGER NOT NULL,
    -- Only of messages.
    expires_at      INTEGER CHECK ((expires_at IS NULL) = (kind <> 0)),
    tenant_id       TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    correlation_key TEXT    NOT NULL,
    -- Encoded like the journal.
    content         BLOB    NOT NULL,
    PRIMARY KEY (mailbox, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX mailbox_expiring ON mailbox (expires_at) WHERE kind = 0;

-- Start events of the latest versions that something outside makes happen, without timers.
CREATE TABLE start_event (
    definition_key  INTEGER NOT NULL,
    element_id      TEXT    NOT NULL,
    trigger_index   INTEGER NOT NULL CHECK (trigger_index >= 0),
    tenant_id       TEXT    NOT NULL,
    bpmn_process_id TEXT    NOT NULL,
    -- 0 message, 1 signal, 2 condition
    kind            INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),
    -- Of the message or signal.
    name            TEXT    CHECK ((name IS NULL) = (kind = 2)),
    PRIMARY KEY (definition_key, element_id, trigger_index)
) STRICT, WITHOUT ROWID;
CREATE INDEX start_event_of_process ON start_event (tenant_id, bpmn_process_id);
CREATE INDEX start_event_by_name ON start_event (tenant_id, kind, name, bpmn_process_id, element_id, trigger_index);

-- Timers of start events of the latest versions.
CREATE TABLE start_timer (
    key             INTEGER PRIMARY KEY,
    definition_key  INTEGER NOT NULL,
    tenant_id       TEXT    NOT NULL,
    bpmn_process_id TEXT    NOT NULL,
    element_id      TEXT    NOT NULL,
    trigger_index   INTEGER NOT NULL CHECK (trigger_index >= 0),
    -- Date, duration or cycle, as the model says it.
    definition      TEXT    NOT NULL,
    armed_at        INTEGER NOT NULL,
    due             INTEGER NOT NULL,
    fired           INTEGER NOT NULL CHECK (fired >= 0)
) STRICT;
CREATE INDEX start_timer_of_process ON start_timer (tenant_id, bpmn_process_id);
CREATE INDEX start_timer_due ON start_timer (due);

CREATE INDEX process_definition_of_deployment ON process_definition (deployment_key);
CREATE INDEX process_definition_tagged ON process_definition (tenant_id, bpmn_process_id, version_tag, version)
    WHERE version_tag IS NOT NULL;

-- Files with decisions: DMN calls them decision requirements graphs.
CREATE TABLE decision_requirements (
    key             INTEGER PRIMARY KEY,
    deployment_key  INTEGER NOT NULL,
    tenant_id       TEXT    NOT NULL,
    requirements_id TEXT    NOT NULL,
    name            TEXT,
    version         INTEGER NOT NULL CHECK (version > 0),
    resource_name   TEXT    NOT NULL,
    UNIQUE (tenant_id, requirements_id, version),
    FOREIGN KEY (deployment_key, resource_name) REFERENCES resource (deployment_key, name)
) STRICT;

CREATE TABLE decision (
    key              INTEGER PRIMARY KEY,
    requirements_key INTEGER NOT NULL REFERENCES decision_requirements (key),
    deployment_key   INTEGER NOT NULL REFERENCES deployment (key),
    tenant_id        TEXT    NOT NULL,
    decision_id      TEXT    NOT NULL,
    name             TEXT,
    version          INTEGER NOT NULL CHECK (version > 0),
    version_tag      TEXT,
    -- Also finds the latest version.
    UNIQUE (tenant_id, decision_id, version)
) STRICT;
CREATE INDEX decision_of_deployment ON decision (deployment_key);
CREATE INDEX decision_tagged ON decision (tenant_id, decision_id, version_tag, version) WHERE version_tag IS NOT NULL;

-- What decisions came to in instances. They stay when the instance has ended.
CREATE TABLE decision_evaluation (
    key                  INTEGER PRIMARY KEY,
    process_instance_key INTEGER NOT NULL,
    definition_key       INTEGER NOT NULL,
    tenant_id            TEXT    NOT NULL,
    element_instance_key INTEGER NOT NULL,
    element_id           TEXT,
    decision_key         INTEGER NOT NULL,
    decision_id          TEXT    NOT NULL,
    decision_version     INTEGER NOT NULL,
    -- JSON text; null when it failed.
    output               TEXT    CHECK ((output IS NULL) = (failure IS NOT NULL)),
    failure              TEXT,
    -- JSON text: all decisions that were evaluated for it.
    evaluated            TEXT    NOT NULL,
    evaluated_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX decision_evaluation_of_instance ON decision_evaluation (process_instance_key);
CREATE INDEX decision_evaluation_time ON decision_evaluation (evaluated_at);

-- What operators do to many instances at once.
CREATE TABLE batch_operation (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id  TEXT    NOT NULL,
    -- 0 cancel, 1 resolve incidents, 2 migrate, 3 modify
    kind       INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),
    -- Encoded like the journal: the details, and which instances are meant.
    content    BLOB    NOT NULL,
    actor      TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    expected   INTEGER NOT NULL CHECK (expected >= 0),
    -- 0 active, 1 suspended, 2 canceled, 3 completed, 4 partially completed
    state      INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
    -- Instances up to this one are done with.
    after_key  INTEGER,
    completed  INTEGER NOT NULL CHECK (completed >= 0),
    failed     INTEGER NOT NULL CHECK (failed >= 0),
    -- Encoded like the journal.
    failures   BLOB    NOT NULL,
    ended_at   INTEGER CHECK ((ended_at IS NULL) = (state < 2))
) STRICT;
CREATE INDEX batch_operation_open ON batch_operation (key) WHERE state = 0;

-- Process versions of which an operator lets no instance be started.
CREATE TABLE held_definition (
    definition_key INTEGER PRIMARY KEY REFERENCES process_definition (key),
    held_at        INTEGER NOT NULL,
    actor          TEXT    NOT NULL
) STRICT;
