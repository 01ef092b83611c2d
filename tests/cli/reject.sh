#!/usr/bin/env bash
# reject.sh - --on-error reject: rows that cannot be copied go into a file, all others are copied.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

copy() { # SOURCE TARGET [OPTION...]
    try "$MIG_BUILD/db-migrate" --source-db "$1" --target-db "$2" --yes --on-error reject \
        --reject-file "$rejects" "${@:3}"
}

# Of the file: what SQLite's JSON functions find in its lines, in their order by table and key.
lines() { # EXPRESSION
    sqlite3 :memory: "CREATE TABLE l (line)" ".mode ascii" '.separator "\t" "\n"' ".import $rejects l" \
        ".mode list" "SELECT $1 FROM l ORDER BY line ->> 'table', line -> 'key', line ->> 'reason'"
}

it "takes only what it knows"
expect_exit 2 "$MIG_BUILD/db-migrate" --source-db sqlite://x --target-db sqlite://y --on-error ignore
expect_stderr 'error: --on-error must be stop or reject$'
expect_exit 2 "$MIG_BUILD/db-migrate" --source-db sqlite://x --target-db sqlite://y --reject-file z
expect_stderr 'error: --reject-file means nothing without --on-error reject$'
expect_exit 2 "$MIG_BUILD/db-migrate" --source-db sqlite://x --target-db sqlite://y --verify-only --on-error reject
expect_stderr 'error: --on-error means nothing with --verify-only$'

# ---- rows that cannot be converted ----------------------------------------------------------

rejects=$tmp/values.jsonl
sqlite3 "$tmp/a.db" "
    CREATE TABLE t (id INTEGER PRIMARY KEY, n, s, c, d, b);
    WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 2000)
        INSERT INTO t SELECT i, i, 'text ' || i, 'x', i / 4.0, zeroblob(3) FROM i;
    UPDATE t SET n = 'n/a' WHERE id IN (1, 500, 501, 1000, 2000);
    UPDATE t SET n = 2147483648 WHERE id = 2;
    UPDATE t SET s = 'nul' || char(0) || 'behind' WHERE id = 3;
    UPDATE t SET s = CAST(x'6162ff' AS TEXT) WHERE id = 4;
    UPDATE t SET c = 'too long' WHERE id = 5;
    UPDATE t SET d = 12345678 WHERE id = 6;
    UPDATE t SET d = 1.125, b = x'00ff' WHERE id = 7;
    UPDATE t SET s = NULL WHERE id = 8;
    CREATE TABLE bag (a, b);
    INSERT INTO bag VALUES (1, 'one'), ('two', 'two'), (3, 'three'), (x'04', 'four'), (5.5, 'five');
    CREATE TABLE zoo (a);
    INSERT INTO zoo VALUES (3);
    CREATE TABLE bad (id INTEGER PRIMARY KEY, n);
    INSERT INTO bad SELECT id, 'bad' FROM t;
    CREATE TABLE pair (k TEXT, v TEXT, n, PRIMARY KEY (k, v)) WITHOUT ROWID;
    INSERT INTO pair SELECT 'k' || id, 'v', iif(id % 100 = 7, 'bad', id) FROM t"
target=$(fresh_database reject)
sql "$target" "CREATE TABLE t (id int PRIMARY KEY, n int, s text NOT NULL, c varchar(5), d numeric(8,2), b bytea);
    CREATE TABLE bag (a int, b text);
    CREATE TABLE bad (id int PRIMARY KEY, n int);
    CREATE TABLE zoo (a int);
    CREATE TABLE pair (k text, v text, n int, PRIMARY KEY (k, v))"
source=sqlite://$tmp/a.db

it "copies all rows but those, verifies them, and fails with their number"
before=$(sha256sum <"$tmp/a.db")
copy "$source" "$target" --batch-size 100
expect_equal "$status" 1
expect_stderr '^Verifying contents…$'
expect_stderr 'error: 2035 rows of 4 tables set aside: they are not in the target$'
expect_stderr ' bad: 2000 of 2000 rows$'
expect_stderr ' bag: 3 of 5 rows$'
expect_stderr ' pair: 20 of 2000 rows$'
expect_stderr ' t: 12 of 2000 rows$'
expect_stderr "hint: they stand in $rejects, each with its reason"
reject_stderr 'do not start the application'
expect_equal "$(sha256sum <"$tmp/a.db")" "$before"
expect_equal "$(sql "$target" "SELECT count(*), min(id), max(id), sum(id) FROM t")" "1988|9|1999|$((2001 * 1000 - 36 - 500 - 501 - 1000 - 2000))"
expect_equal "$(sql "$target" "SELECT string_agg(a::text, ' ' ORDER BY a) FROM bag")" "1 3"
expect_equal "$(sql "$target" "SELECT count(*) FROM bad")" 0
expect_equal "$(sql "$target" "SELECT count(*) FROM pair")" 1980

