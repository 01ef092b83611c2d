/*
 * content.c - does the target hold what was sent?
 *
 * The digest of each table is taken from the rows as the readers of the copy
 * hand them over; the target is read back by a source over it, in the same wire
 * types, and digested by the same code.  Where two digests differ, both sides
 * are read again until the rows are named (content_rows.c).
 *
 * Threads: scans start their own; everything else on one.
 */
#include "content.h"

#include <inttypes.h>
#include <stdlib.h>

#include "mig/clock.h"

/* ---- hashers ------------------------------------------------------------------------------ */

/* Only catalogs of PostgreSQL know base types. */
static bool
of_sqlite(const mig_column *column)
{
    return column->base == NULL;
}

bool
mig_verify_compares(const mig_column_plan *column)
{
    /* A length of time as a number has lost what of it were days. */
    if (column->wire == MIG_WIRE_INTERVAL && column->target != NULL && of_sqlite(column->target) &&
        (column->unit != MIG_UNIT_NONE || column->store == MIG_STORE_INTEGER ||
         column->store == MIG_STORE_REAL))
        return false;
    /* Digits of either case have become the same bytes. */
    if (column->store == MIG_STORE_BLOB && (column->rules & (MIG_RULE_HEX | MIG_RULE_BASE64)) != 0)
        return false;
    return column->wire != MIG_WIRE_LITERAL || column->target == NULL ||
           of_sqlite(column->target) || !of_sqlite(column->source);
}

mig_status
mig__content_hasher(const mig_table_plan *table, mig_hasher **hasherp, mig_error *err)
{
    mig_status       st = MIG_OK;
    mig_hash_column *columns = calloc(table->n_columns + 1, sizeof *columns);
    bool             of_target = false;

    *hasherp = NULL;
    if (columns == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the columns of %s",
                         table->source->name);
    for (size_t i = 0; i < table->n_columns; i++)
        of_target = of_target || table->columns[i].target->pk_position > 0;
    for (size_t i = 0; i < table->n_columns; i++) {
        const mig_column_plan *column = &table->columns[i];

        columns[i] =
            (mig_hash_column){.wire = column->wire,
                              .key = (of_target ? column->target : column->source)->pk_position > 0,
                              .skipped = !mig_verify_compares(column)};
    }
    MIG_TRY(mig_hasher_new(columns, table->n_columns, hasherp, err));
done:
    free(columns);
    return st;
}

/* ---- the target's tables as those of a source --------------------------------------------- */

void
mig__content_free_back(mig_plan *back)
{
    for (size_t t = 0; back != NULL && back->tables != NULL && t < back->n_tables; t++)
        free(back->tables[t].columns);
    if (back != NULL)
        free(back->tables);
    free(back);
}

/* What numbers count that stand for times: seconds where nothing else was said, also of reals. */
static mig_unit
unit_back(const mig_column_plan *column)
{
    return column->unit != MIG_UNIT_NONE ? column->unit : MIG_UNIT_S;
}

/* What is not compared is read as whatever SQLite has there. */
static mig_wire_type
wire_back(const mig_column_plan *column)
{
    return mig_verify_compares(column) || !of_sqlite(column->target) ? column->wire
                                                                     : MIG_WIRE_DYNAMIC;
}

/* How texts and bytes, and numbers among texts, become what they were when they were sent. */
static unsigned
rules_back(const mig_column_plan *column)
{
    const bool as_digits = column->wire == MIG_WIRE_BYTEA && column->store == MIG_STORE_TEXT &&
                           (column->rules & MIG_RULE_UTF8) == 0;

    if (!as_digits)
        return column->rules | MIG_RULE_NUMBER | MIG_RULE_UTF8;
    return (column->rules & MIG_RULE_BASE64) != 0 ? MIG_RULE_BASE64 : MIG_RULE_HEX;
}

