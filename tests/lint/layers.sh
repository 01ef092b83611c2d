#!/usr/bin/env bash
# layers.sh - who may include whom.
#
# The table below is the one of docs/architecture.md.  Checked are the #include
# lines of src/ and include/: headers of the project by the folder that owns
# them, headers of libraries by the folder that alone may use them, and headers
# of the system against a list, so that a new library is noticed.
# shellcheck source-path=SCRIPTDIR source=../support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

# folder | owners whose public headers it may include | libraries
layers='
base      | base                                                                |
conc      | base conc                                                           | urcu
wire      | base wire                                                           | xxhash
sqlite    | base wire catalog contracts sqlite                                  | sqlite3
postgres  | base wire catalog contracts postgres                                | libpq
schema    | base wire catalog schema                                            |
secrets   | base secrets                                                        | openssl
migrate   | base conc wire catalog contracts migrate                            |
mirror    | base wire catalog contracts schema migrate mirror                   |
cli       | base conc wire catalog contracts sqlite postgres schema secrets migrate mirror |
catalog   | base wire catalog                                                   |
contracts | base wire catalog contracts                                         |
'

# Public header and its owner, mostly a folder.  The contracts (plan, source, sink) and the shape
# of a catalog belong to no folder: both backends and the engine share them.  stop.h is what
# sources and sinks see of a cancellation, so it stands below conc, which implements it.
owners='
error base
buf base
log base
clock base
zone base
stop base
glob base
park conc
cancel conc
queue conc
pool conc
threads conc
wire wire
digest wire
codec wire
copy_text wire
temporal wire
convert wire
catalog catalog
match catalog
schema catalog
sqlite_ddl catalog
plan contracts
aside contracts
source contracts
sink contracts
ddl contracts
journal contracts
survey contracts
sqlite sqlite
postgres postgres
mirror mirror
uptrakit schema
bookkeeping schema
type_rules schema
translate schema
secrets secrets
migrate migrate
'

system=' assert ctype dirent endian errno fcntl float getopt grp inttypes libgen limits locale math poll
pthread pwd signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string
strings termios time tmmintrin unistd '

owner_of() {
    awk -v name="$1" '$1 == name { print $2 }' <<<"$owners"
}

# The column of a folder: 2 for owners, 3 for libraries.
may() {
    awk -F'|' -v folder="$1" -v column="$2" '
        { name = $1; gsub(/ /, "", name) }
        name == folder { print " " $column " " }' <<<"$layers"
}

library_of() {
    case $1 in
    urcu.h | urcu/* | urcu-*) echo urcu ;;
    sqlite3*.h) echo sqlite3 ;;
    libpq-fe.h | libpq/* | libpq-events.h | postgres_ext.h | pg_config*.h) echo libpq ;;
    openssl/*) echo openssl ;;
    xxhash.h) echo xxhash ;;
    sys/*.h | linux/*.h) echo system ;;
    *) [[ $system =~ [[:space:]]${1%.h}[[:space:]] ]] && echo system || echo unknown ;;
    esac
}

# check_include FILE FOLDER PUBLIC(yes|no) INCLUDED, where INCLUDED has its quotes or brackets.
check_include() {
    local file=$1 folder=$2 public=$3 name=${4:1:-1} owner library
    if [[ $4 == \"mig/* ]]; then
        owner=$(owner_of "$(basename "$name" .h)")
        if [[ -z $owner ]]; then
            echo "$file: $name has no owner in layers.sh"
        elif [[ $(may "$folder" 2) != *" $owner "* ]]; then
            echo "$file: $folder may not include $name, which belongs to $owner"
        fi
    elif [[ $4 == \"* ]]; then
        if [[ $public == yes ]]; then
            echo "$file: a public header includes the private $name"
        elif [[ $name == *..* || ! -e $root/src/$folder/$name ]]; then
            echo "$file: $name is not in src/$folder"
        fi
    else
        library=$(library_of "$name")
        if [[ $library == unknown ]]; then
            echo "$file: <$name> is neither the system's nor a library's that layers.sh knows"
        elif [[ $library != system && $(may "$folder" 3) != *" $library "* ]]; then
            echo "$file: $folder may not include <$name>"
        elif [[ $library != system && $public == yes ]]; then
            echo "$file: a public header includes <$name>"
        fi
    fi
}

# check_tree ROOT: prints what is wrong.
check_tree() {
    local root=$1 file folder public included
    while IFS= read -r file; do
        if [[ $file == include/mig/* ]]; then
            public=yes
            folder=$(owner_of "$(basename "$file" .h)")
        else
            public=no
            folder=${file#src/}
            folder=${folder%%/*}
        fi
        if [[ -z $folder || -z $(may "$folder" 1) ]]; then
            echo "$file: its folder is not in the table of layers.sh"
            continue
        fi
        while IFS= read -r included; do
            check_include "$file" "$folder" "$public" "$included"
        done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*(<[^>]*>|"[^"]*").*/\1/p' \
            "$root/$file")
    done < <(cd "$root" && find src include -name '*.[ch]' | sort)
}

# A public header that only its owner includes belongs into the owner's folder.
check_public() {
    local root=$1 header name owner
    for header in "$root"/include/mig/*.h; do
        name=$(basename "$header" .h)
        owner=$(owner_of "$name")
        grep -rlE "#include \"mig/$name\.h\"" "$root/src" "$root/include" |
            grep -qvE "^$root/(src/$owner/|include/mig/$name\.h)" ||
            echo "include/mig/$name.h: no folder but $owner includes it"
    done
}

it "finds what a layer may not include"
wrong=$tmp/wrong
mkdir -p "$wrong/include/mig" "$wrong/src/wire" "$wrong/src/cli" "$wrong/src/extra"
touch "$wrong/src/cli/near.h"
cat >"$wrong/src/wire/bad.c" <<'C'
#include "mig/queue.h"
#  include <libpq-fe.h>
#include "../cli/near.h"
#include <zlib.h>
#include "mig/unheard.h"
C
cat >"$wrong/src/wire/good.c" <<'C'
#include "mig/wire.h"
#include <sys/stat.h>
#include <string.h>
#include <xxhash.h>
C
echo '#include <stdio.h>' >"$wrong/src/extra/new.c"
printf '%s\n' '#include "mig/sink.h"' '#include "near.h"' >"$wrong/include/mig/wire.h"
expect_equal "$(check_tree "$wrong")" 'include/mig/wire.h: wire may not include mig/sink.h, which belongs to contracts
include/mig/wire.h: a public header includes the private near.h
src/extra/new.c: its folder is not in the table of layers.sh
src/wire/bad.c: wire may not include mig/queue.h, which belongs to conc
src/wire/bad.c: wire may not include <libpq-fe.h>
src/wire/bad.c: ../cli/near.h is not in src/wire
src/wire/bad.c: <zlib.h> is neither the system'\''s nor a library'\''s that layers.sh knows
src/wire/bad.c: mig/unheard.h has no owner in layers.sh'

it "every folder includes what its layer allows, and nothing else"
expect_equal "$(check_tree "$top")" ""

it "every public header has a reader in another folder"
expect_equal "$(check_public "$top")" ""

it "a library's header is found under any of its folders"
expect_equal "$(library_of urcu/wfcqueue.h) $(library_of openssl/evp.h) $(library_of sqlite3ext.h)" \
    "urcu openssl sqlite3"

done_testing
