#!/usr/bin/env bash
# staging.sh - a mirrored schema is made and filled beside the tables that it replaces: until all is
# verified the target holds its old content, whatever happens, and then the new one.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

readonly n_rows=120000

sqlite3 "$tmp/app.db" "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name text);
    CREATE TABLE big (id INTEGER PRIMARY KEY, t text UNIQUE, p integer REFERENCES parent);
    CREATE INDEX by_t ON big (lower(t));
    CREATE VIEW named AS SELECT big.id, parent.name FROM big JOIN parent ON parent.id = big.p;
    INSERT INTO parent VALUES (1, 'one'), (2, 'two');
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $n_rows)
    INSERT INTO big SELECT i, hex(randomblob(20)), i % 2 + 1 FROM n" >/dev/null

psql -X -q -d postgres -c "DO \$\$ BEGIN CREATE ROLE staging_reader; EXCEPTION WHEN duplicate_object THEN NULL; END \$\$" \
    -c "DO \$\$ BEGIN CREATE ROLE staging_writer LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END \$\$"

# A target with old tables of these names, which somebody reads; sets target.
make_target() {
    target=$(fresh_database staging)
    psql -X -q -v ON_ERROR_STOP=1 -d "$target" <<'SQL'
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE big (id int PRIMARY KEY, old text, p int REFERENCES parent);
CREATE VIEW named AS SELECT 1 AS one FROM big;
CREATE TABLE other (id int PRIMARY KEY);
INSERT INTO parent VALUES (7);
INSERT INTO big SELECT i, 'old', 7 FROM generate_series(1, 10) i;
GRANT SELECT ON big TO staging_reader;
ALTER TABLE parent OWNER TO staging_writer;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT UPDATE ON TABLES TO staging_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO staging_reader;
SQL
}

migrate() { # [OPTION...]
    try "$program" db-migrate --source-db "sqlite://$tmp/app.db" --target-db "$target" --yes --schema mirror "$@"
}

start() { # [OPTION...]: in the background; sets pid
    "$program" db-migrate --source-db "sqlite://$tmp/app.db" --target-db "$target" --yes --schema mirror --force "$@" \
        >"$tmp/stdout" 2>"$tmp/stderr" </dev/null &
    pid=$!
}

said() { # WORDS: waits until the run in the background has said them
    for _ in $(seq 4000); do
        grep -q "$1" "$tmp/stderr" && return
        sleep 0.005
    done
    fail "never said: $1"
}

killed_when() { # WORDS: a run on $target dies when its messages have them
    start
    said "$1"
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
    expect_equal "$?" 137
}

# All of the target's own schema, as text.
state() {
    pg_dump -n public -d "$target" | sed -e '/^\\\(un\)\?restrict/d'
}

schemas() {
    sql "$target" "SELECT nspname FROM pg_namespace WHERE nspname ~ '^db_migrate' ORDER BY 1"
}

# The new content is there, whole, with what the old tables had beside, and nothing else.
expect_new() {
    expect_equal "$(sql "$target" "SELECT count(*), count(DISTINCT t) FROM big; SELECT count(*) FROM named")" \
        "$n_rows|$n_rows
$n_rows"
    expect_equal "$(sql "$target" "SELECT conname, convalidated FROM pg_constraint
        WHERE conrelid IN ('big'::regclass, 'parent'::regclass) ORDER BY 1;
        SELECT c.relname, c.relnamespace::regnamespace FROM pg_class c
        WHERE c.relname IN ('by_t', 'parent_id_seq', 'named') ORDER BY 1")" 'big_p_fkey|t
big_pkey|t
big_t_key|t
parent_pkey|t
by_t|public
named|public
parent_id_seq|public'
    expect_equal "$(schemas)" ''
    expect_equal "$(sql "$target" "SELECT has_table_privilege('staging_reader', 'big', 'SELECT'),
        has_table_privilege('staging_reader', 'parent', 'SELECT'), has_table_privilege('staging_reader', 'parent', 'UPDATE'),
        has_sequence_privilege('staging_reader', pg_get_serial_sequence('parent', 'id'), 'USAGE'),
        (SELECT relowner::regrole FROM pg_class WHERE oid = 'parent'::regclass)")" 't|f|t|t|staging_writer'
    expect_equal "$(sql "$target" "INSERT INTO parent (name) VALUES ('three') RETURNING id")" 3
}

