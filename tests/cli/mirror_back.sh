#!/usr/bin/env bash
# mirror_back.sh - a PostgreSQL database mirrored to a file, as an application sees that file, and
# from there to PostgreSQL again.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

migrate() { # SOURCE TARGET [OPTION...]
    local source=$1 target=$2
    shift 2
    try "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --yes --schema mirror "$@"
}

# The file refuses a statement, for the reason that matches.
refuses() { # STATEMENT PATTERN
    sqlite3 "$tmp/shop.db" "PRAGMA foreign_keys = 1; $1" >/dev/null 2>"$tmp/refusal" && fail "the file takes: $1"
    grep -qE "$2" "$tmp/refusal" || fail "refused otherwise: $(cat "$tmp/refusal")"
}

file() { # STATEMENT
    sqlite3 "$tmp/shop.db" "PRAGMA foreign_keys = 1; $1"
}

source=$(fresh_database back_shop)
psql -X -q -v ON_ERROR_STOP=1 -d "$source" -f "$top/tests/support/shop.sql" >/dev/null || fail "no source"

it "makes a file of it"
migrate "$source" "sqlite://$tmp/shop.db?mode=rwc"
expect_equal "$status" 0
expect_equal "$(file 'PRAGMA integrity_check; PRAGMA foreign_key_check')" ok

it "lists what it does not carry over, and nothing else"
expect_equal "$(not_carried)" 'column customer.later
column customer.twice
constraint customer_span_excl
constraint part_pos_order_no_fkey
function touch()
index cust_brin
index cust_gin
index sums_idx
row security policy ROW LEVEL SECURITY
row security policy mine
rule nope
sequence loose
trigger touching'

it "with their SQL in the plan, and an error with --strict"
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "sqlite://$tmp/no.db?mode=rwc" \
    --schema mirror --dry-run
expect_stdout 'CREATE TRIGGER touching'
expect_stdout 'EXCLUDE USING gist'
expect_stdout 'USING gin'
migrate "$source" "sqlite://$tmp/no.db?mode=rwc" --strict
expect_equal "$status" 1
expect_stderr "not all of the source's schema can be carried over"

it "goes on behind the highest id that was ever given"
expect_equal "$(file "INSERT INTO customer (\"Name\", mail) VALUES ('new', 'n@x') RETURNING id")" 41
expect_equal "$(file "INSERT INTO \"order\" (customer, state) VALUES (41, 'new') RETURNING no")" 3

it "fills in the defaults"
expect_equal "$(file "SELECT feeling, feelings, grade, kind, active, gone, balance, debt, big, ratio, small_ratio,
    made > '2026', length(uid), at, fixed, fixed_day, tags, docb, hex(raw), wait, full_name, day >= date('now', '-1 day')
    FROM customer WHERE id = 41")" \
    "it's ok|{}|1|x|1|0|0.00|-5|-9223372036854775808|0.5|-1.5|1|36|12:30:00|2020-01-02T03:04:05Z|2020-01-02|{}|{}|00FF|P1D|new <it's \"x\"; -- no comment>|1"

it "keeps what a row may hold"
refuses "INSERT INTO customer (\"Name\", mail, feeling) VALUES ('x', 'a@b', 'angry')" CHECK
refuses "INSERT INTO customer (\"Name\", mail, grade) VALUES ('x', 'a@b', 0)" CHECK
refuses "INSERT INTO customer (\"Name\", mail, grade) VALUES ('x', 'a@b', 101)" customer_grade_check
refuses "INSERT INTO customer (\"Name\", mail, balance) VALUES ('x', 'a@b', '-100.01')" customer_balance_check
refuses "INSERT INTO customer (\"Name\") VALUES ('x')" CHECK
refuses "INSERT INTO customer (\"Name\", mail) VALUES ('x', 'nowhere')" CHECK
refuses "INSERT INTO customer (\"Name\", mail, kind) VALUES ('x', 'a@b', 'q')" CHECK
refuses "INSERT INTO \"order\" (customer, state) VALUES (10, 'odd')" order_state_check
refuses "INSERT INTO \"order\" (customer, state) VALUES (99, 'new')" 'FOREIGN KEY'
refuses "INSERT INTO line (order_no, pos, qty) VALUES (1, 1, 1)" 'UNIQUE.*line.order_no, line.pos'
refuses "INSERT INTO country_a59115d1 VALUES ('de', NULL, NULL)" 'NOT NULL'
refuses "INSERT INTO site (url) VALUES ('http://100%')" CHECK
expect_equal "$(file "BEGIN; INSERT INTO \"order\" (customer) VALUES (77); UPDATE \"order\" SET customer = 10
    WHERE customer = 77; COMMIT; SELECT count(*) FROM \"order\" WHERE customer = 10")" 2
