#!/usr/bin/env bash
# words.sh - words that have no place in the sources.
# shellcheck source-path=SCRIPTDIR source=../support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

# matches ROOT PATTERN FOLDER...: every line that has it, but for this script.  Options of grep may
# stand before the folders.
matches() {
    local root=$1 pattern=$2
    shift 2
    (cd "$root" && grep -rnIE -e "$pattern" "$@" --exclude=words.sh) | cut -c1-160
}

# A switch over one of our enums (its cases are called MIG_) has no default: the compiler then
# lists what is missing.  Cases stand as far left as their switch (clang-format).
enum_defaults() {
    find "$1" -name '*.[ch]' -exec awk '
        FNR == 1 { split("", is_enum); split("", has_default) }
        { match($0, /^ */); column = RLENGTH }
        /^ *switch \(/ { is_enum[column] = 0; has_default[column] = 0 }
        /^ *case MIG_[A-Z0-9_]+:/ { is_enum[column] = 1 }
        /^ *default:/ { has_default[column] = FNR }
        /^ *}/ {
            if (is_enum[column] && has_default[column])
                printf "%s:%d: default in a switch over an enum\n", FILENAME, has_default[column]
            is_enum[column] = 0
            has_default[column] = 0
        }' {} +
}

unfinished='\b(TODO|FIXME|XXX|HACK)\b|not (yet )?implemented'
unsafe='\b(strcpy|strcat|sprintf|vsprintf|atoi|atol|atof|alloca|gets|tmpnam)[[:space:]]*\('
leaving='\b(exit|_exit|quick_exit)[[:space:]]*\('

it "sees what it looks for"
mkdir -p "$tmp/tree"
cat >"$tmp/tree/bad.c" <<'C'
/* TODO: everything */
static void f(void)
{
    sprintf(a, "x");
    snprintf(a, 1, "x");
    exit (1);
    switch (st) {
    case MIG_OK:
        switch (c) {
        case 'a':
        default:
            return;
        }
    default:
        break;
    }
}
C
expect_equal "$(matches "$tmp" "$unfinished" tree | wc -l)" 1
expect_equal "$(matches "$tmp" "$unsafe" tree | wc -l)" 1
expect_equal "$(matches "$tmp" "$leaving" tree | wc -l)" 1
expect_equal "$(enum_defaults "$tmp/tree" | sed 's/.*bad/bad/')" \
    "bad.c:14: default in a switch over an enum"

it "nothing is left to be done later"
expect_equal "$(matches "$top" "$unfinished" src include bench tests docs Makefile README.md .ci)" ""

it "no function of the C library that writes or reads without a bound"
expect_equal "$(matches "$top" "$unsafe" --include="*.[ch]" src include bench tests)" ""

it "only the command line ends the process"
expect_equal "$(matches "$top" "$leaving" src include | grep -v '^src/cli/')" ""

it "a switch over an enum has no default"
expect_equal "$(enum_defaults "$top/src" && enum_defaults "$top/include")" ""

done_testing
