#!/usr/bin/env bash
# clone.sh - from SQLite to SQLite: the whole file where that is right.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

source_file=$tmp/uptrakit.db
target_file=$tmp/target/clone.db
mkdir "$tmp/target"
make_installation "$source_file"
before=$(sha256sum <"$source_file")

clone() { # STATUS [OPTION...]
    local expected=$1
    shift
    expect_exit "$expected" "$program" --master-key-file "$key_file" db-migrate \
        --source-db "sqlite://$source_file" --target-db "sqlite://$target_file?mode=rwc" --yes "$@"
}

dump() {
    sqlite3 "$1" '.dump' 'PRAGMA user_version' 'PRAGMA page_size' 'PRAGMA integrity_check' | sha256sum
}

it "clones an installation into a file that it makes"
clone 0
expect_stderr "^Schema of the target: the source's, which is copied as a whole \(the target is empty\)$"
expect_stderr '^Copying tables…$'
expect_stderr '^Verifying row counts…$'
expect_equal "$(dump "$target_file")" "$(dump "$source_file")"

it "tells as many rows as there are"
rows=0
for table in $(application_tables "$source_file"); do
    rows=$((rows + $(count_sqlite "$source_file" "$table")))
done
expect_stderr "^  Rows migrated : $rows$"

it "does not change a byte of the source, and leaves nothing behind"
expect_equal "$(sha256sum <"$source_file")" "$before"
expect_equal "$(find "$tmp" -name 'uptrakit.db*' | wc -l)" 1
expect_equal "$(find "$tmp/target" -type f | wc -l)" 1

it "refuses a clone that holds rows, and replaces all of it with --force"
sqlite3 "$target_file" "UPDATE users SET email = email || '.old'; DELETE FROM settings; DELETE FROM seaql_migrations"
old=$(sha256sum <"$target_file")
clone 4
expect_stderr 'not empty'
expect_equal "$(sha256sum <"$target_file")" "$old"
clone 0 --force
expect_stderr 'which is copied as a whole \(both have the same\)'
expect_equal "$(dump "$target_file")" "$(dump "$source_file")"

it "asks first"
old=$(sha256sum <"$target_file")
echo no | "$program" --master-key-file "$key_file" db-migrate --source-db "sqlite://$source_file" \
    --target-db "sqlite://$target_file" --force >"$tmp/stdout" 2>"$tmp/stderr"
expect_equal "$?" 4
expect_equal "$(sha256sum <"$target_file")" "$old"

it "wants the master key as everywhere"
expect_exit 1 "$program" db-migrate --source-db "sqlite://$source_file" \
    --target-db "sqlite://$target_file" --yes --force
expect_stderr 'a master key is required'
expect_equal "$(sha256sum <"$target_file")" "$old"

it "says nothing with --quiet"
clone 0 --force --quiet
expect_equal "$(wc -c <"$tmp/stderr")" 0

it "takes along what any other application has, also what rows cannot bring"
sqlite3 "$tmp/app.db" "PRAGMA page_size = 1024; PRAGMA encoding = 'UTF-16le'; PRAGMA user_version = 7;
    PRAGMA application_id = 12; CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, b REFERENCES b);
    CREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a, x ANY CHECK (x <> ''));
    CREATE VIEW v AS SELECT * FROM a; CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END;
    CREATE VIRTUAL TABLE f USING fts5(t); INSERT INTO f VALUES ('hello');
    INSERT INTO b VALUES (1, 5, 1e300); INSERT INTO a VALUES (5, 1), (9, 1); DELETE FROM a WHERE id = 9;
    CREATE TABLE w (x, y, PRIMARY KEY (y, x)) WITHOUT ROWID; INSERT INTO w VALUES (1, 'a'), (2, x'00');
    CREATE TABLE s (i INT, a ANY) STRICT; INSERT INTO s VALUES (1, '1'), (2, 1)"
target_file=$tmp/target/app.db
expect_exit 0 "$program" db-migrate --source-db "sqlite://$tmp/app.db" \
    --target-db "sqlite://$target_file?mode=rwc" --yes
expect_equal "$(dump "$target_file")" "$(dump "$tmp/app.db")"
expect_equal "$(sqlite3 "$target_file" 'PRAGMA encoding; PRAGMA application_id')" $'UTF-16le\n12'

