#!/usr/bin/env bash
# prompt.sh - the question before the target is erased.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

source_file=$tmp/uptrakit.db
make_installation "$source_file"
target=$(fresh_database prompt_uptrakit)
untouched=$(fingerprint "$target")

# answer TEXT: runs the command with that on its standard input.
answer() {
    printf '%b' "$1" | "$program" --master-key-file "$key_file" db-migrate \
        --source-db "sqlite://$source_file" --target-db "$target" \
        >"$tmp/stdout" 2>"$tmp/stderr"
    status=$?
}

it "asks in the page's words"
answer 'no\n'
expect_equal "$status" 4
expect_stderr '^WARNING: This will ERASE ALL DATA in the target database and replace it$'
expect_stderr '^with data from the source database\.$'
expect_stderr "^  Source: sqlite://$source_file\$"
expect_stderr '^Type "yes" to continue: '
expect_stderr 'migration aborted by user'

for refused in '' '\n' 'y\n' 'YES\n' 'yes please\n' 'no\nyes\n'; do
    it "does not go on for '$refused'"
    answer "$refused"
    expect_equal "$status" 4
    expect_stderr 'migration aborted by user'
    expect_equal "$(fingerprint "$target")" "$untouched"
done

it "tells scripts of --yes when the input ends"
answer ''
expect_stderr 'pass --yes'

it "goes on for yes with white space around it"
answer ' \tyes \n'
expect_equal "$status" 0
expect_equal "$(count_postgres "$target" users)" "$(count_sqlite "$source_file" users)"

it "reads no more than its line"
target=$(fresh_database prompt_uptrakit)
rest=$({ "$program" --master-key-file "$key_file" db-migrate --source-db "sqlite://$source_file" \
    --target-db "$target" >/dev/null 2>&1; cat; } < <(printf 'yes\nthe rest\n'))
expect_equal "$rest" "the rest"

done_testing
