# peers.awk - db-migrate beside other tools: a table for each set (Markdown), what was wrong, data for a plot.
#
# Reads lines of JSON, as bench/peers writes them, behind stats.awk.  The ratios are taken within each round,
# against db-migrate with counts compared, as the other tools compare nothing: its whole time, and the time
# until rows, indexes and keys were there, for most others gather no statistics either.  -v data=FILE: gets a block
# for each set: title, then "tool", seconds, right (1 or 0).

function text(name,    value) {
    if (!match($0, "\"" name "\":\"([^\"\\\\]|\\\\.)*\""))
        return ""
    value = substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5)
    gsub(/\\"/, "\"", value)
    return value
}

{
    set = text("set")
    tool = text("tool")
    k = set SUBSEP tool
    if (!(set in n_tools))
        sets[++n_sets] = set
    if (!(k in verdict))
        tools[set, ++n_tools[set]] = tool
    verdict[k] = text("verdict")
    rows[set] = member("rows")
    if (member("status") != 0) {
        failed[k] = 1
        next
    }
    add(k " wall", member("wall_s"))
    add(k " cpu", member("cpu_s"))
    add(k " server", member("server_s"))
    add(k " rss", member("maxrss_kb") / 1024)
    wall[k, member("round")] = member("wall_s")
    filled[k, member("round")] = member("filled_s")
    last_round = member("round")
}

# Findings that are mere types are none.
function state(k,    lines, i, m, worst) {
    if (k in failed || verdict[k] ~ /^failed/)
        return "failed"
    m = split(verdict[k], lines, /\\n/)
    worst = "right"
    for (i = 1; i <= m; i++) {
        if (lines[i] ~ /^type: / && worst == "right")
            worst = "right, other types"
        else if (lines[i] ~ /^lost: / && worst ~ /^right/)
            worst = "schema lost in part"
        else if (lines[i] !~ /^(right|type: |lost: )/)
            worst = "**wrong**"
    }
    return worst
}

# What was lost or changed, the first few of it, and how many columns have other types.
function shorten(what,    lines, m, i, out, n_wrong, n_shown, n_left, n_types, type) {
    m = split(what, lines, /\\n/)
    for (i = 1; i <= m; i++) {
        if (lines[i] ~ /^type: /) {
            if (n_types++ == 0)
                type = substr(lines[i], 7)
            continue
        }
        if (lines[i] !~ /^(right|lost: )/)
            n_wrong++
        if (n_shown++ < 6)
            out = out (out == "" ? "" : "; ") lines[i]
        else
            n_left++
    }
    if (n_left)
        out = out sprintf("; and %d more", n_left)
    if (n_types)
        out = out sprintf("%sother types%s: %s%s", out == "" ? "" : "; ", n_wrong ? "" : ", the same values", type,
            (n_types > 1) ? sprintf(", and %d more", n_types - 1) : "")
    return out
}

function range(k) {
    return n[k] ? sprintf("%.2f (%.2f-%.2f)", median(k), least(k), most(k)) : ""
}

END {
    for (s = 1; s <= n_sets; s++) {
        set = sets[s]
        base = set SUBSEP "db-migrate-counts"
        printf "%s### %s, %d rows\n\n", (s > 1) ? "\n" : "", set, rows[set]
        form = "| %-18s | %-22s | %-20s | %-20s | %8s | %8s | %8s | %-20s |\n"
        printf form, "Tool", "Time", "Times db-migrate", "Times until filled", "CPU", "Server", "Memory", "Result"
        print "|---|---|---|---|---:|---:|---:|---|"
        if (s > 1)
            printf "\n\n" >data
        printf "\"%s\"\n", set >data
        for (t = 1; t <= n_tools[set]; t++) {
            k = set SUBSEP tools[set, t]
            if (!n[k " wall"]) {
                printf form, tools[set, t], "-", "", "", "", "", "", state(k)
                continue
            }
            for (r = 1; r <= last_round; r++) {
                if (!((k, r) in wall && (base, r) in wall))
                    continue
                add(k " ratio", wall[k, r] / wall[base, r])
                if (filled[base, r] > 0)
                    add(k " filled", wall[k, r] / filled[base, r])
            }
            printf form, tools[set, t],
                sprintf("%s (%.2f-%.2f)", seconds(k " wall"), least(k " wall"), most(k " wall")),
                range(k " ratio"), range(k " filled"),
                seconds(k " cpu"), seconds(k " server"), sprintf("%.0f MiB", median(k " rss")), state(k)
            printf "\"%s\" %.4f %d\n", tools[set, t], median(k " wall"), (state(k) ~ /^right/) >data
        }
        found = 0
        for (t = 1; t <= n_tools[set]; t++) {
            k = set SUBSEP tools[set, t]
            if (verdict[k] == "right")
                continue
            printf "%s- %s: %s\n", (found++) ? "" : "\n", tools[set, t], shorten(verdict[k])
        }
    }
    close(data)
}
