#!/usr/bin/env bash
# connections.sh - a target that lets us have few connections: what is done with them, and what is said.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

sqlite3 "$tmp/app.db" <<'SQL'
CREATE TABLE big (id INTEGER PRIMARY KEY, v text NOT NULL);
WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 60000) INSERT INTO big SELECT i, 'row ' || i FROM c;
CREATE INDEX big_v ON big (v);
CREATE INDEX big_v_id ON big (v, id);
CREATE TABLE child (id INTEGER PRIMARY KEY, big_id integer NOT NULL REFERENCES big (id));
INSERT INTO child SELECT id, id FROM big;
SQL

# target LIMIT: the role `few`, which may have that many connections, owns an empty database; sets url.
target() {
    url=$(fresh_database few)
    psql -X -q -d "$url" <<SQL
DO \$\$ BEGIN CREATE ROLE few LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END \$\$;
ALTER ROLE few CONNECTION LIMIT $1;
ALTER DATABASE few OWNER TO few;
ALTER SCHEMA public OWNER TO few;
SET ROLE few;
CREATE TABLE big (id bigint PRIMARY KEY, v text NOT NULL);
CREATE INDEX big_v ON big (v);
CREATE INDEX big_v_id ON big (v, id);
CREATE TABLE child (id bigint PRIMARY KEY, big_id bigint NOT NULL REFERENCES big (id));
SQL
    url=${url/user=$PGUSER/user=few}
}

copy() {
    try "$program" db-migrate --source-db "sqlite://$tmp/app.db" --target-db "$url" --yes "$@"
}

rows() {
    psql -X -qAt -d "${url/user=few/user=$PGUSER}" -c "SELECT count(*) FROM child"
}

for limit in 3 4 5; do
    it "copies and compares contents on $limit connections"
    target "$limit"
    copy --schema existing
    expect_equal "$status" 0
    expect_equal "$(rows)" 60000
    copy --schema mirror --force
    expect_equal "$status" 0
    expect_equal "$(rows)" 60000
done

it "says that there are fewer writers than asked for"
target 3
copy --schema existing --writers 4
expect_equal "$status" 0
expect_stderr 'warning: 2 writers in place of 4: the target has no more connections left'
expect_exit 0 "$program" db-migrate --source-db "sqlite://$tmp/app.db" --target-db "$url" --writers 4 --force --dry-run
expect_stdout 'Threads  +2 reading, 2 writing'

it "makes them equal on three connections"
psql -X -q -d "${url/user=few/user=$PGUSER}" -c "DELETE FROM child WHERE id % 1000 = 0"
expect_exit 0 "$program" db-migrate --source-db "sqlite://$tmp/app.db" --target-db "$url" --sync --yes
expect_equal "$(rows)" 60000

it "copies on two connections where rows are only counted, and refuses to begin otherwise"
target 2
copy --schema existing
expect_equal "$status" 4
expect_stderr 'error: the target has too few connections left: 1, and 2 are needed'
expect_stderr 'hint: --verify counts needs one less'
expect_equal "$(rows)" 0
copy --schema existing --verify counts
expect_equal "$status" 0
expect_equal "$(rows)" 60000

it "does not begin on one connection"
target 1
copy --schema existing --verify counts
expect_equal "$status" 4
expect_stderr 'error: the target has too few connections left: 0, and 1 is needed'
expect_stderr 'CONNECTION LIMIT of the role few'
expect_equal "$(rows)" 0

it "counts what others have open"
target 4
for n in 1 2; do
    psql -X -q -d "$url" -c "SELECT pg_sleep(60)" >/dev/null &
    for _ in $(seq 400); do
        (($(sql "${url/user=few/user=$PGUSER}" "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND usename = 'few'") < n)) || break
        sleep 0.05
    done
done
copy --schema existing
expect_equal "$status" 4
expect_stderr 'too few connections left: 1'
psql -X -q -d "${url/user=few/user=$PGUSER}" -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'few'" >/dev/null
wait

done_testing
