#!/usr/bin/env bash
# retries.sh - runs whose target is lost, and that go on by themselves.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

own=$(mktemp -d "${TMPDIR:-/tmp}/mig-retries-XXXXXX")
chmod 755 "$own"
trap '"$top/tests/support/cluster" stop "$own"; rm -rf "$tmp" "$own"' EXIT
shared="host=$PGHOST port=$PGPORT user=$PGUSER"
eval "$("$top/tests/support/cluster" start "$own")"
export PGHOST PGPORT PGUSER
data=$own/data

sqlite3 "$tmp/app.db" "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE big (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parent, t TEXT UNIQUE);
    CREATE TABLE worded (word TEXT PRIMARY KEY, n INTEGER, t TEXT) WITHOUT ROWID;
    CREATE TABLE loose (a INTEGER, t TEXT); CREATE TABLE empty (id INTEGER PRIMARY KEY);
    CREATE INDEX big_parent ON big (parent, id);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
    INSERT INTO big SELECT i * 3, i % 100 + 1, 'text ' || i FROM n;
    INSERT INTO parent SELECT id / 3, 'parent ' || id FROM big WHERE id <= 300;
    INSERT INTO worded SELECT hex(id * 7919 % 50001) || id, id, hex(randomblob(150)) FROM big WHERE id <= 10000;
    INSERT INTO loose SELECT id % 1000, hex(randomblob(100)) FROM big WHERE id <= 10000;
    INSERT INTO loose SELECT * FROM loose WHERE a % 3 = 0;" >/dev/null
# The same, with a table that is copied without its indexes.
cp "$tmp/app.db" "$tmp/long.db"
sqlite3 "$tmp/long.db" "WITH RECURSIVE n(i) AS (SELECT 5001 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
    INSERT INTO big SELECT i * 3, i % 100 + 1, 'text ' || i FROM n"
