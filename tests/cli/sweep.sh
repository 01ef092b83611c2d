#!/usr/bin/env bash
# sweep.sh - bench/sweep on a user's own databases.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

sqlite3 "$tmp/a.db" "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO t SELECT i, 'name ' || i FROM n"
target=$(fresh_database sweep)

sweep() { # STATUS [OPTION...]
    expect_exit "$1" "$top/bench/sweep" --source-db "sqlite://$tmp/a.db" --target-db "$target" \
        --batch-sizes "default 100 50000" --readers 1 --writers "1 2" --rounds 2 --out "$tmp/out" "${@:2}"
}

it "measures every combination in every round, and tells the size that batches really had"
sweep 0 --yes
expect_equal "$(grep -c '"rows":3000,' "$tmp/out/sweep.jsonl")" 12
expect_equal "$(sed -E 's/.*"batch_size":"([a-z0-9]+)".*"batch_rows":([0-9]+).*/\1 \2/' "$tmp/out/sweep.jsonl" |
    LC_ALL=C sort -u | xargs)" "100 100 50000 3000 default 500"
expect_equal "$(grep -cE '^\| +(default|100|50000) \|' "$tmp/stdout")" 6
expect_stdout '100 %' # of the best; two may come to the same

it "draws a plot where gnuplot is installed, and says so where it is not"
if command -v gnuplot >/dev/null; then
    expect_equal "$(head -c 5 "$tmp/out/sweep.svg")" "<?xml"
    expect_equal "$(grep -o '1 reader, [12] writers\?<' "$tmp/out/sweep.svg" | sort -u | wc -l)" 2
    expect_equal "$(head -c 4 "$tmp/out/sweep.png" | tail -c 3)" PNG
else
    expect_stderr 'gnuplot is not installed'
fi

it "leaves a target that holds rows alone, unless --force is given"
rm "$tmp/out/sweep.jsonl"
sql "$target" "DELETE FROM t WHERE id > 7"
sweep 4 --yes
expect_stderr 'target database is not empty'
expect_equal "$(sql "$target" "SELECT count(*) FROM t")" 7
[[ ! -e $tmp/out/sweep.jsonl ]] || fail "something was measured"
sweep 0 --yes --force
expect_equal "$(sql "$target" "SELECT count(*) FROM t")" 3000

it "asks, as db-migrate does"
sweep 4 --force </dev/null
expect_equal "$(sql "$target" "SELECT count(*) FROM t")" 3000

it "passes further options on"
sweep 0 --yes --force -- --schema existing
expect_stderr 'Cleaning target database'

it "never shows a password"
secret=${target/postgresql:\/\//postgresql:\/\/somebody:geheim@}
expect_exit 1 "$top/bench/sweep" --source-db "sqlite://$tmp/no.db" --target-db "$secret" --yes --out "$tmp/out"
expect_equal "$(grep -c geheim "$tmp/stderr" "$tmp/stdout" | xargs)" "$tmp/stderr:0 $tmp/stdout:0"

done_testing
