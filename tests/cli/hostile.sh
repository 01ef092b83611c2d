#!/usr/bin/env bash
# hostile.sh - schemas of SQLite of which nothing is usual, mirrored: whatever is not in the target
# is in the report, and all values come back.
#
#   HOSTILE_SEED=N      the first schema's seed (else always the same; "day": one of the day's)
#   HOSTILE_SCHEMAS=N   how many schemas (else 5)
#   HOSTILE_KEEP=FOLDER the files of schemas that failed, moved there
#
# What is there is asked of the server and of SQLite themselves (tests/hostile/*.sql).
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

hostile=$MIG_BUILD/hostile
seed=${HOSTILE_SEED-1}
[[ $seed != day ]] || seed=$((10#$(date +%j) * 100))
refused=0

migrate() { # SOURCE TARGET [OPTION...]
    try "$MIG_BUILD/db-migrate" --source-db "$1" --target-db "$2" --yes --schema mirror "${@:3}"
}

# The plan's decisions as CSV: section, line, SQL.
told() {
    awk 'function quoted(text) { gsub(/"/, "\"\"", text); return "\"" text "\"" }
        function end() { if (line != "") print quoted(section) "," quoted(line) "," quoted(sql); line = sql = "" }
        BEGIN { print "section,line,sql" }
        /^Decided for the schema$/ { inside = 1; next }
        !inside { next }
        /^[^ ]/ { end(); inside = 0; next }
        /^  [^ ]/ { end(); section = substr($0, 3); next }
        /^    [^ ]/ || /^     ? ?[^ ].*: / && !/^          / { end(); line = substr($0, 5); next }
        { sql = sql (sql == "" ? "" : "\n") substr($0, 9) }
        END { end() }'
}

# compare FOLDER [SQL]: what is missing in silence.
compare() {
    (cd "$1" && cat "$top/tests/hostile/compare.sql" "${@:2}" | sqlite3 -readonly full.db 2>&1)
}

# Names that the way back gives again, as options one a line.
cat >"$tmp/renames.sql" <<'SQL'
.output stdout
SELECT '--rename=' || '"' || replace(target, '"', '""') || '"=' || source FROM tables WHERE target <> source;
SELECT '--rename=' || '"' || replace(target, '"', '""') || '"."' || replace(to_name, '"', '""') || '"=' || from_name
FROM columns WHERE to_name <> from_name;
SQL

# All of a schema, for comparing two.
fingerprint() {
    "$(pg_config --bindir)/pg_dump" --schema-only -d "$1" 2>/dev/null | grep -vE '^(\\(un)?restrict|--)'
}

# A refusal is right where no type takes all values of a column: bytes beside numbers.
is_right_refusal() {
    grep -q 'values that no type of their column takes' "$tmp/stderr"
}

go() {
    local folder=$tmp/$1 target other before missing renames=()
    mkdir "$folder"
    "$hostile" make "$1" >"$folder/schema.sql" || { fail "cannot make it" && return; }
    sqlite3 "$folder/full.db" <"$folder/schema.sql" >/dev/null 2>&1
    [[ $(sqlite3 "$folder/full.db" 'PRAGMA integrity_check') == ok ]] || return
    before=$(sha256sum <"$folder/full.db")
    target=$(fresh_database hostile)
    migrate "sqlite://$folder/full.db" "$target"
    cp "$tmp/stderr" "$folder/mirror.err"
    expect_equal "$(sha256sum <"$folder/full.db")" "$before"
    if [[ $status == 1 ]] && is_right_refusal; then
        refused=$((refused + 1))
        return
    fi
    [[ $status == 0 ]] || { fail "mirroring: exit status $status" $'\n'"$(grep -A4 'error' "$tmp/stderr" | head -n 12)" && return; }

    other=$(fresh_database hostile_other)
    "$MIG_BUILD/db-migrate" --source-db "sqlite://$folder/full.db" --target-db "$other" --dry-run --schema mirror \
        >"$folder/plan" 2>/dev/null || fail "no plan"
    told <"$folder/plan" >"$folder/told.csv"
    (cd "$folder" && psql -X -q -d "$target" -v ON_ERROR_STOP=1 -f "$top/tests/hostile/catalog.sql") || fail "no catalog"
    missing=$(compare "$folder")
    expect_equal "$missing" ""

    migrate "sqlite://$folder/full.db" "$other" --emit-schema "$folder/emitted.sql"
    expect_equal "$status" 0
    expect_exit 0 psql -X -q -v ON_ERROR_STOP=1 -d "$other" -f "$folder/emitted.sql"
    expect_equal "$(diff <(fingerprint "$target") <(fingerprint "$other") | cut -c 1-300 | head -n 20)" ""

    compare "$folder" "$tmp/renames.sql" | grep '^--rename' >"$folder/renames"
    mapfile -t renames <"$folder/renames"
    migrate "$target" "sqlite://$folder/back.db?mode=rwc" "${renames[@]}"
    cp "$tmp/stderr" "$folder/back.err"
    [[ $status == 0 ]] || { fail "the way back: exit status $status" $'\n'"$(grep -A4 'error' "$tmp/stderr" | head -n 12)" && return; }
    missing=$("$hostile" same "$folder/full.db" "$folder/back.db" 2>&1) || fail "other values:" $'\n'"$missing"
    expect_equal "$(sqlite3 "$folder/back.db" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" ok
}

for ((i = 0; i < ${HOSTILE_SCHEMAS:-5}; i++)); do
    it "mirrors a hostile schema: seed $((seed + i))"
    go $((seed + i))
    if ((${#tap_complaints[@]} > 0)) && [[ -n ${HOSTILE_KEEP-} ]]; then
        mkdir -p "$HOSTILE_KEEP"
        mv "$tmp/$((seed + i))" "$HOSTILE_KEEP/"
    fi
    rm -rf "${tmp:?}/$((seed + i))"
done

it "refuses none or few of them"
((refused * 10 <= ${HOSTILE_SCHEMAS:-5} + 9)) || fail "$refused of ${HOSTILE_SCHEMAS:-5} schemas were refused"

done_testing
