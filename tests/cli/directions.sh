#!/usr/bin/env bash
# directions.sh - from PostgreSQL back to SQLite, and from PostgreSQL to PostgreSQL.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

migrate() { # SOURCE TARGET [OPTION...]
    local source=$1 target=$2
    shift 2
    expect_exit 0 "$program" --master-key-file "$key_file" db-migrate --source-db "$source" \
        --target-db "$target" --yes "$@"
}

# The data of a database, whatever order its rows stand in and whenever it was migrated.
content() {
    "$(pg_config --bindir)/pg_dump" --exclude-table=seaql_migrations -d "$1" 2>"$tmp/dump.err" |
        grep -vE '^(\\(un)?restrict|-- Dumped)' | sort | sha256sum
    [[ ! -s $tmp/dump.err ]] || fail "$(cat "$tmp/dump.err")"
}

make_installation "$tmp/first.db"
first=$(fresh_database directions_first)
migrate "sqlite://$tmp/first.db" "$first"

it "copies an installation from PostgreSQL to PostgreSQL"
second=$(fresh_database directions_second)
migrate "$first" "$second"
expect_stderr '^Running schema migrations on target…$'
expect_equal "$(content "$second")" "$(content "$first")"

it "with any number of readers and writers"
migrate "$first" "$second" --force --readers 3 --writers 3
expect_equal "$(content "$second")" "$(content "$first")"

it "makes a SQLite installation out of one on PostgreSQL"
migrate "$first" "sqlite://$tmp/back.db?mode=rwc"
for table in $(application_tables "$tmp/first.db"); do
    expect_equal "$table $(count_sqlite "$tmp/back.db" "$table")" \
        "$table $(count_sqlite "$tmp/first.db" "$table")"
done
expect_equal "$(sqlite3 "$tmp/back.db" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" ok
expect_equal "$(sqlite3 "$tmp/back.db" 'SELECT version FROM seaql_migrations ORDER BY 1')" \
    "$(sqlite3 "$tmp/first.db" 'SELECT version FROM seaql_migrations ORDER BY 1')"
expect_equal "$(find "$tmp" -name 'back.db*' | wc -l)" 1

it "keeps values and storage classes where PostgreSQL keeps them"
for place in users.email users.is_active hosts.hostname mqtt_clients.port mqtt_clients.password \
    update_history.output_bytes update_history.output ca_certificates.key_pem; do
    query="SELECT typeof(${place#*.}), ${place#*.} FROM ${place%.*} ORDER BY 1, 2"
    expect_equal "$(sqlite3 "$tmp/back.db" "$query" | sha256sum)" \
        "$(sqlite3 "$tmp/first.db" "$query" | sha256sum)"
done
expect_equal "$(sqlite3 "$tmp/back.db" "SELECT DISTINCT typeof(id), length(id) FROM users")" "blob|16"
expect_equal "$(sqlite3 "$tmp/back.db" "SELECT count(*) FROM hosts
    WHERE created_at NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]*Z'")" 0

it "loses nothing on the way there and back"
third=$(fresh_database directions_third)
migrate "sqlite://$tmp/back.db" "$third"
expect_equal "$(content "$third")" "$(content "$first")"

it "does not change the source"
before=$(content "$first")
migrate "$first" "sqlite://$tmp/back.db" --force
expect_equal "$(content "$first")" "$before"

it "refuses a SQLite target that is not there, unless it is to be made"
expect_exit 1 "$program" --master-key-file "$key_file" db-migrate --source-db "$first" \
    --target-db "sqlite://$tmp/new.db" --yes
expect_stderr 'mode=rwc'
[[ ! -e $tmp/new.db ]] || fail "the file was made"

it "refuses a SQLite target that holds rows, and leaves every byte of it"
before=$(sha256sum <"$tmp/back.db")
expect_exit 4 "$program" --master-key-file "$key_file" db-migrate --source-db "$first" \
    --target-db "sqlite://$tmp/back.db" --yes
expect_stderr 'not empty'
expect_equal "$(sha256sum <"$tmp/back.db")" "$before"

it "leaves a SQLite target as it is when the copy fails"
sql "$first" "ALTER TABLE users ADD COLUMN extra text" >/dev/null
expect_exit 1 "$program" --master-key-file "$key_file" db-migrate --source-db "$first" \
    --target-db "sqlite://$tmp/back.db" --yes --force
expect_stderr 'users\.extra'
expect_stderr 'the target is untouched'
expect_equal "$(sha256sum <"$tmp/back.db")" "$before"
expect_equal "$(find "$tmp" -name 'back.db*' | wc -l)" 1
sql "$first" "ALTER TABLE users DROP COLUMN extra" >/dev/null

it "leaves it as it is at a signal, too"
sqlite3 "$tmp/big.db" 'CREATE TABLE big (id INTEGER PRIMARY KEY, t text)'
big=$(fresh_database directions_big)
sql "$big" "CREATE TABLE big (id bigint PRIMARY KEY, t text);
    INSERT INTO big SELECT i, repeat('x', 200) FROM generate_series(1, 3000000) i" >/dev/null
before=$(sha256sum <"$tmp/big.db")
"$program" db-migrate --source-db "$big" --target-db "sqlite://$tmp/big.db" --yes \
    </dev/null >"$tmp/stdout" 2>"$tmp/stderr" &
pid=$!
for _ in $(seq 1000); do
    [[ $(find "$tmp" -name 'big.db*' -size +1000k | wc -l) -gt 0 ]] && break
    sleep 0.02
done
kill -INT "$pid"
wait "$pid"
expect_equal "$?" 130
expect_stderr 'the target is untouched'
expect_equal "$(sha256sum <"$tmp/big.db")" "$before"
expect_equal "$(find "$tmp" -name 'big.db*' | wc -l)" 1

done_testing
