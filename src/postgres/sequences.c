/*
 * sequences.c - the target's sequences go on where the copied rows end.
 *
 * The next value of each sequence that feeds a column of a copied table must
 * not be one that a row has, nor one that the source had given out already.
 * All columns that a sequence feeds count, also those of tables that are not
 * copied; where such a column cannot be read, or the values do not tell what
 * the sequence gave (a default that computes with it, a text column), the
 * sequence is not put back behind where it stands.
 *
 * Values outside of the sequence's range do not count: it will never give
 * them.  setval is not taken back by a rollback, so a failure here leaves
 * sequences that are further than they were, which does no harm.
 *
 * An atomic run takes hold of its sequences first: an ALTER SEQUENCE gives each
 * a new file, which goes with a rollback, and so does what setval writes into
 * it (since version 10; the manual, ALTER SEQUENCE, "Notes", calls it
 * transactional).  It also keeps others from taking values until the end.
 *
 * Threads: the sink's.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pg_sink.h"
#include "sequence.h"

#define SEQUENCES_TRANSACTIONAL_SINCE 100000

static const char what[] = "cannot set the target's sequences";

enum {
    FED_SEQUENCE,
    FED_SCHEMA,
    FED_NAME,
    FED_TABLE_SCHEMA,
    FED_TABLE,
    FED_COLUMN,
    FED_PLAIN_TABLE, /* without partitions below it */
    FED_IN_PLAN,
    FED_READABLE,
    FED_TELLING /* its values are those of the sequence */
};
static const char fed_sql[] = MIG__WRITTEN_SQL
    ", " MIG__FED_SQL "SELECT s.oid, sn.nspname, s.relname, n.nspname, c.relname, a.attname,"
    " c.relkind = 'r', c.oid IN (SELECT oid FROM tree),"
    " pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
    " AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')"
    " AND NOT pg_catalog.row_security_active(c.oid),"
    " f.plain AND COALESCE(NULLIF(y.typbasetype, 0), y.oid) IN ("
    "  'pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype,"
    "  'pg_catalog.int8'::pg_catalog.regtype, 'pg_catalog.numeric'::pg_catalog.regtype)"
    " FROM fed f JOIN pg_catalog.pg_class c ON c.oid = f.rel"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = f.rel AND a.attnum = f.att"
    " JOIN pg_catalog.pg_type y ON y.oid = a.atttypid"
    " JOIN pg_catalog.pg_class s ON s.oid = f.seq"
    " JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace"
    " WHERE f.seq IN (SELECT x.seq FROM fed x JOIN tree t ON t.oid = x.rel)"
    " ORDER BY s.oid, n.nspname, c.relname, a.attnum";

/* One sequence while its columns are looked at. */
typedef struct looking {
    mig__pg_sink        *sink;
    const mig_plan      *plan;
    const PGresult      *fed;
    const mig__sequence *sequence;
    int                  first; /* row of `fed` */

    bool    any; /* a value is in use: */
    int64_t used;
    bool    stays;   /* it must not be put back */
    bool    blind;   /* a copied table has rows that do not tell how far it must be */
    mig_buf outside; /* columns with values outside of its range */
} looking;

static void
use(looking *l, int64_t value)
{
    if (!l->any || (l->sequence->increment > 0 ? value > l->used : value < l->used))
        l->used = value;
    l->any = true;
}

/* What the source's sequence had given out for the column; false if that is not known. */
static bool
counter_of(const mig_plan *plan, const char *table, const char *column, int64_t *counterp)
{
    for (size_t t = 0; t < plan->n_tables; t++) {
        const mig_table_plan *p = &plan->tables[t];

        for (size_t c = 0; strcmp(p->target->name, table) == 0 && c < p->n_columns; c++) {
            if (strcmp(p->columns[c].target->name, column) != 0)
                continue;
            *counterp = p->columns[c].source->counter;
            return p->columns[c].source->has_counter;
        }
    }
    return false;
}

static void
add_from(mig_buf *sql, const PGresult *fed, int row)
{
    mig_buf_puts(sql, mig__query_true(fed, row, FED_PLAIN_TABLE) ? " FROM ONLY " : " FROM ");
    mig__query_name(sql, PQgetvalue(fed, row, FED_TABLE_SCHEMA), PQgetvalue(fed, row, FED_TABLE));
}

/*
 * The lowest and the highest value, which an index knows at once.  Where they are outside of the
 * range a second look is taken, at what is inside.
 */
