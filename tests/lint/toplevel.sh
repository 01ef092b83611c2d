#!/usr/bin/env bash
# toplevel.sh - the top folder holds what it shall hold, and nothing beside it.
# shellcheck source-path=SCRIPTDIR source=../support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

# In a work tree: what is committed or would be.  In an unpacked archive: what is there but build/.
entries() {
    if git -C "$1" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git -C "$1" ls-files --cached --others --exclude-standard
    else
        find "$1" -mindepth 1 -maxdepth 1 ! -name build -printf '%f\n'
    fi | cut -d/ -f1 | sort -u | grep -v '^\.'
}

it "lists what is in a folder"
mkdir -p "$tmp/tree/src" "$tmp/tree/build" "$tmp/tree/.ci"
touch "$tmp/tree/stray.txt"
expect_equal "$(entries "$tmp/tree" | xargs)" "src stray.txt"

it "is Makefile, README.md and five folders"
expect_equal "$(entries "$top" | LC_ALL=C sort | xargs)" "Makefile README.md bench docs include src tests"

done_testing