/* Every table of the target, read into the wire types in which it was written. */
mig_status
mig__content_plan_back(const mig_plan *plan, mig_plan **backp, mig_error *err)
{
    mig_plan *back = calloc(1, sizeof *back);

    *backp = NULL;
    if (back == NULL || (back->tables = calloc(plan->n_tables + 1, sizeof *back->tables)) == NULL)
        goto failed;
    back->n_tables = plan->n_tables;
    for (size_t t = 0; t < plan->n_tables; t++) {
        const mig_table_plan *from = &plan->tables[t];
        mig_table_plan       *to = &back->tables[t];

        *to =
            (mig_table_plan){.source = from->target, .target = from->target, .label = from->label};
        to->columns = calloc(from->n_columns + 1, sizeof *to->columns);
        if (to->columns == NULL)
            goto failed;
        to->n_columns = from->n_columns;
        for (size_t i = 0; i < from->n_columns; i++)
            to->columns[i] = (mig_column_plan){.source = from->columns[i].target,
                                               .target = from->columns[i].target,
                                               .secret = from->columns[i].secret,
                                               .wire = wire_back(&from->columns[i]),
                                               .read = wire_back(&from->columns[i]),
                                               .limits = MIG_LIMITS_NONE,
                                               .rules = rules_back(&from->columns[i]),
                                               .unit = unit_back(&from->columns[i]),
                                               .zone = NULL};
    }
    *backp = back;
    return MIG_OK;
failed:
    mig__content_free_back(back);
    return mig_raise(err, MIG_E_NOMEM, "cannot allocate the plan of the comparison");
}

/* ---- digests of all tables ---------------------------------------------------------------- */

/* When a table's rows came, the first and the last of them; 0: none. */
typedef struct span {
    uint64_t first, last;
} span;

typedef struct digester {
    mig_hasher    **hashers; /* of each table, when it comes first */
    mig_digest     *digests;
    span           *spans;
    const mig_plan *plan; /* of the copy */
} digester;

static mig_status
digest_rows(void *arg, size_t table, const mig_rows *rows, mig_error *err)
{
    digester  *d = arg;
    mig_status st = MIG_OK;

    if (d->spans[table].first == 0)
        d->spans[table].first = mig_clock_now();
    if (d->hashers[table] == NULL)
        MIG_TRY(mig__content_hasher(&d->plan->tables[table], &d->hashers[table], err));
    MIG_TRY(mig_hash_rows(d->hashers[table], rows, &d->digests[table], err));
    d->spans[table].last = mig_clock_now();
done:
    return st;
}

static void
free_digesters(digester *digesters, unsigned n, size_t n_tables)
{
    for (unsigned i = 0; digesters != NULL && i < n; i++) {
        for (size_t t = 0; digesters[i].hashers != NULL && t < n_tables; t++)
            mig_hasher_free(digesters[i].hashers[t]);
        free(digesters[i].hashers);
        free(digesters[i].digests);
        free(digesters[i].spans);
    }
    free(digesters);
}

/* From the first row of the table that any of them got to the last. */
static double
seconds_of(const digester *digesters, unsigned n, size_t table)
{
    span all = {0, 0};

    for (unsigned i = 0; i < n; i++) {
        span one = digesters[i].spans[table];

        if (one.first != 0 && (all.first == 0 || one.first < all.first))
            all.first = one.first;
        all.last = one.last > all.last ? one.last : all.last;
    }
    return all.last > all.first ? (double)(all.last - all.first) / 1e9 : 0;
}

