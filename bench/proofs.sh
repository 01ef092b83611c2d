# shellcheck shell=bash
# proofs.sh - what keys, the journal, verification and --sync cost, from SQLite to PostgreSQL.
#
# Sourced by run, after load.sh.  Narrow rows; what stands as the limit of each:
#
#   keyed      a primary key, two indexes and a foreign key: the server's COPY from ready files into tables
#              without them, then all of them made by hand in one psql.  "Copy phase" is the copy and the
#              making of them.  "-kept": by a role that may not drop them, so that the server keeps them
#              row by row
#   journal    the copy by a role that may make no schema, and so keeps none
#   verify     the copy with the primary key kept; beside it --verify-only, from start to exit
#   sync       --verify-only; beside it --sync of 1,000 changed rows one behind the other, from start to
#              exit.  "-scattered": of 1,000 all over the table
#
# shellcheck disable=SC2154 # variables of run and lib.sh

# role NAME: one that may log in; also the first time.
role() {
    query postgres "DO \$\$ BEGIN CREATE ROLE $1 LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END \$\$"
}

# url_as ROLE DATABASE
url_as() {
    echo "postgresql:///$2?host=$PGHOST&port=$PGPORT&user=$1"
}

# into URL OPTION...: db-migrate from $source; its counts are looked at.
into() {
    local url=$1
    shift
    clean "$set"
    migrate "sqlite://$source" "$url" --schema existing --force "$@"
    same_count db-migrate "$expected" "$(pg_count "$set")"
}

# add_accounts FILE: the narrow rows and the accounts that they belong to.
add_accounts() {
    sqlite3 "$narrow" "VACUUM INTO '$1'"
    sqlite3 "$1" "CREATE TABLE account (id INTEGER PRIMARY KEY); INSERT INTO account SELECT DISTINCT user_id FROM narrow"
}

# ---- keys ----------------------------------------------------------------------------------------

by_hand() {
    query "$set" "DROP TABLE narrow, account"
    psql -X -q -v ON_ERROR_STOP=1 -d "$set" -c "CREATE TABLE account (id bigint NOT NULL)" \
        -c "CREATE TABLE narrow (id bigint NOT NULL, user_id bigint NOT NULL, active boolean NOT NULL,
            amount double precision NOT NULL, created_at timestamptz NOT NULL, note text NOT NULL)" -c CHECKPOINT
    timed psql -X -q -v ON_ERROR_STOP=1 -d "$set" \
        -c "COPY account FROM '$work/files/keyed-account' (FORMAT binary)" \
        -c "COPY narrow FROM '$work/files/keyed-narrow' (FORMAT binary)" \
        -c "ALTER TABLE account ADD PRIMARY KEY (id)" -c "ALTER TABLE narrow ADD PRIMARY KEY (id)" \
        -c "CREATE INDEX narrow_user ON narrow (user_id)" -c "CREATE INDEX narrow_created ON narrow (created_at)" \
        -c "ALTER TABLE narrow ADD FOREIGN KEY (user_id) REFERENCES account"
    hand_s=$wall_s
    same_count psql "$expected" "$(pg_count "$set")"
    query "$set" "GRANT SELECT, INSERT, DELETE, TRUNCATE ON narrow, account TO bench_keeper"
}

suspended() {
    into "$(pg_url "$set")"
    copied_s=$(between 'Copying tables' 'Verifying row counts')
    took=$(copied)
}

kept() {
    into "$(url_as bench_keeper "$set")"
    copied_s=$(between 'Copying tables' 'Verifying row counts')
    took_kept=$(copied)
}

measure_keyed() {
    local set=keyed round source expected narrow hand_s took took_kept table
    source_file narrow
    narrow=$source
    make_source "keyed-$((default_rows[narrow] / BENCH_SCALE)).db" add_accounts
    source=$BENCH_DIR/keyed-$((default_rows[narrow] / BENCH_SCALE)).db
    expected=$(sqlite_count "$source")
    role bench_keeper
    make_database "$set" "$set"
    into "$(pg_url "$set")"
    same_as_file "$set" "$source"
    for table in account narrow; do
        query "$set" "COPY $table TO '$work/files/keyed-$table' (FORMAT binary)"
    done
    for ((round = 1; round <= BENCH_ROUNDS; round++)); do
        by_hand
        turns "$round" suspended kept
        record keyed "$round" "$took,\"limit_s\":$hand_s"
        record keyed-kept "$round" "$took_kept,\"limit_s\":$hand_s"
        say "keyed, round $round: copied and made in $(member copy_s "$took") s, by hand in $hand_s s; all kept" \
            "$(member copy_s "$took_kept") s"
    done
    query postgres "DROP DATABASE $set"
    rm -f "$work/files/keyed-"*
}

