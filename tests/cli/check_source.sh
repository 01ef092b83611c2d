#!/usr/bin/env bash
# check_source.sh - damage and orphans of the source are found before anything else.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

migrate=$MIG_BUILD/db-migrate
sqlite3 "$tmp/a.db" "
    CREATE TABLE owner (id INTEGER PRIMARY KEY, name TEXT, UNIQUE (id, name));
    CREATE TABLE pet (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES owner, a INTEGER, b TEXT,
        FOREIGN KEY (a, b) REFERENCES owner (id, name));
    CREATE TABLE note (k TEXT PRIMARY KEY, pet INTEGER REFERENCES pet) WITHOUT ROWID;
    CREATE TABLE big (id INTEGER PRIMARY KEY, filler TEXT);
    INSERT INTO owner VALUES (1, 'one');
    INSERT INTO pet VALUES (1, 1, 1, 'one'), (2, NULL, 7, NULL);
    WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 3000)
    INSERT INTO big SELECT i, hex(randomblob(40)) FROM i"
target=$(fresh_database check_source)
sql "$target" "CREATE TABLE owner (id bigint PRIMARY KEY, name text);
    CREATE TABLE pet (id bigint PRIMARY KEY, owner bigint, a bigint, b text);
    CREATE TABLE note (k text PRIMARY KEY, pet bigint);
    CREATE TABLE big (id bigint PRIMARY KEY, filler text)" >/dev/null

it "finds nothing where nothing is"
expect_exit 0 "$migrate" --source-db "sqlite://$tmp/a.db" --target-db "$target" --yes --check-source
expect_stderr '^Checking the source…$'
reject_stderr 'warning: .* rows? of'

it "lists rows that the source's own keys deny, and goes on where the target has none"
cp "$tmp/a.db" "$tmp/orphans.db"
sqlite3 "$tmp/orphans.db" "INSERT INTO pet VALUES (10, 5, 1, 'two');
    WITH RECURSIVE i(i) AS (SELECT 20 UNION ALL SELECT i + 1 FROM i WHERE i < 40) INSERT INTO pet (id, owner) SELECT i, 6 FROM i;
    INSERT INTO note VALUES ('x', 99)"
expect_exit 0 "$migrate" --source-db "sqlite://$tmp/orphans.db" --target-db "$target" --yes --force --check-source
expect_stderr 'warning: 1 row of pet \(a, b\) refers to rows of owner that are not there: rowid 10$'
expect_stderr 'warning: 22 rows of pet \(owner\) refer to rows of owner that are not there: rowid 10, 20, .*28, \.\.\.$'
expect_stderr 'warning: 1 row of note \(pet\) refers to rows of pet that are not there$'
expect_equal "$(sql "$target" 'SELECT count(*) FROM pet')" 24

it "tells of a key that cannot be followed"
sqlite3 "$tmp/mismatch.db" "CREATE TABLE p (a INTEGER); CREATE TABLE c (a INTEGER REFERENCES p (a)); INSERT INTO c VALUES (1)"
expect_exit 0 "$migrate" --source-db "sqlite://$tmp/mismatch.db" --target-db "sqlite://$tmp/mismatch2.db?mode=rwc" --yes --check-source
expect_stderr 'warning: the foreign keys of c could not be checked: foreign key mismatch'

it "refuses a damaged file, with what is wrong, and changes nothing"
cp "$tmp/a.db" "$tmp/broken.db"
pages=$(sqlite3 "$tmp/broken.db" 'PRAGMA page_count')
printf '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' |
    dd of="$tmp/broken.db" bs=4096 seek=$((pages - 3)) conv=notrunc status=none
before=$(sql "$target" 'SELECT count(*), sum(id) FROM big')
expect_exit 1 "$migrate" --source-db "sqlite://$tmp/broken.db" --target-db "$target" --yes --force --check-source
expect_stderr 'error: the source is damaged$'
expect_stderr '(detail: .*|^ +)(Page|database disk image is malformed)'
expect_stderr 'the target is untouched'
expect_equal "$(sql "$target" 'SELECT count(*), sum(id) FROM big')" "$before"
expect_exit 1 "$migrate" --source-db "sqlite://$tmp/broken.db" --target-db "$target" --dry-run --force --check-source
expect_stderr 'error: the source is damaged$'
sqlite3 "$tmp/null.db" "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, NULL);
    PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL)'"
expect_exit 1 "$migrate" --source-db "sqlite://$tmp/null.db" --target-db "$target" --yes --force --check-source
expect_stderr 'detail: NULL value in t\.a$'

it "looks at keys of a PostgreSQL source that are NOT VALID"
server=$(fresh_database check_source_server)
sql "$server" "CREATE TABLE owner (id bigint PRIMARY KEY, name text UNIQUE);
    CREATE TABLE pet (id bigint PRIMARY KEY, owner bigint, name text);
    INSERT INTO owner VALUES (1, 'one'); INSERT INTO pet VALUES (1, 1, 'one'), (2, 8, 'one'), (3, 9, NULL), (4, NULL, 'two');
    ALTER TABLE pet ADD CONSTRAINT pet_owner FOREIGN KEY (owner) REFERENCES owner NOT VALID,
        ADD CONSTRAINT pet_name FOREIGN KEY (name) REFERENCES owner (name) NOT VALID" >/dev/null
expect_exit 0 "$migrate" --source-db "$server" --target-db "$target" --include owner --include pet --allow-missing pet.name \
    --yes --force --check-source --schema existing
expect_stderr 'warning: 2 rows of pet refer to rows of owner that are not there \(pet_owner\): id = 2: owner = 8; id = 3: owner = 9$'
expect_stderr 'warning: 1 row of pet refers to rows of owner that are not there \(pet_name\): id = 4: name = "?two"?$'

done_testing
