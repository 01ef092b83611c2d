#!/usr/bin/env bash
# roundtrip.sh - from SQLite to PostgreSQL and back: the same values in the same storage classes,
# whatever schema, whatever values, and whatever settings the server's side has.
#
#   ROUNDTRIP_SEED=N      the first schema's seed (else one of the day's)
#   ROUNDTRIP_SCHEMAS=N   how many schemas, of ten tables each (else 4)
#
# Each schema goes through the program four times:
#
#   full.db -> plain server -> back.db -> hostile server -> again.db
#
# The files have to be equal, and the servers' databases.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

roundtrip=$MIG_BUILD/roundtrip
seed=${ROUNDTRIP_SEED-$((10#$(date +%j) * 100))}
# Of the number after it, so that each schema has its own.
RANDOM=$((seed % 32768))

# How the test itself speaks to a server, whatever that one's settings are.
neutral="-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres -c bytea_output=hex
    -c extra_float_digits=1 -c standard_conforming_strings=on -c default_transaction_read_only=off
    -c statement_timeout=0 -c search_path=public -c client_min_messages=warning -c row_security=on
    -c default_transaction_isolation=read\\ committed -c array_nulls=on -c quote_all_identifiers=off
    -c client_encoding=UTF8"

# ask URL [OPTION...]: psql with those.
ask() {
    PGOPTIONS=$neutral psql -X -q -v ON_ERROR_STOP=1 -d "$@"
}

# Settings of a database and of a role, all at odds with what is usual.
settings_of_database=(
    "TimeZone = 'Asia/Kathmandu'"
    "DateStyle = 'German, DMY'"
    "IntervalStyle = 'sql_standard'"
    "bytea_output = 'escape'"
    "standard_conforming_strings = off"
    "extra_float_digits = -15"
    "client_encoding = 'LATIN1'"
    "search_path = 'pg_catalog, \"no such\"'"
    "xmloption = 'document'"
    "xmlbinary = 'hex'"
    "default_transaction_read_only = on"
    "default_transaction_isolation = 'serializable'"
    "default_transaction_deferrable = on"
    "statement_timeout = 50"
    "lock_timeout = 1"
    "idle_in_transaction_session_timeout = 1"
    "array_nulls = off"
    "transform_null_equals = on"
    "backslash_quote = off"
    "quote_all_identifiers = on"
)
settings_of_role=(
    "TimeZone = 'America/St_Johns'"
    "DateStyle = 'SQL, MDY'"
    "IntervalStyle = 'postgres_verbose'"
    "row_security = off"
    "client_min_messages = debug1"
    "extra_float_digits = 0"
    "default_transaction_read_only = on"
    "bytea_output = 'escape'"
    "plan_cache_mode = force_generic_plan"
    "check_function_bodies = off"
    "synchronous_commit = off"
    "lc_monetary = 'C'"
    "cursor_tuple_fraction = 0.001"
    "temp_buffers = 100"
)
# And of the environment in which the program runs.
hostile=(env PGTZ=Africa/Cairo "PGDATESTYLE=Postgres,DMY" PGCLIENTENCODING=SJIS
    PGOPTIONS='-c extra_float_digits=-10 -c search_path=nowhere -c IntervalStyle=postgres')

# make_hostile URL: the settings, of the database and of the role odd_owner.
make_hostile() {
    local name=${1#*:///} setting
    name=${name%%\?*}
    {
        for setting in "${settings_of_database[@]}"; do
            echo "ALTER DATABASE $name SET $setting;"
        done
        for setting in "${settings_of_role[@]}"; do
            echo "ALTER ROLE odd_owner SET $setting;"
        done
    } | psql -X -q -v ON_ERROR_STOP=1 -d postgres || fail "no hostile settings"
}

# The rows and counters of a database, in an order of their own.
content() {
    # What it warns of are foreign keys in a cycle.
    PGOPTIONS=$neutral "$(pg_config --bindir)/pg_dump" --data-only --schema "$2" -d "$1" 2>/dev/null |
        sed "s/^\(COPY\|SELECT pg_catalog.setval('\)\( \?\)$2\./\1\2/" |
        grep -vE '^(\\(un)?restrict|--)' | sort
}

# some: options that must not matter, other ones each time.
some() {
    local options=(--readers $((RANDOM % 4)) --writers $((1 + RANDOM % 4)))
    case $((RANDOM % 4)) in
    0) options+=(--batch-size 1) ;;
    1) options+=(--batch-size $((2 + RANDOM % 100))) ;;
    2) options+=(--batch-size 20000) ;;
    esac
    echo "${options[@]}"
}

# copy SOURCE TARGET [OPTION...]
copy() {
    local options
    read -ra options <<<"$(some)"
    expect_exit 0 "${around[@]}" "$program" db-migrate --source-db "$1" --target-db "$2" --yes --schema existing \
        "${@:3}" "${options[@]}"
    [[ $status == 0 ]] && return
    fail "the options were ${options[*]}"
    return 1
}

expect_same_files() {
    local differences
    differences=$("$roundtrip" same "$1" "$2") || fail "$1 and $2 differ:" $'\n'"$differences"
}

psql -X -q -d postgres -c 'CREATE ROLE odd_owner LOGIN' || fail "no role"

# go_round SEED: one schema, all the way.
go_round() {
    local folder=$tmp/$1 plain odd before
    local around=()
    mkdir "$folder"
    "$roundtrip" make "$1" "$folder" || { fail "cannot make it" && return; }
    before=$(sha256sum <"$folder/full.db")
    plain=$(fresh_database "roundtrip_plain")
    odd=$(fresh_database "roundtrip_odd" odd_owner)
    cp "$folder/empty.db" "$folder/back.db"
    cp "$folder/empty.db" "$folder/again.db"
    ask "$plain" -f "$folder/postgres.sql" || fail "no schema"
    psql -X -q -d "${odd/odd_owner/$PGUSER}" -c 'CREATE EXTENSION citext' || fail "no citext"
    ask "$odd" -c 'CREATE SCHEMA odd; SET search_path = odd, public' -f "$folder/postgres.sql" || fail "no schema"

    copy "sqlite://$folder/full.db" "$plain" || return
    expect_equal "$(sha256sum <"$folder/full.db")" "$before"
    copy "$plain" "sqlite://$folder/back.db" || return
    expect_same_files "$folder/full.db" "$folder/back.db"

    make_hostile "$odd"
    around=("${hostile[@]}")
    copy "sqlite://$folder/back.db" "$odd" --target-schema odd || return
    content "$plain" public >"$folder/plain.content"
    content "$odd" odd >"$folder/odd.content"
    expect_equal "$(diff "$folder"/{plain,odd}.content | cut -c 1-300 | head -n 20)" ""
    (($(grep -c '^COPY ' "$folder/odd.content") == 10)) || fail "not all tables were dumped"
    copy "$odd" "sqlite://$folder/again.db" --source-schema odd || return
    expect_same_files "$folder/full.db" "$folder/again.db"
    ((${#tap_complaints[@]} > 0)) || rm -rf "$folder"
}

for ((i = 0; i < ${ROUNDTRIP_SCHEMAS:-4}; i++)); do
    it "there and back, twice: seed $((seed + i))"
    go_round $((seed + i))
done

done_testing
