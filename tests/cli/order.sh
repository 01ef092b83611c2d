#!/usr/bin/env bash
# order.sh - tables that refer to each other and to themselves, in every direction.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

copy() { # SOURCE TARGET [OPTION...]
    local source=$1 target=$2
    shift 2
    expect_exit 0 "$program" db-migrate --source-db "$source" --target-db "$target" --yes "$@"
}

# teams and people refer to each other, people to their boss, and two tables in a longer cycle to
# each other through a third; notes are behind a cycle.
tables='CREATE TABLE teams (id INTEGER PRIMARY KEY, lead integer REFERENCES people (id));
    CREATE TABLE people (id INTEGER PRIMARY KEY, team integer REFERENCES teams,
        boss integer REFERENCES people);
    CREATE TABLE x (id INTEGER PRIMARY KEY, y integer REFERENCES y (id));
    CREATE TABLE y (id INTEGER PRIMARY KEY, z integer REFERENCES z (id));
    CREATE TABLE z (id INTEGER PRIMARY KEY, x integer REFERENCES x (id));
    CREATE TABLE notes (id INTEGER PRIMARY KEY, person integer REFERENCES people (id));'
tables_postgres='CREATE TABLE teams (id bigint PRIMARY KEY, lead bigint);
    CREATE TABLE people (id bigint PRIMARY KEY, team bigint REFERENCES teams DEFERRABLE,
        boss bigint REFERENCES people);
    ALTER TABLE teams ADD CONSTRAINT "the lead" FOREIGN KEY (lead) REFERENCES people ON DELETE SET NULL;
    CREATE TABLE x (id bigint PRIMARY KEY, y bigint);
    CREATE TABLE y (id bigint PRIMARY KEY, z bigint);
    CREATE TABLE z (id bigint PRIMARY KEY, x bigint REFERENCES x (id)) PARTITION BY RANGE (id);
    CREATE TABLE z1 PARTITION OF z FOR VALUES FROM (0) TO (50);
    CREATE TABLE z2 PARTITION OF z DEFAULT;
    ALTER TABLE x ADD FOREIGN KEY (y) REFERENCES y; ALTER TABLE y ADD FOREIGN KEY (z) REFERENCES z;
    CREATE TABLE notes (id bigint PRIMARY KEY, person bigint REFERENCES people)'
sqlite3 "$tmp/first.db" "PRAGMA journal_mode = WAL; $tables
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
    INSERT INTO teams SELECT i, 301 - i FROM n;
    INSERT INTO people SELECT id, 301 - id, nullif(id % 300 + 1, 7) FROM teams;
    INSERT INTO x SELECT id, 301 - id FROM teams; INSERT INTO y SELECT * FROM x;
    INSERT INTO z SELECT * FROM x; INSERT INTO notes SELECT id, id FROM teams;" >/dev/null

keys() { # URL: every foreign key as it is
    sql "$1" "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated
              FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 ORDER BY 1, 2"
}
content_sqlite() {
    sqlite3 "$1" 'SELECT * FROM teams; SELECT * FROM people; SELECT * FROM x; SELECT * FROM y;
                  SELECT * FROM z; SELECT * FROM notes' | sha256sum
}

it "copies cycles and self references from SQLite to PostgreSQL, and says what it sets aside"
target=$(fresh_database order)
sql "$target" "$tables_postgres" >/dev/null
before=$(keys "$target")
copy "sqlite://$tmp/first.db" "$target"
expect_stderr '^suspended while rows are copied: the foreign key the lead from teams to people'
reject_stderr 'foreign key people_boss'
reject_stderr 'foreign key notes_person'
expect_equal "$(keys "$target")" "$before"
expect_equal "$(sql "$target" 'SELECT count(*) FROM people JOIN people b ON people.boss = b.id')" 299
expect_equal "$(sql "$target" "SELECT count(*) FROM pg_namespace WHERE nspname = 'db_migrate'")" 0

it "copies them back to SQLite, in no particular order"
sqlite3 "$tmp/back.db" "$tables"
copy "$target" "sqlite://$tmp/back.db"
reject_stderr 'suspended'
expect_equal "$(content_sqlite "$tmp/back.db")" "$(content_sqlite "$tmp/first.db")"
expect_equal "$(sqlite3 "$tmp/back.db" 'PRAGMA foreign_key_check')" ""

it "copies them from PostgreSQL to PostgreSQL"
clone=$(fresh_database order_clone)
sql "$clone" "$tables_postgres" >/dev/null
copy "$target" "$clone" --readers 2 --writers 2
expect_equal "$(keys "$clone")" "$before"

it "puts them back after a copy that fails, and validates them with the next one"
sql "$target" 'ALTER TABLE notes ADD CONSTRAINT notes_id_check CHECK (id <> 250) NOT VALID' >/dev/null
expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp/first.db" --target-db "$target" \
    --yes --force
expect_stderr 'warning: the foreign key the lead of teams is there, but not validated'
expect_equal "$(sql "$target" "SELECT count(*) FROM pg_constraint WHERE conname = 'the lead' AND NOT convalidated")" 1
sql "$target" 'ALTER TABLE notes DROP CONSTRAINT notes_id_check' >/dev/null
copy "sqlite://$tmp/first.db" "$target" --force
expect_equal "$(keys "$target")" "$before"

it "finds them again after a run that was killed"
sqlite3 "$tmp/big.db" "PRAGMA journal_mode = WAL; $tables
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
    INSERT INTO teams SELECT i, NULL FROM n; INSERT INTO people SELECT id, id, NULL FROM teams" >/dev/null
"$program" db-migrate --source-db "sqlite://$tmp/big.db" --target-db "$target" --yes --force \
    >"$tmp/stdout" 2>"$tmp/stderr" </dev/null &
pid=$!
for _ in $(seq 2000); do
    [[ $(sql "$target" "SELECT to_regclass('db_migrate.foreign_key') IS NOT NULL") == t ]] && break
    sleep 0.01
done
kill -9 "$pid"
{ wait "$pid"; } 2>/dev/null
[[ $(keys "$target") != "$before" ]] || fail "the run was over before it was killed"
for _ in $(seq 100); do # its server processes notice, and give their locks up
    [[ $(sql "$target" "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()") == 1 ]] && break
    sleep 0.1
done
copy "sqlite://$tmp/first.db" "$target" --force
expect_equal "$(keys "$target")" "$before"
expect_equal "$(sql "$target" "SELECT count(*) FROM pg_namespace WHERE nspname = 'db_migrate'")" 0

it "names what the role lacks for it before the question"
psql -X -q -d postgres -c "DROP ROLE IF EXISTS order_app" -c "CREATE ROLE order_app LOGIN" 2>/dev/null
sql "$target" 'GRANT ALL ON ALL TABLES IN SCHEMA public TO order_app' >/dev/null
expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp/first.db" \
    --target-db "${target/user=$PGUSER/user=order_app}" --yes --force
expect_stderr 'the role order_app may not suspend foreign keys'
expect_stderr 'ALTER TABLE "public"\."teams" OWNER TO "order_app";'
expect_stderr 'the target is untouched'
psql -X -q -d postgres -c "DROP DATABASE \"order\"" -c "DROP ROLE order_app" 2>/dev/null

done_testing
