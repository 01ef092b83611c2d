#!/usr/bin/env bash
# resume.sh - runs that go on where one before them has ended early.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

# A table of rowids, one without, one that nothing identifies, an empty one.
sqlite3 "$tmp/app.db" "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE big (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent, t TEXT UNIQUE);
    CREATE TABLE worded (word TEXT PRIMARY KEY, n INTEGER, t TEXT) WITHOUT ROWID;
    CREATE TABLE loose (a INTEGER, t TEXT); CREATE TABLE empty (id INTEGER PRIMARY KEY);
    CREATE INDEX big_parent ON big (parent);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
    INSERT INTO big SELECT i * 3, i % 100 + 1, hex(randomblob(150)) FROM n;
    INSERT INTO parent SELECT id / 3, 'parent ' || id FROM big WHERE id <= 300;
    INSERT INTO worded SELECT hex(id * 7919 % 150001) || id, id, hex(randomblob(150)) FROM big WHERE id % 2 = 0;
    INSERT INTO loose SELECT id, hex(randomblob(150)) FROM big WHERE id % 2 = 1;" >/dev/null
source=sqlite://$tmp/app.db

schema="CREATE TABLE parent (id bigint PRIMARY KEY, name text);
    CREATE TABLE big (id bigint PRIMARY KEY, parent bigint REFERENCES parent, t text UNIQUE);
    CREATE TABLE worded (word text PRIMARY KEY, n bigint, t text);
    CREATE TABLE loose (a bigint, t text); CREATE TABLE empty (id bigint PRIMARY KEY);
    CREATE INDEX big_parent ON big (parent);
    CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS \$\$BEGIN RAISE EXCEPTION 'fired'; END\$\$;
    CREATE TRIGGER big_trigger BEFORE INSERT ON big FOR EACH ROW EXECUTE FUNCTION fired()"

fresh() { # sets $target
    target=$(fresh_database resume)
    sql "$target" "$schema" >/dev/null
}
migrate() { # [OPTION...]
    try "$program" db-migrate --source-db "$source" --target-db "$target" --yes "$@"
}
start() { # [OPTION...]: in the background; $pid
    "$program" db-migrate --source-db "$source" --target-db "$target" --yes "$@" \
        >"$tmp/stdout" 2>"$tmp/stderr" </dev/null &
    pid=$!
}
wait_until() { # CONDITION: over the target, while the run goes on
    for _ in $(seq 2000); do
        [[ $(sql "$target" "SELECT $1" 2>/dev/null) == t ]] && return
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.003
    done
    fail "it was over before $1"
}
kill_it() {
    kill -9 "$pid"
    { wait "$pid"; } 2>/dev/null
}
chunks="to_regclass('db_migrate.chunk') IS NOT NULL AND (xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM db_migrate.chunk', false, true, '')))[1]::text::int"
finished() { # expects all rows, keys and triggers, and no trace of a run
    expect_equal "$(sql "$target" "SELECT to_regnamespace('db_migrate') IS NULL, to_regclass('db_migrate_unfinished') IS NULL")" 't|t'
    expect_equal "$(sql "$target" "SELECT count(*) FROM big; SELECT count(*) FROM worded; SELECT count(*) FROM loose; SELECT count(*) FROM parent")" \
        "$(sqlite3 "$tmp/app.db" "SELECT count(*) FROM big; SELECT count(*) FROM worded; SELECT count(*) FROM loose; SELECT count(*) FROM parent")"
    expect_equal "$(sql "$target" "SELECT count(*) FILTER (WHERE contype = 'p'), count(*) FILTER (WHERE contype = 'f' AND convalidated),
        count(*) FILTER (WHERE contype = 'u') FROM pg_constraint WHERE connamespace = 'public'::regnamespace")" '4|1|1'
    expect_equal "$(sql "$target" "SELECT to_regclass('big_parent') IS NOT NULL")" t
    try "$program" db-migrate --verify-only --source-db "$source" --target-db "$target"
    [[ $status == 0 ]] || fail "not the same: $(tail -n 5 "$tmp/stderr")"
}

it "leaves no journal behind when it is done"
fresh
migrate
expect_equal "$status" 0
finished

