#!/usr/bin/env bash
# judge.sh - bench/judge, which says of other tools whether their result is right: does it see what is wrong?
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

made="CREATE TABLE p (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint PRIMARY KEY, p_id bigint REFERENCES p (id), r double precision, s text NOT NULL,
    n text, at timestamptz, u uuid, yes boolean, doc jsonb, raw bytea);
CREATE INDEX t_s ON t (s);
INSERT INTO p VALUES (1), (2);
INSERT INTO t SELECT i, 1 + i % 2, i + 0.1, 'text ' || i, CASE WHEN i % 2 = 0 THEN '' END,
    '2026-01-01 12:00:00.123456+00'::timestamptz + i * interval '1 day', md5(i::text)::uuid, i % 3 = 0,
    jsonb_build_object('a', i), decode(md5(i::text), 'hex') FROM generate_series(1, 100) i"
sql "$(fresh_database judge_truth)" "$made"

# judge STATUS SQL: what it says of a copy to which that was done.
judge() {
    target=$(fresh_database judge_copy)
    sql "$target" "$made"
    [[ -z $2 ]] || sql "$target" "$2"
    expect_exit "$1" "$top/bench/judge" judge_truth judge_copy
}

it "finds nothing in an equal copy"
judge 0 ""
expect_equal "$(cat "$tmp/stdout")" right

# finds WHAT SQL FINDING: a test of its own.
finds() {
    it "finds $1"
    judge 3 "$2"
    expect_equal "$(cat "$tmp/stdout")" "$3"
}

finds "a table that is missing" "DROP TABLE p CASCADE" "p: the table is missing
lost: p NOT NULL (1 of 1)
lost: p primary key (1 of 1)
lost: t foreign key (1 of 1)"
finds "a column that is missing" "ALTER TABLE t DROP raw" "t.raw: the column is missing"
finds "a row that is missing" "DELETE FROM t WHERE id = 7" "t: 1 of 100 rows are missing"
finds "an empty table" "TRUNCATE t" "t: 100 of 100 rows are missing"
finds "a row too many" "INSERT INTO t SELECT 101, p_id, r, s FROM t WHERE id = 1" "t: 1 rows are too many"
finds "a row that is there twice" "ALTER TABLE t DROP CONSTRAINT t_pkey; INSERT INTO t SELECT * FROM t WHERE id = 1" \
    "t: 1 rows are there twice
lost: t primary key (1 of 1)"
finds "the last bit of a float" "UPDATE t SET r = r * (1 + 2.220446049250313e-16::float8) WHERE id = 7" \
    "t.r: 1 of 100 values are others"
finds "floats that are short" "ALTER TABLE t ALTER r TYPE real" "type: t.r is real, not double precision
t.r: 100 of 100 values are others"
finds "a blank at the end" "UPDATE t SET s = s || ' ' WHERE id = 7" "t.s: 1 of 100 values are others"
finds "NULLs that became empty" "UPDATE t SET n = '' WHERE n IS NULL" "t.n: 50 of 100 values are others"
finds "texts that became NULL" "UPDATE t SET n = NULL" "t.n: 50 of 100 values are others"
finds "two values that changed places" \
    "UPDATE t SET s = CASE id WHEN 7 THEN 'text 8' ELSE 'text 7' END WHERE id IN (7, 8)" "t.s: 2 of 100 values are others"
finds "times without microseconds" "ALTER TABLE t ALTER at TYPE timestamptz USING date_trunc('milliseconds', at)" \
    "t.at: 100 of 100 values are others"
finds "a document" "UPDATE t SET doc = doc || '{\"b\": 1}' WHERE id = 7" "t.doc: 1 of 100 values are others"
finds "a byte" "UPDATE t SET raw = set_byte(raw, 15, (get_byte(raw, 15) + 1) % 256) WHERE id = 7" \
    "t.raw: 1 of 100 values are others"
finds "numbers that were cut to fit" "ALTER TABLE t DROP CONSTRAINT t_p_id_fkey; UPDATE t SET p_id = 2147483647 WHERE id = 7;
    ALTER TABLE t ALTER p_id TYPE integer" "type: t.p_id is integer, not bigint
t.p_id: 1 of 100 values are others
lost: t foreign key (1 of 1)"
finds "words that are no time" "ALTER TABLE t ALTER at TYPE text; UPDATE t SET at = 'soon' WHERE id = 7" \
    "type: t.at is text, not timestamp with time zone
t.at: 1 of 100 values are others"
finds "keys, indexes and NOT NULLs that are gone" "ALTER TABLE t DROP CONSTRAINT t_pkey; DROP INDEX t_s;
    ALTER TABLE t ALTER s DROP NOT NULL" "lost: t NOT NULL (1 of 2)
lost: t index (1 of 1)
lost: t primary key (1 of 1)"

it "takes the same value in another type for right, and tells the type"
judge 0 "ALTER TABLE t ALTER at TYPE text; ALTER TABLE t ALTER u TYPE bytea USING decode(replace(u::text, '-', ''), 'hex');
    ALTER TABLE t ALTER yes TYPE integer USING yes::int; ALTER TABLE t ALTER doc TYPE text"
expect_equal "$(cat "$tmp/stdout")" "type: t.at is text, not timestamp with time zone
type: t.u is bytea, not uuid
type: t.yes is integer, not boolean
type: t.doc is text, not jsonb"

it "says that it cannot tell where there is no truth"
expect_exit 1 "$top/bench/judge" judge_nowhere judge_copy

done_testing
