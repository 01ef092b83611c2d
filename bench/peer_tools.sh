# shellcheck shell=bash
# peer_tools.sh - how each tool is run, what it is given, and how its result is looked at.
#
# Sourced by peers.  define_tools fills the tables below for the set in hand; peers runs the commands.
#
# Every tool ends with the same schema: the set's tables (sets/*.sql) with their keys, indexes and foreign
# keys.  Tools that make tables themselves ("empty" below) do so, as their users would; the others are given
# them ("typed").  What a tool did not make is told by the judge.
#
# shellcheck disable=SC2154,SC2034 # variables of peers and lib.sh, and for peers

declare -a tool_names
# Of each tool: the programs it needs; the target it is given; how that is judged; its command.
declare -A tool_needs tool_schema tool_kind tool_command

tool() { # NAME NEEDS KIND SCHEMA COMMAND
    tool_names+=("$1")
    tool_needs[$1]=$2
    tool_kind[$1]=$3
    tool_schema[$1]=$4
    tool_command[$1]=$5
}

define_tools() {
    tool_names=()
    tool_needs=() tool_schema=() tool_kind=() tool_command=()
    case $set in
    narrow | wide | blobs | small) define_into_postgres ;;
    pg-pg) define_between_postgres ;;
    sqlite-sqlite) define_between_sqlite ;;
    *) die "no set is called $set" ;;
    esac
}

# ---- from SQLite to PostgreSQL -------------------------------------------------------------------

define_into_postgres() {
    local us
    us="$MIG_BUILD/db-migrate --yes --source-db sqlite://\$source --target-db '$(pg_url peer)'"
    tool db-migrate-counts "$MIG_BUILD/db-migrate" postgres typed "$us --schema existing --verify counts --report \$work/report.json"
    tool db-migrate "$MIG_BUILD/db-migrate" postgres typed "$us --schema existing"
    tool db-migrate-mirror "$MIG_BUILD/db-migrate" postgres empty "$us --schema mirror --verify counts"
    tool pgloader pgloader postgres empty "pgloader sqlite://\$source $(pgloader_url)"
    tool pgloader-tuned pgloader postgres empty "pgloader \$work/tuned.load"
    tool csv "sqlite3 psql" postgres typed "bash \$work/csv.sh"
    tool csv-analyze "sqlite3 psql" postgres typed "bash \$work/csv.sh && psql -X -q -d peer -c ANALYZE"
    tool ogr2ogr ogr2ogr postgres typed \
        "PG_USE_COPY=YES ogr2ogr -append -preserve_fid -f PostgreSQL 'PG:host=$PGHOST port=$PGPORT user=$PGUSER dbname=peer' \$source"
    [[ $set != narrow ]] ||
        tool offset "$MIG_BUILD/bench/page" postgres typed "$MIG_BUILD/bench/page \$source '$(pg_url peer)' narrow"
}

pgloader_url() {
    echo "postgresql://$PGUSER@unix:$PGHOST:$PGPORT/peer"
}

