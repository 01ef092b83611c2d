#!/usr/bin/env bash
# options.sh - the help text, the manual page and README.md know the same options.
# shellcheck source-path=SCRIPTDIR source=../support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

# Each prints the options of its document, sorted, one per line.
of_help() { # of the program under one of its names
    "$MIG_BUILD/$1" "${@:2}" --help | sed -nE 's/^ *(-[a-zA-Z], )?(--[a-z-]+).*/\2/p' | sort -u
}
of_readme() {
    sed -nE 's/^\| `(--[a-z-]+).*/\1/p' "$top/README.md" | sort -u
}
of_manual() {
    sed -nE 's/^\.It (Fl [A-Za-z] , )?Fl -([a-z-]+).*/--\2/p' "$top/docs/man/db-migrate.1" | sort -u
}

# What the page that users follow promises, whatever else changes.
page='--allow-plaintext-secrets
--batch-size
--force
--master-key-file
--source-db
--target-db
--yes'

it "the help has every option of the page"
expect_equal "$(comm -23 <(echo "$page") <(of_help db-migrate))" ""

it "README.md lists the options of the help"
expect_equal "$(of_readme)" "$(of_help db-migrate)"

it "the manual page lists the options of the help"
expect_equal "$(of_manual)" "$(of_help db-migrate)"

it "both names of the program have the same options"
expect_equal "$(of_help uptrakit-controller db-migrate)" "$(of_help db-migrate)"

it "the help fits into 80 columns"
expect_equal "$("$MIG_BUILD/db-migrate" --help | awk 'length($0) > 80')" ""

it "the manual page is well-formed"
expect_exit 0 mandoc -T lint -W warning "$top/docs/man/db-migrate.1"
[[ $status == 0 ]] || fail "$(cat "$tmp/stdout")"

it "README.md, the manual page and the help name the same exit statuses"
help=$("$MIG_BUILD/db-migrate" --help | sed -n "/^Exit status/,\$p" | sed -nE "s/^  ([0-9]+) .*/\1/p")
expect_equal "$(sed -nE "s/^\| ([0-9]+) \|.*/\1/p" "$top/README.md")" "$help"
expect_equal "$(sed -nE "s/^\.It Cm ([0-9]+)$/\1/p" "$top/docs/man/db-migrate.1")" "$help"

done_testing