# ---- the journal ---------------------------------------------------------------------------------

with_journal() {
    into "$(url_as bench_recorder "$set")"
    ! grep -q 'No journal is kept' "$work/out" || die "no journal was kept"
    took=$(copied)
}

without_journal() {
    into "$(url_as bench_plain "$set")"
    grep -q 'No journal is kept' "$work/out" || die "a journal was kept"
    without_s=$copied_s
}

measure_journal() {
    local set=narrow round source expected took without_s
    source_file narrow
    expected=$(sqlite_count "$source")
    role bench_recorder
    role bench_plain
    make_database "$set" "$set"
    query "$set" "GRANT bench_plain TO bench_recorder; GRANT CREATE ON DATABASE $set TO bench_recorder;
        ALTER TABLE narrow DROP CONSTRAINT narrow_pkey; ALTER TABLE narrow OWNER TO bench_plain"
    for ((round = 1; round <= BENCH_ROUNDS; round++)); do
        turns "$round" with_journal without_journal
        record journal "$round" "$took,\"limit_s\":$without_s"
        say "journal, round $round: copied in $(member copy_s "$took") s with one, in $without_s s without"
    done
    query postgres "DROP DATABASE $set"
}

# ---- verification, and making equal --------------------------------------------------------------

verify_only() {
    timed "$MIG_BUILD/db-migrate" --source-db "sqlite://$source" --target-db "$(pg_url "$set")" --verify-only \
        >"$work/out" 2>&1 || {
        cat "$work/out" >&2
        die "the contents are not the same"
    }
}

measure_verify() {
    local set=narrow round source expected kept_s
    source_file narrow
    expected=$(sqlite_count "$source")
    role bench_keeper
    make_database "$set" "$set"
    query "$set" "GRANT SELECT, INSERT, DELETE, TRUNCATE ON narrow TO bench_keeper"
    for ((round = 1; round <= BENCH_ROUNDS; round++)); do
        into "$(url_as bench_keeper "$set")"
        kept_s=$copied_s
        copied_rows=$expected
        verify_only
        copied_s=$wall_s
        record verify "$round" "$(copied),\"limit_s\":$kept_s"
        say "verify, round $round: both sides in $wall_s s, copied in $kept_s s with the key kept"
    done
    query postgres "DROP DATABASE $set"
}

# sync_changed NAME CONDITION: 1,000 rows of the source change.
sync_changed() {
    sqlite3 "$source" "UPDATE narrow SET amount = amount + 1, note = note || '!' WHERE $2"
    timed "$MIG_BUILD/db-migrate" --source-db "sqlite://$source" --target-db "$(pg_url "$set")" --sync --yes \
        >"$work/out" 2>&1 || {
        cat "$work/out" >&2
        die "db-migrate --sync failed"
    }
    copied_s=$wall_s
    copied_rows=$(sqlite3 "$source" "SELECT count(*) FROM narrow WHERE $2")
    record "$1" "$round" "$(copied),\"limit_s\":$verify_s"
    say "$1, round $round: $copied_rows rows in $wall_s s, verification in $verify_s s"
}

measure_sync() {
    local set=narrow round source expected verify_s step n seventh first
    source_file narrow
    cp "$source" "$work/changing.db"
    source=$work/changing.db
    expected=$(sqlite_count "$source")
    n=$expected
    step=$((n / 1000))
    seventh=$((n / 7))
    make_database "$set" "$set"
    into "$(pg_url "$set")"
    for ((round = 1; round <= BENCH_ROUNDS; round++)); do
        verify_only
        verify_s=$wall_s
        first=$((round * seventh % n))
        sync_changed sync "id BETWEEN $first AND $((first + 999))"
        sync_changed sync-scattered "id % $step = $round"
        verify_only
    done
    query postgres "DROP DATABASE $set"
    remove "$work/changing.db"
}