static mig_status
look_at_values(looking *l, int row, bool inside, mig_error *err)
{
    enum { OUTSIDE, LOWEST, HIGHEST };
    const mig__sequence *s = l->sequence;
    const char          *column = PQgetvalue(l->fed, row, FED_COLUMN);
    mig_status           st = MIG_OK;
    mig_buf              sql = MIG_BUF_INIT;
    PGresult            *res = NULL;

    mig_buf_printf(&sql,
                   "SELECT low < %" PRId64 " OR high > %" PRId64
                   ", pg_catalog.floor(low), pg_catalog.ceil(high) FROM (SELECT pg_catalog.min(",
                   s->least, s->most);
    mig_buf_identifier(&sql, column);
    mig_buf_puts(&sql, ")::pg_catalog.numeric AS low, pg_catalog.max(");
    mig_buf_identifier(&sql, column);
    mig_buf_puts(&sql, ")::pg_catalog.numeric AS high");
    add_from(&sql, l->fed, row);
    if (inside) {
        mig_buf_puts(&sql, " WHERE ");
        mig_buf_identifier(&sql, column);
        mig_buf_printf(&sql,
                       " BETWEEN '%" PRId64 "'::pg_catalog.int8 AND '%" PRId64 "'::pg_catalog.int8",
                       s->least, s->most);
    }
    mig_buf_puts(&sql, ") x");
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(&l->sink->control, what, mig_buf_text(&sql), 0, NULL, &res, err));
    if (PQgetisnull(res, 0, LOWEST))
        goto done;
    if (mig__query_true(res, 0, OUTSIDE) && !inside) {
        mig_buf_printf(&l->outside, "%s%s.%s", l->outside.len > 0 ? ", " : "",
                       PQgetvalue(l->fed, row, FED_TABLE), column);
        MIG_TRY(look_at_values(l, row, true, err));
        goto done;
    }
    use(l, strtoll(PQgetvalue(res, 0, s->increment > 0 ? HIGHEST : LOWEST), NULL, 10));
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

