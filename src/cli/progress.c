/*
 * progress.c - drawing the copy's counters.
 */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mig/clock.h"
#include "mig/log.h"

#define DRAW_EVERY_S  0.2
#define SPEAK_EVERY_S 10.0
#define BAR_WIDTH     24

mig_status
mig__progress_init(mig_progress *progress, const mig_plan *plan, bool quiet, mig_error *err)
{
    *progress = (mig_progress){
        .quiet = quiet,
        .live = !quiet && isatty(STDERR_FILENO) == 1,
        .spoken_at = mig_clock_now(),
        .told = calloc(plan->n_tables + 1, sizeof *progress->told),
    };
    if (progress->told == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the progress display");
    return MIG_OK;
}

void
mig__progress_fini(mig_progress *progress)
{
    free(progress->told);
    progress->told = NULL;
}

void
mig__progress_clear(mig_progress *progress)
{
    if (progress->drawn)
        mig_log_raw("\r\033[K");
    progress->drawn = false;
}

static void
tell_table(const mig_table_plan *plan, uint64_t n_done, uint64_t n_rows)
{
    if (n_rows == 0)
        mig_log_info("  %s: 0 rows (empty)", plan->label);
    else
        mig_log_info("  %s: %" PRIu64 "/%" PRIu64 " rows", plan->label, n_done, n_rows);
}

/* Lines for the tables that became complete since the last tick. */
static void
tell_complete(mig_progress *progress, const mig_copy *copy)
{
    for (size_t i = 0; i < copy->plan->n_tables; i++) {
        mig_table_copy *table = &copy->tables[i];

        if (progress->told[i] || !atomic_load_explicit(&table->complete, memory_order_acquire))
            continue;
        mig__progress_clear(progress);
        tell_table(&copy->plan->tables[i], atomic_load(&table->n_committed), table->n_rows);
        progress->told[i] = true;
    }
}

/* "1.2 M", "345 k", "12": a rate in three digits. */
static void
format_rate(double rate, char *out, size_t size)
{
    if (rate >= 1e6)
        snprintf(out, size, "%.2f M", rate / 1e6);
    else if (rate >= 1e4)
        snprintf(out, size, "%.0f k", rate / 1e3);
    else
        snprintf(out, size, "%.0f", rate);
}

static void
format_left(double seconds, char *out, size_t size)
{
    unsigned long s = (unsigned long)(seconds + 0.5);

    if (s >= 3600)
        snprintf(out, size, "%lu h %02lu min", s / 3600, s / 60 % 60);
    else if (s >= 60)
        snprintf(out, size, "%lu min %02lu s", s / 60, s % 60);
    else
        snprintf(out, size, "%lu s", s);
}

static unsigned
terminal_width(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

/* `unit`: "rows". */
static void
draw(mig_progress *progress, double seconds, uint64_t n_done, uint64_t n_all, const char *unit)
{
    double share, rate;
    char   bar[BAR_WIDTH + 1], rate_text[24], left_text[32], line[160];
    int    len;

    share = n_all > 0 ? (double)n_done / (double)n_all : 1.0;
    if (share > 1.0)
        share = 1.0;
    rate = seconds > 0 ? (double)n_done / seconds : 0;
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < (int)(share * BAR_WIDTH) ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    format_rate(rate, rate_text, sizeof rate_text);
    format_left(rate > 0 ? (double)(n_all - (n_done < n_all ? n_done : n_all)) / rate : 0,
                left_text, sizeof left_text);
    len =
        snprintf(line, sizeof line, "  [%s] %3.0f%%  %" PRIu64 "/%" PRIu64 " %s  %s %s/s  %s left",
                 bar, share * 100, n_done, n_all, unit, rate_text, unit, left_text);
    if (len > 0 && (unsigned)len >= terminal_width())
        line[terminal_width() - 1] = '\0'; /* A line that wraps cannot be drawn over. */
    mig_log_raw("\r\033[K%s", line);
    progress->drawn = true;
    progress->drawn_at = mig_clock_now();
}

static void
draw_rows(mig_progress *progress, const mig_copy *copy)
{
    uint64_t n_done = 0, n_rows = 0;

    for (size_t i = 0; i < copy->plan->n_tables; i++) {
        n_done += atomic_load_explicit(&copy->tables[i].n_written, memory_order_relaxed);
        n_rows += copy->tables[i].n_rows;
    }
    draw(progress, mig_clock_seconds_since(copy->started_at), n_done, n_rows, "rows");
}

/* Not on a terminal: which tables are under way, every few seconds. */
static void
tell_under_way(const mig_copy *copy)
{
    for (size_t i = 0; i < copy->plan->n_tables; i++) {
        mig_table_copy *table = &copy->tables[i];
        uint64_t        n_written = atomic_load_explicit(&table->n_written, memory_order_relaxed);

        if (n_written > 0 && !atomic_load(&table->complete))
            tell_table(&copy->plan->tables[i], n_written, table->n_rows);
    }
}

void
mig__progress_tick(void *arg, const mig_copy *copy)
{
    mig_progress *progress = arg;

    if (progress->quiet)
        return;
    tell_complete(progress, copy);
    if (progress->live && mig_clock_seconds_since(progress->drawn_at) >= DRAW_EVERY_S)
        draw_rows(progress, copy);
    if (!progress->live && mig_clock_seconds_since(progress->spoken_at) >= SPEAK_EVERY_S) {
        tell_under_way(copy);
        progress->spoken_at = mig_clock_now();
    }
}

void
mig__progress_pages(mig_progress *progress, const mig_copy *copy, uint64_t n_done, uint64_t n_pages)
{
    if (progress->quiet)
        return;
    if (progress->live && mig_clock_seconds_since(progress->drawn_at) >= DRAW_EVERY_S)
        draw(progress, mig_clock_seconds_since(copy->started_at), n_done, n_pages, "pages");
    if (!progress->live && mig_clock_seconds_since(progress->spoken_at) >= SPEAK_EVERY_S) {
        mig_log_info("  %" PRIu64 "/%" PRIu64 " pages", n_done, n_pages);
        progress->spoken_at = mig_clock_now();
    }
}
