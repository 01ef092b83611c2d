#!/usr/bin/env bash
# Every shell script passes shellcheck.
# shellcheck source-path=SCRIPTDIR source=../support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

# Every file whose first line says that a shell reads it.
mapfile -t scripts < <(find "$top"/{src,bench,tests,.ci} -type f -exec \
    awk 'FNR == 1 && (/^#!.*sh$/ || /^# shellcheck shell=/) { print FILENAME }' {} \; | sort)

it "finds the scripts"
expect_equal "$(printf '%s\n' "${scripts[@]}" | grep -cE 'tests/(run|support/cluster|support/tap\.sh)$')" 3

it "sees a bad one"
# shellcheck disable=SC2016 # meant to be bad
printf '%s\n' '#!/bin/sh' 'rm $1' >"$tmp/bad.sh"
expect_exit 1 shellcheck "$tmp/bad.sh"

it "all ${#scripts[@]} scripts pass"
cd "$top" || exit 1
expect_exit 0 shellcheck -x "${scripts[@]#"$top"/}"
[[ $status == 0 ]] || fail "$(head -n 100 "$tmp/stdout")"

done_testing
