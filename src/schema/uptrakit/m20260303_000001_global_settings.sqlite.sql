-- m20260303_000001_global_settings, SQLite.
--
-- The application's step also moves thirteen keys from settings to this table.  That is work on
-- data: in a fresh target there is none, and the source's rows come as the source has them.

CREATE TABLE IF NOT EXISTS global_settings (
    key        varchar                      NOT NULL PRIMARY KEY,
    value      json_text                    NOT NULL,
    updated_at timestamp_with_timezone_text NOT NULL
);
