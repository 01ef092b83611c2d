#!/usr/bin/env bash
# schema.sh - which schema the target gets, and what is refused rather than left out.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

sound=$tmp/sound.db
make_installation "$sound"

migrate() { # SOURCE TARGET [OPTION...]
    local source=$1 target=$2
    shift 2
    try "$program" --master-key-file "$key_file" db-migrate \
        --source-db "sqlite://$source" --target-db "$target" --yes "$@"
}

changed() { # SQL: prints the path of a changed copy
    cp "$sound" "$tmp/changed.db"
    sqlite3 "$tmp/changed.db" "$1"
    echo "$tmp/changed.db"
}

it "names migrations that are not built in and leaves the target as it is"
target=$(fresh_database schema_uptrakit)
untouched=$(fingerprint "$target")
migrate "$(changed "INSERT INTO seaql_migrations VALUES ('m20290101_000001_future', 1)")" "$target"
expect_equal "$status" 1
expect_stderr 'm20290101_000001_future'
expect_stderr 'hint:'
expect_equal "$(fingerprint "$target")" "$untouched"

it "takes a target that the application brought to the same unknown migration"
migrate "$sound" "$target"
expect_equal "$status" 0
sql "$target" "INSERT INTO seaql_migrations VALUES ('m20290101_000001_future', 1)" >/dev/null
migrate "$tmp/changed.db" "$target" --force
expect_equal "$status" 0
expect_stderr "stands at the source's migration"

it "refuses a target that is ahead of the source"
migrate "$sound" "$target" --force
expect_equal "$status" 1
expect_stderr 'ahead' 
expect_stderr 'm20290101_000001_future'

it "leaves no table of the source out silently"
target=$(fresh_database schema_uptrakit)
migrate "$(changed 'CREATE TABLE extra (id INTEGER PRIMARY KEY)')" "$target"
expect_equal "$status" 1
expect_stderr 'extra'
expect_stderr 'the target is untouched'
migrate "$(changed 'ALTER TABLE hosts ADD COLUMN extra text')" "$target"
expect_equal "$status" 1
expect_stderr 'hosts\.extra'

it "brings a target forward that stands at an earlier step"
make_installation "$tmp/older.db" --steps m20260227_000003_discovery_allowlist
migrate "$tmp/older.db" "$target"
expect_equal "$status" 0
migrate "$sound" "$target" --force
expect_equal "$status" 0
expect_equal "$(sql "$target" 'SELECT count(*) FROM seaql_migrations')" 7
expect_equal "$(count_postgres "$target" data_encryption_keys)" \
    "$(count_sqlite "$sound" data_encryption_keys)"

it "counts rows that the application's migrations seed as none"
target=$(fresh_database schema_uptrakit)
make_installation "$tmp/small.db"
migrate "$sound" "$target"
tables=$(application_tables "$sound" | paste -sd,)
sql "$target" "TRUNCATE $tables;
    INSERT INTO tenants (id, name, slug, is_default, created_at, updated_at)
        VALUES (gen_random_uuid(), 'Default', 'default', true, now(), now());
    INSERT INTO roles (id, name, created_at)
        SELECT gen_random_uuid(), n, now() FROM unnest('{owner,admin,user}'::text[]) n" >/dev/null
migrate "$sound" "$target"
expect_equal "$status" 0

it "but not rows of the user's beside them"
sql "$target" "TRUNCATE $tables;
    INSERT INTO roles (id, name, created_at)
        SELECT gen_random_uuid(), n, now() FROM unnest('{owner,admin,auditor}'::text[]) n" >/dev/null
migrate "$sound" "$target"
expect_equal "$status" 4
expect_stderr 'tables that hold rows: roles'

it "looks at every table, not only at users"
sql "$target" "TRUNCATE $tables;
    INSERT INTO api_rate_limits VALUES ('k', 1, now(), now())" >/dev/null
migrate "$sound" "$target"
expect_equal "$status" 4
expect_stderr 'tables that hold rows: api_rate_limits'