it "writes a line for each, for its owner alone"
expect_equal "$(stat -c %a "$rejects")" 600
expect_equal "$(wc -l <"$rejects")" 2035
expect_equal "$(lines "sum(json_valid(line))")" 2035
expect_equal "$(lines "DISTINCT line ->> 'table'" | tr '\n' ' ')" "bad bag pair t "

it "says which row it is, which column, and why"
t() { # ID EXPRESSION
    lines "CASE WHEN line ->> 'table' = 't' AND line ->> '$.key.id' = $1 THEN $2 END" | grep .
}
expect_equal "$(t 1 "line ->> 'column' || '|' || (line ->> 'reason')")" 'n|the text "n/a" does not fit into integer'
expect_equal "$(t 2 "line ->> 'column' || '|' || (line ->> 'reason')")" 'n|the integer 2147483648 does not fit into integer: out of range'
expect_equal "$(t 3 "line ->> 'reason'")" 'the text "nul\x00behind" does not fit into text: NUL, which PostgreSQL'"'"'s text cannot hold, at byte 4'
expect_equal "$(t 4 "line ->> 'reason'")" 'the text "ab\xFF" does not fit into text: invalid UTF-8 at byte 3'
expect_equal "$(t 5 "line ->> 'reason'")" 'the text "too long" does not fit into character varying(5): longer than the column'
expect_equal "$(t 6 "line ->> 'column'")" d
expect_equal "$(t 7 "line ->> 'column'")" d
expect_equal "$(t 8 "line ->> 'reason'")" 'NULL does not fit into text NOT NULL'

it "keeps all values of the row"
expect_equal "$(t 1 "line -> 'values'")" '{"id":1,"n":"n/a","s":"text 1","c":"x","d":0.25,"b":{"blob_hex":"000000"}}'
expect_equal "$(t 3 "line")" '{"table": "t", "key": {"id": 3}, "column": "s", "reason": "the text \"nul\\x00behind\" does not fit into text: NUL, which PostgreSQL'"'"'s text cannot hold, at byte 4", "sqlstate": null, "constraint": null, "values": {"id": 3, "n": 3, "s": "nul\u0000behind", "c": "x", "d": 0.75, "b": {"blob_hex": "000000"}}}'
expect_equal "$(t 4 "line -> 'values' ->> 's'")" '{"text_hex":"6162ff"}'
expect_equal "$(t 7 "line -> 'values'")" '{"id":7,"n":7,"s":"text 7","c":"x","d":1.125,"b":{"blob_hex":"00ff"}}'
expect_equal "$(lines "iif(line ->> 'table' = 'bag', (line -> 'key') || (line -> 'values'), NULL)" | grep .)" \
    $'{"rowid":2}{"a":"two","b":"two"}\n{"rowid":4}{"a":{"blob_hex":"04"},"b":"four"}\n{"rowid":5}{"a":5.5,"b":"five"}'
expect_equal "$(lines "iif(line ->> 'table' = 'pair', (line -> 'key'), NULL)" | grep . | head -n 1)" '{"k":"k1007","v":"v"}'

it "never writes over a file that is there"
copy "$source" "$target" --force
expect_equal "$status" 4
expect_stderr "error: the file $rejects is there$"
expect_stderr 'the target was not touched'
expect_equal "$(wc -l <"$rejects")" 2035
cp "$tmp/a.db" "$tmp/rejects.db"
rejects=$tmp/rejects.db
before=$(sha256sum <"$tmp/rejects.db")
copy "$source" "$target" --resume
expect_equal "$(sha256sum <"$tmp/rejects.db")" "$before"

it "stops at the first such row otherwise"
expect_exit 1 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --yes --force
expect_stderr 'error: cannot store a value in '
rejects=$tmp/values.jsonl

