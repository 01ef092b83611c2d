#!/usr/bin/env bash
# links.sh - what the documents refer to is there.
# shellcheck source-path=SCRIPTDIR source=../support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

# broken ROOT: the links of its Markdown files to files that do not exist.
broken() {
    local file link
    while IFS= read -r file; do
        while IFS= read -r link; do
            link=${link%%#*}
            [[ -z $link || $link == *://* || -e $(dirname "$file")/$link ]] ||
                echo "${file#"$1"/}: $link"
        done < <(grep -oE '\]\([^)]+' "$file" | cut -c3-)
    done < <(find "$1"/README.md "$1"/docs -name '*.md' | sort)
}

it "sees a broken link"
mkdir -p "$tmp/tree/docs"
# shellcheck disable=SC2016 # Markdown
printf '%s\n' '[a](docs) [b](docs/none.md) [c](https://example.org/x)' >"$tmp/tree/README.md"
expect_equal "$(broken "$tmp/tree")" "README.md: docs/none.md"

it "every file that is linked is there"
expect_equal "$(broken "$top")" ""

it "every decision is listed"
for file in "$top"/docs/decisions/0*.md; do
    grep -qF "(${file##*/})" "$top/docs/decisions/README.md" || fail "${file##*/} is not in README.md"
done

done_testing
