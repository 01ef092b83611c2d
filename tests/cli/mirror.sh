#!/usr/bin/env bash
# mirror.sh - a schema made after the source's: what comes along, what is told, what is refused.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

migrate() { # SOURCE TARGET [OPTION...]
    local source=$1 target=$2
    shift 2
    try "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --yes "$@"
}

# The target refuses a statement, for the reason that matches.
refuses() { # URL STATEMENT PATTERN
    sql "$1" "$2" >/dev/null 2>"$tmp/refusal" && fail "the target takes: $2"
    grep -qE "$3" "$tmp/refusal" || fail "refused otherwise: $(cat "$tmp/refusal")"
}

sqlite3 "$tmp/app.db" "
    CREATE TABLE \"Author\" (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        rating REAL DEFAULT 0.5 CONSTRAINT rated CHECK (rating >= 0 AND rating <= 5),
        active BOOLEAN NOT NULL DEFAULT 1,
        note TEXT DEFAULT 'it''s \"fine\"',
        made TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
        boss INTEGER REFERENCES \"Author\" ON DELETE SET NULL);
    CREATE TABLE book (
        isbn TEXT NOT NULL, edition INTEGER NOT NULL, title VARCHAR(40) NOT NULL,
        author INTEGER NOT NULL REFERENCES \"Author\" ON DELETE CASCADE,
        price NUMERIC, pages INTEGER, cover BLOB,
        shown TEXT GENERATED ALWAYS AS (title || '!') STORED,
        PRIMARY KEY (edition, isbn), UNIQUE (title, author));
    CREATE TABLE loan (id INTEGER PRIMARY KEY, isbn TEXT, edition INTEGER, returned TEXT,
        FOREIGN KEY (edition, isbn) REFERENCES book DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE \"order\" (\"select\" INTEGER PRIMARY KEY, \"Odd \"\"Name\" TEXT);
    CREATE TABLE schema_migrations (version TEXT NOT NULL PRIMARY KEY);
    CREATE UNIQUE INDEX one_open ON loan (isbn) WHERE returned IS NULL;
    CREATE INDEX by_title ON book (lower(title));
    CREATE INDEX by_price ON book (price DESC, pages);
    CREATE VIEW prolific AS SELECT a.name, count(*) AS n FROM \"Author\" a JOIN book b ON b.author = a.id
        GROUP BY a.name;
    CREATE TRIGGER touch AFTER UPDATE ON loan BEGIN SELECT 1; END;
    CREATE VIRTUAL TABLE found USING fts5(x);
    INSERT INTO schema_migrations VALUES ('20240101');
    INSERT INTO \"Author\" (id, name, rating, active, note, made, boss) VALUES
        (1, 'Ann', 4.5, 1, NULL, '2026-01-02 03:04:05', 7), (7, 'Bob', NULL, 0, 'x', NULL, NULL),
        (90, 'gone', NULL, 0, NULL, NULL, NULL);
    DELETE FROM \"Author\" WHERE id = 90;
    INSERT INTO book (isbn, edition, title, author, price, pages, cover) VALUES
        ('a', 1, 'One', 1, 9.95, 10, x'00ff'), ('a', 2, 'One more', 1, 12, 3000000000, NULL),
        ('b', 1, 'Two', 7, NULL, NULL, x'');
    INSERT INTO loan VALUES (1, 'a', 1, NULL), (2, 'a', 1, 'yes'), (-5, 'b', 1, 'yes');
    INSERT INTO \"order\" VALUES (1, 'x')"
source=sqlite://$tmp/app.db
before=$(sha256sum <"$tmp/app.db")

it "makes a whole database of a file by one command"
target=$(fresh_database mirror_app)
migrate "$source" "$target"
expect_equal "$status" 0
expect_stderr "^Schema of the target: mirrored from the source \(the target has none of the source's tables\)$"
expect_stderr '^Looked at [0-9]+ rows in'
expect_stderr '^  book: 3/3 rows$'
expect_equal "$(sha256sum <"$tmp/app.db")" "$before"
expect_output sql "$target" "SELECT id, name, rating, active, note, made, boss
    FROM \"Author\" ORDER BY id" <<'END'
1|Ann|4.5|t||2026-01-02 03:04:05|7
7|Bob||f|x||
END
expect_output sql "$target" "SELECT edition, isbn, title, author, price, pages, cover, shown FROM book
    ORDER BY 1, 2" <<'END'
1|a|One|1|9.95|10|\x00ff|One!
1|b|Two|7|||\x|Two!
2|a|One more|1|12|3000000000||One more!
END
expect_equal "$(sql "$target" 'TABLE schema_migrations')" 20240101
expect_equal "$(sql "$target" 'TABLE "order"')" '1|x'

it "keeps keys and the order of their columns"
keys() { # TABLE
    sql "$target" "SELECT pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = '$1'::regclass AND contype IN ('p', 'u', 'f') ORDER BY 1"
}
expect_equal "$(keys book)" 'FOREIGN KEY (author) REFERENCES "Author"(id) ON DELETE CASCADE
PRIMARY KEY (edition, isbn)
UNIQUE (title, author)'
expect_equal "$(keys loan)" 'FOREIGN KEY (edition, isbn) REFERENCES book(edition, isbn) DEFERRABLE INITIALLY DEFERRED
PRIMARY KEY (id)'
expect_equal "$(keys '"Author"')" 'FOREIGN KEY (boss) REFERENCES "Author"(id) ON DELETE SET NULL
PRIMARY KEY (id)'
expect_equal "$(sql "$target" 'SELECT count(*) FROM pg_constraint WHERE NOT convalidated')" 0

it "goes on behind the highest id that was ever given, and fills in the defaults"
expect_equal "$(sql "$target" "INSERT INTO \"Author\" (name) VALUES ('new') RETURNING id, rating, active, note,
    made > now() AT TIME ZONE 'UTC' - interval '1 hour'")" "91|0.5|t|it's \"fine\"|t"
expect_equal "$(sql "$target" "INSERT INTO loan (returned) VALUES ('x') RETURNING id")" 3
expect_equal "$(sql "$target" "INSERT INTO \"order\" (\"Odd \"\"Name\") VALUES ('y') RETURNING \"select\"")" 2