it "refuses to erase a table that another one refers to, by name"
target=$(fresh_database schema_uptrakit)
migrate "$sound" "$target"
sql "$target" 'CREATE TABLE outside (u uuid REFERENCES users (id))' >/dev/null
migrate "$sound" "$target" --force
expect_equal "$status" 4
expect_stderr 'outside'
expect_stderr 'the target is untouched'

it "copies any application's tables into tables that stand, by name"
sqlite3 "$tmp/app.db" "
    CREATE TABLE \"Odd \"\"Name\" (id INTEGER PRIMARY KEY, b boolean, d double, at timestamp, u blob, t text, j text, x blob, \"select\" int);
    INSERT INTO \"Odd \"\"Name\" VALUES
        (-5, 1, 0.1, '2026-03-01T12:34:56.123456Z', x'00112233445566778899aabbccddeeff', 'ä€😀', '{\"b\":1,\"a\":[]}', x'00ff', 7),
        (9223372036854775807, 0, -1e308, '2026-03-01 12:34:56+02:00', '00112233-4455-6677-8899-AABBCCDDEEFF', '', 'null', x'', -2147483648),
        (0, NULL, 3, 1767225600, NULL, NULL, NULL, NULL, NULL);
    CREATE VIEW v AS SELECT 1;
    CREATE VIRTUAL TABLE f USING fts5(x)"
target=$(fresh_database schema_app)
sql "$target" "CREATE TABLE \"Odd \"\"Name\" (\"select\" int, x bytea, j jsonb, t text, u uuid, at timestamptz,
    d double precision, b boolean, id bigint PRIMARY KEY, extra text DEFAULT 'filled')" >/dev/null
migrate "$tmp/app.db" "$target" --schema existing
expect_equal "$status" 0
expect_stderr 'not copied: v \(a view\)'
expect_stderr 'not copied: f \(a virtual table'
expect_output sql "$target" "SELECT id, b, d, at, u, t, j, x, \"select\", extra FROM \"Odd \"\"Name\" ORDER BY id" <<'END'
-5|t|0.1|2026-03-01 12:34:56.123456+00|00112233-4455-6677-8899-aabbccddeeff|ä€😀|{"a": [], "b": 1}|\x00ff|7|filled
0||3|2026-01-01 00:00:00+00||||||filled
9223372036854775807|f|-1e+308|2026-03-01 10:34:56+00|00112233-4455-6677-8899-aabbccddeeff||null|\x|-2147483648|filled
END

it "takes no row of another application for one of Uptrakit's seeds"
sqlite3 "$tmp/roles.db" "CREATE TABLE roles (id INTEGER PRIMARY KEY, name text); CREATE TABLE ssh_hosts (id INTEGER PRIMARY KEY)"
target=$(fresh_database schema_app)
sql "$target" "CREATE TABLE roles (id bigint PRIMARY KEY, name text); CREATE TABLE ssh_hosts (id bigint PRIMARY KEY);
    INSERT INTO roles VALUES (1, 'admin')" >/dev/null
migrate "$tmp/roles.db" "$target"
expect_equal "$status" 4
expect_stderr 'tables that hold rows: roles$'
sql "$target" "TRUNCATE roles; INSERT INTO ssh_hosts VALUES (1)" >/dev/null
migrate "$tmp/roles.db" "$target"
expect_equal "$status" 4
expect_stderr 'tables that hold rows: ssh_hosts$'

it "lists everything that does not fit, at once, before anything is written"
target=$(fresh_database schema_app)
sql "$target" "CREATE TABLE \"Odd \"\"Name\" (x interval year to month, j jsonb, t money[], u uuid, at timestamptz,
    d double precision, b boolean, id bigint PRIMARY KEY, wanted text NOT NULL)" >/dev/null
migrate "$tmp/app.db" "$target" --schema existing
expect_equal "$status" 1
expect_stderr 'x: values of type .* cannot become interval year to month'
expect_stderr 't: values of type .* cannot become money\[\]'
expect_stderr 'wanted: the target requires a value'
expect_stderr 'select: the target has no such column'

it "tells an empty target from tables that stand"
migrate "$tmp/app.db" "$(fresh_database schema_app)" --schema existing
expect_equal "$status" 1
expect_stderr 'the target has no such table'

done_testing
