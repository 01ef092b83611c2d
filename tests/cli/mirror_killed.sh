#!/usr/bin/env bash
# mirror_killed.sh - a run that makes the tables in place, since its role may make no schema beside,
# and dies before the keys are made, leaves nothing that the next one, or a person, could take for
# finished.  (staging.sh is about runs that may.)
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

sqlite3 "$tmp/big.db" "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE big (id INTEGER PRIMARY KEY, t text UNIQUE, p integer REFERENCES parent);
    CREATE INDEX by_t ON big (lower(t));
    INSERT INTO parent VALUES (1), (2);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
    INSERT INTO big SELECT i, hex(randomblob(20)), i % 2 + 1 FROM n" >/dev/null

psql -X -q -d postgres -c "DO \$\$ BEGIN CREATE ROLE in_place LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END \$\$"

# A database in which the role may make tables only; sets target, with that role.
make_target() {
    target=$(fresh_database mirror_killed)
    sql "$target" "ALTER SCHEMA public OWNER TO in_place"
    target=${target/user=$PGUSER/user=in_place}
}

migrate() { # [OPTION...]
    try "$program" db-migrate --source-db "sqlite://$tmp/big.db" --target-db "$target" --yes "$@"
}

killed_when() { # WORDS: a fresh $target, the run killed when its messages have them
    make_target
    "$program" db-migrate --source-db "sqlite://$tmp/big.db" --target-db "$target" --yes \
        >"$tmp/stdout" 2>"$tmp/stderr" </dev/null &
    local pid=$!
    for _ in $(seq 4000); do
        grep -q "$1" "$tmp/stderr" && break
        sleep 0.005
    done
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
    expect_equal "$?" 137
}

keys() {
    sql "$target" "SELECT conname, convalidated FROM pg_constraint
        WHERE conrelid IN ('big'::regclass, 'parent'::regclass) ORDER BY 1;
        SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 'big'::regclass ORDER BY 1"
}

for moment in 'Copying tables' 'Making keys'; do
    it "killed at \"$moment\": the tables are marked, refused as they are, and made anew"
    killed_when "$moment"
    expect_equal "$(sql "$target" 'SELECT relation FROM db_migrate_unfinished ORDER BY 1')" 'big
parent'
    migrate --schema existing --force
    expect_equal "$status" 4
    expect_stderr "error: the target's tables are not finished"
    migrate
    if [[ $status != 0 ]]; then # there were rows
        expect_equal "$status" 4
        expect_stderr 'not empty|a run before this one did not come to its end'
        migrate --force
        expect_equal "$status" 0
    fi
    expect_stderr 'mirrored from the source \(an earlier run'
    expect_equal "$(keys)" 'big_p_fkey|t
big_pkey|t
big_t_key|t
parent_pkey|t
big_pkey|t
big_t_key|t
by_t|t'
    expect_equal "$(sql "$target" "SELECT to_regclass('db_migrate_unfinished') IS NULL, count(*) FROM big")" 't|150000'
done

it "is no source either"
killed_when 'Making keys'
expect_exit 4 "$program" db-migrate --source-db "$target" --target-db "sqlite://$tmp/no.db?mode=rwc" --yes
expect_stderr 'error: the source is not finished'
[[ ! -e $tmp/no.db ]] || fail "there is a file"

it "is marked as well when the keys fail"
sqlite3 "$tmp/long.db" "CREATE TABLE t (id INTEGER PRIMARY KEY, t TEXT); CREATE INDEX too_long ON t (t);
    INSERT INTO t VALUES (1, (SELECT group_concat(hex(randomblob(9)), '') FROM generate_series(1, 2000)))"
make_target
expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp/long.db" --target-db "$target" --yes --infer declared
expect_stderr 'cannot make the index too_long'
expect_equal "$(sql "$target" 'TABLE db_migrate_unfinished')" t

done_testing