for how in "--readers 0" "--readers 4 --writers 4 --batch-size 1" "--verify counts"; do
    it "finds the same with $how"
    rejects=$tmp/again.jsonl
    rm -f "$rejects"
    # shellcheck disable=SC2086 # options
    copy "$source" "$target" --force $how
    expect_equal "$status" 1
    expect_equal "$(sort "$rejects" | sha256sum)" "$(sort "$tmp/values.jsonl" | sha256sum)"
    expect_equal "$(sql "$target" "SELECT count(*) FROM t")" 1988
done

it "leaves no file where no row was set aside"
sqlite3 "$tmp/good.db" "CREATE TABLE bag (a, b); INSERT INTO bag VALUES (1, 'one')"
rejects=$tmp/none.jsonl
copy "sqlite://$tmp/good.db" "$target" --force
expect_equal "$status" 0
[[ ! -e $rejects ]] || fail "$rejects is there"

it "finds what differs beyond these rows, which decides"
# A check that writes into another table than the one it belongs to.
rejects=$tmp/differs.jsonl
sql "$target" "CREATE FUNCTION meddle(int) RETURNS bool LANGUAGE plpgsql AS
        'BEGIN IF \$1 = 3 THEN INSERT INTO bad VALUES (-1, 1); END IF; RETURN true; END';
    ALTER TABLE bag ADD CHECK (meddle(a)) NOT VALID" >/dev/null
copy "$source" "$target" --force --include bag --include bad --readers 0 --report "$tmp/report.json"
expect_equal "$status" 3
expect_stderr 'bad: source=2000, target=1, copied=0, set aside=2000$'
expect_stderr "warning: 2003 rows of 2 tables set aside; they stand in $rejects$"
expect_equal "$(sqlite3 :memory: "SELECT group_concat(value ->> 'set_aside') FROM json_each(readfile('$tmp/report.json'), '$.tables')")" "2000,3"
rejects=$tmp/differs2.jsonl
sql "$target" "CREATE OR REPLACE FUNCTION meddle(int) RETURNS bool LANGUAGE plpgsql AS
        'BEGIN IF \$1 = 3 THEN UPDATE t SET s = ''other'' WHERE id = 900; END IF; RETURN true; END';
    ALTER TABLE zoo ADD CHECK (meddle(a)) NOT VALID"
copy "$source" "$target" --force --include zoo --include t --readers 0
expect_equal "$status" 3
expect_stderr 't, the row where id is the integer 900; s: source the text "text 900", target the text "other"$'
expect_stderr 't: 1 rows changed, 0 missing in the target, 0 in the target only$'
sql "$target" "CREATE OR REPLACE FUNCTION meddle(int) RETURNS bool LANGUAGE sql AS 'SELECT true'"

# ---- from PostgreSQL ------------------------------------------------------------------------

it "sets aside rows of a server that do not fit into another one"
origin=$(fresh_database reject_origin)
sql "$origin" "CREATE TABLE h (id int PRIMARY KEY, v text, f float8, u uuid, x bytea);
    INSERT INTO h SELECT i, i, i / 8.0, '018f0000-0000-7000-8000-000000000001', '\x00' FROM generate_series(1, 3000) i;
    UPDATE h SET v = 'bad ' || id WHERE id IN (1, 777, 3000); UPDATE h SET f = 'NaN', v = 'x' WHERE id = 12"
other=$(fresh_database reject_other)
sql "$other" "CREATE TABLE h (id int PRIMARY KEY, v int, f float8, u uuid, x bytea)"
rejects=$tmp/servers.jsonl
copy "$origin" "$other"
expect_equal "$status" 1
expect_stderr 'error: 4 rows of 1 table set aside: they are not in the target$'
expect_stderr ' h: 4 of 3000 rows$'
expect_equal "$(sql "$other" "SELECT count(*), sum(v) FROM h")" "2996|$((3001 * 1500 - 1 - 777 - 3000 - 12))"
expect_equal "$(lines "line ->> '$.key.id' || '|' || (line ->> 'reason')" | grep '^1|')" '1|the text "bad 1" does not fit into integer'
expect_equal "$(lines "iif(line ->> '$.key.id' = 12, line -> 'values', NULL)" | grep .)" \
    '{"id":12,"v":"x","f":{"real":"NaN"},"u":"018f0000-0000-7000-8000-000000000001","x":{"blob_hex":"00"}}'

# ---- a run that goes on ---------------------------------------------------------------------