it "goes on after kill -9 in the middle of the copy, and repeats no chunk"
fresh
start --schema existing
wait_until "$chunks >= 3"
kill_it
rows=$(sql "$target" "SELECT sum(n_rows) FROM db_migrate.chunk")
migrate --schema existing
expect_equal "$status" 4
expect_stderr 'a run before this one did not come to its end'
expect_stderr 'of the run of 20.* rows are there'
expect_stderr '--resume goes on from there'
expect_stderr 'the target is untouched'
migrate --schema existing --resume
expect_equal "$status" 0
total=$(sqlite3 "$tmp/app.db" "SELECT (SELECT count(*) FROM big) + (SELECT count(*) FROM worded) + (SELECT count(*) FROM loose) + (SELECT count(*) FROM parent)")
before=$(sed -n 's/^Going on with the run of .*: \([0-9]*\) rows are in the target$/\1/p' "$tmp/stderr")
((before >= rows)) || fail "it found $before rows, not $rows"
expect_stderr "^Copied $((total - before)) rows in"
finished

it "says that there is nothing to resume"
migrate --resume
expect_equal "$status" 4
expect_stderr 'there is nothing to resume: the target has no journal'
expect_stderr 'the target is untouched'

it "goes on after Ctrl-C, and said how"
fresh
start --schema existing
wait_until "$chunks >= 2"
kill -INT "$pid"
wait "$pid"
expect_equal "$?" 130
expect_stderr 'to go on from there: .*/uptrakit-controller db-migrate --source-db sqlite://.*/app.db --target-db .postgresql:.* --schema existing --resume$'
command=$(sed -n 's/.*to go on from there: //p' "$tmp/stderr")
eval "try $command"
expect_equal "$status" 0
finished

it "refuses when it would do something else"
fresh
start
wait_until "$chunks >= 2"
kill_it
migrate --resume --exclude loose
expect_equal "$status" 4
expect_stderr 'this run would not do the same as the one that is to be gone on with'
expect_stderr 'then: table loose from loose'
migrate --resume --trust-source
expect_equal "$status" 0
finished

it "notices a source that has changed, and names the table"
for change in "UPDATE big SET t = 'x' WHERE id = 3" "DELETE FROM big WHERE id = 3" "INSERT INTO big VALUES (4, 1, 'new')"; do
    cp "$tmp/app.db" "$tmp/changed.db"
    fresh
    source=sqlite://$tmp/changed.db
    start
    wait_until "to_regclass('db_migrate.chunk') IS NOT NULL AND (xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM db_migrate.chunk WHERE table_name = ''big'' AND lower < 4', false, true, '')))[1]::text::int > 0"
    kill_it
    sqlite3 "$tmp/changed.db" "$change"
    migrate --resume
    expect_equal "$status" 1
    expect_stderr 'error: big is not what it was when the run that is gone on with read it'
    expect_stderr 'force copies everything again'
    sql "$target" "DROP TABLE loose" # something that a further run would find
    source=sqlite://$tmp/app.db
done

it "is given up by --restore-only"
fresh
start
wait_until "$chunks >= 2"
kill_it
expect_exit 0 "$program" db-migrate --restore-only --target-db "$target"
expect_stderr '^Forgetting what was copied by the run of '
expect_equal "$(sql "$target" "SELECT to_regnamespace('db_migrate') IS NULL")" t
migrate --resume
expect_equal "$status" 4
migrate
expect_equal "$status" 4
expect_stderr 'not empty'

it "starts again with --force"
fresh
start
wait_until "$chunks >= 2"
kill_it
migrate --force
expect_equal "$status" 0
finished

it "has no journal where the role may not make one, and says so"
psql -X -q -d postgres -c "DROP ROLE IF EXISTS resume_app" -c "CREATE ROLE resume_app LOGIN" 2>/dev/null
fresh
sql "$target" "DROP TRIGGER big_trigger ON big; GRANT ALL ON ALL TABLES IN SCHEMA public TO resume_app" >/dev/null
target=${target/user=$PGUSER/user=resume_app} migrate
expect_equal "$status" 0
expect_stderr '^No journal is kept, so that this run cannot be resumed if it is stopped: the role has no CREATE on the database$'

it "has none for a SQLite target"
expect_exit 2 "$program" db-migrate --source-db "$source" --target-db "sqlite://$tmp/new.db?mode=rwc" --resume
expect_stderr 'a SQLite target has no journal'

it "refuses what contradicts it"
for options in "--resume --force" "--resume --dry-run" "--trust-source" "--resume --restore-only"; do
    # shellcheck disable=SC2086 # several words
    expect_exit 2 "$program" db-migrate --source-db "$source" --target-db "$target" $options
    expect_stderr 'means nothing with'
done

psql -X -q -d postgres -c "DROP DATABASE IF EXISTS resume WITH (FORCE)" -c "DROP ROLE IF EXISTS resume_app" 2>/dev/null
done_testing