it "keeps what a row may hold"
refuses "$target" "INSERT INTO \"Author\" (name) VALUES (NULL)" 'not-null'
refuses "$target" "INSERT INTO \"Author\" (name, rating) VALUES ('x', 6)" 'rated'
refuses "$target" "INSERT INTO book (isbn, edition, title, author) VALUES ('c', 1, 'x', 99)" 'foreign key'
refuses "$target" "INSERT INTO book (isbn, edition, title, author) VALUES ('a', 1, 'x', 1)" 'duplicate key'
refuses "$target" "INSERT INTO loan (isbn, edition) VALUES ('a', 2)" 'one_open'
refuses "$target" 'DELETE FROM "Author" WHERE id = 7' 'loan' # whose book would go with its author
expect_equal "$(sql "$target" "DELETE FROM loan WHERE isbn = 'b'; DELETE FROM \"Author\" WHERE id = 7;
    SELECT (SELECT boss FROM \"Author\" WHERE id = 1) IS NULL, (SELECT count(*) FROM book)")" 't|2'

it "makes the indexes: partial, of expressions, descending"
expect_output sql "$target" "SELECT regexp_replace(indexdef, 'public[.]', '', 'g') FROM pg_indexes
    WHERE indexname IN ('one_open', 'by_price', 'by_title') ORDER BY indexname" <<'END'
CREATE INDEX by_price ON book USING btree (price DESC, pages)
CREATE INDEX by_title ON book USING btree (lower(((title)::text COLLATE "C")))
CREATE UNIQUE INDEX one_open ON loan USING btree (isbn) WHERE (returned IS NULL)
END

it "makes views that translate"
expect_equal "$(sql "$target" "SELECT name, n FROM prolific ORDER BY 1")" 'Ann|2'

it "tells what it decided, and what is not carried over"
target=$(fresh_database mirror_app)
migrate "$source" "$target"
expect_stderr 'warning: not carried over: .*touch'
expect_stderr 'warning: not carried over: .*found'
expect_stderr '^  Not carried   : '
expect_stderr '^    .*touch: the two databases'

it "tells a reason once, with the parts it is true of, and all of them at the end"
sqlite3 "$tmp/triggers.db" "CREATE TABLE t (id INTEGER PRIMARY KEY);
    $(for i in 1 2 3 4 5 6; do
    echo "CREATE TRIGGER a_trigger_of_a_long_name_$i AFTER INSERT ON t BEGIN SELECT $i; END;"
done)"
migrate "sqlite://$tmp/triggers.db" "$(fresh_database mirror_triggers)"
expect_equal "$status" 0
expect_equal "$(grep -c 'warning: not carried over' "$tmp/stderr")" 1
expect_stderr 'over: trigger a_trigger_of_a_long_name_1, trigger [a-z_]*_2, trigger [a-z_]*_3 and 3 more: the two databases'
expect_equal "$(sed -n '/Not carried/,$p' "$tmp/stderr" | grep -o 'a_trigger_of_a_long_name_.[,:]' | tr -d '\n')" \
    "$(printf 'a_trigger_of_a_long_name_%s' 1, 2, 3, 4, 5, 6:)"
