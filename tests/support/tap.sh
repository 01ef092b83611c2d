# shellcheck shell=bash
# tap.sh - what the shell tests are written with.  To be sourced.
#
#   . "$(dirname "$0")/../support/tap.sh"
#
#   it "refuses an unknown scheme"
#   expect_exit 2 "$program" --source-db mysql://x --target-db postgresql://y
#   expect_stderr 'unsupported database URL scheme'
#
#   it "copies ..."
#   skip "needs a server that listens on TCP"
#
#   done_testing
#
# `it` begins a test and ends the one before it; every expect_ in between has to
# hold.  The output is TAP without a plan until done_testing: a script that dies
# on its way has no plan, by which tests/run sees it.
#
# Given by tests/run: MIG_BUILD (the folder with the programs), PGHOST, PGPORT,
# PGUSER, MIG_TEST_PG (as conninfo).  Made here: $program, the one under test;
# $top, the top of the tree; $tmp, a folder for this script that is removed at
# its end; $status, $tmp/stdout and $tmp/stderr of the last command run by
# expect_exit or try.
set -uo pipefail

top=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
: "${MIG_BUILD:=$top/build}"
# shellcheck disable=SC2034 # for the scripts
program=$MIG_BUILD/uptrakit-controller
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mig-tap-XXXXXX")
chmod 755 "$tmp"
trap 'rm -rf "$tmp"' EXIT
# A signal may come more than once, and must not interrupt what is done at the exit.
tap_leave() {
    trap '' HUP INT TERM
    exit "$1"
}
trap 'tap_leave 129' HUP
trap 'tap_leave 130' INT
trap 'tap_leave 143' TERM
status=0

tap_number=0   # of the test under way; 0 before the first
tap_name=
tap_skip=
tap_complaints=()

tap_end() {
    ((tap_number > 0)) || return 0
    if [[ -n $tap_skip ]]; then
        echo "ok $tap_number - $tap_name # skip $tap_skip"
    elif ((${#tap_complaints[@]} == 0)); then
        echo "ok $tap_number - $tap_name"
    else
        echo "not ok $tap_number - $tap_name"
        printf '%s\n' "${tap_complaints[@]}" | sed 's/^/  /'
    fi
    tap_complaints=()
    tap_skip=
}

it() {
    tap_end
    tap_number=$((tap_number + 1))
    tap_name=$1
}

# The test under way does not apply here; its expectations do not count.
skip() {
    tap_skip=$1
}

done_testing() {
    tap_end
    echo "1..$tap_number"
}

# fail TEXT: the test under way has failed, and goes on.
fail() {
    local text="${BASH_SOURCE[-1]##*/}:${BASH_LINENO[-2]}: $*"
    ((${#text} <= 6000)) || text=${text:0:6000}$'\n'"(cut off)"
    tap_complaints+=("$text")
}

# try CMD...: runs it, keeps its output and its status, expects nothing.
try() {
    "$@" </dev/null >"$tmp/stdout" 2>"$tmp/stderr"
    status=$?
}

# expect_exit CODE CMD...: runs it and looks at its exit status.
expect_exit() {
    local expected=$1
    shift
    try "$@"
    [[ $status == "$expected" ]] ||
        fail "exit status $status, not $expected: $*" $'\n'"$(tail -n 20 "$tmp/stderr")"
}

tap_grep() { # WANTED(yes|no) FILE PATTERN
    local found=no
    grep -qE -e "$3" "$tmp/$2" && found=yes
    [[ $found == "$1" ]] && return
    if [[ $1 == yes ]]; then
        fail "nothing on $2 matches: $3" $'\n'"$(tail -n 20 "$tmp/$2")"
    else
        fail "$2 has: $(grep -E -e "$3" "$tmp/$2" | head -n 3)"
    fi
}

# Of the last command: a line matches the extended regular expression, or none does.
expect_stdout() { tap_grep yes stdout "$1"; }
expect_stderr() { tap_grep yes stderr "$1"; }
reject_stdout() { tap_grep no stdout "$1"; }
reject_stderr() { tap_grep no stderr "$1"; }

# The parts that the last command's summary says are not carried over, one a line, sorted.
not_carried() {
    awk '/^  Not carried/ { inside = 1; next }
        inside && /^    / { line = line substr($0, 5); if (line ~ /,$/) { line = line " "; next }
            sub(/: .*/, "", line); n = split(line, parts, ", "); for (i = 1; i <= n; i++) print parts[i]; line = "" }' \
        "$tmp/stderr" | LC_ALL=C sort
}

# expect_output CMD...: the command's standard output is exactly what comes on standard input.
expect_output() {
    local expected
    expected=$(cat)
    try "$@"
    [[ $status == 0 ]] || fail "exit status $status: $*" $'\n'"$(tail -n 20 "$tmp/stderr")"
    expect_equal "$(cat "$tmp/stdout")" "$expected"
}

# expect_equal ACTUAL EXPECTED.  Of long texts, what differs is told.
expect_equal() {
    [[ $1 != "$2" ]] || return 0
    if ((${#1} + ${#2} > 4000)); then
        fail "got (+), expected (-):" $'\n'"$(diff -U 2 <(printf '%s\n' "$2") <(printf '%s\n' "$1") | tail -n +3 | head -n 60)"
    else
        fail "got:" $'\n'"$1"$'\n'"expected:"$'\n'"$2"
    fi
}

# expect_golden NAME FILE: the file is equal to tests/cli/golden/NAME.  Whatever differs from run
# to run (times, paths) the script replaces first.  UPDATE_GOLDEN=1 accepts what is there now.
expect_golden() {
    local golden=$top/tests/cli/golden/$1 difference
    if [[ ${UPDATE_GOLDEN-} == 1 ]]; then
        mkdir -p "$(dirname "$golden")"
        cp "$2" "$golden"
        return
    fi
    difference=$(diff -u "$golden" "$2" 2>&1) || fail "not as in golden/$1:" $'\n'"$difference"
}

# fresh_database NAME [OWNER]: makes an empty database of that name and prints its URL.
fresh_database() {
    local name=$1
    psql -X -q -d postgres -v ON_ERROR_STOP=1 -v name="$name" -v owner="${2:-$PGUSER}" >&2 <<'SQL'
SET client_min_messages = warning;
DROP DATABASE IF EXISTS :"name" WITH (FORCE);
CREATE DATABASE :"name" OWNER :"owner" TEMPLATE template0;
SQL
    echo "postgresql:///$name?host=$PGHOST&port=$PGPORT&user=${2:-$PGUSER}"
}

# sql URL STATEMENT: its result, unaligned, without headers.
sql() {
    psql -X -qAt -v ON_ERROR_STOP=1 -d "$1" -c "$2"
}
