#!/usr/bin/env bash
# connect.sh - whatever libpq takes: passwords, services, several hosts; and what it says when it fails.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

sqlite3 "$tmp/app.db" "CREATE TABLE t (id INTEGER PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')"

# A server of its own, one that wants passwords.
server=$(mktemp -d /tmp/mig-connect-XXXXXX)
trap '"$top/tests/support/cluster" stop "$server"; rm -rf "$tmp" "$server"' EXIT
eval "$(CLUSTER_OWNER=$$ CLUSTER_AUTH=scram-sha-256 "$top/tests/support/cluster" start "$server")" ||
    { echo "Bail out! no server"; exit 1; }
export PGHOST PGPORT PGUSER
unset PGPASSWORD PGPASSFILE PGSERVICEFILE
HOME=$tmp
export HOME

# Every printable character, and some that are not ASCII.
password='p !"#$%&'\''()*+,-./:;<=>?@[\]^_`{|}~ä€'
encoded=$(printf '%s' "$password" | od -An -tx1 -v | tr -d '\n' | sed 's/ /%/g')
psql -X -q -d postgres -v password="$password" >/dev/null <<'SQL'
CREATE ROLE app LOGIN PASSWORD :'password';
CREATE DATABASE app OWNER app;
SQL
psql -X -q -d app -c 'SET ROLE app' -c 'CREATE TABLE t (id bigint PRIMARY KEY, v text)' >/dev/null

# copies URL: it works, and nothing of the password is said.
copies() {
    expect_exit 0 "$program" db-migrate --source-db "sqlite://$tmp/app.db" --target-db "$1" --yes --force
    expect_equal "$(psql -X -qAt -d app -c 'SELECT count(*) FROM t')" 2
    reject_stderr '%70|p !"#'
}

it "a password of all printable characters, percent-encoded"
copies "postgresql://app:$encoded@/app?host=$PGHOST&port=$PGPORT"

it "the same as a parameter"
copies "postgresql:///app?host=$PGHOST&port=$PGPORT&user=app&password=$encoded"

it "a password file"
# shellcheck disable=SC2001 # a backslash before each of two characters
(umask 077 && printf '*:*:app:app:%s\n' "$(sed 's/[\\:]/\\&/g' <<<"$password")" >"$tmp/pass")
copies "postgresql:///app?host=$PGHOST&port=$PGPORT&user=app&passfile=$tmp/pass"

it "a service file"
printf '[uptrakit]\nhost=%s\nport=%s\nuser=app\ndbname=app\npassfile=%s\n' "$PGHOST" "$PGPORT" "$tmp/pass" \
    >"$tmp/services"
PGSERVICEFILE=$tmp/services copies "postgresql://?service=uptrakit"

it "several hosts, of which the first does not answer"
copies "postgresql://app:$encoded@/app?host=/nowhere,$PGHOST&port=5432,$PGPORT"

it "an encoding, an options parameter and an application name"
copies "postgresql://app:$encoded@/app?host=$PGHOST&port=$PGPORT&client_encoding=LATIN1&application_name=x&options=-c%20datestyle%3DGerman"

it "says that the password is wrong, and not which it was"
expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp/app.db" \
    --target-db "postgresql://app:wr%6Fngpass@/app?host=$PGHOST&port=$PGPORT" --yes
expect_stderr 'password authentication failed'
expect_stderr 'the target is untouched'
reject_stderr 'wrongpass|wr%6Fng'

it "says that the database is not there"
expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp/app.db" \
    --target-db "postgresql://app:$encoded@/nosuch?host=$PGHOST&port=$PGPORT" --yes
expect_stderr 'database "nosuch" does not exist'

it "says that nobody answers"
expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp/app.db" \
    --target-db "postgresql://app@/app?host=/nowhere" --yes
expect_stderr '/nowhere'

done_testing