static mig_status
digest_side(const mig_plan *plan, const mig__side_read *side, mig_digest *digests, double *seconds,
            mig_error *err)
{
    mig_status st = MIG_OK;
    digester  *digesters = calloc(side->n_readers, sizeof *digesters);
    void     **args = calloc(side->n_readers, sizeof *args);
    bool       room = digesters != NULL && args != NULL;

    for (unsigned i = 0; room && i < side->n_readers; i++) {
        digesters[i].plan = plan;
        digesters[i].hashers = calloc(plan->n_tables + 1, sizeof(mig_hasher *));
        digesters[i].digests = calloc(plan->n_tables + 1, sizeof(mig_digest));
        digesters[i].spans = calloc(plan->n_tables + 1, sizeof(span));
        room = digesters[i].hashers != NULL && digesters[i].digests != NULL &&
               digesters[i].spans != NULL;
        args[i] = &digesters[i];
    }
    if (!room) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate digests");
        goto done;
    }
    MIG_TRY(mig__scan_run(&(mig__scan){.source = side->source,
                                       .plan = side->plan,
                                       .table = SIZE_MAX,
                                       .n_rows = side->n_rows,
                                       .n_readers = side->n_readers,
                                       .fn = digest_rows,
                                       .args = args},
                          err));
    for (unsigned i = 0; i < side->n_readers; i++)
        for (size_t t = 0; t < plan->n_tables; t++)
            mig_digest_add(&digests[t], &digesters[i].digests[t]);
    for (size_t t = 0; t < plan->n_tables; t++)
        seconds[t] = seconds_of(digesters, side->n_readers, t);
done:
    free_digesters(digesters, side->n_readers, plan->n_tables);
    free(args);
    return st;
}

/* ---- the comparison ----------------------------------------------------------------------- */

/* Columns in one line, as many as a person reads. */
#define NAMED_MOST 10

/* What is not compared, and why. */
void
mig__content_tell_columns(const mig_plan *plan, mig_buf *notes)
{
    mig_buf names = MIG_BUF_INIT;
    size_t  n = 0;

    for (size_t t = 0; t < plan->n_tables; t++) {
        const mig_table_plan *table = &plan->tables[t];

        for (size_t i = 0; i < table->n_columns; i++)
            if (!mig_verify_compares(&table->columns[i]) && n++ < NAMED_MOST)
                mig_buf_printf(&names, "%s%s.%s", n > 1 ? ", " : "", table->target->name,
                               table->columns[i].target->name);
    }
    if (n > NAMED_MOST)
        mig_buf_printf(&names, " and %zu more", n - NAMED_MOST);
    if (n > 0)
        mig_buf_printf(
            notes, "not compared, since the target has a form of its own for these values: %s\n",
            mig_buf_text(&names));
    notes->failed = notes->failed || names.failed;
    mig_buf_fini(&names);
}

static void
tell_tables(const mig_copy *copy, mig_buf *notes)
{
    for (size_t t = 0; t < copy->plan->n_tables; t++) {
        uint64_t n = atomic_load(&copy->tables[t].n_stored_otherwise);

        if (n > 0)
            mig_buf_printf(notes,
                           "%s was counted only: %" PRIu64
                           " of its values the target took in another form, which is told below\n",
                           copy->plan->tables[t].target->name, n);
    }
}

static mig_status
raise_differing(const mig__comparison *c, size_t n_tables, mig_error *err)
{
    mig_raise(err, MIG_E_DIFFERS, "contents of source and target differ in %zu table%s", n_tables,
              n_tables == 1 ? "" : "s");
    mig_error_detail(err, "%.*s", (int)(c->lines.len > 0 ? c->lines.len - 1 : 0), c->lines.data);
    return MIG_E_DIFFERS;
}

static mig_status
compare(mig__comparison *c, const mig_copy *copy, const mig_digest *digests, mig_error *err)
{
    mig_status st = MIG_OK;
    size_t     n_differing = 0;

    for (size_t t = 0; t < c->plan->n_tables; t++) {
        if ((mig_digest_same(&copy->tables[t].digest, &digests[t]) &&
             mig__unreadable_n_rows(c->unreadable, t) == 0) ||
            atomic_load(&copy->tables[t].n_stored_otherwise) > 0)
            continue;
        n_differing++;
        c->refused = copy->tables[t].refused;
        c->n_refused = copy->tables[t].n_refused;
        MIG_TRY(mig__content_pursue(c, t, err));
        if (copy->tables[t].n_refused_done > 0)
            mig_buf_printf(&c->lines,
                           "  (%" PRIu64 " rows of it were set aside before this run went on; they "
                           "count as missing here)\n",
                           copy->tables[t].n_refused_done);
    }
    MIG_TRY(mig_buf_check(&c->lines, err));
    if (n_differing > 0)
        st = raise_differing(c, n_differing, err);
done:
    return st;
}

