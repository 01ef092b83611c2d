#!/usr/bin/env bash
# page.sh - the commands and words of the page that users follow.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

source_file=$tmp/uptrakit.db
make_installation "$source_file"
before=$(sha256sum <"$source_file")
target=$(fresh_database page_uptrakit)

it "copies an installation into an empty database with the page's command"
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate \
    --source-db "sqlite://$source_file" --target-db "$target" --yes
expect_stderr '^Connecting to source:  sqlite://'
expect_stderr '^Connecting to target:  postgresql://'
expect_stderr '^Running schema migrations on target…$'
expect_stderr '^Cleaning target database…$'
expect_stderr '^Copying tables…$'
expect_stderr '^Verifying row counts…$'
expect_stderr '^Migration complete\.$'
expect_stderr '^  Rows migrated : [0-9]+$'
expect_stderr '^  Elapsed       : [0-9.]+(s|ms)$'
expect_equal "$(wc -c <"$tmp/stdout")" 0

it "brings every row of every table"
rows=0
for table in $(application_tables "$source_file"); do
    n=$(count_sqlite "$source_file" "$table")
    expect_equal "$table $(count_postgres "$target" "$table")" "$table $n"
    rows=$((rows + n))
done
expect_equal "$(application_tables "$source_file" | wc -l)" 38
expect_equal "$(grep -oE 'Rows migrated : [0-9]+' "$tmp/stderr" | grep -oE '[0-9]+')" "$rows"

it "does not change a byte of the source, and leaves nothing beside it"
expect_equal "$(sha256sum <"$source_file")" "$before"
expect_equal "$(find "$tmp" -name "uptrakit.db*" | wc -l)" 1

it "copies sealed values byte for byte"
for place in ca_certificates.key_pem oidc_providers.client_secret mqtt_clients.password \
    mqtt_clients.ca_cert_pem pending_oidc_flows.pkce_verifier data_encryption_keys.wrapped_key; do
    table=${place%.*} column=${place#*.}
    expect_equal "$(sql "$target" "SELECT $column FROM $table WHERE $column IS NOT NULL ORDER BY $column COLLATE \"C\"")" \
        "$(sqlite3 "$source_file" "SELECT $column FROM $table WHERE $column IS NOT NULL ORDER BY 1")"
    reject_stderr "$(sqlite3 "$source_file" "SELECT substr($column, 12, 30) FROM $table
        WHERE $column LIKE 'ENC:%' LIMIT 1" | grep . || echo 'no such value')"
done
expect_equal "$(sql "$target" "SELECT count(*) > 0 FROM ca_certificates WHERE key_pem LIKE 'ENC:v%'")" t

it "records the application's migrations by their names"
expect_equal "$(sql "$target" 'SELECT version FROM seaql_migrations ORDER BY 1')" \
    "$(sqlite3 "$source_file" 'SELECT version FROM seaql_migrations ORDER BY 1')"

it "counts the times that were cut to microseconds"
"$program" --master-key-file "$key_file" db-migrate --source-db "sqlite://$source_file" \
    --target-db "$target" --yes --force >"$tmp/stdout" 2>"$tmp/stderr" </dev/null
expect_stderr '^  Not exact     : [a-z_]+: [1-9][0-9]* times cut to whole microseconds'

it "keeps instants, numbers and texts as they are"
expect_equal \
    "$(sql "$target" "SELECT to_version, status, output_bytes, length(output) FROM update_history ORDER BY 1, 2, 3, 4")" \
    "$(sqlite3 "$source_file" "SELECT to_version, status, output_bytes, length(output) FROM update_history ORDER BY 1, 2, 3, 4")"
expect_equal "$(sql "$target" "SELECT id, email, first_name, last_name, is_active::int FROM users ORDER BY id")" \
    "$(sqlite3 "$source_file" "SELECT lower(substr(h,1,8)||'-'||substr(h,9,4)||'-'||substr(h,13,4)||'-'||substr(h,17,4)||'-'||substr(h,21)),
        email, first_name, last_name, is_active FROM (SELECT hex(id) AS h, * FROM users) ORDER BY 1")"
expect_equal "$(sql "$target" "SELECT to_char(created_at, 'YYYY-MM-DD HH24:MI:SS') FROM hosts ORDER BY id")" \
    "$(sqlite3 "$source_file" "SELECT datetime(CASE typeof(created_at) WHEN 'integer' THEN datetime(created_at, 'unixepoch')
        ELSE replace(created_at, ' +00:00:00', '') END) FROM hosts ORDER BY id")"

it "refuses a target that holds rows, and leaves it as it is"
state=$(fingerprint "$target")
expect_exit 4 "$program" --master-key-file "$key_file" db-migrate \
    --source-db "sqlite://$source_file" --target-db "$target" --yes
expect_stderr 'target database is not empty \(use --force to override\)'
expect_stderr 'users'
expect_equal "$(fingerprint "$target")" "$state"

it "overwrites it with --force"
sql "$target" "DELETE FROM update_output_lines; UPDATE users SET email = email || '.old'" >/dev/null
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate \
    --source-db "sqlite://$source_file" --target-db "$target" --yes --force
expect_equal "$(sql "$target" "SELECT count(*) FROM users WHERE email LIKE '%.old'")" 0
expect_equal "$(count_postgres "$target" update_output_lines)" \
    "$(count_sqlite "$source_file" update_output_lines)"

it "takes the same options under the name db-migrate"
expect_exit 0 "$MIG_BUILD/db-migrate" --master-key-file "$key_file" \
    --source-db "sqlite://$source_file" --target-db "$target" --yes --force --batch-size 7

it "takes global options behind the subcommand too"
expect_exit 0 "$program" db-migrate --master-key-file "$key_file" \
    --source-db "sqlite://$source_file" --target-db "$target" --yes --force

it "says nothing with --quiet but what was lost on the way"
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate --quiet \
    --source-db "sqlite://$source_file" --target-db "$target" --yes --force
reject_stderr 'Copying|Migration complete'
expect_stderr 'warning: .* times cut to whole microseconds'

it "copies the same with any number of readers and writers"
for threads in 0:1 1:1 2:1 1:3 3:4; do
    expect_exit 0 "$program" --master-key-file "$key_file" db-migrate --quiet \
        --source-db "sqlite://$source_file" --target-db "$target" --yes --force \
        --readers "${threads%:*}" --writers "${threads#*:}" --batch-size 3
    expect_equal "$(count_postgres "$target" update_output_lines)" \
        "$(count_sqlite "$source_file" update_output_lines)"
done

it "copies a relative source, and takes the URLs from environment and file"
printf '%s\n' "$target" >"$tmp/target.url"
chmod 600 "$tmp/target.url"
cd "$tmp" || exit 1
expect_exit 0 env SOURCE="sqlite://uptrakit.db" "$program" --master-key-file "$key_file" \
    db-migrate --source-db env:SOURCE --target-db "file:$tmp/target.url" --yes --force
reject_stderr warning:
cd "$top" || exit 1

done_testing
