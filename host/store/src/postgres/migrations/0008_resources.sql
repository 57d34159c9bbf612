-- Forms (kind 0) and other files that are no models (kind 1), by id and version.
CREATE TABLE versioned_file (
    key            bigint PRIMARY KEY,
    deployment_key bigint NOT NULL,
    tenant_id      text COLLATE "C" NOT NULL,
    kind           bigint NOT NULL CHECK (kind IN (0, 1)),
    file_id        text COLLATE "C" NOT NULL,
    version        bigint NOT NULL CHECK (version > 0),
    version_tag    text COLLATE "C",
    resource_name  text COLLATE "C" NOT NULL,
    -- Also finds the latest version.
    UNIQUE (tenant_id, file_id, kind, version),
    FOREIGN KEY (deployment_key, resource_name) REFERENCES resource (deployment_key, name)
);
CREATE INDEX versioned_file_of_deployment ON versioned_file (deployment_key);
CREATE INDEX versioned_file_tagged ON versioned_file (tenant_id, file_id, left(version_tag, 255), version)
    WHERE version_tag IS NOT NULL;

-- The version of the form to which its model links.
ALTER TABLE user_task ADD COLUMN form bigint;