(($(wc -L <"$tmp/stderr") < 240)) || fail "a line is too long"

it "keeps booleans that are written as words"
sqlite3 "$tmp/words.db" "CREATE TABLE t (id INTEGER PRIMARY KEY, ok BOOLEAN, worse BOOLEAN);
    INSERT INTO t VALUES (1, 't', 't'), (2, 'f', 'f'), (3, NULL, 2)"
target=$(fresh_database mirror_words)
migrate "sqlite://$tmp/words.db" "$target"
expect_equal "$status" 0
expect_stderr '^column t.ok: 2 booleans written as words$'
expect_equal "$(sql "$target" 'SELECT id, ok, worse, pg_typeof(ok) FROM t ORDER BY id')" '1|t|t|boolean
2|f|f|boolean
3||2|boolean'

it "widens a column whose data breaks its declared type, and names the row"
sqlite3 "$tmp/loose.db" "
    CREATE TABLE host (id INTEGER PRIMARY KEY, port INTEGER, seen TIMESTAMP, up BOOLEAN);
    INSERT INTO host VALUES (1, 22, '2026-01-01 00:00:00', 1), (4711, 'n/a', 'never', 2)"
target=$(fresh_database mirror_app)
migrate "sqlite://$tmp/loose.db" "$target"
expect_equal "$status" 0
expect_stderr 'host\.port.*"n/a".*4711'
expect_stderr 'host\.seen.*"never".*4711'
expect_equal "$(sql "$target" 'SELECT port, seen, up FROM host WHERE id = 4711')" 'n/a|never|2'
expect_equal "$(sql "$target" 'SELECT pg_typeof(port), pg_typeof(seen) FROM host LIMIT 1')" 'text|text'

it "takes the declared type alone if that is asked for, and fails on the row"
target=$(fresh_database mirror_app)
migrate "sqlite://$tmp/loose.db" "$target" --infer declared
expect_equal "$status" 1
reject_stderr 'Looking at all values'
expect_stderr 'cannot store a value in host\.'
expect_stderr 'rowid 4711'
expect_stderr 'the target holds what it held before; what was copied waits in a schema beside it'

it "takes the type that --cast names"
target=$(fresh_database mirror_app)
migrate "sqlite://$tmp/loose.db" "$target" --cast host.up=text:number
expect_equal "$status" 0
expect_equal "$(sql "$target" 'SELECT pg_typeof(up) FROM host LIMIT 1')" text

it "refuses with --strict, with the list, and touches nothing"
target=$(fresh_database mirror_app)
untouched=$(fingerprint "$target")
migrate "$source" "$target" --strict
expect_equal "$status" 1
expect_stderr "not all of the source's schema can be carried over"
expect_stderr 'touch'
expect_stderr 'found'
expect_stderr 'the target is untouched'
expect_equal "$(fingerprint "$target")" "$untouched"
migrate "sqlite://$tmp/loose.db" "$target" --strict
expect_equal "$status" 0

it "prints the plan and changes nothing"
target=$(fresh_database mirror_app)
untouched=$(fingerprint "$target")
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --dry-run
expect_stdout "^Schema +mirror \(the target has none of the source's tables\)$"
expect_stdout '^     pages +INTEGER -> bigint -> bigint'
expect_stdout '^Decided for the schema$'
expect_stdout '^  not carried over$'
expect_stdout 'CREATE TRIGGER touch AFTER UPDATE ON loan'
expect_equal "$(fingerprint "$target")" "$untouched"

it "writes the statements to a file that makes the same schema by hand"
target=$(fresh_database mirror_app)
untouched=$(fingerprint "$target")
migrate "$source" "$target" --emit-schema "$tmp/schema.sql"
expect_equal "$status" 0
reject_stderr 'Migration complete'
expect_equal "$(fingerprint "$target")" "$untouched"
grep -q '^-- .*touch' "$tmp/schema.sql" || fail "what is not carried over is no comment"
expect_exit 0 psql -X -q -v ON_ERROR_STOP=1 -d "$target" -f "$tmp/schema.sql"
migrate "$source" "$target" --schema existing --allow-missing found
expect_equal "$status" 0
other=$(fresh_database mirror_other)
migrate "$source" "$other"
expect_equal "$status" 0
expect_equal "$(fingerprint "$target")" "$(fingerprint "$other")"