it "shows the old content until the new one is there, and nothing in between"
make_target
start --report "$tmp/report.json"
while kill -0 "$pid" 2>/dev/null; do
    psql -X -qAt -d "$target" -c "SELECT count(*), (SELECT count(*) FROM parent) FROM big" 2>&1
done | sort -u >"$tmp/seen"
wait "$pid"
expect_equal "$?" 0
expect_stderr 'Making the target.s tables, in the schema db_migrate_[0-9]+ until all is verified'
expect_stderr 'Putting the tables in their place'
grep -vx -e '10|1' -e "$n_rows|2" "$tmp/seen" >"$tmp/others"
expect_equal "$(cat "$tmp/others")" ''
expect_equal "$(head -n 1 "$tmp/seen")" '10|1'
expect_new
grep -q '"target": {.*"schema": "public"' "$tmp/report.json" || fail "the report has another schema"

for moment in 'Copying tables' 'Making keys' 'Verifying contents'; do
    it "killed at \"$moment\": the target is what it was, and --resume ends with the new content"
    make_target
    before=$(state)
    killed_when "$moment"
    expect_equal "$(state)" "$before"
    migrate --resume
    expect_equal "$status" 0
    expect_new
done

it "killed and begun anew: what was left beside goes"
make_target
before=$(state)
killed_when 'Making keys'
migrate
expect_equal "$status" 4
expect_stderr 'not empty|a run before this one did not come to its end'
expect_equal "$(state)" "$before"
migrate --force
expect_equal "$status" 0
expect_new

it "killed and given up: --restore-only takes away what was left beside"
make_target
before=$(state)
killed_when 'Making keys'
[[ -n $(schemas) ]] || fail "nothing was left"
migrate
expect_equal "$status" 4
expect_stderr 'of the run of .* rows are there.*, in a schema beside the target.s, which holds what it held before|not empty'
expect_exit 0 "$program" db-migrate --target-db "$target" --restore-only
expect_stderr 'its tables, which are in a schema beside the target.s, go'
expect_equal "$(schemas)" ''
expect_equal "$(state)" "$before"

it "stopped by a signal: says what the target holds, and how to go on"
make_target
before=$(state)
start
said 'Copying tables'
kill -TERM "$pid"
wait "$pid"
expect_equal "$?" 143
expect_stderr 'the target holds what it held before; what was copied waits in a schema beside it'
expect_stderr 'to go on from there: .* --resume$'
expect_equal "$(state)" "$before"

it "a run that fails leaves the old content"
make_target
before=$(state)
sqlite3 "$tmp/long.db" "CREATE TABLE big (id INTEGER PRIMARY KEY, t TEXT); CREATE INDEX too_long ON big (t);
    CREATE VIEW named AS SELECT id FROM big;
    INSERT INTO big VALUES (1, (SELECT group_concat(hex(randomblob(9)), '') FROM generate_series(1, 2000)))"
try "$program" db-migrate --source-db "sqlite://$tmp/long.db" --target-db "$target" --yes --schema mirror --force --infer declared
expect_equal "$status" 1
expect_stderr 'cannot make the index too_long'
expect_equal "$(state)" "$before"

it "waits while somebody uses a table that is replaced, and lets others in meanwhile"
make_target
start
said 'Making keys'
psql -X -qAt -d "$target" -c "BEGIN; SELECT count(*) FROM big; SELECT pg_sleep(6); COMMIT" >"$tmp/reader" &
reader=$!
wait "$pid"
expect_equal "$?" 0
wait "$reader"
expect_equal "$(head -n 1 "$tmp/reader")" 10
expect_new

it "a connection that is lost in the exchange is told with what it may mean, and --resume ends it"
make_target
before=$(state)
start --retries 0
said 'Making keys'
psql -X -qAt -d "$target" -c "BEGIN; SELECT count(*) FROM big; SELECT pg_sleep(60)" >/dev/null 2>&1 &
reader=$!
for _ in $(seq 2000); do
    [[ $(sql "$target" "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = 'db-migrate' AND wait_event_type = 'Lock' AND query LIKE '%DROP%'") == 0 ]] || break
    sleep 0.01
