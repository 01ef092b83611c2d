# stats.awk - members of lines of JSON, and medians of lists of numbers.  Before another program: -f stats.awk -f x.awk

function member(name,    value) {
    if (!match($0, "\"" name "\":\"?[^,\"}]+"))
        return ""
    value = substr($0, RSTART, RLENGTH)
    sub(/.*:"?/, "", value)
    return value
}

function add(list, value) {
    values[list, ++n[list]] = value + 0
}

function sort(list,    i, j, v) {
    for (i = 2; i <= n[list]; i++) {
        v = values[list, i]
        for (j = i - 1; j >= 1 && values[list, j] > v; j--)
            values[list, j + 1] = values[list, j]
        values[list, j + 1] = v
    }
}

function median(list,    m) {
    sort(list)
    m = n[list]
    if (m == 0)
        return 0
    return m % 2 ? values[list, (m + 1) / 2] : (values[list, m / 2] + values[list, m / 2 + 1]) / 2
}

function seconds(list,    s) {
    if (!n[list])
        return ""
    s = median(list)
    return sprintf(s < 1 ? "%.3f s" : "%.2f s", s)
}

function least(list) {
    sort(list)
    return values[list, 1]
}

function most(list) {
    sort(list)
    return values[list, n[list]]
}