expect_equal "$(file "DELETE FROM customer WHERE id = 41; SELECT count(*) FROM \"order\"")" 3

it "has its keys, indexes and views"
expect_equal "$(file "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list('customer')")" \
    '0|country_a59115d1|country|iso|CASCADE|SET NULL
1|customer|boss|id|NO ACTION|SET NULL'
expect_equal "$(file "SELECT name FROM pragma_table_info('line') WHERE pk > 0 ORDER BY pk")" 'pos
order_no'
expect_equal "$(file "SELECT sql FROM sqlite_schema WHERE name IN ('line_part', 'line_desc') ORDER BY name")" \
    'CREATE INDEX line_desc ON line (art DESC, qty)
CREATE INDEX line_part ON line (art) WHERE "qty" > 10'
expect_equal "$(file 'SELECT * FROM active ORDER BY 1; SELECT * FROM sums ORDER BY 1; SELECT count(*) FROM log')" '10|Ann|2
11|Bob|1
1|20
2|1
2'

it "and to PostgreSQL again: all of it, with the types that the columns had"
rm "$tmp/shop.db"
migrate "$source" "sqlite://$tmp/shop.db?mode=rwc"
again=$(fresh_database back_again)
migrate "sqlite://$tmp/shop.db" "$again"
expect_equal "$status" 0
reject_stderr 'not carried over'
# Rowids are bigint, and what refers to them; types of users are what they are made of.
changed='< "order"|customer|integer|t
> "order"|customer|bigint|t
< customer|id|integer|t
> customer|id|bigint|t
< customer|mail|email|f
< customer|feeling|mood|f
< customer|feelings|mood[]|f
< customer|grade|positive|f
< customer|kind|code|f
> customer|mail|text|f
> customer|feeling|text|f
> customer|feelings|text|f
> customer|grade|integer|f
> customer|kind|character varying(8)|f
< customer|boss|integer|f
> customer|boss|bigint|f
< customer|spot|point3|f
> customer|spot|text|f'
types() { # URL
    sql "$1" "SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE attnum > 0 AND relkind IN ('r', 'p')
        AND relnamespace = 'public'::regnamespace AND NOT relispartition
        AND relname NOT LIKE 'country%' ORDER BY attrelid::regclass::text COLLATE \"C\", attnum" |
        sed 's/|name_8d39bde6|/|name|/'
}
expect_equal "$(diff <(types "$source") <(types "$again") | grep '^[<>]')" "$changed"
rows() { # URL
    sql "$1" "SELECT c.id, uid, \"Name\", mail, feeling, feelings, grade, kind, country, boss, active, gone, balance,
        any_number, debt, big, ratio, small_ratio, made, seen, day, at, later, fixed, fixed_day, tags, nums, spot::text,
        span, during, doc, docb, raw, ip, net, mac, bits, vbits, wait, price, xm, ts, full_name, twice FROM customer c;
        SELECT * FROM \"order\"; SELECT * FROM line; SELECT * FROM part; SELECT * FROM nokey; SELECT * FROM site;
        SELECT * FROM active ORDER BY 1" | sort
}
expect_equal "$(rows "$again")" "$(rows "$source")"
keys() { # URL
    sql "$1" "SELECT conrelid::regclass::text, conname, contype, replace(pg_get_constraintdef(oid), 'country_a59115d1', 'country')
        FROM pg_constraint WHERE contype IN ('p', 'u', 'f') AND connamespace = 'public'::regnamespace AND
        conrelid NOT IN (SELECT oid FROM pg_class WHERE relispartition OR relname LIKE 'country%')
        ORDER BY 1, 2" | sort | sed 's/ MATCH FULL//'
}
expect_equal "$(keys "$again")" "$(keys "$source")"

it "leaves out a foreign key of numerics whose digits differ, and says so"
source=$(fresh_database back_numerics)
psql -X -q -v ON_ERROR_STOP=1 -d "$source" <<'SQL' || fail "no source"
CREATE TABLE price (amount numeric(10,2) PRIMARY KEY);
CREATE TABLE sale (amount numeric REFERENCES price, same numeric(10,2) REFERENCES price);
INSERT INTO price VALUES (1.5);
INSERT INTO sale VALUES (1.5, 1.5);
SQL
migrate "$source" "sqlite://$tmp/numerics.db?mode=rwc"
expect_equal "$status" 0
expect_equal "$(not_carried)" 'constraint sale_amount_fkey'
expect_equal "$(sqlite3 "$tmp/numerics.db" 'SELECT "from" FROM pragma_foreign_key_list('"'sale'"')')" same

done_testing
