-- m20260310_000001_data_encryption_keys, PostgreSQL.
--
-- Data keys, each wrapped with the master key.

CREATE TABLE IF NOT EXISTS data_encryption_keys (
    id              uuid                     NOT NULL PRIMARY KEY,
    key_id          text                     NOT NULL UNIQUE,
    wrapped_key     text                     NOT NULL,
    kek_fingerprint text                     NOT NULL,
    status          text                     NOT NULL DEFAULT 'active',
    created_at      timestamp with time zone NOT NULL,
    retired_at      timestamp with time zone
);
