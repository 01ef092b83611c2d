#!/usr/bin/env bash
# backends.sh - the program that is built without PostgreSQL.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

# A pkg-config that knows no libpq: the build must not ask for it.
mkdir "$tmp/bin"
cat >"$tmp/bin/pkg-config" <<SH
#!/bin/sh
case " \$* " in *" libpq "*) echo "libpq was asked for" >&2; exit 1 ;; esac
exec $(command -v pkg-config) "\$@"
SH
chmod +x "$tmp/bin/pkg-config"

# This one is made by a make of its own, with none of the outer one's options.
build() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u SAN -u T -u SUITES \
        PATH="$tmp/bin:$PATH" make --no-print-directory -C "$top" -j2 POSTGRES=no VARIANT=check "$@"
}
program=$top/build/check-no-postgres/uptrakit-controller
sqlite3 "$tmp/app.db" 'CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (5)'

it "is built without libpq, in a folder of its own"
expect_exit 0 build
reject_stderr 'libpq'
[[ ! -e $top/build/check-no-postgres/obj/src/postgres ]] || fail "src/postgres was compiled"
if readelf -d "$program" | grep -i libpq; then
    fail "libpq is linked"
fi

it "says what it was built with"
expect_exit 0 "$program" --version
expect_stdout '^SQLite 3\.[0-9.]+, compiled without support for PostgreSQL$'

it "refuses the other's URLs at once"
expect_exit 2 "$program" --master-key-file "$tmp/no-such-key" db-migrate \
    --source-db "sqlite://$tmp/no-such.db" --target-db postgresql:///app --yes
expect_stderr 'compiled without support for PostgreSQL: --target-db'
expect_exit 2 "$program" db-migrate --source-db postgres://me:s3cret@host/app \
    --target-db "sqlite://$tmp/app.db" --yes
expect_stderr 'compiled without support for PostgreSQL: --source-db'
reject_stderr 's3cret'

it "copies from SQLite to SQLite"
expect_exit 0 "$program" db-migrate --source-db "sqlite://$tmp/app.db" \
    --target-db "sqlite://$tmp/clone.db?mode=rwc" --yes
expect_equal "$(sqlite3 "$tmp/clone.db" .dump)" "$(sqlite3 "$tmp/app.db" .dump)"

it "is installed like the other"
expect_exit 0 build install DESTDIR="$tmp/root"
expect_exit 0 "$tmp/root/usr/local/bin/db-migrate" --version
expect_stdout 'without support for PostgreSQL'

it "leaves tests, demo and bench to the build with both"
for goal in check demo bench; do
    expect_exit 2 build "$goal"
    expect_stderr "make $goal. needs PostgreSQL"
done

done_testing
