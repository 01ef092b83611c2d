#!/usr/bin/env bash
# commit_lost.sh - the one COMMIT that decides, and no answer to it: nothing is claimed that is not
# known, and the target is the old one or the new one, whole.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

# A server whose COMMITs wait, once their work is final, for a copy of it that is not there.
own=$(mktemp -d "${TMPDIR:-/tmp}/mig-commit-XXXXXX")
chmod 755 "$own"
trap '"$top/tests/support/cluster" stop "$own/server"; rm -rf "$tmp" "$own"' EXIT
mkdir "$own/server"
eval "$(CLUSTER_SETTINGS="synchronous_commit = on" "$top/tests/support/cluster" start "$own/server")"
export PGHOST PGPORT PGUSER

sqlite3 "$tmp/app.db" "CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name text);
    CREATE TABLE child (id INTEGER PRIMARY KEY, p integer REFERENCES parent);
    INSERT INTO parent VALUES (1, 'one'), (2, 'two'), (500, 'last');
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
    INSERT INTO child SELECT i, i % 2 + 1 FROM n"

commits_wait() { # on|off
    local nobody=nobody
    [[ $1 == on ]] || nobody=
    psql -X -q -d postgres -c "ALTER SYSTEM SET synchronous_standby_names = '$nobody'" -c "SELECT pg_reload_conf()" >/dev/null 2>&1 &
    wait $!
    for _ in $(seq 200); do
        [[ $(sql "$target" "SHOW synchronous_standby_names") == "$nobody" ]] && return
        sleep 0.02
    done
    fail "commits wait: not $1"
}

make_target() {
    target=$(fresh_database commit_lost)
    psql -X -q -v ON_ERROR_STOP=1 -d "$target" <<'SQL'
CREATE TABLE parent (id bigserial PRIMARY KEY, name text);
CREATE TABLE child (id bigint PRIMARY KEY, p bigint REFERENCES parent);
INSERT INTO parent (name) SELECT 'old' FROM generate_series(1, 7);
SQL
}

state() {
    pg_dump -n public -d "$target" | sed -e '/^\\\(un\)\?restrict/d'
}

start() { # OPTION...: in the background; sets pid
    "$program" db-migrate --source-db "sqlite://$tmp/app.db" --target-db "$target" --yes --force "$@" \
        >"$tmp/stdout" 2>"$tmp/stderr" </dev/null &
    pid=$!
}