source=sqlite://$tmp/app.db
n_rows=$(sqlite3 "$tmp/app.db" "SELECT (SELECT count(*) FROM parent) + (SELECT count(*) FROM big)
    + (SELECT count(*) FROM worded) + (SELECT count(*) FROM loose)")
schema="CREATE TABLE parent (id bigint PRIMARY KEY, name text NOT NULL);
    CREATE TABLE big (id bigint PRIMARY KEY, parent bigint NOT NULL REFERENCES parent, t text UNIQUE);
    CREATE TABLE worded (word text PRIMARY KEY, n bigint, t text);
    CREATE TABLE loose (a bigint, t text); CREATE TABLE empty (id bigint PRIMARY KEY);
    CREATE INDEX big_parent ON big (parent, id);
    CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS \$\$BEGIN RAISE EXCEPTION 'fired'; END\$\$;
    CREATE TRIGGER big_trigger BEFORE INSERT ON big FOR EACH ROW EXECUTE FUNCTION fired()"
# A row of worded waits at a lock that the test holds, also where the run makes the table.
gate="CREATE FUNCTION gate(n bigint) RETURNS boolean LANGUAGE plpgsql AS \$\$BEGIN
        IF n = 9999 THEN PERFORM pg_advisory_lock_shared(42), pg_advisory_unlock_shared(42); END IF;
        RETURN true; END\$\$;
    CREATE FUNCTION add_gate() RETURNS event_trigger LANGUAGE plpgsql AS \$\$DECLARE made text; BEGIN
        FOR made IN SELECT object_identity FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%.worded' LOOP
            EXECUTE format('ALTER TABLE %s ADD CHECK (public.gate(n))', made);
        END LOOP; END\$\$;
    CREATE EVENT TRIGGER add_gate ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION add_gate()"

fresh() { # [standing]: sets $target; its gate is shut
    target=$(fresh_database retries)
    sql "$target" "$gate" >/dev/null
    [[ ${1-} != standing ]] || sql "$target" "$schema" >/dev/null
    hold "SELECT pg_advisory_lock(42)" "locktype = 'advisory' AND objid = 42"
}
hold() { # STATEMENT LOCK: a session that has made it, and the lock (a condition over pg_locks)
    psql -X -qAt -d "$target" -c "BEGIN; $1; SELECT pg_sleep(60)" >/dev/null 2>&1 &
    for _ in $(seq 400); do
        [[ $(sql "$target" "SELECT count(*) > 0 FROM pg_locks WHERE $2 AND granted AND pid IN
            (SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)')") == t ]] && return
        sleep 0.01
    done
    fail "nobody holds the lock: $2"
}
release() { # all sessions that hold something
    sql "$target" "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND pid <> pg_backend_pid()" >/dev/null 2>&1
}
open_gate() {
    sql "$target" "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND granted" >/dev/null
}
start() { # [OPTION...]: in the background; $pid
    "$program" db-migrate --source-db "$source" --target-db "$target" --yes --batch-size 100 "$@" \
        >"$tmp/stdout" 2>"$tmp/stderr" </dev/null &
    pid=$!
}
chunks="to_regclass('db_migrate.chunk') IS NOT NULL AND (xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM db_migrate.chunk', false, true, '')))[1]::text::int"
at_gate="$chunks >= 1 AND EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted)"
at_lock="EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'db-migrate' AND wait_event_type = 'Lock' AND query !~ 'FROM STDIN')"
wait_until() { # CONDITION: over the target, while the run goes on
    for _ in $(seq 1000); do
        [[ $(sql "$target" "SELECT $1" 2>/dev/null) == t ]] && return
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.005
    done
    fail "it was over before $1" $'\n'"$(tail -n 5 "$tmp/stderr")"
}
wait_for_line() { # PATTERN on standard error, while the run goes on
    for _ in $(seq 1000); do
        grep -qE "$1" "$tmp/stderr" && return
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.005
    done
    grep -qE "$1" "$tmp/stderr" || fail "it did not come to: $1" $'\n'"$(tail -n 5 "$tmp/stderr")"
}
wait_for_it() { # sets $status
    { wait "$pid"; } 2>/dev/null
    status=$?
}
strike() { # CONDITION: over pg_stat_activity
    sql "$target" "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'retries'
        AND application_name = 'db-migrate' AND ($1)" >/dev/null
}
server() { # stop|start
    if [[ $1 == stop ]]; then
        kill -QUIT "$(head -n 1 "$data/postmaster.pid")"
        for _ in $(seq 400); do [[ -e $data/postmaster.pid ]] || return; sleep 0.01; done
        fail "the server does not stop"
    else
        "$top/tests/support/cluster" restart "$own" >/dev/null 2>&1
    fi
}
finished() { # expects every row once, all keys, indexes and triggers, and no trace of a run
    expect_equal "$status" 0
    [[ $status == 0 ]] || fail "$(tail -n 5 "$tmp/stderr")"
    expect_stderr "^Copied ${1:-$n_rows} rows in"
    expect_equal "$(sql "$target" "SELECT to_regnamespace('db_migrate') IS NULL, to_regclass('db_migrate_unfinished') IS NULL")" 't|t'
    expect_equal "$(sql "$target" "SELECT count(*) FILTER (WHERE contype = 'p'), count(*) FILTER (WHERE contype = 'f' AND convalidated),
        count(*) FILTER (WHERE contype = 'u'), to_regclass('big_parent') IS NOT NULL FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace")" '4|1|1|t'
    expect_equal "$(sql "$target" "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'")" 0
    try "$program" db-migrate --verify-only --source-db "$source" --target-db "$target"
    [[ $status == 0 ]] || fail "not the same: $(tail -n 5 "$tmp/stderr")"
}

it "goes on when one writer's connection is lost"
fresh standing
start
wait_until "$at_gate"
strike "query LIKE '%COPY%'"
wait_for_line 'connecting again'
release
wait_for_it
expect_stderr 'warning: cannot write into .*: the connection was lost: terminating connection .*; connecting again in 0\.5 s \(try 1 of 5\)$'
expect_stderr '^Going on with the copy: [0-9]+ rows are in the target$'
finished

it "goes on when all its connections are lost, with rows that nothing identifies"
fresh standing
start --readers 0
wait_until "$at_gate"
strike true
release
wait_for_it
expect_stderr '^Going on with the copy: '
finished

it "waits for what is left of its connections in the server"
fresh standing
start
wait_until "$at_gate"
# Whoever writes into the target has this lock; a session that waits for it has it next.
psql -X -qAt -d "$target" -c "SELECT pg_advisory_lock(1684828525, 'public'::regnamespace::oid::int), pg_sleep(60)" >/dev/null 2>&1 &
wait_until "EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 1684828525 AND NOT granted)"
strike true
wait_for_line 'another run is writing into the target .*connecting again in 1 s'
release
wait_for_it
finished

it "goes on when the server is started again"
fresh standing
start
wait_until "$at_gate"
server stop
wait_for_line 'try 2 of 5'
server start
wait_for_it
expect_stderr 'warning: cannot connect to PostgreSQL \(.*\); connecting again in 1 s \(try 2 of 5\)$'
finished

it "gives up when the tries are used up, and tells how to go on"
fresh standing
start --retries 2
wait_until "$at_gate"
server stop
wait_for_it
expect_equal "$status" 1
expect_stderr 'connecting again in 1 s \(try 2 of 2\)$'
reject_stderr 'try 3'
expect_stderr 'error: cannot connect to PostgreSQL$'
expect_stderr '2 tries to connect again were no good'
expect_stderr 'to go on from there: .*--retries 2 --resume$'
server start
rows=$(sql "$target" "SELECT sum(n_rows) FROM db_migrate.chunk")
start --resume
wait_for_it
finished $((n_rows - rows))

it "does not try with --retries 0"
fresh standing
start --retries 0
wait_until "$at_gate"
strike "query LIKE '%COPY%'"
release
wait_for_it
expect_equal "$status" 1
reject_stderr 'connecting again'
expect_stderr 'to go on from there: '

it "ends at once when a signal comes while it waits"
fresh standing
start
wait_until "$at_gate"
server stop
wait_for_line 'try 2 of 5'
begun=${EPOCHREALTIME/./}
kill -INT "$pid"
wait_for_it
expect_equal "$status" 130
((${EPOCHREALTIME/./} - begun < 10000000)) || fail "it took $((${EPOCHREALTIME/./} - begun)) us"
expect_stderr 'to go on from there: '
server start
start --resume
wait_for_it
expect_equal "$status" 0

it "makes indexes, keys and triggers in spite of a lost connection"
source=sqlite://$tmp/long.db n_rows=$((n_rows + 45000))
for kind in standing mirrored; do
    fresh $kind
    start
    wait_until "$at_gate"
    # The table can neither be altered nor get an index while somebody writes into it.
    big=$(sql "$target" "SELECT oid::regclass FROM pg_class WHERE relname = 'big'")
    hold "LOCK TABLE $big IN ROW EXCLUSIVE MODE" "relation = '$big'::regclass"
    open_gate
    wait_until "$at_lock"
    strike "wait_event_type = 'Lock'"
    wait_for_line 'connecting again'
    release
    wait_for_it
    expect_stderr 'warning: cannot (make|put) .*connecting again in 0\.5 s \(try 1 of 5\)$'
    finished
done
source=sqlite://$tmp/app.db n_rows=$((n_rows - 45000))

it "verifies in spite of a lost connection"
fresh standing
start
# The rows of big are there: each of them reads its parent.
wait_until "$at_gate AND (SELECT count(*) = 5000 FROM big)"
# Rows can be written into the table, but not be read.
hold "LOCK TABLE parent IN ACCESS EXCLUSIVE MODE" "relation = 'parent'::regclass"
open_gate
wait_until "$at_lock"
strike true
wait_for_line 'connecting again'
release
wait_for_it
expect_stderr 'connecting again in 0\.5 s \(try 1 of 5\)$'
finished

it "does not try again what is no lost connection"
fresh standing
sql "$target" "ALTER TABLE loose ADD CHECK (a < 990)" >/dev/null
start
wait_for_it
expect_equal "$status" 1
expect_stderr 'violates check constraint'
reject_stderr 'connecting again'

it "sets no row aside twice when it goes on"
fresh standing
sql "$target" "ALTER TABLE big ADD CHECK (id % 3000 <> 0); ALTER TABLE worded ADD CHECK (n % 1002 <> 0)" >/dev/null
start --on-error reject --reject-file "$tmp/rejects"
wait_until "$at_gate"
strike true
release
wait_for_it
expect_equal "$status" 1
expect_stderr 'connecting again'
expect_stderr 'set aside: they are not in the target'
aside=$(sqlite3 "$tmp/app.db" "SELECT (SELECT count(*) FROM big WHERE id % 3000 = 0) + (SELECT count(*) FROM worded WHERE n % 1002 = 0)")
expect_equal "$(wc -l <"$tmp/rejects")" "$aside"
expect_equal "$(sql "$target" "SELECT (SELECT count(*) FROM loose) + (SELECT count(*) FROM worded) + (SELECT count(*) FROM big) + (SELECT count(*) FROM parent)")" \
    $((n_rows - aside))

it "has no retries in one transaction"
fresh standing
expect_exit 2 "$program" db-migrate --source-db "$source" --target-db "$target" --yes --atomic --retries 3
expect_stderr 'retries means nothing with --atomic'
start --atomic
wait_until "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'db-migrate' AND query LIKE '%COPY%')"
strike true
wait_for_it
expect_equal "$status" 1
reject_stderr 'connecting again'
expect_exit 2 "$program" db-migrate --source-db "$source" --target-db "$target" --retries 1001
expect_stderr 'must be a whole number from 0 to 1000'

it "goes on in the snapshot of a PostgreSQL source"
psql -X -q -d "$shared dbname=postgres" -c "DROP DATABASE IF EXISTS retries_source WITH (FORCE)" \
    -c "CREATE DATABASE retries_source TEMPLATE template0" 2>/dev/null
host=${shared#host=} host=${host%% *}
between="postgresql:///retries_source?host=$host&port=5432&user=postgres"
expect_exit 0 "$program" db-migrate --source-db "$source" --target-db "$between" --yes
source=$between
fresh
start
wait_until "$at_gate"
server stop
wait_for_line 'try 2 of 5'
sql "$source" "DELETE FROM loose WHERE a % 2 = 0; INSERT INTO parent VALUES (1000000, 'new')" >/dev/null # not in the snapshot
server start
wait_for_it
expect_equal "$status" 0
expect_stderr "^Copied $n_rows rows in"
source=sqlite://$tmp/app.db
try "$program" db-migrate --verify-only --source-db "$source" --target-db "$target"
[[ $status == 0 ]] || fail "not the same: $(tail -n 5 "$tmp/stderr")"
psql -X -q -d "$shared dbname=postgres" -c "DROP DATABASE IF EXISTS retries_source WITH (FORCE)"

done_testing
