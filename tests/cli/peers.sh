#!/usr/bin/env bash
# peers.sh - bench/peers: every tool is measured and judged, whatever it does.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

# All programs of the machine, but two of the tools are none that would copy, and one is not there.
cp -rs /usr/bin "$tmp/bin"
rm -f "$tmp"/bin/{pgloader,ogr2ogr,pgcopydb}
printf '#!/bin/sh\necho "starting"\necho "KABOOM: the \\"heap\\" is exhausted"\nexit 7\n' >"$tmp/bin/pgloader"
printf '#!/bin/sh\nexit 0\n' >"$tmp/bin/ogr2ogr"
chmod +x "$tmp"/bin/{pgloader,ogr2ogr}

peers() { # SETS ONLY
    expect_exit 0 env PATH="$tmp/bin:$PATH_WITHOUT" PEERS_SETS="$1" PEERS_ONLY="$2" PEERS_ROUNDS=2 PEERS_OUT="$tmp/out" \
        BENCH_SCALE=1000 BENCH_DIR="$tmp/data" "$top/bench/peers"
}
PATH_WITHOUT=$(tr : '\n' <<<"$PATH" | grep -v '^/usr/bin/*$\|^/bin/*$' | paste -sd:)

# column TOOL N: a cell of the table.
column() {
    grep "^| $1 " "$tmp/stdout" | cut -d '|' -f "$(($2 + 1))" | xargs
}

it "measures what copies, in every round, and finds it right"
peers narrow "db-migrate db-migrate-counts csv csv-analyze offset pgloader ogr2ogr"
expect_equal "$(column db-migrate 8) $(column db-migrate-counts 8) $(column csv 8) $(column csv-analyze 8) $(column offset 8)" \
    "right right right right right"
expect_equal "$(grep -c '"tool":"csv","round":[12],.*"rows":1000,"status":0' "$tmp/out/peers.jsonl")" 2
expect_equal "$(column db-migrate-counts 3)" "1.00 (1.00-1.00)"
[[ $(column db-migrate-counts 4) =~ ^[1-9][.0-9]*' ('[1-9] ]] || fail "filled in $(column db-migrate-counts 4) of its time"

it "tells why a tool failed, and leaves it out from then on"
expect_equal "$(column pgloader 2) $(column pgloader 8)" "- failed"
expect_stdout '^- pgloader: failed: status 7, KABOOM: the "heap" is exhausted$'
expect_equal "$(grep -c '"tool":"pgloader"' "$tmp/out/peers.jsonl")" 1

it "does not take status 0 for a result"
expect_equal "$(column ogr2ogr 8)" '**wrong**'
expect_stdout '^- ogr2ogr: narrow: 1000 of 1000 rows are missing$'

it "draws a plot"
if command -v gnuplot >/dev/null; then
    expect_equal "$(grep -c 'db-migrate-counts' "$tmp/out/peers.svg")" 1
else
    expect_stderr 'gnuplot is not installed'
fi

it "skips what is not installed, and says so"
peers pg-pg "db-migrate* pg*"
expect_stderr '^pgcopydb is not installed'
expect_equal "$(column pgcopydb 1)" ""
expect_equal "$(column db-migrate 8) $(column pg_dump-psql 8) $(column pg_dump-restore 8)" "right right right"

it "compares clones"
peers sqlite-sqlite "*"
expect_equal "$(column db-migrate 8) $(column backup 8) $(column vacuum-into 8) $(column dump 8)" \
    "right right right right"

done_testing
