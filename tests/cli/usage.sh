#!/usr/bin/env bash
# usage.sh - what is wrong with a command line is said before anything is opened.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

sqlite3 "$tmp/app.db" 'CREATE TABLE t (id INTEGER PRIMARY KEY)'
source=sqlite://$tmp/app.db
target="postgresql:///nowhere?host=/nowhere"

it "prints its help on standard output"
expect_exit 0 "$program" db-migrate --help
expect_golden help-controller "$tmp/stdout"
expect_exit 0 "$MIG_BUILD/db-migrate" --help
expect_golden help-db-migrate "$tmp/stdout"

it "prints its version and those of the libraries"
expect_exit 0 "$program" --version
expect_stdout '^uptrakit-controller [0-9]+\.[0-9]+'
expect_stdout '^SQLite 3\.[0-9.]+, PostgreSQL \(libpq [0-9.]+\)$'

it "names missing options, both at once"
expect_exit 2 "$program" db-migrate
expect_stderr '--source-db.*--target-db'
expect_exit 2 "$program" db-migrate --source-db "$source"
expect_stderr '--target-db'

it "refuses batch sizes that copy nothing"
for size in 0 -1 x '' 1e3 99999999999999999999; do
    expect_exit 2 "$program" db-migrate --source-db "$source" --target-db "$target" --batch-size "$size"
    expect_stderr '--batch-size'
done

it "refuses schemes it does not know, by name"
for url in mysql://root@host/db sqlite::memory: http://x /a/file.db; do
    expect_exit 2 "$program" db-migrate --source-db "$url" --target-db "$target"
    expect_stderr 'unsupported database URL scheme'
    expect_stderr 'hint:'
done

it "suggests the option that was meant"
expect_exit 2 "$program" db-migrate --sorce-db "$source"
expect_stderr '--source-db'

it "sends the controller's other subcommands home"
for word in serve admin; do
    expect_exit 2 "$program" "$word"
    expect_stderr 'db-migrate'
done

it "refuses a target that may not be written"
expect_exit 2 "$program" db-migrate --source-db "$target" --target-db "sqlite://$tmp/app.db?mode=ro" --yes
expect_stderr 'mode=ro'

it "refuses the same file by another path"
ln -s app.db "$tmp/link.db"
mkdir "$tmp/d"
for same in "$tmp/app.db" "$tmp/d/../app.db" "$tmp/link.db" "$tmp//app%2Edb"; do
    expect_exit 2 "$program" db-migrate --source-db "$source" --target-db "sqlite://$same" --yes
    expect_stderr 'same database'
done

it "refuses the same PostgreSQL database by another spelling"
one=$(fresh_database usage_same)
expect_exit 2 "$program" db-migrate --source-db "$one" \
    --target-db "postgres://$PGUSER@/usage_same?host=$PGHOST&port=$PGPORT&application_name=other" --yes
expect_stderr 'same database'

it "does not print or show passwords"
expect_exit 1 "$program" db-migrate --source-db "$source" \
    --target-db "postgresql://uptrakit:s3cr%40t@/nowhere?host=/nowhere&sslpassword=tops3cret" --yes
reject_stderr 's3cr|tops3cret'

it "wipes the password from the process list"
mkfifo "$tmp/hold"
sql "$one" 'CREATE TABLE t (id bigint PRIMARY KEY)' >/dev/null
"$program" db-migrate --source-db "$source" \
    --target-db "postgresql://$PGUSER:s3cret@/usage_same?host=$PGHOST&port=$PGPORT" \
    <"$tmp/hold" >"$tmp/stdout" 2>"$tmp/stderr" &
pid=$!
exec 9>"$tmp/hold"
for _ in $(seq 1000); do
    grep -q 'Type "yes"' "$tmp/stderr" && break
    sleep 0.05
done
line=$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)
exec 9>&-
wait "$pid"
[[ $line == *postgresql://* ]] || fail "unexpected command line: $line"
[[ $line != *s3cret* ]] || fail "the password is in the process list"

it "tells files apart that cannot be a source"
expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp/no-such.db" --target-db "$target" --yes
expect_stderr 'no-such\.db'
expect_stderr 'the target is untouched'
echo "this is text, and quite long enough for a header of 100 bytes: $(printf 'x%.0s' {1..100})" >"$tmp/text.db"
expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp/text.db" --target-db "$target" --yes
expect_stderr 'not a SQLite database|encrypted'
expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp" --target-db "$target" --yes

done_testing
