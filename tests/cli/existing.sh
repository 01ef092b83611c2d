#!/usr/bin/env bash
# existing.sh - into tables that an application made: names, what is left out, migrations, the plan.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

migrate() { # SOURCE TARGET [OPTION...]
    local source=$1 target=$2
    shift 2
    try "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --yes "$@"
}

# An application's file, and its tables as the application would make them on PostgreSQL.
sqlite3 "$tmp/app.db" "
    CREATE TABLE Tenants (Id INTEGER PRIMARY KEY, Name TEXT NOT NULL);
    CREATE TABLE users (id INTEGER PRIMARY KEY, tenant INTEGER REFERENCES Tenants, \"createdAt\" TEXT,
        first TEXT, last TEXT, full TEXT GENERATED ALWAYS AS (first || ' ' || last));
    CREATE TABLE schema_migrations (version TEXT NOT NULL PRIMARY KEY);
    INSERT INTO schema_migrations VALUES ('20240101'), ('20240202');
    INSERT INTO Tenants VALUES (1, 'one'), (2, 'two');
    INSERT INTO users (id, tenant, \"createdAt\", first, last)
        VALUES (1, 1, '2026-01-02 03:04:05', 'Ann', 'Example'), (2, 2, NULL, 'Bob', 'Example')"
source=sqlite://$tmp/app.db
schema="
    CREATE TABLE tenants (name text NOT NULL, id bigint PRIMARY KEY, plan text NOT NULL DEFAULT 'free');
    CREATE TABLE users (createdat timestamptz, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        tenant bigint REFERENCES tenants, last text, first text, \"full\" text,
        note text, initials text GENERATED ALWAYS AS (left(first, 1) || left(last, 1)) STORED,
        serial bigserial NOT NULL);
    CREATE TABLE schema_migrations (version text PRIMARY KEY, at timestamptz DEFAULT now());
    CREATE TABLE elsewhere (id bigint PRIMARY KEY);
    INSERT INTO schema_migrations VALUES ('20240202', '2001-01-01Z'), ('20240101', '2002-02-02Z');
    INSERT INTO elsewhere VALUES (42);"

fresh() { # prints the URL of a new database with that schema
    local url
    url=$(fresh_database "${1:-existing_app}")
    sql "$url" "$schema" >/dev/null
    echo "$url"
}

it "matches names in any order and any case, and lets the target fill the rest"
target=$(fresh)
migrate "$source" "$target"
expect_equal "$status" 0
expect_stderr '^  Tenants: 2/2 rows$'
expect_stderr 'not copied: schema_migrations \(the application.s record of its migrations'
expect_output sql "$target" "SELECT id, name, plan FROM tenants ORDER BY id" <<'END'
1|one|free
2|two|free
END
expect_output sql "$target" "SELECT id, tenant, createdat, first, last, \"full\", note, initials, serial
    FROM users ORDER BY id" <<'END'
1|1|2026-01-02 03:04:05+00|Ann|Example|Ann Example||AE|1
2|2||Bob|Example|Bob Example||BE|2
END

it "keeps the target's own record of migrations, and tables that only the target has"
expect_output sql "$target" "SELECT version, extract(year FROM at) FROM schema_migrations ORDER BY 1" <<'END'
20240101|2002
20240202|2001
END
expect_equal "$(sql "$target" 'TABLE elsewhere')" 42

it "asks for --force when the tables hold rows, under whatever case of their names"
migrate "$source" "$target"
expect_equal "$status" 4
expect_stderr 'tables that hold rows: (tenants, users|users, tenants)$'
migrate "$source" "$target" --force
expect_equal "$status" 0
expect_equal "$(sql "$target" 'SELECT count(*) FROM tenants')" 2

it "the same on the way back, into a file"
sqlite3 "$tmp/back.db" "
    CREATE TABLE TENANTS (plan TEXT, ID INTEGER PRIMARY KEY, NAME TEXT);
    CREATE TABLE Users (Id INTEGER PRIMARY KEY, Tenant INTEGER REFERENCES tenants, First TEXT, Last TEXT,
        CreatedAt TEXT, Initials TEXT, Serial INTEGER, Note TEXT,
        full TEXT GENERATED ALWAYS AS (first || ' ' || last), more TEXT DEFAULT 'x');
    CREATE TABLE Schema_Migrations (version TEXT, at TEXT);
    CREATE TABLE extra (id INTEGER PRIMARY KEY);
    INSERT INTO Schema_Migrations VALUES ('20240101', 'mine'), ('20240202', 'mine');
    INSERT INTO extra VALUES (7)"
migrate "$target" "sqlite://$tmp/back.db" --allow-missing elsewhere
expect_equal "$status" 0
expect_stderr 'not copied, by --allow-missing: elsewhere$'
expect_stderr 'not copied: users.full \(the target computes it\)'
expect_output sqlite3 "$tmp/back.db" "SELECT Id, Tenant, CreatedAt, full, Initials, more FROM Users" <<'END'
1|1|2026-01-02T03:04:05Z|Ann Example|AE|x
2|2||Bob Example|BE|x
END
expect_equal "$(sqlite3 "$tmp/back.db" "SELECT id, plan, name FROM tenants; SELECT * FROM extra;
    SELECT DISTINCT at FROM schema_migrations")" "$(printf '1|free|one\n2|free|two\n7\nmine')"

it "from a PostgreSQL schema to another"
sql "$target" "DROP TABLE elsewhere" >/dev/null
second=$(fresh existing_second)
migrate "$target" "$second"
expect_equal "$status" 0
expect_equal "$(sql "$second" 'SELECT * FROM users ORDER BY id')" "$(sql "$target" 'SELECT * FROM users ORDER BY id')"
expect_equal "$(sql "$second" 'TABLE elsewhere')" 42

it "lists all that is missing, and copies nothing"
target=$(fresh)
cp "$tmp/app.db" "$tmp/more.db"
sqlite3 "$tmp/more.db" "CREATE TABLE audit (id INTEGER PRIMARY KEY); ALTER TABLE users ADD COLUMN phone TEXT;
    CREATE TABLE cache_1 (k TEXT); CREATE TABLE cache_2 (k TEXT)"
sql "$target" "ALTER TABLE tenants ADD COLUMN owner text NOT NULL" >/dev/null
untouched=$(fingerprint "$target")
migrate "sqlite://$tmp/more.db" "$target"
expect_equal "$status" 1
expect_stderr 'audit: the target has no such table'
expect_stderr 'cache_1: the target has no such table'
expect_stderr 'users\.phone: the target has no such column'
expect_stderr 'tenants\.owner: the target requires a value'
expect_stderr '--allow-missing'
expect_stderr 'the target is untouched'
expect_equal "$(fingerprint "$target")" "$untouched"

it "leaves out what is named, and tells what that was"
sql "$target" "ALTER TABLE tenants DROP COLUMN owner" >/dev/null
migrate "sqlite://$tmp/more.db" "$target" --allow-missing 'cache_*' --allow-missing audit
expect_equal "$status" 1
reject_stderr 'audit|cache'
expect_stderr 'users\.phone'
migrate "sqlite://$tmp/more.db" "$target" --allow-missing 'cache_*' --allow-missing audit \
    --allow-missing=users.ph* --allow-missing nothing
expect_equal "$status" 0
expect_stderr 'not copied, by --allow-missing: audit, cache_1, cache_2, users\.phone$'
expect_stderr 'warning: --allow-missing nothing: the target lacks nothing of that name'

it "takes the tables that --include and --exclude leave"
target=$(fresh)
sql "$target" "INSERT INTO tenants (id, name) VALUES (1, 'theirs'), (2, 'theirs')" >/dev/null
migrate "$source" "$target" --include 'u*' --include Tenants --exclude '[S-U]e?ants'
expect_equal "$status" 0
expect_stderr 'not copied, by --include and --exclude: Tenants, schema_migrations$'
expect_stderr 'users refers to tenants, which is not copied: the target has to hold the rows already'
expect_equal "$(sql "$target" 'SELECT t.name, count(*) FROM tenants t JOIN users u ON u.tenant = t.id
    GROUP BY 1')" 'theirs|2'

it "names the row whose parent was left out and is not there"
target=$(fresh)
migrate "$source" "$target" --exclude Tenants
expect_equal "$status" 1
expect_stderr 'users_tenant_fkey'

it "refuses to erase the parents of rows that are left out"
target=$(fresh)
migrate "$source" "$target"
expect_equal "$status" 0
migrate "$source" "$target" --exclude users --force
expect_equal "$status" 4
expect_stderr 'users \(users_tenant_fkey\) -> tenants'
expect_equal "$(sql "$target" 'SELECT (SELECT count(*) FROM tenants), (SELECT count(*) FROM users)')" '2|2'
before=$(sha256sum <"$tmp/back.db")
migrate "$target" "sqlite://$tmp/back.db" --include tenants --force
expect_equal "$status" 4
expect_stderr 'Users is not copied and its rows refer to'
expect_equal "$(sha256sum <"$tmp/back.db")" "$before"

it "names patterns that match nothing"
migrate "$source" "$target" --include users --exclude 'x*' --include tenants
expect_equal "$status" 2
expect_stderr 'no table of the source matches --include tenants, --exclude x\*'

it "refuses a target at another migration, with both lists"
target=$(fresh)
sql "$target" "DELETE FROM schema_migrations WHERE version = '20240101';
    INSERT INTO schema_migrations VALUES ('20240303')" >/dev/null
migrate "$source" "$target"
expect_equal "$status" 1
expect_stderr 'schema_migrations, only in the source: 20240101$'
expect_stderr 'schema_migrations, only in the target: 20240303$'
expect_stderr '--allow-version-mismatch'
expect_equal "$(sql "$target" 'SELECT count(*) FROM users')" 0

it "copies the record where the target has an empty one: its tables were made by hand"
target=$(fresh)
sql "$target" "DELETE FROM schema_migrations" >/dev/null
migrate "$source" "$target"
expect_equal "$status" 0
reject_stderr 'not copied: schema_migrations'
expect_equal "$(sql "$target" 'SELECT string_agg(version, $$,$$ ORDER BY 1) FROM schema_migrations')" 20240101,20240202

it "goes on at different migrations if that is allowed, and warns"
target=$(fresh)
sql "$target" "DELETE FROM schema_migrations WHERE version = '20240101';
    INSERT INTO schema_migrations VALUES ('20240303')" >/dev/null
migrate "$source" "$target" --allow-version-mismatch
expect_equal "$status" 0
expect_stderr 'warning: source and target stand at different migrations'
expect_equal "$(sql "$target" 'SELECT string_agg(version, $$,$$ ORDER BY 1) FROM schema_migrations')" 20240202,20240303

it "tells a migration that failed from one that was applied"
sqlite3 "$tmp/flyway.db" "CREATE TABLE t (id INTEGER); CREATE TABLE flyway_schema_history (script TEXT, success INTEGER);
    INSERT INTO flyway_schema_history VALUES ('V1.sql', 1), ('V2.sql', 1)"
target=$(fresh_database existing_flyway)
sql "$target" "CREATE TABLE t (id bigint); CREATE TABLE flyway_schema_history (script text, success boolean);
    INSERT INTO flyway_schema_history VALUES ('V1.sql', true), ('V2.sql', false)" >/dev/null
migrate "sqlite://$tmp/flyway.db" "$target"
expect_equal "$status" 1
expect_stderr 'only in the source: V2\.sql$'
expect_stderr 'only in the target: V2\.sql \(failed\)$'

it "a record that only one side has"
sql "$target" "DROP TABLE flyway_schema_history" >/dev/null
migrate "sqlite://$tmp/flyway.db" "$target"
expect_equal "$status" 1
expect_stderr 'flyway_schema_history: the target has no such table'
sql "$target" "CREATE TABLE alembic_version (version_num text)" >/dev/null
migrate "sqlite://$tmp/flyway.db" "$target" --exclude flyway_schema_history
expect_equal "$status" 0
expect_stderr 'warning: the target records its migrations in alembic_version and the source has no such table'

it "prints the plan, and changes nothing"
target=$(fresh)
untouched=$(fingerprint "$target")
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --dry-run \
    --readers 1 --writers 2
expect_equal "$(fingerprint "$target")" "$untouched"
sed -E "s,^(Source +SQLite\,).*,\1 URL,; s,^(Target +PostgreSQL\,).*,\1 URL," "$tmp/stdout" >"$tmp/plan"
expect_golden plan-existing "$tmp/plan"
reject_stderr 'Migration complete|Cleaning'

it "prints the plan with --quiet as well, and no question"
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --dry-run --quiet
expect_stdout '^2\. users: 2 rows'
expect_equal "$(grep -v 'is not in WAL mode' "$tmp/stderr")" ""

it "reads with as many threads as write, unless it is told otherwise"
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$(fresh)" --dry-run --writers 3
expect_stdout '^Threads +3 reading, 3 writing$'
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$(fresh)" --dry-run --writers 3 --readers 2
expect_stdout '^Threads +2 reading, 3 writing$'

it "prints the plan of a file, whose bytes all stay"
sqlite3 "$tmp/wal.db" "PRAGMA journal_mode = WAL; CREATE TABLE tenants (id INTEGER PRIMARY KEY, name TEXT, plan TEXT)" >/dev/null
before=$(sha256sum <"$tmp/wal.db")
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$target" --target-db "sqlite://$tmp/wal.db" \
    --dry-run --include tenants
expect_stdout '^1\. tenants: 0 rows in [0-9]+ bytes, read in the order of id$'
expect_stdout '^     id    bigint -> bigint -> INTEGER '
expect_stdout '^Threads +1 reading, 1 writing$'
expect_equal "$(sha256sum <"$tmp/wal.db")" "$before"
expect_equal "$(find "$tmp" -name 'wal.db*')" "$tmp/wal.db"

it "ends behind the plan with what would refuse the run"
sql "$target" "INSERT INTO tenants (id, name) VALUES (9, 'theirs')" >/dev/null
expect_exit 4 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --dry-run
expect_stdout '^1\. Tenants into tenants: 2 rows'
expect_stderr 'target database is not empty'
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --dry-run --force
expect_equal "$(sql "$target" 'SELECT count(*) FROM tenants')" 1

it "prints the steps that would be run first, and no types that it cannot know"
make_installation "$tmp/uptrakit.db"
target=$(fresh_database existing_uptrakit)
untouched=$(fingerprint "$target")
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate --dry-run \
    --source-db "sqlite://$tmp/uptrakit.db" --target-db "$target" --exclude hosts
expect_stdout '^Schema   uptrakit \(the source is an Uptrakit installation\)$'
expect_stdout '^           m20260209_000001_initial$'
expect_stdout '^     email .*-> \(known when the steps have run\)'
expect_stdout '^     waits for tenants$'
expect_stdout 'not copied, by --include and --exclude: hosts$'
expect_equal "$(fingerprint "$target")" "$untouched"

it "and knows them where the target is a file"
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate --dry-run \
    --source-db "sqlite://$tmp/uptrakit.db" --target-db "sqlite://$tmp/new.db?mode=rwc"
expect_stdout 'the source.s, which is copied as a whole'
[[ ! -e $tmp/new.db ]] || fail "the file was made"
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate --yes \
    --source-db "sqlite://$tmp/uptrakit.db" --target-db "$target"
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate --dry-run \
    --source-db "$target" --target-db "sqlite://$tmp/new.db?mode=rwc"
expect_stdout '^     email +character varying -> text -> '
[[ ! -e $tmp/new.db ]] || fail "the file was made"

it "compares an installation's record when the tables are told to stand"
sql "$target" "INSERT INTO seaql_migrations VALUES ('m20290101_000001_future', 1)" >/dev/null
expect_exit 1 "$program" --master-key-file "$key_file" db-migrate --yes --force --schema existing \
    --source-db "sqlite://$tmp/uptrakit.db" --target-db "$target"
expect_stderr 'only in the target: m20290101_000001_future'
sql "$target" "DROP TABLE seaql_migrations" >/dev/null
expect_exit 1 "$program" --master-key-file "$key_file" db-migrate --yes --force --schema existing \
    --source-db "sqlite://$tmp/uptrakit.db" --target-db "$target"
expect_stderr 'seaql_migrations: the target has no such table'

it "clones no file as a whole of which tables are left out"
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "sqlite://$tmp/part.db?mode=rwc" \
    --yes --exclude users
reject_stderr 'copied as a whole'
expect_equal "$(application_tables "$tmp/part.db")" "$(application_tables "$tmp/app.db" | grep -vx users)"

done_testing