it "does not overwrite such a file, and prints to standard output"
migrate "$source" "$other" --emit-schema "$tmp/schema.sql"
expect_equal "$status" 2
expect_stderr 'schema\.sql is there already'
migrate "$source" "$other" --schema mirror --emit-schema -
expect_equal "$status" 0
expect_equal "$(grep -v '^--' "$tmp/stdout")" "$(grep -v '^--' "$tmp/schema.sql")"

it "gives the names that are wanted"
target=$(fresh_database mirror_app)
migrate "$source" "$target" --rename Author=people --rename book.title=heading --fold-case
expect_equal "$status" 0
expect_equal "$(sql "$target" "SELECT name, heading, shown FROM people JOIN book ON author = id
    WHERE heading = 'Two'")" 'Bob|Two|Two!'
expect_equal "$(sql "$target" "SELECT confrelid::regclass FROM pg_constraint
    WHERE conrelid = 'book'::regclass AND contype = 'f'")" people
expect_equal "$(sql "$target" 'SELECT "odd ""name" FROM "order"')" x
expect_equal "$(sql "$target" "SELECT n FROM prolific WHERE name = 'Ann'")" 2

it "refuses names that mean nothing"
target=$(fresh_database mirror_app)
untouched=$(fingerprint "$target")
for rename in nowhere=x Author.nothing=x =x; do
    migrate "$source" "$target" --rename "$rename"
    expect_equal "$status" 2
    expect_stderr 'rename'
done
migrate "$source" "$target" --rename Author=x --rename book=x
expect_equal "$status" 2
expect_stderr 'rename'
expect_equal "$(fingerprint "$target")" "$untouched"

it "refuses what would be replaced and holds rows, and replaces it with --force"
target=$(fresh_database mirror_app)
migrate "$source" "$target"
sql "$target" 'CREATE TABLE mine (x int); INSERT INTO mine VALUES (1); ALTER TABLE "order" ADD COLUMN more int' >/dev/null
untouched=$(fingerprint "$target")
migrate "$source" "$target" --schema mirror
expect_equal "$status" 4
expect_stderr 'tables that hold rows: .*order'
expect_equal "$(fingerprint "$target")" "$untouched"
migrate "$source" "$target" --schema mirror --force
expect_equal "$status" 0
expect_equal "$(sql "$target" 'TABLE "order"')" '1|x'
expect_equal "$(sql "$target" 'TABLE mine')" 1

it "refuses to replace what something else depends on, by name"
sql "$target" 'CREATE VIEW outside AS SELECT id FROM "Author"' >/dev/null
untouched=$(fingerprint "$target")
migrate "$source" "$target" --schema mirror --force
expect_equal "$status" 4
expect_stderr 'outside'
expect_stderr 'the target is untouched'
expect_equal "$(fingerprint "$target")" "$untouched"

it "names orphan rows before anything is touched"
cp "$tmp/app.db" "$tmp/orphans.db"
sqlite3 "$tmp/orphans.db" "INSERT INTO book (isbn, edition, title, author) VALUES ('z', 1, 'z', 4242)"
target=$(fresh_database mirror_app)
untouched=$(fingerprint "$target")
migrate "sqlite://$tmp/orphans.db" "$target"
expect_equal "$status" 1
expect_stderr 'orphan rows: 1 row of book \(column author\) refers to rows of Author that are not there'
expect_stderr 'the target is untouched'
expect_equal "$(fingerprint "$target")" "$untouched"

it "makes no foreign key to a table that is left out, and says so"
migrate "$source" "$target" --exclude Author
expect_equal "$status" 0
expect_stderr 'not copied, by --include and --exclude: Author$'
expect_stderr 'warning: not carried over: constraint book_author_fkey: '
expect_equal "$(sql "$target" "SELECT count(*) FROM pg_constraint WHERE conrelid = 'book'::regclass AND contype = 'f'")" 0

it "auto: takes tables that stand, and lists what they lack"
migrate "$source" "$target" --force
expect_equal "$status" 1
expect_stderr 'Author: the target has no such table'
expect_stderr '--schema mirror'
expect_stderr '--allow-missing'
migrate "$source" "$target" --exclude Author --force
expect_equal "$status" 0
expect_stderr "^Schema of the target: as it stands \(the target has the source's tables\)$"

it "auto: says that options of a mirrored schema mean nothing for tables that stand"
for option in --strict --fold-case --rename=book=x --emit-schema=-; do
    migrate "$source" "$target" --exclude Author --force "$option"
    expect_equal "$status" 2
    expect_stderr "$(cut -d= -f1 <<<"$option") is about a schema that is mirrored"
done

