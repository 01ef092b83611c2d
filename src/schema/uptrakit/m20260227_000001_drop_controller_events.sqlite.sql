-- m20260227_000001_drop_controller_events, SQLite.
--
-- The initial step here does not make the table: this drops it where the application made it.

DROP TABLE IF EXISTS controller_events;