it "goes on where it was stopped, with each row once in the file"
rejects=$tmp/resumed.jsonl
third=$(fresh_database reject_third)
sqlite3 "$tmp/big.db" "CREATE TABLE big (id INTEGER PRIMARY KEY, n, s);
    WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 60000)
        INSERT INTO big SELECT i, iif(i % 1000 = 0, 'bad', i), hex(randomblob(500)) FROM i;
    CREATE TABLE last (a, n);
    INSERT INTO last SELECT id, n FROM big WHERE id BETWEEN 990 AND 2000"
sql "$third" "CREATE TABLE big (id int PRIMARY KEY, n int, s text); CREATE TABLE last (a int, n int);
    CREATE FUNCTION full_at(int) RETURNS bool LANGUAGE plpgsql AS
        'BEGIN IF \$1 = 50001 THEN RAISE disk_full; END IF; RETURN true; END';
    ALTER TABLE big ADD CHECK (full_at(n))" >/dev/null
copy "sqlite://$tmp/big.db" "$third"
expect_equal "$status" 1
expect_stderr 'error: cannot write into big: '
expect_stderr 'warning: [0-9]+ rows of [12] tables? set aside; they stand in '
n=$(sql "$third" "SELECT count(*) FROM big")
((n > 0 && n < 59940)) || fail "$n rows of big were committed"
((n == $(sql "$third" "SELECT sum(n_rows) FROM db_migrate.chunk WHERE table_name = 'big'"))) || fail "the journal has other rows"
(($(sql "$third" "SELECT sum(n_unread) FROM db_migrate.chunk") > 0)) || fail "the journal knows of no row that was set aside"
sql "$third" "CREATE OR REPLACE FUNCTION full_at(int) RETURNS bool LANGUAGE sql AS 'SELECT true'"
printf '{"table": "big", "ke' >>"$rejects" # killed over a line
cp "$rejects" "$tmp/kept.jsonl"
"$(pg_config --bindir)/pg_dump" "$third" >"$tmp/third.sql"
copy "sqlite://$tmp/big.db" "$third" --resume
expect_equal "$status" 1
expect_stderr 'error: 62 rows of 2 tables set aside: they are not in the target$'
expect_equal "$(sql "$third" "SELECT count(*) FROM big")" 59940
expect_equal "$(lines "count(*) || ' ' || count(DISTINCT line)")" "62 62"

again() { # OPTION...: the same from the state in which the first run left it
    third=$(fresh_database reject_third)
    psql -X -q -d "$third" -f "$tmp/third.sql" >/dev/null 2>&1
    copy "sqlite://$tmp/big.db" "$third" "$@"
}
it "goes on without reading again what was copied, and counts what was set aside there"
cp "$tmp/kept.jsonl" "$rejects"
again --resume --trust-source
expect_equal "$status" 1
expect_stderr 'error: 62 rows of 2 tables set aside: they are not in the target$'
expect_equal "$(lines "count(*)")" 62

it "asks for the file that has the rows of the run before"
rejects=$tmp/none.jsonl
again --resume --trust-source
expect_equal "$status" 4
expect_stderr 'error: the run that is to be gone on with has set [0-9]+ rows? aside, which are not in the file$'
expect_stderr 'hint: give it --on-error reject and --reject-file with the file that has them$'

# ---- rows that the server refuses -------------------------------------------------------------

sqlite3 "$tmp/refused.db" "
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    INSERT INTO parent VALUES (1), (2);
    CREATE TABLE r (id INTEGER PRIMARY KEY, n, u, p, s, f);
    WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 5000)
        INSERT INTO r SELECT i, i, 'u' || i, 1 + i % 2, 'text', 0 FROM i;
    UPDATE r SET n = -1 WHERE id IN (1, 100, 101, 250, 4999, 5000);
    UPDATE r SET u = 'u17' WHERE id IN (18, 2000);
    UPDATE r SET p = 3 WHERE id IN (700, 800);
    UPDATE r SET s = 'quote \" and COPY r, line 7, column n: ' || char(10) || 'COPY r, line 9' WHERE id = 900;
    UPDATE r SET f = 1 WHERE id BETWEEN 1000 AND 1299;
    UPDATE r SET n = 7000 WHERE id = 3000;
    CREATE TABLE span (id INTEGER PRIMARY KEY, r TEXT);
    INSERT INTO span VALUES (1, '[1,5)'), (2, '[5,9)'), (3, '[4,6)'), (4, '[9,11)'), (5, 'empty');
    CREATE TABLE odd (id INTEGER PRIMARY KEY, i TEXT);
    INSERT INTO odd VALUES (1, '{1,2}'), (2, '{a}'), (3, '{3}'), (4, '{4'), (5, NULL);
    CREATE TABLE secret (id INTEGER PRIMARY KEY, v TEXT)"
