#!/usr/bin/env bash
# load.sh - how rows are loaded into PostgreSQL: settings of the writers, and what is on disk at the end.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

# A server of its own, which writes nothing to its disk unless it has to.
server=$tmp/server
eval "$(CLUSTER_OWNER=$$ CLUSTER_SETTINGS="wal_writer_delay = 10s" "$top/tests/support/cluster" start "$server")" ||
    exit 1
export PGHOST PGPORT PGUSER
trap '"$top/tests/support/cluster" stop "$server"; rm -rf "$tmp"' EXIT

psql -X -q -d postgres -c "CREATE ROLE load_app LOGIN"

# copy FILE TARGET [OPTION...]
copy() {
    local file=$1 target=$2
    shift 2
    expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "sqlite://$file" --target-db "$target" --yes "$@"
}

it "commits chunks without waiting for the disk, by a role that owns the tables and no more"
sqlite3 "$tmp/a.db" "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2)"
target=$(fresh_database load load_app)
psql -X -q -d postgres -c "ALTER DATABASE load SET synchronous_commit = on"
sql "$target" "CREATE TABLE t (id bigint PRIMARY KEY, how text DEFAULT current_setting('synchronous_commit'))"
copy "$tmp/a.db" "$target"
expect_equal "$(sql "$target" "SELECT DISTINCT how FROM t")" off

it "ends when all rows are on the server's disk"
psql -X -q -d postgres -c "ALTER DATABASE load RESET synchronous_commit"
copy "$tmp/a.db" "$target" --force
KEEP=1 "$top/tests/support/cluster" stop "$server"
"$top/tests/support/cluster" restart "$server"
expect_equal "$(sql "$target" "SELECT string_agg(id::text, ' ') FROM t")" "1 2"

done_testing
