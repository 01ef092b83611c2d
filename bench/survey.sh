# shellcheck shell=bash
# survey.sh - looking at all values of a SQLite file, before it is mirrored.
#
# Sourced by run, after lib.sh.  The limit is a bare scan of the same file by as many threads; the
# rounds and their turns are those of the program (survey.c).
#
# shellcheck disable=SC2154 # variables of run and lib.sh

measure_survey() { # SET
    local set=$1 line round=0 source
    source_file "$set"
    timed "$MIG_BUILD/bench/survey" "$source" --threads 2 --rounds "$BENCH_ROUNDS" >"$work/out" ||
        die "the survey failed"
    while read -r line; do
        round=$((round + 1))
        record "survey/$set" "$round" "\"rows\":$((default_rows[$1] / BENCH_SCALE)),\
\"copy_s\":$(member survey_s "$line"),\"wall_s\":$(member survey_s "$line"),\
\"cpu_s\":$(member survey_cpu_s "$line"),\"limit_s\":$(member scan_s "$line"),\
\"cpu_ratio\":$(member cpu_ratio "$line"),\"maxrss_kb\":$maxrss_kb"
        say "survey/$set, round $round: $(member ratio "$line") times a bare scan, in processor" \
            "time $(member cpu_ratio "$line") times"
    done <"$work/out"
}
