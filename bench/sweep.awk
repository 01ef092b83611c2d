# sweep.awk - the table of a sweep (Markdown), medians of all rounds, and the data of its plot.
#
# Reads lines of JSON, as bench/sweep writes them, behind stats.awk.  -v data=FILE: gets, for each number
# of readers and writers, a block of "batch size, rows/s" with the block's title before it.

function counted(number, what) {
    return number " " what (number == 1 ? "" : "s")
}

{
    key = member("batch_size") SUBSEP member("readers") SUBSEP member("writers")
    if (!(key in seen)) {
        seen[key] = 1
        keys[++n_keys] = key
    }
    crew = member("readers") SUBSEP member("writers")
    if (!(crew in crews)) {
        crews[crew] = 1
        crew_at[++n_crews] = crew
    }
    add(key " rate", member("rows") / member("copy_s"))
    add(key " mib", member("mib") / member("copy_s"))
    add(key " copy", member("copy_s"))
    add(key " cpu", member("cpu_s"))
    add(key " rss", member("maxrss_kb") / 1024)
    batch_rows[key] = member("batch_rows")
}

END {
    for (i = 1; i <= n_keys; i++)
        if (median(keys[i] " rate") > best)
            best = median(keys[i] " rate")
    form = "| %10s | %7s | %7s | %11s | %-28s | %7s | %9s | %8s | %8s | %10s |\n"
    printf form, "Batch size", "Readers", "Writers", "Rows in one", "Rows/s", "MiB/s", "Copy", "CPU", "Memory", "Of the best"
    print "|---:|---:|---:|---:|---|---:|---:|---:|---:|---:|"
    for (c = 1; c <= n_crews; c++) {
        split(crew_at[c], crew_part, SUBSEP)
        if (c != 1)
            printf "\n\n" >data
        printf "\"%s, %s\"\n", counted(crew_part[1], "reader"), counted(crew_part[2], "writer") >data
        for (i = 1; i <= n_keys; i++) {
            k = keys[i]
            split(k, part, SUBSEP)
            if (part[2] SUBSEP part[3] != crew_at[c])
                continue
            rate = median(k " rate")
            printf form, part[1], part[2], part[3], batch_rows[k],
                sprintf("%d (%d-%d)", rate, least(k " rate"), most(k " rate")),
                sprintf("%.1f", median(k " mib")), seconds(k " copy"), seconds(k " cpu"),
                sprintf("%.1f MiB", median(k " rss")), sprintf("%.0f %%", 100 * rate / best)
            if (part[1] != "default")
                print part[1], rate, least(k " rate"), most(k " rate") >data
        }
    }
    close(data)
}
