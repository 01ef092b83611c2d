# shellcheck shell=bash
# same.sh - whether both sides hold the same.
#
# Sourced by run, after lib.sh.  Contents are compared as text: every row of every table, its
# columns in a form that both databases can be asked for in SQL and that loses
# nothing (doubles as two integers, times to the microsecond).  db-migrate itself
# has no part in it.
#
# shellcheck disable=SC2154 # variables of run and lib.sh

same_count() { # WHO EXPECTED COUNT
    [[ $2 == "$3" ]] || die "$1 wrote ${3:-no} rows instead of $2"
}

pg_count() { # DATABASE
    local table sql="0"
    for table in $(tables_of "$1" ' '); do
        sql+=" + (SELECT count(*) FROM $table)"
    done
    query "$1" "SELECT $sql"
}

sqlite_count() { # FILE
    sqlite3 "$1" "SELECT $(sqlite3 "$1" "
        SELECT coalesce(group_concat('(SELECT count(*) FROM ' || name || ')', ' + '), '0')
        FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'")"
}

# questions DATABASE pg|sqlite: for every table a statement that asks for all its rows, the columns
# as expressions whose text is the same for the same values.  A SQLite column may have a UUID as
# blob or text, and a time with or without T, zone and zeros at its end.  Of JSON, which jsonb
# writes anew, some members (gen.c) are taken.  A type without a form makes a wrong statement.
questions() {
    query "$1" "
        SELECT 'SELECT ' || string_agg(format(coalesce($2, 'no_form(%1\$s)'), quote_ident(attname)),
                                      ', ' ORDER BY attnum)
               || ' FROM ' || quote_ident(relname) || ' ORDER BY id;'
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
        LEFT JOIN (VALUES
            ('boolean', '%1\$s::int', '%1\$s'),
            ('double precision',
             'trunc(%1\$s)::bigint, trunc((%1\$s - trunc(%1\$s)) * 4503599627370496)::bigint',
             'CAST(%1\$s AS INTEGER), '
             'CAST((%1\$s - CAST(%1\$s AS INTEGER)) * 4503599627370496 AS INTEGER)'),
            ('timestamp with time zone',
             'to_char(%1\$s AT TIME ZONE ''UTC'', ''YYYY-MM-DD HH24:MI:SS.US'')',
             'substr(%1\$s, 1, 10) || '' '' || substr(%1\$s, 12, 8) || ''.'' || '
             'substr(rtrim(substr(%1\$s, 21), ''Z+0:'') || ''000000'', 1, 6)'),
            ('uuid', 'replace(%1\$s::text, ''-'', '''')',
             'CASE typeof(%1\$s) WHEN ''blob'' THEN lower(hex(%1\$s))'
             ' ELSE replace(%1\$s, ''-'', '''') END'),
            ('bytea', 'encode(%1\$s, ''hex'')', 'lower(hex(%1\$s))'),
            ('jsonb',
             '%1\$s->>''id'', %1\$s->''tags''->>2, %1\$s->>''note'', %1\$s#>>''{inner,z}''',
             'json_extract(%1\$s, ''\$.id''), json_extract(%1\$s, ''\$.tags[2]''), '
             'json_extract(%1\$s, ''\$.note''), json_extract(%1\$s, ''\$.inner.z'')'),
            ('bigint', '%1\$s', '%1\$s'), ('integer', '%1\$s', '%1\$s'), ('text', '%1\$s', '%1\$s')
        ) AS forms (type, pg, sqlite) ON type = format_type(atttypid, NULL)
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        GROUP BY relname ORDER BY relname"
}

# Both print fields with | between them, and texts as they are.
pg_sum() { # DATABASE
    questions "$1" pg | psql -X -qAt -v ON_ERROR_STOP=1 -v FETCH_COUNT=10000 -P null='\N' -d "$1" |
        md5sum
}

sqlite_sum() { # FILE DATABASE
    questions "$2" sqlite | sqlite3 -batch -bail -list -nullvalue '\N' "$1" | md5sum
}

# same DATABASE OTHER COMMAND...: whether the command prints of the other what pg_sum prints.
same() {
    local pid
    pg_sum "$1" >"$work/sum" &
    pid=$!
    "${@:3}" >"$work/other-sum"
    wait "$pid" || die "cannot read $1"
    cmp -s "$work/sum" "$work/other-sum" || die "$1 and $2 hold different rows"
}

same_as_file() { # DATABASE FILE
    same "$1" "$2" sqlite_sum "$2" "$1"
}

same_as_database() { # DATABASE DATABASE
    same "$1" "$2" pg_sum "$2"
}
