# shellcheck shell=bash
# pairs.sh - the directions that begin or end elsewhere than load.sh.
#
# Sourced by run, after the others.  The limits:
#
#   pg-sqlite      the larger of two halves, each alone: COPY TO STDOUT in binary,
#                  drained by libpq (copyout.c), and the rows from memory into a new
#                  file (insert.c).  "-4k": into a file with pages of 4 KiB, as
#                  applications make them, instead of 16 KiB, as db-migrate does
#   pg-pg          psql -c "COPY TO STDOUT" | psql -c "COPY FROM STDIN", in binary,
#                  into the same table of the same cluster; start to exit
#   sqlite-sqlite  VACUUM INTO by sqlite3; start to exit
#
# shellcheck disable=SC2154 # variables of run and lib.sh

# pg_source SET FILE: a database src_SET with the file's rows, as after a while of use.
pg_source() {
    [[ -z $(query postgres "SELECT 1 FROM pg_database WHERE datname = 'src_$1'") ]] || return 0
    make_database "src_$1" "$1"
    load "$2" "src_$1"
    same_as_file "src_$1" "$2"
    query "src_$1" "VACUUM ANALYZE"
}

# ---- PostgreSQL to SQLite ------------------------------------------------------------------------

# sqlite_target FILE PAGE-SIZE: a new file with the tables of $source.
sqlite_target() {
    remove "$1"
    {
        echo "PRAGMA page_size = $2;"
        sqlite3 "$source" .schema
    } | sqlite3 "$1"
}

# pull NAME PAGE-SIZE: db-migrate into the file NAME; what it took is kept in took[NAME].
pull() {
    local file=$work/$1.db
    sqlite_target "$file" "$2"
    migrate "$(pg_url "src_$set")" "sqlite://$file" --schema existing
    same_count db-migrate "$expected" "$(sqlite_count "$file")"
    took[$1]=$(copied)
    [[ $1 == reference || $round -gt 1 ]] || same_as_file "src_$set" "$file"
    [[ $1 == reference ]] || remove "$file"
}

copy_out() {
    local line
    line=$("$MIG_BUILD/bench/copyout" "$(pg_url "src_$set")" "$set")
    copyout_s=$(member copyout_s "$line")
    same_count "COPY TO STDOUT" "$expected" "$(member rows "$line")"
}

# The rows are those that db-migrate wrote at first, so in the very form in which they are stored.
insert_rows() {
    local line
    line=$("$MIG_BUILD/bench/insert" "$work/reference.db" "$set" "$work/insert.db")
    insert_s=$(member insert_s "$line")
    same_count insert "$expected" "$(sqlite_count "$work/insert.db")"
    remove "$work/insert.db"
}

measure_pg_sqlite() {
    local set=$1 round=0 source expected copyout_s insert_s limits
    local -A took
    source_file "$set"
    expected=$(sqlite_count "$source")
    pg_source "$set" "$source"
    pull reference 16384
    for ((round = 1; round <= BENCH_ROUNDS; round++)); do
        turns "$round" copy_out "pull $set 16384" insert_rows "pull $set-4k 4096"
        limits="\"limit_s\":$(larger "$copyout_s" "$insert_s"),\"copyout_s\":$copyout_s,\"insert_s\":$insert_s"
        record "pg-sqlite/$set" "$round" "${took[$set]},$limits"
        record "pg-sqlite/$set-4k" "$round" "${took[$set-4k]},$limits"
        say "pg-sqlite/$set, round $round: copied in $(member copy_s "${took[$set]}") s, into pages of" \
            "4 KiB in $(member copy_s "${took[$set-4k]}") s; COPY out in $copyout_s s, inserted in $insert_s s"
    done
    remove "$work/reference.db"
}

# ---- PostgreSQL to PostgreSQL --------------------------------------------------------------------

pipe() {
    clean "dst_$set"
    # shellcheck disable=SC2016 # expanded by the inner shell
    timed bash -c 'set -o pipefail
        psql -X -q -v ON_ERROR_STOP=1 -d "src_$1" -c "COPY $1 TO STDOUT (FORMAT binary)" |
        psql -X -q -v ON_ERROR_STOP=1 -d "dst_$1" -c "COPY $1 FROM STDIN (FORMAT binary)"' pipe "$set"
    pipe_s=$wall_s
    same_count "psql | psql" "$expected" "$(pg_count "dst_$set")"
}

forward() {
    clean "dst_$set"
    migrate "$(pg_url "src_$set")" "$(pg_url "dst_$set")" --schema existing --force
    same_count db-migrate "$expected" "$(pg_count "dst_$set")"
    took=$(copied)
    ((round > 1)) || same_as_database "src_$set" "dst_$set"
}

measure_pg_pg() {
    local set=$1 round source expected pipe_s took
    source_file "$set"
    expected=$(sqlite_count "$source")
    pg_source "$set" "$source"
    make_database "dst_$set" "$set"
    for ((round = 1; round <= BENCH_ROUNDS; round++)); do
        turns "$round" pipe forward
        record "pg-pg/$set" "$round" "$took,\"limit_s\":$pipe_s"
        say "pg-pg/$set, round $round: copied in $(member copy_s "$took") s, psql | psql in $pipe_s s"
    done
    query postgres "DROP DATABASE dst_$set"
}

# ---- SQLite to SQLite ----------------------------------------------------------------------------

vacuum_into() {
    local file=$work/vacuum.db
    remove "$file"
    timed sqlite3 -batch "$source" "VACUUM INTO '$file'"
    vacuum_s=$wall_s
    same_count "VACUUM INTO" "$expected" "$(sqlite_count "$file")"
    remove "$file"
}

# sqlite3's .sha3sum covers every value of every table with its storage class.
clone() {
    local file=$work/clone.db
    remove "$file"
    migrate "sqlite://$source" "sqlite://$file?mode=rwc"
    same_count db-migrate "$expected" "$(sqlite_count "$file")"
    took=$(copied)
    ((round > 1)) || [[ $(sqlite3 "$source" .sha3sum) == "$(sqlite3 "$file" .sha3sum)" ]] ||
        die "the clone differs from $source"
    remove "$file"
}

measure_sqlite_sqlite() {
    local set=$1 round source expected vacuum_s took
    source_file "$set"
    expected=$(sqlite_count "$source")
    for ((round = 1; round <= BENCH_ROUNDS; round++)); do
        turns "$round" vacuum_into clone
        record "sqlite-sqlite/$set" "$round" "$took,\"limit_s\":$vacuum_s"
        say "sqlite-sqlite/$set, round $round: copied in $(member copy_s "$took") s, in all in" \
            "$(member wall_s "$took") s; VACUUM INTO in $vacuum_s s"
    done
}
