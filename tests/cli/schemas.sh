#!/usr/bin/env bash
# schemas.sh - schemas other than the one that search_path names.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

copy() { # STATUS SOURCE TARGET [OPTION...]
    expect_exit "$1" "$program" db-migrate --source-db "$2" --target-db "$3" --yes \
        --schema existing "${@:4}"
}

source=$(fresh_database schemas_source)
target=$(fresh_database schemas_target)
sql "$source" "CREATE TABLE t (id bigint PRIMARY KEY, w text); INSERT INTO t VALUES (1, 'public');
    CREATE SCHEMA \"Odd one\"; CREATE TABLE \"Odd one\".t (id bigint PRIMARY KEY, w text);
    INSERT INTO \"Odd one\".t VALUES (1, 'odd'), (2, 'odd')" >/dev/null
sql "$target" "CREATE TABLE t (id bigint PRIMARY KEY, w text);
    CREATE SCHEMA app; CREATE TABLE app.t (id bigint PRIMARY KEY, w text)" >/dev/null

it "reads and writes the schemas it is told"
copy 0 "$source" "$target" --source-schema "Odd one" --target-schema app
expect_equal "$(sql "$target" "SELECT string_agg(w, ',') FROM app.t")" odd,odd
expect_equal "$(sql "$target" "SELECT count(*) FROM t")" 0

it "without being told, the first of search_path"
copy 0 "$source" "$target"
expect_equal "$(sql "$target" "SELECT string_agg(w, ',') FROM t")" public
expect_equal "$(sql "$target" "SELECT count(*) FROM app.t")" 2

it "takes one side's alone, also from and to SQLite"
sqlite3 "$tmp/app.db" "CREATE TABLE t (id INTEGER PRIMARY KEY, w text); INSERT INTO t VALUES (7, 'lite')"
copy 0 "sqlite://$tmp/app.db" "$target" --target-schema app --force
expect_equal "$(sql "$target" "SELECT w FROM app.t")" lite
copy 0 "$source" "sqlite://$tmp/app.db" --source-schema "Odd one" --force
expect_equal "$(sqlite3 "$tmp/app.db" "SELECT group_concat(w) FROM t")" odd,odd

it "makes the application's tables in the one it is told"
make_installation "$tmp/installation.db"
sql "$target" "CREATE SCHEMA uptrakit" >/dev/null
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate --yes \
    --source-db "sqlite://$tmp/installation.db" --target-db "$target" --target-schema uptrakit
expect_equal "$(sql "$target" "SELECT count(*) FROM uptrakit.hosts")" \
    "$(count_sqlite "$tmp/installation.db" hosts)"
expect_equal "$(sql "$target" "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")" 1

it "refuses one that is not there"
copy 1 "$source" "$target" --source-schema gone
expect_stderr 'the source has no schema gone'
copy 1 "$source" "$target" --target-schema 'new "one"'
expect_stderr 'the target has no schema new "one"'
expect_stderr 'CREATE SCHEMA "new ""one"""'

it "refuses the server's own"
copy 1 "$source" "$target" --source-schema pg_catalog
expect_stderr "pg_catalog is a schema of the server's own"

it "names the right that the role lacks"
psql -X -q -d postgres -c "DROP ROLE IF EXISTS schemas_role" -c "CREATE ROLE schemas_role LOGIN"
role_target=${target/user=*/user=schemas_role}
copy 1 "$source" "$role_target" --target-schema app
expect_stderr "the role schemas_role may not use the target's schema app"
expect_stderr 'GRANT USAGE ON SCHEMA "app" TO "schemas_role"'
psql -X -q -d postgres -c "DROP ROLE schemas_role"

it "is a usage error for SQLite"
copy 2 "sqlite://$tmp/app.db" "$target" --source-schema main
expect_stderr '--source-schema: a SQLite database has no schemas'
copy 2 "$source" "sqlite://$tmp/app.db" --target-schema main
expect_stderr '--target-schema: a SQLite database has no schemas'

done_testing
