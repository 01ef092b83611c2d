# summary.awk - the table of the results: medians of all rounds, and of the ratios within rounds.
#
# Reads lines of JSON, as bench/run writes them; prints Markdown.  Behind stats.awk.

function range(list) {
    return n[list] ? sprintf("%.2f (%.2f-%.2f)", median(list), values[list, 1], values[list, n[list]]) : ""
}

{
    rows = member("rows")
    key = member("name") SUBSEP rows
    if (!(key in seen)) {
        seen[key] = 1
        keys[++n_keys] = key
    }
    add(key " copy", member("copy_s"))
    add(key " wall", member("wall_s"))
    add(key " cpu", member("cpu_s"))
    add(key " rss", member("maxrss_kb") / 1024)
    if (member("limit_s") != "") {
        add(key " limit", member("limit_s"))
        add(key " ratio", member("copy_s") / member("limit_s"))
        add(key " whole", member("wall_s") / member("limit_s"))
    }
    if (member("load") > load)
        load = member("load")
    if (member("name") == "scaling") {
        per_row = member("copy_s") / rows
        if (member("round") != last_round)
            small_per_row = per_row
        else
            add("scaling ratio", per_row / small_per_row)
        last_round = member("round")
    }
}

END {
    form = "| %-20s | %9s | %10s | %9s | %8s | %8s | %-17s | %-17s | %8s |\n"
    printf form, "Set", "Rows", "Copy phase", "Whole run", "CPU", "Limit", "Copy / limit",
        "Whole / limit", "Memory"
    printf "|---|---|---|---|---|---|---|---|---|\n"
    for (i = 1; i <= n_keys; i++) {
        split(keys[i], part, SUBSEP)
        k = keys[i]
        printf form, part[1], part[2], seconds(k " copy"), seconds(k " wall"), seconds(k " cpu"),
            seconds(k " limit"), range(k " ratio"), range(k " whole"),
            sprintf("%.1f MiB", median(k " rss"))
    }
    if (n["scaling ratio"])
        printf "\nTime per row in the large table / in the small one: %s.\n", range("scaling ratio")
    printf "\nHighest load of the machine in a minute: %s.\n", load
}
