# shellcheck shell=bash
# lib.sh - what all sets are measured with: cluster, files, db-migrate, results.
#
# Sourced by run, which makes $work and takes care of its end.
#
# shellcheck disable=SC2154,SC2034 # variables of run, and for the others

results=$MIG_BUILD/bench/results.jsonl
declare -A default_rows=([narrow]=5000000 [wide]=500000 [blobs]=20000 [small]=1)

die() {
    echo "bench: $*" >&2
    exit 1
}

say() {
    echo "  $*" >&2
}

# ---- the cluster ---------------------------------------------------------------------------------

start_cluster() {
    local assignments
    assignments=$(CLUSTER_OWNER=$$ CLUSTER_FSYNC=on CLUSTER_SETTINGS="
shared_buffers = 1GB
max_wal_size = 8GB
min_wal_size = 1GB
checkpoint_timeout = 30min
max_connections = 60" tests/support/cluster start "$work/cluster")
    eval "$assignments"
    export PGHOST PGPORT PGUSER
    mkdir "$work/files"
    chmod 777 "$work/files" # the server writes here
}

query() { # DATABASE SQL
    PGOPTIONS="-c client_min_messages=warning" psql -X -qAt -v ON_ERROR_STOP=1 -d "$1" -c "$2"
}

pg_url() { # DATABASE
    echo "postgresql:///$1?host=$PGHOST&port=$PGPORT&user=$PGUSER"
}

# make_database NAME SET: a database with the set's tables, empty.
make_database() {
    query postgres "DROP DATABASE IF EXISTS \"$1\""
    query postgres "CREATE DATABASE \"$1\" TEMPLATE template0"
    psql -X -q -v ON_ERROR_STOP=1 -d "$1" -f "bench/sets/$2.sql"
}

# Tables of a database, parents first (their names are in that order), in one line.
tables_of() { # DATABASE SEPARATOR
    query "$1" "SELECT string_agg(quote_ident(relname), '$2' ORDER BY relname) FROM pg_class
                WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
}

clean() { # DATABASE
    psql -X -q -v ON_ERROR_STOP=1 -d "$1" -c "TRUNCATE $(tables_of "$1" ', ')" -c CHECKPOINT
}

# ---- files ---------------------------------------------------------------------------------------

# make_source NAME COMMAND...: the file $BENCH_DIR/NAME, made by `COMMAND... FILE` once.
make_source() {
    local file=$BENCH_DIR/$1
    shift
    [[ -e $file ]] && return
    echo "making $file" >&2
    "$@" "$file.new" >/dev/null
    mv "$file.new" "$file"
}

gen() { # SET ROWS FILE
    "$MIG_BUILD/bench/gen" "$1" "$3" --rows "$2"
}

# source_file SET: makes the set's file unless it is there; sets source.
source_file() {
    local rows=$((default_rows[$1] / BENCH_SCALE))
    ((rows > 0)) || rows=1
    make_source "$1-$rows.db" gen "$1" "$rows"
    source=$BENCH_DIR/$1-$rows.db
}

# Removes what a turn has written, so that its pages do not burden the next.
remove() { # FILE...
    rm -f "$@"
    sync -f "$work"
}

# ---- measuring -----------------------------------------------------------------------------------

# member NAME TEXT: a number of a line of JSON.
member() {
    sed -nE "s/.*\"$1\":([0-9.]+).*/\1/p" <<<"$2"
}

# timed COMMAND...: sets wall_s, cpu_s and maxrss_kb.
timed() {
    "$MIG_BUILD/bench/timed" "$work/timed" "$@" || return
    read_timed
}

read_timed() {
    local line
    line=$(<"$work/timed")
    wall_s=$(member wall_s "$line")
    cpu_s=$(awk -v user="$(member user_s "$line")" -v sys="$(member sys_s "$line")" \
        'BEGIN { print user + sys }')
    maxrss_kb=$(member maxrss_kb "$line")
}

# Puts the time of day in front of each line.
stamp() {
    local line
    while IFS= read -r line; do
        echo "$EPOCHREALTIME $line"
    done
}

# between FROM TO: seconds between two lines that migrate's db-migrate has printed.
between() {
    awk -v from="$1" -v to="$2" 'index($0, from) { begun = $1 } index($0, to) { printf "%.3f", $1 - begun; exit }' \
        "$work/stamped"
}

# migrate SOURCE-URL TARGET-URL OPTION...: sets copied_rows, copied_s and what timed() sets.
migrate() {
    local from=$1 to=$2
    shift 2
    # shellcheck disable=SC2086 # BENCH_OPTIONS are words
    timed "$MIG_BUILD/db-migrate" --source-db "$from" --target-db "$to" --yes \
        --verify "$BENCH_VERIFY" $BENCH_OPTIONS "$@" \
        > >(stamp >"$work/stamped") 2>&1 || {
        wait "$!"
        cut -d ' ' -f 2- "$work/stamped" >&2
        die "db-migrate failed"
    }
    wait "$!"
    cut -d ' ' -f 2- "$work/stamped" >"$work/out"
    copied_rows=$(sed -nE 's/.*Copied ([0-9]+) rows in ([0-9.]+) s .*/\1/p' "$work/out")
    copied_s=$(sed -nE 's/.*Copied ([0-9]+) rows in ([0-9.]+) s .*/\2/p' "$work/out")
    [[ -n $copied_s && -n $wall_s ]] || die "db-migrate did not say how long it copied"
}

# turns ROUND COMMAND...: each one is run once (its arguments, if any, are words in it); each
# round begins with another one.
turns() {
    local round=$1 i
    shift
    for ((i = 0; i < $#; i++)); do
        local turn=$(((i + round - 1) % $# + 1))
        # shellcheck disable=SC2086 # a command and its arguments
        ${!turn}
    done
}

larger() {
    printf '%s\n' "$@" | sort -g | tail -n 1
}

# What a run of db-migrate took, as members of JSON.
copied() {
    echo "\"rows\":$copied_rows,\"copy_s\":$copied_s,\"wall_s\":$wall_s,\"cpu_s\":$cpu_s,\
\"maxrss_kb\":$maxrss_kb"
}

# The load is that of the last minute, which is our own as well.
record() { # NAME ROUND JSON-MEMBERS
    local load
    read -r load _ </proc/loadavg
    printf '{"name":"%s","round":%d,"at":"%s","load":%s,%s}\n' "$1" "$2" "$(date -u +%FT%TZ)" \
        "$load" "$3" | tee -a "$work/results" >>"$results"
}
