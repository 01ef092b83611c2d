# shellcheck shell=bash
# load.sh - from SQLite to PostgreSQL.
#
# Sourced by run, after lib.sh and same.sh.  The limit is what the server needs to COPY the same rows from
# a ready binary file of its own into the same table with the same indexes.
#
# shellcheck disable=SC2154 # variables of run and lib.sh

# server_copy DATABASE: the server loads its own files; sets server_s.
server_copy() {
    local table
    clean "$1"
    {
        printf '%s\n' '\timing on'
        for table in $(tables_of "$1" ' '); do
            echo "COPY $table FROM '$work/files/$1-$table' (FORMAT binary);"
        done
    } >"$work/copy.sql"
    server_s=$(psql -X -q -v ON_ERROR_STOP=1 -d "$1" -f "$work/copy.sql" |
        awk '$1 == "Time:" { ms += $2 } END { printf "%.4f", ms / 1000 }')
    same_count COPY "$expected" "$(pg_count "$1")"
}

load() { # FILE DATABASE
    clean "$2"
    migrate "sqlite://$1" "$(pg_url "$2")" --schema existing --force
    same_count db-migrate "$expected" "$(pg_count "$2")"
}

# One set: the server's files are made from what db-migrate loaded first.
measure_load() {
    local set=$1 table round source expected
    source_file "$set"
    expected=$(sqlite_count "$source")
    make_database "$set" "$set"
    load "$source" "$set"
    same_as_file "$set" "$source"
    for table in $(tables_of "$set" ' '); do
        query "$set" "COPY $table TO '$work/files/$set-$table' (FORMAT binary)"
    done
    for ((round = 1; round <= BENCH_ROUNDS; round++)); do
        turns "$round" "server_copy $set" "load $source $set"
        record "$set" "$round" "$(copied),\"limit_s\":$server_s"
        say "$set, round $round: copied in $copied_s s, the server alone in $server_s s"
    done
    query postgres "DROP DATABASE $set"
    rm -f "$work/files/$set"-*
}

# An Uptrakit installation of 34 small tables and more, from start to exit, with its schema made.
measure_sample() {
    local round rows=$((15000 / BENCH_SCALE))
    local key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    (umask 077 && echo "$key" >"$work/key")
    make_source "sample-$rows.db" "$MIG_BUILD/bench/sample" --rows "$rows" --key "$key"
    for ((round = 1; round <= BENCH_ROUNDS; round++)); do
        query postgres "DROP DATABASE IF EXISTS sample"
        query postgres "CREATE DATABASE sample TEMPLATE template0"
        query postgres "CHECKPOINT"
        migrate "sqlite://$BENCH_DIR/sample-$rows.db" "$(pg_url sample)" --master-key-file "$work/key"
        record sample "$round" "$(copied)"
        say "sample, round $round: $wall_s s from start to exit"
    done
}

# Whether a row costs the same in a table ten times as large.
measure_scaling() {
    local large=$((default_rows[narrow] / BENCH_SCALE)) rows round expected
    local sizes=("$((large / 10))" "$large")
    for rows in "${sizes[@]}"; do
        make_source "narrow-$rows.db" gen narrow "$rows"
        make_database "scaling$rows" narrow
    done
    for ((round = 1; round <= BENCH_ROUNDS; round++)); do
        for rows in "${sizes[@]}"; do
            expected=$rows
            load "$BENCH_DIR/narrow-$rows.db" "scaling$rows"
            record scaling "$round" "$(copied)"
        done
        say "scaling, round $round"
    done
}
