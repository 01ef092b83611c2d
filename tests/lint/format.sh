#!/usr/bin/env bash
# format.sh - clang-format has nothing to change.
# shellcheck source-path=SCRIPTDIR source=../support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

complaints() {
    clang-format --style=file:"$top/.clang-format" --dry-run -Werror "$@" 2>&1 |
        grep -E 'error:|not found' | sed "s|^$top/||"
}

it "sees a badly formatted file"
printf 'int  f( void ){return 0;}\n' >"$tmp/bad.c"
expect_equal "$(complaints "$tmp/bad.c" | cut -d: -f1 | uniq)" "$tmp/bad.c"

it "all C files are formatted (make format)"
mapfile -t files < <(find "$top"/{src,include,tests,bench} -name '*.[ch]' | sort)
expect_equal "$(complaints "${files[@]}" | cut -d: -f1 | uniq)" ""

done_testing