/* Values are there that say nothing of the sequence. */
static mig_status
look_for_rows(looking *l, int row, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    sql = MIG_BUF_INIT;
    PGresult  *res = NULL;

    mig_buf_puts(&sql, "SELECT EXISTS (SELECT");
    add_from(&sql, l->fed, row);
    mig_buf_puts(&sql, ")");
    MIG_TRY(mig_buf_check(&sql, err));
    MIG_TRY(mig__query_rows(&l->sink->control, what, mig_buf_text(&sql), 0, NULL, &res, err));
    l->blind = l->blind || mig__query_true(res, 0, 0);
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

static mig_status
look_at_column(looking *l, int row, mig_error *err)
{
    mig_status st = MIG_OK;
    bool       in_plan = mig__query_true(l->fed, row, FED_IN_PLAN);
    bool       telling = mig__query_true(l->fed, row, FED_TELLING);
    bool       readable = mig__query_true(l->fed, row, FED_READABLE);
    int64_t    counter = 0;
    bool       counted = in_plan && counter_of(l->plan, PQgetvalue(l->fed, row, FED_TABLE),
                                               PQgetvalue(l->fed, row, FED_COLUMN), &counter);

    l->stays = l->stays || !in_plan || !telling;
    if (counted)
        use(l, counter);
    if (telling && readable)
        MIG_TRY(look_at_values(l, row, false, err));
    else if (in_plan && !counted && readable)
        MIG_TRY(look_for_rows(l, row, err));
done:
    return st;
}

/* How notes begin: `the sequence s (t.c)`. */
static void
begin_note(const looking *l, mig_buf *notes)
{
    mig_buf_printf(notes, "the sequence %s (%s.%s) ", PQgetvalue(l->fed, l->first, FED_NAME),
                   PQgetvalue(l->fed, l->first, FED_TABLE),
                   PQgetvalue(l->fed, l->first, FED_COLUMN));
}

static void
tell(const looking *l, int64_t last, bool called, mig_buf *notes)
{
    if (l->blind) {
        begin_note(l, notes);
        mig_buf_printf(notes, "stands at %" PRId64 ": the rows do not tell how far it must be\n",
                       last);
    }
    if (l->outside.len > 0) {
        begin_note(l, notes);
        mig_buf_printf(notes,
                       "stands at %" PRId64
                       ": there are values outside of its range, which is %" PRId64 " to %" PRId64
                       " (%s)\n",
                       last, l->sequence->least, l->sequence->most, mig_buf_text(&l->outside));
    }
    if (called && mig__sequence_ends(l->sequence, last)) {
        begin_note(l, notes);
        mig_buf_printf(notes, "has no value left behind %" PRId64 ": %s\n", last,
                       l->sequence->cycles
                           ? "it will give again what rows have"
                           : "rows that are to get their value from it will be refused");
    }
}

/* Appends the statement for the sequence whose rows in `fed` begin at l->first. */
static mig_status
set_one(looking *l, mig_buf *sql, mig_buf *notes, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    name = MIG_BUF_INIT;
    int64_t    given, last;
    bool       called = false;

    for (int row = l->first;
         row < PQntuples(l->fed) && strcmp(PQgetvalue(l->fed, row, FED_SEQUENCE),
                                           PQgetvalue(l->fed, l->first, FED_SEQUENCE)) == 0;
         row++)
        MIG_TRY(look_at_column(l, row, err));
    if (l->stays && mig__sequence_given(l->sequence, &given))
        use(l, given);
    last = l->sequence->start;
    if (l->any)
        called = mig__sequence_past(l->sequence, l->used, &last);
    mig__query_name(&name, PQgetvalue(l->fed, l->first, FED_SCHEMA),
                    PQgetvalue(l->fed, l->first, FED_NAME));
    mig_buf_puts(sql, "SELECT pg_catalog.setval(");
    mig_buf_literal(sql, mig_buf_text(&name));
    mig_buf_printf(sql, ", %" PRId64 ", %s);", last, called ? "true" : "false");
    tell(l, last, called, notes);
    MIG_TRY(mig_buf_check(&name, err));
    MIG_TRY(mig_buf_check(&l->outside, err));
    MIG_TRY(mig_buf_check(notes, err));
done:
    mig_buf_fini(&name);
    mig_buf_fini(&l->outside);
    return st;
}

static mig_status
set_all(mig__pg_sink *sink, const mig_plan *plan, const PGresult *fed, mig_buf *notes,
        mig_error *err)
{
    mig_status     st = MIG_OK;
    mig_buf        sql = MIG_BUF_INIT;
    mig__sequence *states = calloc((size_t)PQntuples(fed) + 1, sizeof *states);

    if (states == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the target's sequences");
        goto done;
    }
    MIG_TRY(mig__sequence_read(&sink->control, what, fed, states, err));
    for (int row = 0; row < PQntuples(fed); row++) {
        looking l = {.sink = sink,
                     .plan = plan,
                     .fed = fed,
                     .sequence = &states[row],
                     .first = row,
                     .outside = MIG_BUF_INIT};

        if (row == 0 ||
            strcmp(PQgetvalue(fed, row, FED_SEQUENCE), PQgetvalue(fed, row - 1, FED_SEQUENCE)) != 0)
            MIG_TRY(set_one(&l, &sql, notes, err));
    }
    MIG_TRY(mig__query_run_buf(&sink->control, what, &sql, err));
done:
    free(states);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__sequences_hold(mig__pg_sink *sink, const char *names, mig_error *err)
{
    enum { OID, SCHEMA, NAME, INCREMENT, OWNED };
    static const char held[] = "cannot lock the target's sequences";
    static const char sql_text[] = MIG__WRITTEN_SQL
        ", " MIG__FED_SQL "SELECT s.oid, n.nspname, s.relname, q.seqincrement,"
        " pg_catalog.pg_has_role(s.relowner, 'USAGE')"
        " FROM pg_catalog.pg_class s JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace"
        " JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid"
        " WHERE s.oid IN (SELECT f.seq FROM fed f JOIN tree t ON t.oid = f.rel) ORDER BY s.oid";
    const char *params[2] = {sink->schema, names};
    mig_status  st = MIG_OK;
    mig_buf     sql = MIG_BUF_INIT;
    PGresult   *res = NULL;

    if (sink->version < SEQUENCES_TRANSACTIONAL_SINCE)
        return MIG_OK;
    MIG_TRY(mig__query_rows(&sink->control, held, sql_text, 2, params, &res, err));
    for (int row = 0; row < PQntuples(res); row++) {
        if (!mig__query_true(res, row, OWNED))
            goto done;
        mig_buf_puts(&sql, "ALTER SEQUENCE ");
        mig__query_name(&sql, PQgetvalue(res, row, SCHEMA), PQgetvalue(res, row, NAME));
        mig_buf_printf(&sql, " INCREMENT BY %s;", PQgetvalue(res, row, INCREMENT)); /* as it is */
    }
    if (sql.len > 0)
        MIG_TRY(mig__query_run_buf(&sink->control, held, &sql, err));
    sink->sequences_held = true;
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

mig_status
mig__sequences_set(mig__pg_sink *sink, const mig_plan *plan, const char *names, mig_buf *notes,
                   mig_error *err)
{
    mig_status  st = MIG_OK;
    PGresult   *fed = NULL;
    const char *params[2] = {sink->schema, names};

    MIG_TRY(mig__sink_begin(sink, what, "SET LOCAL search_path = pg_catalog", err));
    MIG_TRY(mig__query_rows(&sink->control, what, fed_sql, 2, params, &fed, err));
    if (PQntuples(fed) > 0)
        MIG_TRY(set_all(sink, plan, fed, notes, err));
    MIG_TRY(mig__sink_end(sink, what, err));
done:
    mig__sink_roll_back(sink, st);
    PQclear(fed);
    return st;
}