until_waiting() { # EVENT [QUERY]: a process in the server waits for it, with a query that begins like this
    for _ in $(seq 2000); do
        [[ $(sql "$target" "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'db-migrate' AND wait_event = '$1'
            AND starts_with(query, '${2-}')") == 0 ]] || return
        sleep 0.01
    done
    fail "nothing waited for $1 ${2-}"
}

end_waiting() { # EVENT
    sql "$target" "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'db-migrate' AND wait_event = '$1'" >/dev/null
}

expect_new() {
    expect_equal "$(sql "$target" "SELECT count(*) FROM child; SELECT count(*) FROM parent WHERE name <> 'old'")" "30000
3"
    expect_exit 0 "$program" db-migrate --verify-only --source-db "sqlite://$tmp/app.db" --target-db "$target"
    expect_equal "$(sql "$target" "INSERT INTO parent (name) VALUES ('next') RETURNING id")" 501
}

it "--atomic: the connection is lost at the COMMIT, which was made"
make_target
commits_wait on
start --atomic --schema existing
until_waiting SyncRep
end_waiting SyncRep
wait "$pid"
expect_equal "$?" 1
commits_wait off
expect_stderr 'it is unknown whether the target is what it was or holds all rows'
expect_stderr 'the target holds what it held before, or all that was copied, and nothing in between'
reject_stderr 'untouched'
reject_stderr 'sequences are not set'
expect_new

it "--atomic: killed at the COMMIT, which was made: the sequences are set as well"
make_target
commits_wait on
start --atomic --schema existing
until_waiting SyncRep
kill -KILL "$pid"
wait "$pid" 2>/dev/null
expect_equal "$?" 137
end_waiting SyncRep
commits_wait off
expect_new

it "--atomic: a run that fails at its COMMIT gives the sequences back as well"
make_target
psql -X -q -v ON_ERROR_STOP=1 -d "$target" <<'SQL'
CREATE TABLE outside (id int);
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$not at the end$$; END';
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON outside DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION no();
CREATE FUNCTION put() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.outside VALUES (1); END';
CREATE EVENT TRIGGER put ON ddl_command_end WHEN TAG IN ('ALTER SEQUENCE') EXECUTE FUNCTION put();
SQL
before=$(state)
start --atomic --schema existing
wait "$pid"
expect_equal "$?" 1
expect_stderr 'cannot commit the migration: not at the end'
expect_stderr 'the target is untouched'
expect_equal "$(state)" "$before"

it "--atomic: a sequence that is another role's is set behind the COMMIT"
make_target
sql "$target" "DROP EVENT TRIGGER IF EXISTS put; DROP ROLE IF EXISTS copier; CREATE ROLE copier LOGIN;
    ALTER TABLE child OWNER TO copier; ALTER SEQUENCE parent_id_seq OWNED BY NONE; ALTER TABLE parent OWNER TO copier;
    GRANT SELECT, UPDATE, USAGE ON SEQUENCE parent_id_seq TO copier" >/dev/null
target=${target/user=$PGUSER/user=copier}
commits_wait on
start --atomic --schema existing
until_waiting SyncRep
end_waiting SyncRep
wait "$pid"
expect_equal "$?" 1
commits_wait off
expect_stderr 'if it holds all rows, its sequences are not set yet: --sync does it'
expect_equal "$(sql "$target" "SELECT last_value FROM parent_id_seq")" 7
expect_exit 0 "$program" db-migrate --sync --source-db "sqlite://$tmp/app.db" --target-db "$target" --yes
expect_new

hold() { # STATEMENT: in a transaction of a connection of its own, until let_go
    psql -X -q -d "$target" -c "BEGIN; $1; SELECT pg_sleep(60)" >/dev/null 2>&1 &
    for _ in $(seq 1000); do
        [[ $(sql "$target" "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND starts_with(query, 'BEGIN; $1')") == 0 ]] || return
        sleep 0.01
    done
    fail "cannot hold: $1"
}

let_go() { # STATEMENT
    sql "$target" "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE starts_with(query, 'BEGIN; $1')" >/dev/null
}

# A run with a staging schema, whose exchange is held up by a reader of the old tables until COMMITs wait.
start_exchange() { # OPTION...
    make_target
    hold 'SELECT FROM child'
    start --schema mirror "$@"
    until_waiting relation
    commits_wait on
    let_go 'SELECT FROM child'
    until_waiting SyncRep
}

it "a staged schema: the connection is lost at the COMMIT of the exchange, which was made"
start_exchange --retries 0
end_waiting SyncRep
wait "$pid"
expect_equal "$?" 1
commits_wait off
expect_stderr 'cannot .*: the connection was lost'
expect_stderr 'if it is gone, the new tables are there, all of them'
expect_equal "$(sql "$target" "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^db_migrate'")" 0
expect_new

it "a staged schema: a connection that is lost at the COMMIT of the exchange is taken up again, and finds it made"
start_exchange
end_waiting SyncRep
commits_wait off
wait "$pid"
expect_equal "$?" 0
expect_stderr 'the connection was lost.*; connecting again in 0.5 s \(try 1 of 5\)$'
expect_stderr '^The run had come to its end before the connection was lost; verifying once more…$'
expect_equal "$(grep -c '^Verifying contents…$' "$tmp/stderr")" 2
expect_stderr 'Migration complete'
expect_equal "$(sql "$target" "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^db_migrate'")" 0
expect_new

# A run in place that waits for the COMMIT of its last transaction.
start_last() {
    make_target
    start --schema existing
    for _ in $(seq 4000); do
        grep -q 'Copying tables' "$tmp/stderr" && break
        sleep 0.005
    done
    hold 'LOCK TABLE child IN SHARE UPDATE EXCLUSIVE MODE' # who copies may go on, but who analyzes waits
    until_waiting relation ANALYZE
    hold 'LOCK TABLE db_migrate.run IN SHARE MODE'
    let_go 'LOCK TABLE child'
    until_waiting relation DELETE
    commits_wait on
    let_go 'LOCK TABLE db_migrate.run'
    until_waiting SyncRep
}

it "in place: a connection that is lost at the last COMMIT is taken up again, and finds it made"
start_last
end_waiting SyncRep
commits_wait off
wait "$pid"
expect_equal "$?" 0
expect_stderr 'the connection was lost.*; connecting again in 0.5 s \(try 1 of 5\)$'
expect_stderr '^The run had come to its end before the connection was lost; verifying once more…$'
expect_equal "$(grep -c '^Verifying contents…$' "$tmp/stderr")" 2
expect_stderr 'Migration complete'
expect_equal "$(sql "$target" "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^db_migrate'")" 0
expect_new

it "in place: a connection that is lost at the last COMMIT, and somebody writes before it is taken up again"
start_last
sql "$target" "SET synchronous_commit = local; UPDATE child SET p = 500 WHERE id = 7" >/dev/null
end_waiting SyncRep
commits_wait off
wait "$pid"
expect_equal "$?" 3
expect_stderr 'verifying once more…$'
expect_stderr 'child.*7'
reject_stderr 'Migration complete'

it "a staged schema: killed at the COMMIT of the exchange, which was made"
start_exchange
kill -KILL "$pid"
wait "$pid" 2>/dev/null
expect_equal "$?" 137
end_waiting SyncRep
commits_wait off
expect_equal "$(sql "$target" "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^db_migrate'")" 0
expect_new

done_testing
