#!/usr/bin/env bash
# rights.sh - what the role may not do is said before the question, with the statement that mends it.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

source_file=$tmp/uptrakit.db
make_installation "$source_file"
psql -X -q -d postgres -c "DROP ROLE IF EXISTS uptrakit" >/dev/null 2>&1
psql -X -q -d postgres -c "CREATE ROLE uptrakit LOGIN PASSWORD 'password'" 2>/dev/null

it "names the right that the page's createdb leaves out, and goes on once it is given"
dropdb --if-exists rights_uptrakit 2>/dev/null
createdb rights_uptrakit # as the page has it: by another role
admin="postgresql:///rights_uptrakit?host=$PGHOST&port=$PGPORT&user=$PGUSER"
target="postgresql://uptrakit:password@/rights_uptrakit?host=$PGHOST&port=$PGPORT"
untouched=$(fingerprint "$admin")
if (($(sql "$admin" 'SHOW server_version_num') >= 150000)); then
    expect_exit 1 "$program" --master-key-file "$key_file" db-migrate \
        --source-db "sqlite://$source_file" --target-db "$target" --yes
    expect_stderr 'GRANT'
    expect_stderr 'the target is untouched'
    expect_equal "$(fingerprint "$admin")" "$untouched"
    grant=$(grep -oE 'GRANT [^;]*;' "$tmp/stderr" | head -n 1)
    sql "$admin" "$grant" >/dev/null || fail "the statement does not run: $grant"
    expect_exit 0 "$program" --master-key-file "$key_file" db-migrate \
        --source-db "sqlite://$source_file" --target-db "$target" --yes
else
    skip "before server 15 every role may create tables in public"
fi

it "is content with a role that owns the database"
psql -X -q -d postgres -c "DROP DATABASE rights_uptrakit" >/dev/null
createdb -O uptrakit rights_uptrakit
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate \
    --source-db "sqlite://$source_file" --target-db "$target" --yes

it "refuses tables that belong to another role, and touches none"
sql "$admin" 'ALTER TABLE users OWNER TO postgres; REVOKE ALL ON users FROM PUBLIC' >/dev/null
state=$(fingerprint "$admin")
expect_exit 1 "$program" --master-key-file "$key_file" db-migrate \
    --source-db "sqlite://$source_file" --target-db "$target" --yes --force
expect_stderr 'users'
expect_stderr 'the target is untouched'
expect_equal "$(fingerprint "$admin")" "$state"

psql -X -q -d postgres -c "DROP DATABASE rights_uptrakit" -c "DROP ROLE uptrakit" >/dev/null 2>&1
done_testing
