-- Forms (kind 0) and other files that are no models (kind 1), by id and version.
CREATE TABLE versioned_file (
    key            INTEGER PRIMARY KEY,
    deployment_key INTEGER NOT NULL,
    tenant_id      TEXT    NOT NULL,
    kind           INTEGER NOT NULL CHECK (kind IN (0, 1)),
    file_id        TEXT    NOT NULL,
    version        INTEGER NOT NULL CHECK (version > 0),
    version_tag    TEXT,
    resource_name  TEXT    NOT NULL,
    -- Also finds the latest version.
    UNIQUE (tenant_id, file_id, kind, version),
    FOREIGN KEY (deployment_key, resource_name) REFERENCES resource (deployment_key, name)
) STRICT;
CREATE INDEX versioned_file_of_deployment ON versioned_file (deployment_key);
CREATE INDEX versioned_file_tagged ON versioned_file (tenant_id, file_id, version_tag, version)
    WHERE version_tag IS NOT NULL;

-- The version of the form to which its model links.
ALTER TABLE user_task ADD COLUMN form INTEGER;