# As much as the manual offers.  The casts are those without which numbers and times are not what they were; UUIDs
# that SQLite holds as 16 bytes go as bytes (as UUIDs the server refuses the table), and become UUIDs afterwards.
write_tuned() {
    local table column casts='' after=''
    while IFS='|' read -r table column; do
        [[ $(sqlite3 "$source" "SELECT typeof($column) FROM $table LIMIT 1") == blob ]] || continue
        casts+=", column $table.$column to bytea using byte-vector-to-bytea"
        after+="ALTER TABLE $table ALTER $column TYPE uuid USING encode($column, 'hex')::uuid;"
    done < <(query "$truth" "SELECT attrelid::regclass, attname FROM pg_attribute
                             WHERE atttypid = 'uuid'::regtype AND attrelid > 16384 AND attnum > 0")
    cat >"$work/tuned.load" <<EOF
LOAD DATABASE FROM sqlite://$source INTO $(pgloader_url)
WITH include drop, create tables, create indexes, reset sequences, workers = 2, concurrency = 2,
     batch rows = 25000, batch size = 32MB, prefetch rows = 50000
SET synchronous_commit to 'off', maintenance_work_mem to '256MB'
CAST type real to "double precision" drop typemod using float-to-string,
     type double to "double precision" drop typemod using float-to-string,
     type json to jsonb drop typemod$casts
${after:+AFTER LOAD DO \$\$ $after \$\$};
EOF
}

# The way of the command line, a pipe for each table; blobs as the server reads them.
write_csv() {
    query "$truth" "
        SELECT format('sqlite3 -batch -csv %s \"SELECT %s FROM %s\" | '
                      'psql -X -q -v ON_ERROR_STOP=1 -d peer -c \"\\copy %3\$s FROM STDIN (FORMAT csv)\" || exit 1',
                      '$source',
                      string_agg(CASE format_type(atttypid, NULL)
                                 WHEN 'bytea' THEN format('''\\x'' || hex(%s)', attname)
                                 WHEN 'uuid' THEN format('CASE typeof(%1\$s) WHEN ''blob'' THEN hex(%1\$s) ELSE %1\$s END', attname)
                                 ELSE attname::text END, ', ' ORDER BY attnum),
                      relname)
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace GROUP BY relname ORDER BY relname" |
        sed 's/\\x/\\\\x/' >"$work/csv.sh"
    sed -i '1i set -o pipefail' "$work/csv.sh"
}

# ---- from PostgreSQL to PostgreSQL ---------------------------------------------------------------

define_between_postgres() {
    local us
    us="$MIG_BUILD/db-migrate --yes --source-db '$(pg_url truth)' --target-db '$(pg_url peer)'"
    tool db-migrate-counts "$MIG_BUILD/db-migrate" postgres empty "$us --verify counts --report \$work/report.json"
    tool db-migrate "$MIG_BUILD/db-migrate" postgres empty "$us"
    tool pgcopydb pgcopydb postgres empty \
        "rm -rf \$work/pgcopydb; pgcopydb clone --dir \$work/pgcopydb --source '$(pg_url truth)' --target '$(pg_url peer)' \
        --table-jobs 2 --index-jobs 2 --no-acl --no-owner"
    tool pg_dump-psql "pg_dump psql" postgres empty "pg_dump truth | psql -X -q -v ON_ERROR_STOP=1 -d peer"
    tool pg_dump-restore "pg_dump pg_restore" postgres empty \
        "rm -rf \$work/dump; pg_dump -Fd -j 2 -Z 0 -f \$work/dump truth && pg_restore -j 2 -d peer \$work/dump"
}

# ---- from SQLite to SQLite -----------------------------------------------------------------------

define_between_sqlite() {
    local us
    us="$MIG_BUILD/db-migrate --yes --source-db sqlite://\$source --target-db 'sqlite://\$work/peer.db?mode=rwc'"
    # In double quotes: these are commands of a shell.
    us=${us//\'/\"}
    tool db-migrate-counts "$MIG_BUILD/db-migrate" sqlite none "$us --verify counts --report \$work/report.json"
    tool db-migrate "$MIG_BUILD/db-migrate" sqlite none "$us"
    tool backup sqlite3 sqlite none "sqlite3 -batch \$source \".backup \$work/peer.db\""
    tool vacuum-into sqlite3 sqlite none "sqlite3 -batch \$source \"VACUUM INTO '\$work/peer.db'\""
    tool dump sqlite3 sqlite none "sqlite3 -batch \$source .dump | sqlite3 -batch \$work/peer.db"
}

# ---- before, between and behind the turns --------------------------------------------------------

# The truth is what db-migrate wrote, once SQLite and the server have been asked for all of it (same.sh).
begin_set() {
    local from
    export source work
    case $set in
    sqlite-sqlite)
        source_file narrow
        expected=$(sqlite_count "$source")
        ;;
    pg-pg)
        query postgres "CREATE DATABASE truth TEMPLATE template0"
        for from in narrow wide blobs; do
            source_file "$from"
            psql -X -q -v ON_ERROR_STOP=1 -d truth -f "bench/sets/$from.sql"
            add_to_truth "$source"
        done
        query truth "CREATE INDEX narrow_user_id ON narrow (user_id)"
        query truth "CREATE INDEX narrow_created_at ON narrow (created_at)"
        query truth "VACUUM ANALYZE"
        truth=truth
        expected=$(pg_count truth)
        ;;
    *)
        source_file "$set"
        make_database truth "$set"
        add_to_truth "$source"
        same_as_file truth "$source"
        truth=truth
        expected=$(pg_count truth)
        write_tuned
        write_csv
        ;;
    esac
}

add_to_truth() { # FILE
    BENCH_VERIFY=counts BENCH_OPTIONS='' migrate "sqlite://$1" "$(pg_url truth)" --schema existing
}

end_set() {
    query postgres "DROP DATABASE IF EXISTS truth"
    query postgres "DROP DATABASE IF EXISTS peer WITH (FORCE)"
    rm -rf "$work/dump" "$work/pgcopydb"
}

prepare_postgres() { # typed|empty
    query postgres "DROP DATABASE IF EXISTS peer WITH (FORCE)"
    if [[ $1 == typed ]]; then
        make_database peer "$set"
    else
        query postgres "CREATE DATABASE peer TEMPLATE template0"
    fi
    query postgres CHECKPOINT
}

prepare_sqlite() {
    rm -f "$work/peer.db"
}

judge_postgres() {
    bench/judge truth peer
}

count_postgres() {
    pg_count peer
}

# sqlite3's .sha3sum covers every value of every table with its storage class.
judge_sqlite() {
    if [[ $(sqlite3 "$source" .sha3sum) != "$(sqlite3 "$work/peer.db" .sha3sum)" ]]; then
        echo "other values"
        return 3
    elif ! cmp -s <(sqlite3 "$source" .schema) <(sqlite3 "$work/peer.db" .schema); then
        echo "lost: parts of the schema"
        return 3
    fi
    echo right
}

count_sqlite() {
    sqlite_count "$work/peer.db"
}

clear_away() {
    rm -rf "$work/peer.db" "$work/dump" "$work/pgcopydb" "$work/report.json"
}