it "an Uptrakit installation, with its record of migrations, if that is asked for"
make_installation "$tmp/uptrakit.db"
target=$(fresh_database mirror_uptrakit)
migrate "sqlite://$tmp/uptrakit.db" "$target" --schema mirror --master-key-file "$key_file"
expect_equal "$status" 0
expect_equal "$(count_postgres "$target" seaql_migrations)" "$(count_sqlite "$tmp/uptrakit.db" seaql_migrations)"
expect_equal "$(count_postgres "$target" hosts)" "$(count_sqlite "$tmp/uptrakit.db" hosts)"

it "PostgreSQL to a file"
target=$(fresh_database mirror_pg)
sql "$target" "CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TABLE person (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(20) NOT NULL UNIQUE,
        mood mood DEFAULT 'ok', born date, tags text[], balance numeric(12,2) CHECK (balance >= 0), age int CHECK (age >= 0),
        born_text text GENERATED ALWAYS AS (name || '!') STORED);
    CREATE TABLE pet (id serial PRIMARY KEY, owner bigint NOT NULL REFERENCES person ON DELETE CASCADE);
    CREATE INDEX named ON person (name) WHERE balance IS NOT NULL;
    CREATE VIEW owners AS SELECT p.name, t.id FROM person p JOIN pet t ON t.owner = p.id;
    INSERT INTO person (name, mood, born, tags, balance) VALUES ('Ann', 'sad', '2026-01-02', '{a,b}', 1.50),
        ('Bob', DEFAULT, NULL, NULL, NULL);
    INSERT INTO pet (owner) VALUES (1), (2)" >/dev/null
migrate "$target" "sqlite://$tmp/person.db?mode=rwc"
expect_equal "$status" 0
expect_stderr 'constraint person_balance_check: numbers that are texts are compared as doubles'
reject_stderr 'since they are no rows'
expect_equal "$(sqlite3 "$tmp/person.db" "SELECT id, name, mood, born, balance, born_text FROM person ORDER BY id")" \
    '1|Ann|sad|2026-01-02|1.50|Ann!
2|Bob|ok|||Bob!'
expect_equal "$(sqlite3 "$tmp/person.db" 'PRAGMA foreign_keys = 1; DELETE FROM person WHERE id = 1; SELECT count(*) FROM pet')" 1
sqlite3 "$tmp/person.db" "INSERT INTO person (name, mood) VALUES ('x', 'happy')" 2>/dev/null && fail "a mood that is none"
sqlite3 "$tmp/person.db" "INSERT INTO person (name, age) VALUES ('x', -1)" 2>/dev/null && fail "an age below 0"
sqlite3 "$tmp/person.db" "INSERT INTO person (name, balance) VALUES ('x', '-0.50')" 2>/dev/null && fail "a balance below 0"
sqlite3 "$tmp/person.db" "INSERT INTO person (name) VALUES ('Bob')" 2>/dev/null && fail "the name twice"
expect_equal "$(sqlite3 "$tmp/person.db" "INSERT INTO person (name) VALUES ('new'); SELECT id, mood FROM person WHERE name = 'new'")" '3|ok'

it "and from there to PostgreSQL again"
other=$(fresh_database mirror_other)
migrate "sqlite://$tmp/person.db" "$other"
expect_equal "$status" 0
expect_equal "$(sql "$other" "SELECT id, name, mood, born, balance FROM person WHERE name = 'Bob'")" '2|Bob|ok||'

it "PostgreSQL to PostgreSQL"
other=$(fresh_database mirror_other)
migrate "$target" "$other"
expect_equal "$status" 0
expect_equal "$(sql "$other" 'TABLE person')" "$(sql "$target" 'TABLE person')"
expect_equal "$(fingerprint "$other")" "$(fingerprint "$target")"

it "a file to another that has other tables"
sqlite3 "$tmp/second.db" "CREATE TABLE mine (x); INSERT INTO mine VALUES (1)"
migrate "$source" "sqlite://$tmp/second.db"
expect_equal "$status" 0
expect_stderr "mirrored from the source \(the target has none of the source's tables\)"
expect_equal "$(sqlite3 "$tmp/second.db" 'SELECT * FROM mine; SELECT count(*) FROM book; SELECT n FROM prolific')" '1
3
2
1'

it "a file to none: the whole of it, as ever"
migrate "$source" "sqlite://$tmp/whole.db?mode=rwc"
expect_equal "$status" 0
expect_stderr "the source's, which is copied as a whole"
expect_equal "$(sqlite3 "$tmp/whole.db" .schema)" "$(sqlite3 "$tmp/app.db" .schema)"

done_testing
