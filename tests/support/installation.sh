# shellcheck shell=bash
# installation.sh - sample installations for the shell tests.  To be sourced behind tap.sh.
#
# Made here: $sample (the generator), $key_hex and $key_file (the key it seals with).

# shellcheck disable=SC2154 # tap.sh
sample=$MIG_BUILD/bench/sample
key_hex=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
# shellcheck disable=SC2034 # for the scripts
key_file=$tmp/master.key
(umask 077 && printf '%s\n' "$key_hex" >"$tmp/master.key")

# make_installation FILE [OPTION...]: a small one unless told otherwise.
make_installation() {
    local file=$1
    shift
    "$sample" --rows 3000 --key "$key_hex" "$@" "$file" >/dev/null ||
        { echo "Bail out! cannot make $file"; exit 1; }
}

# Everything of one table of a SQLite file or a PostgreSQL database that both can print alike: the
# number of rows.
count_sqlite() { # FILE TABLE
    sqlite3 "$1" "SELECT count(*) FROM \"$2\""
}
count_postgres() { # URL TABLE
    sql "$1" "SELECT count(*) FROM \"$2\""
}

# The application's tables in a SQLite file, one per line.
application_tables() {
    sqlite3 "$1" "SELECT name FROM sqlite_schema WHERE type = 'table'
                  AND name NOT LIKE 'sqlite_%' AND name <> 'seaql_migrations' ORDER BY name"
}

# One number for the content of a whole database: dumps are compared by their hash.
fingerprint() {
    if "$(pg_config --bindir)/pg_dump" -d "$1" >"$tmp/dump" 2>"$tmp/dump.err"; then
        grep -vE '^(\\(un)?restrict|-- Dumped)' "$tmp/dump" | sha256sum
    else
        echo "no dump ($RANDOM): $(cat "$tmp/dump.err")" # equal to nothing
    fi
}
