#!/usr/bin/env bash
# mirror_servers.sh - a PostgreSQL database mirrored to another one: pg_dump writes the same of both,
# but for what is told.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

migrate() { # SOURCE TARGET [OPTION...]
    local source=$1 target=$2
    shift 2
    try "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --yes --schema mirror "$@"
}

dump() { # URL [SCHEMA]
    "$(pg_config --bindir)/pg_dump" -d "$1" -n "${2:-public}" | grep -vE '^(\\(un)?restrict|--|$)'
}

source=$(fresh_database servers_from)
psql -X -q -v ON_ERROR_STOP=1 -d "$source" >/dev/null <<'SQL' || fail "no source"
CREATE TYPE mood AS ENUM ('sad', 'it''s ok');
CREATE DOMAIN positive AS integer DEFAULT 7 CONSTRAINT above CHECK (VALUE > 0);
CREATE DOMAIN many AS positive[];
CREATE TYPE point3 AS (x int, y numeric(6,2), label text COLLATE "C");
CREATE TYPE span AS RANGE (subtype = float8);
CREATE COLLATION german (provider = icu, locale = 'de');
COMMENT ON TYPE mood IS 'a mood';
CREATE SEQUENCE loose AS integer START 100 INCREMENT -5 MINVALUE -1000 MAXVALUE 200 CYCLE CACHE 3;
SELECT nextval('loose');
CREATE TABLE parent (
    id integer GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 3 MAXVALUE 1000) PRIMARY KEY,
    "Name" text COLLATE german NOT NULL, feeling mood DEFAULT 'sad', feelings mood[], grade positive, grades many,
    spot point3, spots span, no int DEFAULT nextval('loose'), price money DEFAULT 1.5, made timestamptz DEFAULT now(),
    shown text GENERATED ALWAYS AS (upper("Name")) STORED, tags text[] DEFAULT ARRAY['a'::text], doc jsonb,
    during tstzrange, CONSTRAINT named CHECK ("Name" <> ''), UNIQUE ("Name", no) INCLUDE (made),
    EXCLUDE USING gist (during WITH &&) WHERE (grade > 1));
COMMENT ON COLUMN parent."Name" IS 'its name';
COMMENT ON CONSTRAINT named ON parent IS 'not empty';
CREATE TABLE child (a int, b smallserial, parent int REFERENCES parent ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (b, a));
CREATE TABLE grandchild (a int, b smallint, FOREIGN KEY (b, a) REFERENCES child (b, a) MATCH FULL);
CREATE UNLOGGED TABLE cache (k text PRIMARY KEY, v bytea);
CREATE TABLE a (id int PRIMARY KEY, b int);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
INSERT INTO b (id) VALUES (1);
INSERT INTO a VALUES (1, 1), (2, NULL);
ALTER TABLE a ADD CONSTRAINT later FOREIGN KEY (b) REFERENCES b NOT VALID, ADD CONSTRAINT small CHECK (id < 2) NOT VALID;
CREATE INDEX part ON parent ("Name") WHERE grade > 1;
CREATE INDEX expr ON parent (lower("Name") DESC, (no + 1) NULLS FIRST);
CREATE INDEX pattern ON parent ("Name" text_pattern_ops);
CREATE INDEX docs ON parent USING gin (doc jsonb_path_ops);
CREATE INDEX made ON parent USING brin (made);
CREATE INDEX hashed ON child USING hash (parent);
COMMENT ON INDEX part IS 'in part';
CREATE VIEW zz AS SELECT id, "Name" FROM parent WHERE feeling = 'sad';
CREATE VIEW aa AS SELECT zz.id, count(*) FROM zz GROUP BY zz.id;
CREATE MATERIALIZED VIEW kept AS SELECT id FROM aa;
COMMENT ON VIEW zz IS 'the last';
INSERT INTO parent ("Name", spot, spots, feelings, grades) VALUES ('x', '(1,2.5,"a,b")', '[1.5,2)', '{sad}', '{1,2}'), ('y', NULL, NULL, NULL, NULL);
INSERT INTO child VALUES (1, DEFAULT, 10), (2, DEFAULT, 13);
INSERT INTO grandchild VALUES (1, 1);
INSERT INTO cache VALUES ('k', 'v');
REFRESH MATERIALIZED VIEW kept;
SQL

it "makes the same database again"
target=$(fresh_database servers_to)
migrate "$source" "$target" --strict
expect_equal "$status" 0
reject_stderr 'not carried over'
expect_equal "$(diff <(dump "$source") <(dump "$target") | head -n 20)" ""
lines=$(dump "$target" | wc -l)
((lines > 150)) || fail "the dump has only $lines lines"

it "in a schema of another name"
sql "$target" 'CREATE SCHEMA "Other"' >/dev/null
migrate "$source" "$target" --strict --target-schema Other
expect_equal "$status" 0
expect_equal "$(diff <(dump "$source" | grep -v 'SCHEMA public') \
    <(dump "$target" '"Other"' | grep -v 'SCHEMA "Other"' | sed 's/"Other"\./public./g') | head -n 20)" ""

it "makes one table of its partitions, and says so"
sql "$source" "CREATE TABLE log (at date NOT NULL, n int, PRIMARY KEY (at)) PARTITION BY RANGE (at);
    CREATE TABLE log_old PARTITION OF log FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
    CREATE TABLE log_new PARTITION OF log FOR VALUES FROM ('2020-01-01') TO (MAXVALUE);
    INSERT INTO log VALUES ('2019-01-01', 1), ('2021-01-01', 2)" >/dev/null
target=$(fresh_database servers_to)
migrate "$source" "$target"
expect_equal "$status" 0
expect_stderr '^table log: its partitions are one table'
expect_equal "$(sql "$target" "SELECT relkind FROM pg_class WHERE relname LIKE 'log%' AND relkind <> 'i'; TABLE log")" \
    'r
2019-01-01|1
2021-01-01|2'

it "lists what it does not carry over, an error with --strict"
sql "$source" "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE FUNCTION seven() RETURNS integer LANGUAGE sql AS 'SELECT 7';
    CREATE DOMAIN lucky AS integer DEFAULT seven() CHECK (VALUE > 0);
    CREATE TRIGGER touching BEFORE UPDATE ON b FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE POLICY mine ON b USING (id > 0); CREATE UNIQUE INDEX kept_id ON kept (id);
    CREATE RULE nope AS ON DELETE TO b DO INSTEAD NOTHING; CREATE STATISTICS stats ON id, a FROM b" >/dev/null
target=$(fresh_database servers_to)
migrate "$source" "$target"
expect_equal "$status" 0
for thing in 'extended statistics stats' 'function touch\(\)' 'type lucky' 'index kept_id' 'row security policy mine' \
    'rule nope' 'trigger touching'; do
    expect_stderr "^    (.*, )?${thing}[:,]"
done
migrate "$source" "$(fresh_database servers_to)" --strict
expect_equal "$status" 1
expect_stderr 'touching'

done_testing
