#!/usr/bin/env bash
# key.sh - the master key is tried before the target is touched.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

source_file=$tmp/uptrakit.db
make_installation "$source_file"
target=$(fresh_database key_uptrakit)
untouched=$(fingerprint "$target")
wrong=abababababababababababababababababababababababababababababababab
(umask 077 && echo $wrong >"$tmp/wrong.key")

# run_with SOURCE [OPTION...]
run_with() {
    local source=$1
    shift
    try "$program" "$@" db-migrate --source-db "sqlite://$source" --target-db "$target" --yes
}

# with_damage SQL: a copy of the source with something changed; prints its path.
with_damage() {
    cp "$source_file" "$tmp/damaged.db"
    sqlite3 "$tmp/damaged.db" "$1"
    echo "$tmp/damaged.db"
}

it "refuses a wrong key and leaves the target as it is"
run_with "$source_file" --master-key-file "$tmp/wrong.key"
expect_equal "$status" 1
expect_stderr 'verification token'
expect_stderr 'the target is untouched'
expect_equal "$(fingerprint "$target")" "$untouched"

it "names the data key that does not open"
run_with "$(with_damage "UPDATE data_encryption_keys SET wrapped_key = substr(wrapped_key, 1, 119) || CASE substr(wrapped_key, 120) WHEN '0' THEN '1' ELSE '0' END")" \
    --master-key-file "$key_file"
expect_equal "$status" 1
expect_stderr "data key|data_encryption_keys"
expect_equal "$(fingerprint "$target")" "$untouched"

it "names the column whose value does not open"
run_with "$(with_damage "UPDATE oidc_providers SET client_secret = 'ENC:v1:' || hex(randomblob(40))")" \
    --master-key-file "$key_file"
expect_equal "$status" 1
expect_stderr 'oidc_providers\.client_secret'
expect_equal "$(fingerprint "$target")" "$untouched"

it "wants a key for an installation"
run_with "$source_file"
expect_equal "$status" 1
expect_stderr 'a master key is required'
expect_stderr '--master-key-file'
expect_equal "$(fingerprint "$target")" "$untouched"

it "takes the key from the environment"
UPTRAKIT_MASTER_KEY=$key_hex run_with "$source_file"
expect_equal "$status" 0

it "goes on without a key when told so, and says what that means"
target=$(fresh_database key_uptrakit)
run_with "$source_file" --allow-plaintext-secrets
expect_equal "$status" 0
expect_stderr 'warning: no master key'

it "warns of a key file that others can read"
target=$(fresh_database key_uptrakit)
cp "$key_file" "$tmp/open.key"
chmod 644 "$tmp/open.key"
run_with "$source_file" --master-key-file "$tmp/open.key"
expect_equal "$status" 0
expect_stderr 'warning: .*open\.key'

it "refuses malformed keys without printing them"
for key in "" zz "${key_hex}00" "${key_hex:0:63}" "${key_hex:0:62}zz"; do
    printf '%s' "$key" >"$tmp/bad.key"
    run_with "$source_file" --master-key-file "$tmp/bad.key"
    expect_equal "$status" 1
    reject_stderr "${key_hex:0:32}"
done
run_with "$source_file" --master-key-file "$tmp/no-such.key"
expect_equal "$status" 1
expect_stderr 'No such file'

it "checks the other steps' installations as well"
for step in m20260227_000002_remove_event_cleanup_tasks m20260227_000003_discovery_allowlist \
    m20260302_000001_add_missing_indexes m20260303_000001_global_settings; do
    target=$(fresh_database key_uptrakit)
    make_installation "$tmp/older.db" --steps "$step"
    run_with "$tmp/older.db" --master-key-file "$tmp/wrong.key"
    expect_equal "$status" 1
    run_with "$tmp/older.db" --master-key-file "$key_file"
    expect_equal "$step $status" "$step 0"
    expect_equal "$(sql "$target" 'SELECT max(version) FROM seaql_migrations')" "$step"
    rm -f "$tmp/older.db"
done

done_testing