sql_refused="CREATE TABLE parent (id int PRIMARY KEY);
    CREATE FUNCTION complains(int) RETURNS bool LANGUAGE plpgsql AS
        'BEGIN IF \$1 = 7000 THEN RAISE ''not this one''; END IF; RETURN true; END';
    CREATE TABLE r (id int PRIMARY KEY, n int CONSTRAINT positive CHECK (n >= 0) CHECK (complains(n)),
        u text CONSTRAINT once UNIQUE DEFERRABLE INITIALLY DEFERRED, p int REFERENCES parent, s text CHECK (s = 'text'),
        f smallint CHECK (f = 0));
    CREATE TABLE span (id int PRIMARY KEY, r int4range, CONSTRAINT apart EXCLUDE USING gist (r WITH &&));
    CREATE TABLE odd (id int PRIMARY KEY, i int[] CHECK (cardinality(i) < 3));
    CREATE TABLE secret (id int PRIMARY KEY, v text)"
source=sqlite://$tmp/refused.db
# 1000 to 1299, and these
bad="1 18 100 101 250 700 800 900 2000 3000 4999 5000"

for how in "" "--batch-size 1" "--batch-size 7 --readers 4 --writers 4" "--readers 0 --batch-size 1000000" "--atomic"; do
    it "leaves out each row that the server refuses${how:+, with $how}"
    target=$(fresh_database refused)
    sql "$target" "$sql_refused"
    rejects=$tmp/refused.jsonl
    rm -f "$rejects"
    # shellcheck disable=SC2086 # options
    copy "$source" "$target" $how
    expect_equal "$status" 1
    expect_stderr 'error: 315 rows of 3 tables set aside: they are not in the target$'
    expect_stderr ' r: 312 of 5000 rows$'
    expect_stderr '^Verifying contents…$'
    expect_equal "$(sql "$target" "SELECT count(*), sum(id) FROM r")" "4688|$((5001 * 2500 - 300 * 2299 / 2 - ${bad// / - }))"
    expect_equal "$(sql "$target" "SELECT string_agg(id::text, ' ' ORDER BY id) FROM span")" "1 2 4 5"
    expect_equal "$(sql "$target" "SELECT string_agg(id::text, ' ' ORDER BY id) FROM odd")" "1 3 5"
    expect_equal "$(lines "iif(line ->> 'table' = 'r' AND line ->> '$.key.id' NOT BETWEEN 1000 AND 1299, line ->> '$.key.id', NULL)" | grep . | sort -n | tr '\n' ' ')" "$bad "
    expect_equal "$(lines "count(*)")" 315
done

it "says what the server says"
r() { # TABLE ID EXPRESSION
    lines "CASE WHEN line ->> 'table' = '$1' AND line ->> '$.key.id' = $2 THEN $3 END" | grep .
}
it_is="line ->> 'sqlstate' || '|' || ifnull(line ->> 'constraint', '') || '|' || ifnull(line ->> 'column', '') || '|' || (line ->> 'reason')"
expect_equal "$(r r 100 "$it_is")" '23514|positive||cannot store a row in r: new row for relation "r" violates check constraint "positive"; Failing row contains (100, -1, u100, 1, text, 0). constraint positive'
expect_equal "$(r r 18 "$it_is" | cut -d'|' -f1,2)" '23505|once'
expect_equal "$(r r 700 "$it_is" | cut -d'|' -f1,2)" '23503|r_p_fkey'
expect_equal "$(r r 3000 "$it_is" | cut -d'|' -f1,4 | cut -c1-61)" 'P0001|cannot write into r: not this one; PL/pgSQL function co'
expect_equal "$(r span 3 "$it_is" | cut -d'|' -f1,2)" '23P01|apart'
expect_equal "$(r odd 2 "$it_is" | cut -d'|' -f1,3)" '22P02|i'
expect_equal "$(r odd 4 "line -> 'values'")" '{"id":4,"i":"{4"}'
expect_equal "$(r r 18 "line -> 'values'")" '{"id":18,"n":18,"u":"u17","p":1,"s":"text","f":0}'