it "sees rows of virtual tables"
sqlite3 "$target_file" 'DELETE FROM a; DELETE FROM b; DELETE FROM w; DELETE FROM s'
expect_exit 4 "$program" db-migrate --source-db "sqlite://$tmp/app.db" \
    --target-db "sqlite://$target_file" --yes
expect_stderr 'tables that hold rows: f$'

it "takes the place of a file without a byte, which keeps none until then"
: >"$tmp/target/empty.db"
chmod 640 "$tmp/target/empty.db"
expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp/app.db" \
    --target-db "sqlite://$tmp/target/empty.db" --yes --schema existing
expect_equal "$(stat -c '%s %a' "$tmp/target/empty.db")" '0 640'
expect_exit 0 "$program" db-migrate --source-db "sqlite://$tmp/app.db" \
    --target-db "sqlite://$tmp/target/empty.db" --yes
expect_equal "$(sqlite3 "$tmp/target/empty.db" .dump | sha256sum)" \
    "$(sqlite3 "$tmp/app.db" .dump | sha256sum)"
expect_equal "$(stat -c %a "$tmp/target/empty.db")" 640
expect_equal "$(find "$tmp/target" -name 'empty.db*' | wc -l)" 1

it "does not make the tables when they are said to be there"
expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp/app.db" \
    --target-db "sqlite://$tmp/target/none.db?mode=rwc" --yes --schema existing
expect_stderr 'a: the target has no such table'
[[ ! -e $tmp/target/none.db ]] || fail "the file was made"

it "reads one state of a source that is written to meanwhile"
make_installation "$tmp/live.db" --rows 60000
sqlite3 "$tmp/live.db" 'PRAGMA journal_mode = WAL; CREATE TABLE pair (n INTEGER PRIMARY KEY, side);
    INSERT INTO pair VALUES (1, 0), (1000000, 0)' >/dev/null
(
    for i in $(seq 400); do
        echo "BEGIN; UPDATE pair SET side = $i; UPDATE users SET email = email || '.'; COMMIT;"
    done | sqlite3 -cmd '.timeout 5000' "$tmp/live.db"
) >/dev/null 2>"$tmp/writer" &
writer=$!
until [[ -s $tmp/live.db-wal ]] || ! kill -0 "$writer" 2>/dev/null; do
    sleep 0.01 # an application that opens the file later is another case, and refused
done
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate --source-db "sqlite://$tmp/live.db" \
    --target-db "sqlite://$tmp/target/live.db?mode=rwc" --yes
wait "$writer"
expect_equal "$(cat "$tmp/writer")" ''
expect_equal "$(sqlite3 "$tmp/target/live.db" 'SELECT count(DISTINCT side) FROM pair; PRAGMA integrity_check')" $'1\nok'

it "names what a killed run has left beside the target, and leaves it there"
touch "$tmp/target/live.db.new-aB3xYz" "$tmp/target/live.db.new-nothing" "$tmp/target/other.db.new-aB3xYz"
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate --source-db "sqlite://$tmp/live.db" \
    --target-db "sqlite://$tmp/target/live.db" --yes --force
expect_stderr 'warning: [^ ]*/live\.db\.new-aB3xYz: left behind by a run that was killed'
reject_stderr 'nothing|other\.db'
[[ -e $tmp/target/live.db.new-aB3xYz ]] || fail "it was removed"

it "leaves the target as it is at a signal"
sqlite3 "$tmp/big.db" "CREATE TABLE big (id INTEGER PRIMARY KEY, t TEXT);
    WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 200000)
    INSERT INTO big SELECT x, hex(zeroblob(1000)) FROM i"
sqlite3 "$tmp/target/big.db" 'CREATE TABLE big (id INTEGER PRIMARY KEY, t TEXT)'
old=$(sha256sum <"$tmp/target/big.db")
"$program" db-migrate --source-db "sqlite://$tmp/big.db" --target-db "sqlite://$tmp/target/big.db" --yes \
    </dev/null >"$tmp/stdout" 2>"$tmp/stderr" &
pid=$!
for _ in $(seq 4000); do
    [[ $(find "$tmp/target" -name 'big.db.new-*' -size +1000k | wc -l) -gt 0 ]] && break
    sleep 0.005
done
kill -TERM "$pid"
wait "$pid"
expect_equal "$?" 143
expect_stderr 'the target is untouched'
expect_equal "$(sha256sum <"$tmp/target/big.db")" "$old"
expect_equal "$(find "$tmp/target" -name 'big.db*' | wc -l)" 1

done_testing