done
wait "$pid"
expect_equal "$?" 1
expect_stderr 'the connection was lost while the tables were put in their place: if the schema beside'
expect_stderr 'in the first case, to go on from there: .* --resume$'
sql "$target" "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()" >/dev/null
wait "$reader" 2>/dev/null
expect_equal "$(state)" "$before"
migrate --resume
expect_equal "$status" 0
expect_new

it "what has come to depend on an old table is told, and nothing is lost"
make_target
start
said 'Making keys'
sql "$target" "CREATE VIEW mine AS SELECT old FROM big"
wait "$pid"
expect_equal "$?" 4
expect_stderr 'what the new schema replaces is used by something else'
expect_stderr 'view mine depends on'
expect_equal "$(sql "$target" "SELECT count(*) FROM mine")" 10
sql "$target" "DROP VIEW mine"
migrate --resume
expect_equal "$status" 0
expect_stderr '0 rows/s|Copied 0 rows'
expect_new

it "what uses a schema that was left beside is told, and stays"
make_target
killed_when 'Making keys'
stage=$(schemas | grep _)
stage=${stage##*$'\n'}
sql "$target" "CREATE VIEW public.peeking AS SELECT id FROM $stage.parent"
migrate --force
expect_equal "$status" 4
expect_stderr "the staging schema $stage of an earlier run is used from outside"
expect_stderr 'peeking'
expect_equal "$(sql "$target" "SELECT count(*) FROM peeking")" 2
sql "$target" "DROP VIEW peeking"
migrate --force
expect_equal "$status" 0
expect_new

it "what was left beside is no source by a pattern"
make_target
killed_when 'Making keys'
try "$program" db-migrate --source-db "$target" --source-schema '*' --target-db "sqlite://$tmp/all.db?mode=rwc" --yes
expect_equal "$status" 0
expect_equal "$(sqlite3 "$tmp/all.db" "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1); SELECT count(*) FROM public_big")" 'public_big public_other public_parent
10'

it "without the right to make a schema the tables are replaced in place, which is said"
make_target
psql -X -q -d "$target" -c "ALTER SCHEMA public OWNER TO staging_writer" \
    -c "ALTER VIEW named OWNER TO staging_writer" -c "ALTER TABLE big OWNER TO staging_writer"
before=$target
target=${target/user=$PGUSER/user=staging_writer}
migrate --force
expect_equal "$status" 0
expect_stderr 'warning: the tables are made in the place of the old ones, which are gone if this run does not come to its end: no journal can be kept'
target=$before
expect_equal "$(sql "$target" "SELECT count(*) FROM big")" "$n_rows"

it "a type that others use stays, and so does the place"
target=$(fresh_database staging)
from=$(fresh_database staging_from)
for url in "$target" "$from"; do
    sql "$url" "CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TABLE felt (id int PRIMARY KEY, how mood)"
done
sql "$from" "INSERT INTO felt VALUES (1, 'glad')"
sql "$target" "CREATE TABLE other (how mood); INSERT INTO other VALUES ('sad')"
try "$program" db-migrate --source-db "$from" --target-db "$target" --yes --schema mirror --force
expect_equal "$status" 0
expect_stderr 'warning: the tables are made in the place of the old ones.*: a type or collation of the target.s schema is used elsewhere'
expect_equal "$(sql "$target" "SELECT f.how, o.how FROM felt f, other o")" 'glad|sad'

it "types get the privileges that those of the schema have by default"
sql "$target" "DROP TABLE other, felt; DROP TYPE mood; CREATE TYPE mood AS ENUM ('gone'); CREATE TABLE felt (how mood);
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON TYPES TO staging_reader" >/dev/null
try "$program" db-migrate --source-db "$from" --target-db "$target" --yes --schema mirror --force
expect_equal "$status" 0
expect_stderr 'Putting the tables in their place'
expect_equal "$(sql "$target" "SELECT typacl FROM pg_type WHERE typname = 'mood'")" \
    "{=U/$PGUSER,$PGUSER=U/$PGUSER,staging_reader=U/$PGUSER}"

done_testing
