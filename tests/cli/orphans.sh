#!/usr/bin/env bash
# orphans.sh - rows whose parents are not there are named before anything is erased.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

refuse() { # SOURCE TARGET
    expect_exit 1 "$program" db-migrate --source-db "$1" --target-db "$2" --yes --force
}
accept() { # SOURCE TARGET
    expect_exit 0 "$program" db-migrate --source-db "$1" --target-db "$2" --yes --force
}

target=$(fresh_database orphans)
sql "$target" "CREATE TABLE hosts (id bigint PRIMARY KEY, name text UNIQUE, key bytea UNIQUE, u uuid UNIQUE);
    CREATE TABLE jobs (id bigint PRIMARY KEY, host bigint REFERENCES hosts, name text REFERENCES hosts (name),
        key bytea REFERENCES hosts (key), u uuid REFERENCES hosts (u), boss bigint REFERENCES jobs);
    INSERT INTO hosts VALUES (4711, 'stays')" >/dev/null
tables='PRAGMA journal_mode = WAL;
    CREATE TABLE hosts (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE UNIQUE, key BLOB, u);
    CREATE TABLE jobs (id INTEGER PRIMARY KEY, host INTEGER, name TEXT, key BLOB, u, boss INTEGER);'

it "names orphans by row and value, counts them, and erases nothing"
sqlite3 "$tmp/a.db" "$tables INSERT INTO hosts VALUES (1, 'one', x'01', NULL);
    INSERT INTO jobs VALUES (7, 1, 'one', x'01', NULL, 7), (8, NULL, NULL, NULL, NULL, NULL),
        (9, 5, 'two', x'02', NULL, 10);
    WITH RECURSIVE n(i) AS (SELECT 20 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
    INSERT INTO jobs (id, host) SELECT i, 6 FROM n" >/dev/null
refuse "sqlite://$tmp/a.db" "$target"
expect_stderr 'error: orphan rows: 1 row of jobs \(column boss\) refers to rows of jobs that are not there$'
expect_stderr '^  detail: rowid 9: boss = 10$'
expect_stderr '^          22 rows of jobs \(column host\) refer to rows of hosts that are not there$'
expect_stderr '^          rowid 9: host = 5$'
expect_stderr '^          rowid 28: host = 6$'
reject_stderr 'rowid 29: host = 6'
expect_stderr '^          1 row of jobs \(column name\) refers to rows of hosts that are not there$'
expect_stderr '^          rowid 9: name = "two"$'
expect_stderr "^          rowid 9: key = x'02'$"
expect_stderr 'nothing was erased'
expect_equal "$(sql "$target" 'SELECT id, name FROM hosts')" '4711|stays'

it "takes what will be equal in the target for equal"
sqlite3 "$tmp/b.db" "$tables
    INSERT INTO hosts VALUES (1, 'one', x'01', x'00112233445566778899aabbccddeeff'),
        (2, 'Two', x'02', 'FFEEDDCC-BBAA-9988-7766-554433221100');
    INSERT INTO jobs VALUES (7, 1, 'one', x'01', '00112233-4455-6677-8899-aabbccddeeff', NULL),
        (8, 2, 'Two', x'02', x'ffeeddccbbaa99887766554433221100', 7)" >/dev/null
accept "sqlite://$tmp/b.db" "$target"
expect_equal "$(sql "$target" 'SELECT count(*) FROM jobs JOIN hosts USING (u)')" 2

it "knows that texts in another case are others there"
sqlite3 "$tmp/b.db" "UPDATE jobs SET name = 'TWO' WHERE id = 8"
refuse "sqlite://$tmp/b.db" "$target"
expect_stderr 'rowid 8: name = "TWO"'

it "finds uuids that are there in neither form"
cp "$tmp/b.db" "$tmp/u.db"
sqlite3 "$tmp/u.db" "UPDATE jobs SET name = NULL, u = x'0f112233445566778899aabbccddeeff' WHERE id = 7;
    UPDATE jobs SET name = NULL, u = 'ffeeddcc-bbaa-9988-7766-554433221101' WHERE id = 8"
refuse "sqlite://$tmp/u.db" "$target"
expect_stderr 'orphan rows: 2 rows of jobs \(column u\)'
expect_stderr 'rowid 7: u = 0f112233-4455-6677-8899-aabbccddeeff'
expect_stderr 'rowid 8: u = ffeeddcc-bbaa-9988-7766-554433221101'

it "leaves to the target what it cannot be sure of"
folding=$(fresh_database orphans_folding)
sql "$folding" "CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE hosts (id bigint PRIMARY KEY, name text COLLATE folding UNIQUE, key bytea, u uuid);
    CREATE TABLE jobs (id bigint PRIMARY KEY, host bigint, name text COLLATE folding REFERENCES hosts (name),
        key bytea, u uuid, boss bigint)" >/dev/null
accept "sqlite://$tmp/b.db" "$folding"

it "knows keys of several columns"
pairs=$(fresh_database orphans_pairs)
sql "$pairs" 'CREATE TABLE p (a bigint, b text, PRIMARY KEY (a, b));
    CREATE TABLE c (id bigint PRIMARY KEY, b text, a bigint, FOREIGN KEY (a, b) REFERENCES p)' >/dev/null
sqlite3 "$tmp/pairs.db" "PRAGMA journal_mode = WAL; CREATE TABLE p (a, b); CREATE TABLE c (id INTEGER, b, a, PRIMARY KEY (id)) WITHOUT ROWID;
    INSERT INTO p VALUES (1, 'x'), (2, 'y'); INSERT INTO c VALUES (1, 'x', 1), (2, NULL, 9), (3, 'y', 1)" >/dev/null
refuse "sqlite://$tmp/pairs.db" "$pairs"
expect_stderr 'orphan rows: 1 row of c \(columns a, b\) refers to rows of p that are not there'
expect_stderr 'id = 3: a = 1, b = "y"'
sqlite3 "$tmp/pairs.db" 'DELETE FROM c WHERE id = 3'
accept "sqlite://$tmp/pairs.db" "$pairs"

it "finds them in a PostgreSQL source that has no key of its own"
loose=$(fresh_database orphans_loose)
sql "$loose" "CREATE TABLE hosts (id integer, name varchar, key bytea, u uuid);
    CREATE TABLE jobs (id bigint PRIMARY KEY, host bigint, name text COLLATE \"C\", key bytea, u uuid, boss bigint);
    INSERT INTO hosts VALUES (1, 'one', '\\x01', '00112233-4455-6677-8899-aabbccddeeff');
    INSERT INTO jobs VALUES (7, 1, 'one', '\\x01', '00112233-4455-6677-8899-aabbccddeeff', 7),
        (9, 5, 'One', '\\x02', '10112233-4455-6677-8899-aabbccddeeff', 10), (11, NULL, NULL, NULL, NULL, NULL)" >/dev/null
sql "$loose" 'ALTER TABLE hosts ALTER id TYPE bigint' >/dev/null
refuse "$loose" "$target"
expect_stderr 'orphan rows: 1 row of jobs \(column boss\) refers to rows of jobs that are not there'
expect_stderr '^          id = 9: host = 5'
expect_stderr '^          id = 9: name = One'
expect_stderr '^          id = 9: u = 10112233-4455-6677-8899-aabbccddeeff'
expect_stderr 'detail: id = 9: boss = 10'
sql "$loose" "UPDATE jobs SET host = 1, name = 'one', key = '\\x01', u = NULL, boss = 9 WHERE id = 9" >/dev/null
accept "$loose" "$target"

it "leaves it to the target where a text becomes a uuid"
sql "$loose" "ALTER TABLE hosts ALTER u TYPE text; ALTER TABLE jobs ALTER u TYPE text;
    UPDATE jobs SET u = upper(hosts.u) FROM hosts WHERE jobs.id = 7" >/dev/null
accept "$loose" "$target"
expect_equal "$(sql "$target" 'SELECT count(*) FROM jobs JOIN hosts USING (u)')" 1

done_testing
