-- m20260310_000001_data_encryption_keys, SQLite.
--
-- Data keys, each wrapped with the master key.

CREATE TABLE IF NOT EXISTS data_encryption_keys (
    id              uuid_text                    NOT NULL PRIMARY KEY,
    key_id          text                         NOT NULL UNIQUE,
    wrapped_key     text                         NOT NULL,
    kek_fingerprint text                         NOT NULL,
    status          text                         NOT NULL DEFAULT 'active',
    created_at      timestamp_with_timezone_text NOT NULL,
    retired_at      timestamp_with_timezone_text
);