/* Rows that cannot be converted were put aside by the copy, and are passed over from then on. */
static mig_status
pass_over(mig_aside *aside, const mig_aside_row *row, mig_error *err)
{
    (void)aside;
    (void)row;
    (void)err;
    return MIG_OK;
}

static mig_aside nowhere = {.put = pass_over};

mig_status
mig_verify_content(mig_copy *copy, const mig_verify_sides *sides, mig_buf *notes, mig_error *err)
{
    const size_t n_tables = copy->plan->n_tables;
    mig_status   st = MIG_OK;
    mig_plan    *back = NULL;
    mig_digest  *digests = calloc(n_tables + 1, sizeof *digests);
    uint64_t    *n_rows = calloc(n_tables + 1, sizeof *n_rows);
    double      *seconds = calloc(n_tables + 1, sizeof *seconds);

    mig__comparison c = {.plan = copy->plan, .most = sides->most, .lines = MIG_BUF_INIT};

    if (digests == NULL || n_rows == NULL || seconds == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate digests");
        goto done;
    }
    for (size_t t = 0; t < n_tables; t++)
        n_rows[t] = copy->tables[t].n_rows;
    MIG_TRY(mig__content_plan_back(copy->plan, &back, err));
    if (sides->source->aside != NULL)
        sides->source->aside = &nowhere;
    c.sides[0] = (mig__side_read){sides->source, copy->plan, sides->n_source_readers, n_rows};
    c.sides[1] = (mig__side_read){sides->target, back, sides->n_target_readers, n_rows};
    MIG_TRY(mig__unreadable_new(copy->plan, back, &c.unreadable, err));
    if (sides->read_source) {
        MIG_TRY(digest_side(copy->plan, &c.sides[0], digests, seconds, err));
        for (size_t t = 0; t < n_tables; t++) {
            copy->tables[t].digest = digests[t];
            digests[t] = (mig_digest){0};
        }
    }
    sides->target->aside = mig__unreadable_aside(c.unreadable);
    st = digest_side(copy->plan, &c.sides[1], digests, seconds, err);
    sides->target->aside = &nowhere; /* it is read again to name what differs */
    MIG_TRY(st);
    for (size_t t = 0; t < n_tables; t++) {
        mig_table_copy *table = &copy->tables[t];

        table->counted = table->digested = true;
        table->n_target = digests[t].n_rows + mig__unreadable_n_rows(c.unreadable, t);
        table->digest_back = digests[t];
        table->seconds_compare = seconds[t];
    }
    mig__content_tell_columns(copy->plan, notes);
    tell_tables(copy, notes);
    MIG_TRY(mig_buf_check(notes, err));
    MIG_TRY(compare(&c, copy, digests, err));
done:
    mig__content_free_back(back);
    free(digests);
    free(n_rows);
    free(seconds);
    mig_buf_fini(&c.lines);
    mig__unreadable_free(c.unreadable);
    return st;
}

mig_status
mig_verify_digests(const mig_verify_side *side, mig_digest *digests, mig_error *err)
{
    mig_status     st = MIG_OK;
    mig_plan      *back = NULL;
    double        *seconds = calloc(side->plan->n_tables + 1, sizeof *seconds);
    mig__side_read read = {side->database, side->plan, side->n_readers, side->n_rows};

    if (seconds == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate digests");
    if (side->of_target) {
        MIG_TRY(mig__content_plan_back(side->plan, &back, err));
        read.plan = back;
    }
    MIG_TRY(digest_side(side->plan, &read, digests, seconds, err));
done:
    mig__content_free_back(back);
    free(seconds);
    return st;
}
