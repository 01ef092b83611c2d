#!/usr/bin/env bash
# suspend.sh - indexes and keys of large tables that do not stand while rows are copied.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

# More than MIG_REBUILD_ROWS rows in big and child, few in parent and small.
sqlite3 "$tmp/app.db" "PRAGMA journal_mode = WAL;
    CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE big (id INTEGER PRIMARY KEY, parent INTEGER, boss INTEGER, a INTEGER, b INTEGER, t TEXT, during TEXT);
    CREATE TABLE child (id INTEGER PRIMARY KEY, big INTEGER, a INTEGER);
    CREATE TABLE small (id INTEGER PRIMARY KEY, big INTEGER);
    CREATE TABLE viewed (id INTEGER PRIMARY KEY, t TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
    INSERT INTO child SELECT i, 60001 - i, i FROM n;
    INSERT INTO parent SELECT id, 'parent ' || id FROM child WHERE id <= 100;
    INSERT INTO big SELECT id, id % 100 + 1, max(id - 1, 1), id * 7919 % 60013, id % 7, 'row ' || id,
        CASE WHEN id <= 100 THEN '[' || id || ',' || (id + 1) || ')' END FROM child;
    INSERT INTO small SELECT id, id FROM parent; INSERT INTO viewed SELECT id, t FROM big" >/dev/null
source=sqlite://$tmp/app.db

# Everything that can be said of an index or a key.
# shellcheck disable=SC2016 # dollar quotes
schema='CREATE EXTENSION IF NOT EXISTS btree_gist;
    CREATE SCHEMA other; CREATE FUNCTION other.lowered(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$SELECT lower($1)$$;
    CREATE TABLE parent (id bigint PRIMARY KEY, name text UNIQUE);
    CREATE TABLE big (id bigint, parent bigint NOT NULL, boss bigint NOT NULL, a bigint NOT NULL, b bigint, t text, during int8range,
        CONSTRAINT "the Key" PRIMARY KEY (id) INCLUDE (b) WITH (fillfactor = 80),
        CONSTRAINT "a unique" UNIQUE (a) DEFERRABLE INITIALLY DEFERRED,
        CONSTRAINT big_nulls UNIQUE NULLS NOT DISTINCT (a, b),
        CONSTRAINT big_during EXCLUDE USING gist (during WITH &&),
        CONSTRAINT big_parent FOREIGN KEY (parent) REFERENCES parent ON DELETE CASCADE DEFERRABLE,
        CONSTRAINT big_boss FOREIGN KEY (boss) REFERENCES big);
    CREATE UNIQUE INDEX big_ident ON big (a) INCLUDE (t);
    CREATE INDEX "big Expr" ON big (other.lowered(t) text_pattern_ops DESC NULLS LAST, (a + b)) WHERE a > 5;
    CREATE INDEX big_collated ON big (t COLLATE "C") WITH (fillfactor = 50, deduplicate_items = off) TABLESPACE elsewhere;
    CREATE INDEX big_brin ON big USING brin (id int8_minmax_multi_ops (values_per_range = 16)) WITH (pages_per_range = 4);
    CREATE INDEX big_hash ON big USING hash (b);
    ALTER INDEX "big Expr" ALTER COLUMN 1 SET STATISTICS 300;
    ALTER INDEX "big Expr" ALTER COLUMN 2 SET STATISTICS 0;
    ALTER TABLE big REPLICA IDENTITY USING INDEX big_ident; ALTER TABLE big CLUSTER ON big_collated;
    COMMENT ON INDEX "big Expr" IS $$it'"'"'s \ an index$$; COMMENT ON INDEX "the Key" IS $$of the key$$;
    COMMENT ON CONSTRAINT "the Key" ON big IS $$the "key"$$; COMMENT ON CONSTRAINT "a unique" ON big IS $$u$$;
    COMMENT ON CONSTRAINT big_boss ON big IS $$a boss$$;
    CREATE TABLE child (id bigint PRIMARY KEY, big bigint REFERENCES big, a bigint);
    ALTER TABLE child ADD CONSTRAINT child_not_valid FOREIGN KEY (a) REFERENCES big (id) NOT VALID;
    CREATE INDEX child_big ON child (big); ALTER TABLE child CLUSTER ON child_pkey;
    CREATE TABLE small (id bigint PRIMARY KEY, big bigint REFERENCES big);
    CREATE TABLE viewed (id bigint PRIMARY KEY, t text); CREATE INDEX viewed_t ON viewed (t);
    CREATE VIEW a_view AS SELECT id, t, count(*) FROM viewed GROUP BY id;
    CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION $x$fired$x$; END$$;
    CREATE TRIGGER big_trigger BEFORE INSERT ON big FOR EACH ROW EXECUTE FUNCTION fired()'

# A tablespace has to be a folder of the server's own.
make_tablespace() {
    mkdir -p "$tmp/space"
    chown "$(stat -c %U "$PGHOST")" "$tmp/space" 2>/dev/null
    psql -X -q -d postgres -c "DROP TABLESPACE IF EXISTS elsewhere" 2>/dev/null
    psql -X -q -d postgres -c "CREATE TABLESPACE elsewhere LOCATION '$tmp/space'"
}
make_tablespace

dump() { # URL: its schema
    pg_dump -s -d "$1" | grep -vE '^\\(un)?restrict '
}
fresh() { # prints the URL of a new database with that schema
    local url
    url=$(fresh_database "${1:-suspend}")
    sql "$url" "$schema" >/dev/null
    echo "$url"
}
migrate() { # TARGET [OPTION...]
    local target=$1
    shift
    try "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --yes "$@"
}
shape() { # URL: the same without our own record, valid or not
    pg_dump -s -N db_migrate -d "$1" | grep -vE '^\\(un)?restrict ' | sed 's/ NOT VALID//'
}
recorded() { # URL: whether there is a record of something suspended
    sql "$1" "SELECT to_regnamespace('db_migrate') IS NOT NULL"
}
standing() { # URL: the indexes of the table
    sql "$1" "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'big'::regclass ORDER BY 1"
}

it "puts all back as it was"
target=$(fresh)
before=$(dump "$target")
migrate "$target"
expect_equal "$status" 0
expect_stderr '^suspended while rows are copied: indexes and keys of (big|child|viewed), (big|child|viewed), (big|child|viewed)$'
expect_stderr '^suspended while rows are copied: the foreign key small_big_fkey from small to big$'
expect_equal "$(dump "$target")" "$before"
expect_equal "$(recorded "$target")" f
expect_equal "$(sql "$target" 'SELECT count(*) FROM big JOIN parent ON parent.id = big.parent JOIN small ON small.id = big.id')" 100
expect_equal "$(sql "$target" "SELECT count(*) FROM pg_index WHERE NOT indisvalid")" 0

it "keeps what a view, an outside key or nothing else can stand for, and small tables whole"
target=$(fresh)
sql "$target" "CREATE FUNCTION noted() RETURNS event_trigger LANGUAGE plpgsql AS \$\$DECLARE o record;
    BEGIN FOR o IN SELECT * FROM pg_event_trigger_dropped_objects() LOOP
      INSERT INTO public.dropped VALUES (o.object_identity); END LOOP; END\$\$;
    CREATE TABLE dropped (what text);
    CREATE EVENT TRIGGER noted ON sql_drop EXECUTE FUNCTION noted()" >/dev/null
migrate "$target"
expect_equal "$status" 0
expect_output sql "$target" "SELECT what FROM dropped WHERE what !~ 'db_migrate|toast|RI_ConstraintTrigger' AND what !~ ' on ' ORDER BY what COLLATE \"C\"" <<'END'
public."a unique"
public."big Expr"
public."the Key"
public.big_brin
public.big_collated
public.big_hash
public.big_ident
public.big_nulls
public.child_big
public.child_pkey
public.viewed_t
END

it "puts all back after a copy that fails, foreign keys without a look"
target=$(fresh)
sql "$target" "ALTER TABLE child ADD CHECK (id <> 59000) NOT VALID" >/dev/null
before=$(dump "$target")
migrate "$target"
expect_equal "$status" 1
expect_stderr 'warning: the foreign key big_boss of big is there, but not validated'
expect_equal "$(shape "$target")" "${before// NOT VALID/}"
expect_equal "$(sql "$target" "SELECT count(*) FROM db_migrate.foreign_key")" "$(sql "$target" "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated AND conname <> 'child_not_valid'")"

it "asks for --force or --restore-only then, and says why"
sql "$target" "ALTER TABLE child DROP CONSTRAINT child_id_check" >/dev/null
before=$(dump "$(fresh suspend_other)")
migrate "$target"
expect_equal "$status" 4
expect_stderr 'a run before this one did not come to its end'
expect_stderr 'foreign key big_boss of big$'
expect_stderr '--restore-only'
expect_stderr 'the target is untouched'
migrate "$target" --force
expect_equal "$status" 0
expect_stderr 'warning: a run before this one has left things suspended'
expect_equal "$(dump "$target")" "$before"
expect_equal "$(recorded "$target")" f

it "has nothing to restore then"
expect_exit 0 "$MIG_BUILD/db-migrate" --restore-only --target-db "$target"
expect_stderr '^Nothing is suspended in the target\.$'

# A file that takes some time, so that runs can be killed on their way.
cp "$tmp/app.db" "$tmp/long.db"
sqlite3 "$tmp/long.db" "WITH RECURSIVE n(i) AS (SELECT 60001 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
    INSERT INTO big SELECT i, 1, 1, i + 100000, i, 'row ' || i, NULL FROM n"

# One table after the other, so that what a killed run leaves has no rows whose parents are not there.
in_order=(--readers 1 --writers 1)

# killed_at CONDITION: a new target whose run was killed once the condition, over the target, holds.
killed_at() { # CONDITION [OPTION...]
    target=$(fresh)
    before=$(dump "$target")
    "$MIG_BUILD/db-migrate" --source-db "sqlite://$tmp/long.db" --target-db "$target" --yes "${in_order[@]}" \
        "${@:2}" >"$tmp/stdout" 2>"$tmp/stderr" </dev/null &
    pid=$!
    for _ in $(seq 1000); do
        [[ $(sql "$target" "SELECT $1") == t ]] && break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.01
    done
}
kill_it() {
    kill -9 "$pid" || fail "the run was over before it was killed"
    { wait "$pid"; } 2>/dev/null
    for _ in $(seq 200); do # its server processes notice, and give their locks up
        [[ $(sql "$target" "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()") == 1 ]] && break
        sleep 0.1
    done
}

it "leaves the record when it is killed on its way, and the next run refuses"
killed_at "to_regclass('db_migrate.suspended_index') IS NOT NULL AND pg_relation_size('big') > 1000000"
kill_it
expect_equal "$(standing "$target")" "big_during"
[[ $(dump "$target") != "$before" ]] || fail "nothing was suspended"
migrate "$target"
expect_equal "$status" 4
expect_stderr 'primary key the Key of big$'
expect_stderr 'index big Expr of big$'
expect_stderr 'foreign key small_big_fkey of small$'
expect_stderr 'trigger big_trigger of big$'

it "restores from it without a source, but not what half of the rows cannot satisfy"
sql "$target" "INSERT INTO small VALUES (-1, -5)" >/dev/null
expect_exit 1 "$MIG_BUILD/db-migrate" --restore-only --target-db "$target"
expect_stderr 'cannot validate the foreign key'
expect_stderr 'is not present in table'
expect_equal "$(shape "$target")" "${before// NOT VALID/}"
sql "$target" "TRUNCATE big, child, small" >/dev/null
expect_exit 0 "$MIG_BUILD/db-migrate" --restore-only --target-db "$target"
expect_stderr '^All of it is back'
expect_equal "$(dump "$target")" "$before"
expect_equal "$(recorded "$target")" f

it "goes on where it was killed while indexes were made"
killed_at "count(*) FILTER (WHERE indexrelid::regclass::text <> 'big_during') > 0 FROM pg_index WHERE indrelid = 'big'::regclass AND to_regclass('db_migrate.suspended_index') IS NOT NULL AND pg_relation_size('small') > 0"
kill_it
expect_exit 0 "$MIG_BUILD/db-migrate" --restore-only --target-db "$target"
expect_equal "$(dump "$target")" "$before"
expect_equal "$(recorded "$target")" f
expect_equal "$(sql "$target" "SELECT count(*) FROM big")" 200000

it "puts all back when a process of the server dies"
killed_at "to_regclass('db_migrate.suspended_index') IS NOT NULL AND pg_relation_size('big') > 1000000" --retries 0
sql "$target" "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%COPY %'
    AND state = 'active' AND pid <> pg_backend_pid() AND datname = 'suspend' LIMIT 1" >/dev/null
wait "$pid"
expect_equal "$?" 1
expect_equal "$(shape "$target")" "${before// NOT VALID/}"

it "stops after the open chunks at the first signal, with all back"
killed_at "to_regclass('db_migrate.suspended_index') IS NOT NULL AND pg_relation_size('big') > 1000000"
kill -INT "$pid"
wait "$pid"
expect_equal "$?" 130
expect_equal "$(shape "$target")" "${before// NOT VALID/}"

# Rows may still be written into the table from then on, but no index of it made.
block_indexes() { # URL: a session of its own in the background, its process in $blocker
    sql "$1" "DO \$\$BEGIN
        WHILE to_regclass('db_migrate.suspended_index') IS NULL LOOP PERFORM pg_sleep(0.001); END LOOP;
        LOCK TABLE big IN ROW EXCLUSIVE MODE; PERFORM pg_sleep(60);
    END\$\$" >/dev/null 2>&1 &
    blocker=$!
}

it "leaves what takes long to --restore-only at the second signal"
target=$(fresh)
before=$(dump "$target")
block_indexes "$target"
"$MIG_BUILD/db-migrate" --source-db "sqlite://$tmp/long.db" --target-db "$target" --yes "${in_order[@]}" \
    >"$tmp/stdout" 2>"$tmp/stderr" </dev/null &
pid=$!
of_the_run="datname = 'suspend' AND pid <> pg_backend_pid() AND query NOT LIKE 'DO %'"
for _ in $(seq 1000); do
    backend=$(sql "$target" "SELECT pid FROM pg_stat_activity WHERE $of_the_run AND state = 'active'
        AND (query LIKE '%COPY %' OR query LIKE '%CREATE %') AND to_regclass('db_migrate.suspended_index') IS NOT NULL
        AND pg_relation_size('big') > 1000000 LIMIT 1")
    [[ -n $backend ]] && break
    sleep 0.01
done
kill -STOP "$backend"
kill -INT "$pid"
sleep 0.3
kill -INT "$pid"
for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
kill -0 "$pid" 2>/dev/null && fail "it goes on ten seconds after the second signal"
for backend in $(sql "$target" "SELECT pid FROM pg_stat_activity WHERE $of_the_run"); do
    kill -CONT "$backend"
done
wait "$pid"
expect_equal "$?" 130
expect_stderr 'indexes, keys and triggers are still suspended: --restore-only puts them back'
sql "$target" "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'suspend' AND query LIKE 'DO %'" >/dev/null
wait "$blocker"
sleep 0.5
expect_exit 0 "$MIG_BUILD/db-migrate" --restore-only --target-db "$target"
expect_equal "$(dump "$target")" "$before"

it "replaces suspended tables with a mirrored schema, and forgets them"
killed_at "to_regclass('db_migrate.suspended_index') IS NOT NULL AND pg_relation_size('big') > 1000000"
kill_it
sql "$target" 'DROP VIEW a_view' >/dev/null
migrate "$target" --schema mirror
expect_equal "$status" 4
migrate "$target" --schema mirror --force
expect_equal "$status" 0
expect_equal "$(recorded "$target")" f
expect_equal "$(sql "$target" "SELECT count(*) FROM big")" 60000

it "names the key that the rows do not satisfy, keeps the record, makes all others"
target=$(fresh)
sql "$target" "ALTER TABLE viewed ADD CONSTRAINT viewed_unique UNIQUE (t)" >/dev/null
before=$(dump "$target")
cp "$tmp/app.db" "$tmp/twice.db"
sqlite3 "$tmp/twice.db" "UPDATE viewed SET t = 'row 7' WHERE id = 50000"
try "$MIG_BUILD/db-migrate" --source-db "sqlite://$tmp/twice.db" --target-db "$target" --yes
expect_equal "$status" 1
expect_stderr 'error: cannot put back the unique constraint viewed_unique of viewed'
expect_stderr 'Key \(t\)=\(row 7\) is duplicated'
expect_stderr '--restore-only'
expect_equal "$(sql "$target" "SELECT index_name FROM db_migrate.suspended_index")" viewed_unique
expect_exit 1 "$MIG_BUILD/db-migrate" --restore-only --target-db "$target"
expect_stderr 'cannot put back the unique constraint viewed_unique of viewed'
sql "$target" "UPDATE viewed SET t = 'row 50000' WHERE id = 50000" >/dev/null
expect_exit 0 "$MIG_BUILD/db-migrate" --restore-only --target-db "$target"
expect_equal "$(dump "$target")" "$before"

it "does not take another index of that name for the old one"
target=$(fresh)
killed_at "to_regclass('db_migrate.suspended_index') IS NOT NULL AND pg_relation_size('big') > 1000000"
kill_it
sql "$target" 'TRUNCATE big, child, small; CREATE INDEX big_hash ON big USING btree (b)' >/dev/null
expect_exit 1 "$MIG_BUILD/db-migrate" --restore-only --target-db "$target"
expect_stderr 'index big_hash of big: what has its name now is something else'
expect_stderr 'it was: CREATE INDEX big_hash ON public.big USING hash \(b\)'
sql "$target" 'DROP INDEX big_hash' >/dev/null
expect_exit 0 "$MIG_BUILD/db-migrate" --restore-only --target-db "$target"
expect_equal "$(dump "$target")" "$before"

it "suspends nothing where the role may not, and says so"
psql -X -q -d postgres -c "DROP ROLE IF EXISTS suspend_app" -c "CREATE ROLE suspend_app LOGIN" 2>/dev/null
target=$(fresh)
sql "$target" "DROP TRIGGER big_trigger ON big; GRANT ALL ON ALL TABLES IN SCHEMA public TO suspend_app; GRANT CREATE ON DATABASE suspend TO suspend_app; GRANT CREATE ON SCHEMA public TO suspend_app; GRANT USAGE ON SCHEMA other TO suspend_app" >/dev/null
before=$(dump "$target")
migrate "${target/user=$PGUSER/user=suspend_app}"
expect_equal "$status" 0
expect_stderr '^indexes and keys of big stand while its rows are copied, which is slower: the role does not own the table$'
reject_stderr '^suspended'
expect_equal "$(dump "$target")" "$before"
sql "$target" "ALTER TABLE parent OWNER TO suspend_app; ALTER TABLE big OWNER TO suspend_app; ALTER TABLE child OWNER TO suspend_app; ALTER TABLE small OWNER TO suspend_app; ALTER TABLE viewed OWNER TO suspend_app; REVOKE CREATE ON DATABASE suspend FROM suspend_app" >/dev/null
before=$(dump "$target")
migrate "${target/user=$PGUSER/user=suspend_app}" --force
expect_equal "$status" 0
expect_stderr 'which is slower: the role has no CREATE on the database'
sql "$target" "GRANT CREATE ON DATABASE suspend TO suspend_app; REVOKE CREATE ON SCHEMA public FROM suspend_app" >/dev/null
before=$(dump "$target")
migrate "${target/user=$PGUSER/user=suspend_app}" --force
expect_equal "$status" 0
expect_stderr 'which is slower: the role has no CREATE on the schema'
sql "$target" "GRANT CREATE ON SCHEMA public TO suspend_app" >/dev/null
before=$(dump "$target")
migrate "${target/user=$PGUSER/user=suspend_app}" --force
expect_equal "$status" 0
expect_stderr '^suspended while rows are copied: indexes and keys of '
expect_equal "$(dump "$target")" "$before"

it "tells what it would suspend, without doing it"
target=$(fresh)
before=$(dump "$target")
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --dry-run
expect_stdout '^ +suspended while rows are copied: indexes and keys of '
expect_stdout '^ +indexes and keys are made behind the rows$'
expect_equal "$(dump "$target")" "$before"

it "refuses options that mean nothing without a copy"
expect_exit 2 "$MIG_BUILD/db-migrate" --restore-only --source-db "$source" --target-db "$target"
expect_stderr '--source-db means nothing with --restore-only'
expect_exit 2 "$MIG_BUILD/db-migrate" --restore-only
expect_stderr '--target-db is missing'
expect_exit 2 "$MIG_BUILD/db-migrate" --restore-only --target-db "$source"
expect_stderr 'nothing is ever suspended in a SQLite file'

it "finds the record again after the server was stopped at once"
own_PGHOST='' own_PGPORT='' own_PGUSER=''
own=$(mktemp -d "${TMPDIR:-/tmp}/mig-suspend-XXXXXX")
chmod 755 "$own"
trap '"$top/tests/support/cluster" stop "$own"; rm -rf "$tmp" "$own"' EXIT
if eval "$("$top/tests/support/cluster" start "$own" | sed 's/^/own_/; s/ / own_/g')"; then
    (
        export PGHOST=$own_PGHOST PGPORT=$own_PGPORT PGUSER=$own_PGUSER
        psql -X -q -d postgres -c "CREATE DATABASE suspend TEMPLATE template0"
    )
    target="postgresql:///suspend?host=$own_PGHOST&port=$own_PGPORT&user=$own_PGUSER"
    sql "$target" "${schema/TABLESPACE elsewhere/}" >/dev/null
    before=$(dump "$target")
    "$MIG_BUILD/db-migrate" --source-db "sqlite://$tmp/long.db" --target-db "$target" --yes "${in_order[@]}" --retries 0 \
        >"$tmp/stdout" 2>"$tmp/stderr" </dev/null &
    pid=$!
    for _ in $(seq 1000); do
        [[ $(sql "$target" "SELECT to_regclass('db_migrate.suspended_index') IS NOT NULL AND pg_relation_size('big') > 1000000") == t ]] && break
        sleep 0.01
    done
    kill -QUIT "$(head -n 1 "$(sql "$target" 'SHOW data_directory')/postmaster.pid")"
    wait "$pid"
    expect_equal "$?" 1
    expect_stderr 'error:'
    sleep 1
    "$top/tests/support/cluster" restart "$own" >/dev/null 2>&1
    migrate "$target"
    expect_equal "$status" 4
    expect_stderr 'primary key the Key of big$'
    expect_exit 0 "$MIG_BUILD/db-migrate" --restore-only --target-db "$target"
    expect_equal "$(dump "$target")" "$before"
else
    fail "no server of its own could be started"
fi

for name in suspend suspend_other; do
    psql -X -q -d postgres -c "DROP DATABASE IF EXISTS $name WITH (FORCE)" 2>/dev/null
done
psql -X -q -d postgres -c "DROP TABLESPACE elsewhere" -c "DROP ROLE suspend_app" 2>/dev/null
done_testing
