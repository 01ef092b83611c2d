#!/usr/bin/env bash
# live_migration.sh - docs/live-migration.md, step by step, with an application that writes.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

sqlite3 "$tmp/app.db" "
    PRAGMA journal_mode = WAL;
    CREATE TABLE account (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, balance INTEGER NOT NULL);
    CREATE TABLE transfer (id INTEGER PRIMARY KEY AUTOINCREMENT, source INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
        target INTEGER NOT NULL REFERENCES account ON DELETE CASCADE, amount INTEGER NOT NULL);
    WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 2000)
    INSERT INTO account (name, balance) SELECT 'account ' || i, 1000 FROM i;
    WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 60000)
    INSERT INTO transfer (source, target, amount) SELECT 1 + i % 2000, 1 + i * 7 % 2000, i % 100 FROM i" >/dev/null
source=sqlite://$tmp/app.db
target=$(fresh_database live)

# The application: one connection, on which money moves from one account to another, and accounts
# come, change their names and go.
application() {
    local i=0
    {
        echo "PRAGMA busy_timeout = 20000; PRAGMA foreign_keys = ON;"
        while [[ ! -e $tmp/stop ]]; do
            i=$((i + 1))
            echo "BEGIN IMMEDIATE;
                UPDATE account SET balance = balance - $i WHERE id = $((1 + i * 37 % 2000));
                UPDATE account SET balance = balance + $i WHERE id = $((1 + i * 53 % 2000));
                INSERT INTO transfer (source, target, amount) SELECT $((1 + i * 37 % 2000)), $((1 + i * 53 % 2000)), $i
                    WHERE (SELECT count(*) FROM account WHERE id IN ($((1 + i * 37 % 2000)), $((1 + i * 53 % 2000)))) = 2;
                INSERT INTO account (name, balance) VALUES ('new account $i', 0);
                DELETE FROM account WHERE id = $((i * 11 % 2000)) AND $i % 5 = 0;
                UPDATE account SET name = 'was $i' WHERE id = $((1 + i * 13 % 2000)) AND $i % 3 = 0;
                COMMIT;"
            sleep 0.01
        done
    } | sqlite3 -bail "$tmp/app.db" >"$tmp/application" 2>&1
}
written() { sqlite3 "$tmp/app.db" "SELECT seq FROM sqlite_sequence WHERE name = 'account'"; }
wait_until_written() { # NUMBER
    local i
    for ((i = 0; i < 600; i++)); do
        [[ $(written) -lt $1 ]] || return
        sleep 0.05
    done
    fail "the application has not written up to account $1"
}
application &
writer=$!
wait_until_written 2005

it "copies while the application runs"
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --yes
at_copy=$(written)

it "goes on serving the application meanwhile"
wait_until_written $((at_copy + 20))

it "can be brought nearer as often as one likes, while the application runs"
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --sync --yes
expect_stderr 'account +[0-9]+ inserted, [0-9]+ updated, [0-9]+ deleted'

it "is equal once the application has stopped"
touch "$tmp/stop"
wait "$writer"
expect_equal "$(cat "$tmp/application")" 20000
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --sync --yes
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --verify-only
for table in account transfer; do
    expect_equal "$(sql "$target" "SELECT count(*) FROM $table")" "$(sqlite3 "$tmp/app.db" "SELECT count(*) FROM $table")"
done
expect_equal "$(sql "$target" "SELECT sum(balance) FROM account")" "$(sqlite3 "$tmp/app.db" "SELECT sum(balance) FROM account")"

it "serves the application on the new database, with numbers that are new"
last=$(sqlite3 "$tmp/app.db" "SELECT seq FROM sqlite_sequence WHERE name = 'account'")
expect_equal "$(sql "$target" "INSERT INTO account (name, balance) VALUES ('after', 0) RETURNING id")" $((last + 1))

it "warns of a source that an application cannot write into meanwhile"
sqlite3 "$tmp/rollback.db" "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)"
other=$(fresh_database live_rollback)
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "sqlite://$tmp/rollback.db" --target-db "$other" --yes
expect_stderr 'warning: .* is not in WAL mode'

done_testing