it "takes what was refused out of the comparison, and nothing else"
rejects=$tmp/refused2.jsonl
sql "$target" "ALTER TABLE parent ADD CHECK (id > 0); CREATE TABLE zoo (a int); CREATE FUNCTION meddle() RETURNS bool LANGUAGE plpgsql AS
        'BEGIN UPDATE r SET u = ''other'' WHERE id = 17; DELETE FROM r WHERE id = 2002; RETURN true; END';
    ALTER TABLE zoo ADD CHECK (meddle())" >/dev/null
cp "$tmp/refused.db" "$tmp/refused_zoo.db"
sqlite3 "$tmp/refused_zoo.db" "CREATE TABLE zoo (a); INSERT INTO zoo VALUES (1)"
copy "sqlite://$tmp/refused_zoo.db" "$target" --force --readers 0 --exclude parent
expect_equal "$status" 3
expect_stderr 'r: source=5000, target=4687, copied=4688, set aside=312$'
sql "$target" "CREATE OR REPLACE FUNCTION meddle() RETURNS bool LANGUAGE plpgsql AS
        'BEGIN UPDATE r SET u = ''other'' WHERE id = 17; UPDATE r SET n = 5 WHERE id = 2001; RETURN true; END'" >/dev/null
rm "$rejects"
copy "sqlite://$tmp/refused_zoo.db" "$target" --force --readers 0 --exclude parent
expect_equal "$status" 3
expect_stderr 'r: 2 rows changed, 0 missing in the target, 0 in the target only$'
expect_stderr 'id is the integer 17; u: source the text "u17", target the text "other"$'
expect_stderr 'warning: 315 rows of 3 tables set aside; they stand in '

it "takes rows of a table that refers to itself together"
self=$(fresh_database reject_self)
sqlite3 "$tmp/self.db" "CREATE TABLE node (id INTEGER PRIMARY KEY, up REFERENCES node, n);
    INSERT INTO node VALUES (1, 3, 1), (2, 1, 2), (3, NULL, 3), (4, 2, 'bad')"
sql "$self" "CREATE TABLE node (id int PRIMARY KEY, up int REFERENCES node, n int CHECK (n > 0))"
rejects=$tmp/self.jsonl
copy "sqlite://$tmp/self.db" "$self"
expect_equal "$status" 1
expect_stderr 'error: 1 row of 1 table set aside: it is not in the target$'
expect_equal "$(sql "$self" "SELECT count(*) FROM node")" 3
sqlite3 "$tmp/self.db" "UPDATE node SET n = -2 WHERE id = 2"
rejects=$tmp/self2.jsonl
copy "sqlite://$tmp/self.db" "$self" --force
expect_equal "$status" 1
expect_stderr 'error: cannot store a row in node: '
expect_stderr 'hint: node refers to itself, so the target takes its rows together and none of those that it refuses can be set aside$'

it "says that keys made behind the rows set none aside"
rejects=$tmp/behind.jsonl
sqlite3 "$tmp/behind.db" "CREATE TABLE a (x INTEGER, y INTEGER); INSERT INTO a VALUES (1, 1), (1, 2)"
behind=$tmp/behind_target.db
sqlite3 "$behind" "CREATE TABLE a (x INTEGER, y INTEGER); CREATE UNIQUE INDEX a_x ON a (x)"
copy "sqlite://$tmp/behind.db" "sqlite://$behind" --schema existing
expect_equal "$status" 1
expect_stderr 'keys and indexes that are made when all rows are there set none of them aside'
mirrored=$(fresh_database reject_mirrored)
sqlite3 "$tmp/bound.db" "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p, t TEXT);
    INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1, 'x'), (2, 7, 'y')"
rejects=$tmp/bound.jsonl
copy "sqlite://$tmp/bound.db" "$mirrored" --schema mirror
expect_equal "$status" 1
expect_stderr 'error: orphan rows: 1 row of c ' # before anything is copied
[[ ! -e $rejects ]] || fail "there is a file"

it "lets a key that stands refuse its orphans"
sql "$mirrored" "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p, t text)"
copy "sqlite://$tmp/bound.db" "$mirrored"
expect_equal "$status" 1
expect_stderr 'error: 1 row of 1 table set aside: it is not in the target$'
expect_equal "$(sql "$mirrored" "SELECT id FROM c")" 1

