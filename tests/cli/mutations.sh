#!/usr/bin/env bash
# mutations.sh - one thing is changed in a target that was verified: it is found and named; and is
# not found any more when the target is what it was.
#
#   MUTATIONS=N       how many (else 100)
#   MUTATIONS_SEED=N  which (else one of the day's)
#
# Each is one of a table of changes, on a random row.  Of most types there is one that is as small
# as it can be (a bit, a letter's case, a blank, a microsecond), of some one that changes nothing
# (1.50 for 1.5): that must not be found.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

n_mutations=${MUTATIONS-100}
seed=${MUTATIONS_SEED-$((10#$(date +%j)))}
RANDOM=$((seed % 32768))
n_rows=60

# ---- the databases --------------------------------------------------------------------------

# The values are of SQL's own making from the seed, without the machine's clock or random().
make_source() { # URL
    psql -X -q -v ON_ERROR_STOP=1 -d "$1" >/dev/null <<SQL
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair_type AS (a int, b text);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE FUNCTION h(i int, salt text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT md5($seed || salt || i)';
CREATE FUNCTION n(i int, salt text) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT (''x'' || left(h(i, salt), 7))::bit(28)::int';
CREATE TABLE kinds (id int PRIMARY KEY, b bool, i2 smallint, i4 int, i8 bigint, f4 real, f8 double precision,
    n numeric, n2 numeric(12,2), t text, v varchar(40), c char(8), x bytea, u uuid, d date, ti time, tz timetz,
    ts timestamp, tsz timestamptz, iv interval, j json, jb jsonb, ip inet, ci cidr, mac macaddr, bi bit(7), vb varbit,
    xm xml, mo mood, dom positive);
INSERT INTO kinds SELECT i, n(i, 'b') % 2 = 1, n(i, '2') % 30000, n(i, '4') - 1000, n(i, '8')::bigint * n(i, '8b'),
    (1 + (n(i, 'f') % 1000) / 1024.0)::real, 1 + n(i, 'F') / 268435456.0, n(i, 'n') / 1000.0, n(i, 'n2') / 100.0,
    'Text ' || h(i, 't') || ' é', 'v' || h(i, 'v'), 'c' || left(h(i, 'c'), 5), decode(h(i, 'x'), 'hex'), h(i, 'u')::uuid,
    date '2000-01-01' + n(i, 'd') % 20000, time '00:00' + n(i, 'ti') % 86000 * interval '1 second',
    (time '00:00' + n(i, 'tz') % 86000 * interval '1 second')::text::time AT TIME ZONE interval '+02:00',
    timestamp '2001-02-03 04:05:06.000007' + n(i, 'ts') * interval '1 second',
    timestamptz '2001-02-03 04:05:06.000007+00' + n(i, 'tsz') * interval '1 second',
    n(i, 'iv') % 20 * interval '1 month' + n(i, 'ivd') % 25 * interval '1 day' + n(i, 'ivs') % 5000 * interval '1 second',
    format('{"k": "%s",  "l": [1, 2, null]}', h(i, 'j'))::json, format('{"k": "%s", "l": [1, 2.5, null]}', h(i, 'jb'))::jsonb,
    inet '10.0.0.0' + n(i, 'ip') % 60000, set_masklen(cidr '10.0.0.0/8', 8 + n(i, 'ci') % 9), ('08:00:2b:' || left(h(i, 'm'), 2) || ':02:03')::macaddr,
    n(i, 'bi')::bit(7), (n(i, 'vb')::bit(28))::varbit, format('<a b="%s">t</a>', h(i, 'xm'))::xml,
    (ARRAY['sad', 'ok', 'happy'])[1 + n(i, 'mo') % 3]::mood, 1 + n(i, 'dom')
    FROM generate_series(1, $n_rows) i;
CREATE TABLE pair (k text, l int, v text, PRIMARY KEY (k, l));
INSERT INTO pair SELECT 'k' || i / 3, i % 3, iif.v FROM generate_series(1, $n_rows) i,
    LATERAL (SELECT CASE n(i, 'p') % 4 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE h(i, 'p') END AS v) iif;
CREATE TABLE bag (a text, b int);
INSERT INTO bag SELECT 'a' || n(i, 'ba') % 5, n(i, 'bb') % 3 FROM generate_series(1, $n_rows) i;
CREATE TABLE void (id int PRIMARY KEY);
SQL
}

copy() { # SOURCE TARGET [OPTION...]
    expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$1" --target-db "$2" --yes --quiet "${@:3}"
}

compare() { # SOURCE TARGET
    try "$MIG_BUILD/db-migrate" --source-db "$1" --target-db "$2" --verify-only --quiet --readers 1 --writers 1
}

# ---- changes --------------------------------------------------------------------------------

# column, what becomes of it; of a server's table kinds
# shellcheck disable=SC2034 # by their names
server=(
    b "NOT b"
    i2 "i2 # (1::smallint << ROW % 14)::smallint" i4 "i4 # (1 << ROW % 30)" i8 "i8 # (1::bigint << ROW % 62)"
    f4 "f4 + 1.1920929e-07::real" f8 "f8 + 2.220446049250313e-16" f8 "'NaN'" f8 "-f8"
    n "n + 0.000000000000000001" n "n * 10" n2 "n2 + 0.01" n "'NaN'"
    t "t || ' '" t "upper(t)" t "' ' || t" t "left(t, -1)" t "replace(t, 'é', 'e' || chr(769))" t "t || chr(8203)" t "''" t "NULL"
    t "replace(t, 'e', chr(1077))" t "t || E'\n'"
    v "v || ' '" v "''" c "upper(c)" c "'' || left(c, 3)"
    x "set_bit(x, ROW % 128, 1 - get_bit(x, ROW % 128))" x "x || '\x00'" x "''" x "substr(x, 2)"
    u "(CASE left(u::text, 1) WHEN '0' THEN '1' ELSE '0' END || substr(u::text, 2))::uuid" u "NULL"
    d "d + 1" d "'infinity'" ti "ti + interval '1 microsecond'" tz "(ti || '+02')::timetz" tz "tz + interval '1 microsecond'"
    tz "tz AT TIME ZONE interval '+03:00'"
    ts "ts + interval '1 microsecond'" ts "'-infinity'" tsz "tsz - interval '1 microsecond'" tsz "tsz + interval '1 hour'"
    iv "iv + interval '1 microsecond'" iv "iv + interval '1 month' - interval '30 days'" iv "iv + interval '1 day' - interval '24 hours'"
    j "replace(j::text, ',  ', ', ')::json" j "replace(j::text, 'null', '0')::json"
    jb "jsonb_set(jb, '{l,1}', '2.50000001')" jb "jb - 'k'" jb "jsonb_set(jb, '{l,2}', '\"\"')"
    ip "ip + 1" ip "set_masklen(ip, 31)" ci "set_masklen(ci, masklen(ci) + 1)" mac "~mac"
    bi "set_bit(bi, ROW % 7, 1 - get_bit(bi, ROW % 7))" vb "vb || B'0'" vb "B''"
    xm "xmlconcat(xm, '<!-- -->'::xml)" mo "(SELECT k.mo FROM kinds k WHERE k.mo <> kinds.mo LIMIT 1)" dom "dom + 1"
)
# What is the same value.
# shellcheck disable=SC2034
server_same=(
    n "(n::text || '000')::numeric" c "c || '  '" jb "jsonb_set(jb, '{l,1}', '2.500')" jb "jb || '{}'" t "t" x "x || ''"
)
# The same of the tables that a SQLite target gets.
# shellcheck disable=SC2034
file=(
    b "1 - b" i2 "i2 + 1" i4 "-i4 - 1" i8 "i8 - 1" f4 "f4 + 1.1920928955078125e-07" f8 "f8 + 2.220446049250313e-16" f8 "-f8"
    n "n + 1" n2 "n2 + 1" t "t || ' '" t "upper(t)" t "' ' || t" t "replace(t, 'é', 'e' || char(769))" t "t || char(8203)" t "''" t "NULL"
    v "v || char(9)" c "upper(c)" c "c || '!'" x "x || x'00'" x "x''" x "substr(x, 2)"
    d "date(d, '+1 day')" ts "replace(ts, '.000007', '.000008')" tsz "replace(tsz, '.000007', '.000006')"
    ti "replace(ti, ':', ':0') || 'x'" iv "iv || 'x'" u "NULL" u "'x'" ts "'yesterday'" i4 "'four'" b "'maybe'" n "'1,5'"
    j "replace(j, ',  ', ', ')" jb "replace(jb, '2.5', '2.6')" ip "ip || '1'" mo "upper(mo)" dom "dom + 1" bi "'1'" vb "vb || '0'"
    xm "xm || ' '" i4 "i4 + 0.5" d "20010203"
)
# shellcheck disable=SC2034
file_same=(
    n "n" t "t || ''" t "CAST(t AS BLOB)" jb "replace(jb, '2.5', '2.50')" d "d" x "x" u "upper(u)"
)

# Between two files a value is the same if it has the same class and bytes.
# shellcheck disable=SC2034
plain=(
    "${file[@]}" t "CAST(t AS BLOB)" x "CAST(x AS TEXT)" jb "replace(jb, '2.5', '2.50')" u "upper(u)" i4 "i4 || 'x'"
)
# shellcheck disable=SC2034
plain_same=(
    n "n" t "t || ''" d "d" x "x" i4 "i4 + 0.0"
)

# ---- one change -----------------------------------------------------------------------------

# KIND is the name of the changes: server, file or plain.
run_in() { # KIND TARGET STATEMENT
    if [[ $1 != server ]]; then
        sqlite3 -bail "$2" "PRAGMA ignore_check_constraints = ON; $3"
    else
        psql -X -qAt -v ON_ERROR_STOP=1 -d "$2" -c "$3"
    fi
}

# Names of the row and column in what the last comparison said.
says() { # TEXT
    grep -qF -- "$1" "$tmp/stderr" || fail "$change: nothing says: $1" $'\n'"$(head -n 20 "$tmp/stderr")"
}

# Chooses one: $change is the statement, $expected what the comparison ends with, $named what it says.
choose() { # KIND
    local kind=$1 i row=$((1 + RANDOM % n_rows)) other column value
    local -n changes=$1 same=${1}_same
    other=$((row % n_rows + 1))
    expected=3
    case $((RANDOM % 10)) in
    0)
        case $((RANDOM % 7)) in
        0) change="DELETE FROM kinds WHERE id = $row" named=("kinds, the row where id is the integer $row: not in the target") ;;
        1) change="UPDATE kinds SET id = id + 100000 WHERE id = $row"
            named=("kinds, the row where id is the integer $row: not in the target" "id is the integer $((row + 100000)): in the target only") ;;
        2) change="INSERT INTO void VALUES ($row)" named=("void, the row where id is the integer $row: in the target only") ;;
        3) change="INSERT INTO bag SELECT a, b FROM bag LIMIT 1" named=("bag, a row where a is the text" "in the target only") ;;
        4) change="DELETE FROM bag WHERE ROWID_OF_ONE" named=("bag, a row where a is the text" "not in the target") ;;
        5) change="UPDATE pair SET v = CASE WHEN v IS NULL THEN '' ELSE NULL END WHERE k = 'k$((row / 3))' AND l = $((row % 3))"
            named=("pair, the row where k is the text \"k$((row / 3))\", l is the integer $((row % 3)); v: ") ;;
        6) change="CREATE TEMP TABLE two AS SELECT id, u FROM kinds WHERE id IN ($row, $other);
                UPDATE kinds SET u = (SELECT u FROM two WHERE two.id <> kinds.id) WHERE id IN ($row, $other)"
            named=("kinds, the row where id is the integer $row; u: " "kinds, the row where id is the integer $other; u: ") ;;
        esac
        if [[ $kind != server ]]; then
            change=${change/ROWID_OF_ONE/rowid = (SELECT min(rowid) FROM bag)}
        else
            change=${change/ROWID_OF_ONE/ctid = (SELECT min(ctid) FROM bag)}
        fi
        ;;
    1)
        i=$((RANDOM % (${#same[@]} / 2) * 2))
        column=${same[i]} value=${same[i + 1]//ROW/$row}
        change="UPDATE kinds SET $column = $value WHERE id = $row"
        expected=0
        named=()
        ;;
    *)
        i=$((RANDOM % (${#changes[@]} / 2) * 2))
        column=${changes[i]} value=${changes[i + 1]//ROW/$row}
        change="UPDATE kinds SET $column = $value WHERE id = $row"
        named=("kinds, the row where id is the integer $row; $column: ")
        ;;
    esac
}

mutate() { # NAME KIND SOURCE TARGET
    local kind=$2 source=$3 target=$4 where=$4
    [[ $kind != server ]] && where=${target#sqlite://}
    [[ $kind != server ]] && sqlite3 "$where" "PRAGMA user_version = 0; VACUUM"
    it "$1: what is changed is found, what is not is not (seed $seed)"
    copy "$source" "$target" "${@:5}"
    compare "$source" "$target"
    expect_equal "$status" 0
    if [[ $kind != server ]]; then
        cp "$where" "$where.kept"
    else
        run_in server "$where" "CREATE SCHEMA kept; CREATE TABLE kept.kinds AS TABLE kinds; CREATE TABLE kept.pair AS TABLE pair;
            CREATE TABLE kept.bag AS TABLE bag"
    fi
    for ((m = 0; m < (n_mutations + 3) / 4; m++)); do
        choose "$kind"
        if ! run_in "$kind" "$where" "$change" 2>"$tmp/sql_error"; then
            fail "$change: $(cat "$tmp/sql_error")"
            continue
        fi
        compare "$source" "$target"
        [[ $status == "$expected" ]] || fail "$change: exit status $status, not $expected" $'\n'"$(head -n 20 "$tmp/stderr")"
        for text in "${named[@]}"; do
            says "$text"
        done
        if [[ $kind != server ]]; then
            cp "$where.kept" "$where"
        else
            run_in server "$where" "BEGIN; TRUNCATE kinds, pair, bag, void; INSERT INTO kinds TABLE kept.kinds;
                INSERT INTO pair TABLE kept.pair; INSERT INTO bag TABLE kept.bag; COMMIT"
        fi
    done
    compare "$source" "$target"
    [[ $status == 0 ]] || fail "not the same when all is undone: exit status $status" $'\n'"$(head -n 20 "$tmp/stderr")"
}

origin=$(fresh_database mutations)
make_source "$origin"

mutate "server to server" server "$origin" "$(fresh_database mutations_target)"
mutate "server to file" file "$origin" "sqlite://$tmp/target.db"
cp "$tmp/target.db.kept" "$tmp/source.db"
mutate "file to server" server "sqlite://$tmp/source.db" "$(fresh_database mutations_second)"
mutate "file to file" plain "sqlite://$tmp/source.db" "sqlite://$tmp/copy.db" --include '*'
done_testing