it "goes on behind rows that the server has refused"
rejects=$tmp/resumed2.jsonl
third=$(fresh_database reject_third)
sql "$third" "CREATE TABLE big (id int PRIMARY KEY, n int CHECK (n % 1000 <> 77), s text); CREATE TABLE last (a int, n int);
    CREATE FUNCTION full_at(int) RETURNS bool LANGUAGE plpgsql AS
        'BEGIN IF \$1 = 50001 THEN RAISE disk_full; END IF; RETURN true; END';
    ALTER TABLE big ADD CHECK (full_at(n))" >/dev/null
copy "sqlite://$tmp/big.db" "$third"
expect_equal "$status" 1
expect_stderr 'error: cannot write into big: '
(($(sql "$third" "SELECT sum(n_refused) FROM db_migrate.chunk") > 0)) || fail "the journal knows of no row that was refused"
sql "$third" "CREATE OR REPLACE FUNCTION full_at(int) RETURNS bool LANGUAGE sql AS 'SELECT true'"
cp "$rejects" "$tmp/kept.jsonl"
"$(pg_config --bindir)/pg_dump" "$third" >"$tmp/third.sql"
for how in "" "--trust-source"; do
    cp "$tmp/kept.jsonl" "$rejects"
    # shellcheck disable=SC2086 # options
    again --resume $how
    expect_equal "$status" 1
    expect_stderr 'error: 122 rows of 2 tables set aside: they are not in the target$'
    expect_equal "$(sql "$third" "SELECT count(*) FROM big")" 59880
    expect_equal "$(lines "count(*) || ' ' || count(DISTINCT line)")" "122 122"
done

# ---- into SQLite --------------------------------------------------------------------------------

it "leaves out rows that SQLite refuses, and values that it has no form for"
origin=$(fresh_database reject_origin)
sql "$origin" "CREATE TABLE h (id int, u text, n int, f float8);
    INSERT INTO h SELECT i, 'u' || i, i, i / 8.0 FROM generate_series(1, 3000) i;
    UPDATE h SET u = 'u5' WHERE id IN (6, 2999); UPDATE h SET n = -1 WHERE id IN (1, 10, 11, 3000);
    UPDATE h SET f = 'NaN' WHERE id IN (2, 499, 500, 501); UPDATE h SET n = NULL WHERE id = 20; UPDATE h SET id = 7 WHERE id = 30;
    CREATE TABLE strict (id int, t text); INSERT INTO strict VALUES (1, '1'), (2, 'two'), (3, '3')" >/dev/null
for how in "" "--batch-size 1" "--readers 0 --batch-size 1000000"; do
    rejects=$tmp/into.jsonl
    rm -f "$rejects" "$tmp/into.db"
    sqlite3 "$tmp/into.db" "CREATE TABLE h (id INTEGER PRIMARY KEY, u TEXT UNIQUE, n INTEGER NOT NULL CHECK (n >= 0), f REAL);
        CREATE TABLE strict (id INTEGER PRIMARY KEY, t INTEGER) STRICT"
    # shellcheck disable=SC2086 # options
    copy "$origin" "sqlite://$tmp/into.db" --schema existing $how
    expect_equal "$status" 1
    expect_stderr 'error: 1[0-9] rows of [12] tables? set aside: they are not in the target$'
    expect_stderr ' h: 12 of 3000 rows$'
    expect_equal "$(sqlite3 "$tmp/into.db" "SELECT count(*) FROM h; PRAGMA integrity_check")" $'2988\nok'
    expect_equal "$(lines "iif(line ->> 'table' = 'h', line ->> '$.values.id', NULL)" | grep . | sort -n | tr '\n' ' ')" "1 2 6 7 10 11 20 499 500 501 2999 3000 "
    expect_stderr '^Verifying contents…$'
done
into() { lines "CASE WHEN line ->> 'table' = 'h' AND line ->> '$.values.id' = $1 THEN line ->> 'reason' END" | grep .; }
expect_equal "$(into 6)" 'table h refused a row; SQLite: UNIQUE constraint failed: h.u (code 2067)'
expect_equal "$(into 10)" 'table h refused a row; SQLite: CHECK constraint failed: n >= 0 (code 275)'
expect_equal "$(into 7)" 'table h refused a row; SQLite: UNIQUE constraint failed: h.id (code 1555)'
expect_equal "$(into 2)" 'cannot store a value in h.f; the source holds the real number nan; the target column is REAL SQLite has no NaN'

done_testing
