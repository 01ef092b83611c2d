/*
 * print_plan.c - a plan as text.
 *
 * For a person first, so columns stand below each other; but each table and
 * each column is one line that can be searched for.
 *
 * Names are the databases' and may hold anything: control characters in them
 * are printed as \xNN.
 */
#include "print_plan.h"

#include <inttypes.h>
#include <string.h>

#include "mig/codec.h"
#include "mig/migrate.h"
#include "run.h"

/* Of a name or type, the longest part that is shown: names have at most 63 bytes in PostgreSQL and
 * no limit in SQLite. */
#define SHOWN_MAX  120
#define SHOWN_SIZE (4 * SHOWN_MAX + 8)

const char *
mig__plan_conversion(const mig_column_plan *column)
{
    if (column->wire == MIG_WIRE_DYNAMIC || column->wire == MIG_WIRE_OPAQUE)
        return "as it is";
    if (column->source->wire == MIG_WIRE_NONE)
        return "encoded by its storage class";
    if (column->target->wire == MIG_WIRE_NONE)
        return column->wire == MIG_WIRE_LITERAL ? "as text" : "decoded into a storage class";
    if (column->read != column->wire)
        return column->read == MIG_WIRE_LITERAL ? "from its text form" : "converted value by value";
    if (column->wire == MIG_WIRE_LITERAL)
        return "as text";
    return mig_column_passes(column) ? "as it is" : "as it is where it fits";
}

/* What the user allowed, and what numbers count. */
static void
print_rules(mig_buf *out, const mig_column_plan *column)
{
    static const char *const units[] = {[MIG_UNIT_NONE] = "",
                                        [MIG_UNIT_S] = ", numbers are seconds",
                                        [MIG_UNIT_MS] = ", numbers are ms",
                                        [MIG_UNIT_US] = ", numbers are us",
                                        [MIG_UNIT_NS] = ", numbers are ns",
                                        [MIG_UNIT_JULIAN] = ", numbers are Julian days"};

    mig_buf_puts(out, units[column->unit]);
#define PRINT_RULE(name, word, meaning)                                                            \
    if ((column->rules & MIG_RULE_##name) != 0)                                                    \
        mig_buf_puts(out, ", " word);
    MIG_RULE_MAP(PRINT_RULE)
#undef PRINT_RULE
}

static const char *
shown(const char *text, char out[SHOWN_SIZE])
{
    mig_text_excerpt(text, strlen(text), SHOWN_MAX, out, SHOWN_SIZE);
    return out;
}

/* ---- columns ------------------------------------------------------------------------------ */

static const mig_column_plan *
plan_of_target(const mig_table_plan *table, const mig_column *target)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].target == target)
            return &table->columns[i];
    return NULL;
}

static int
name_width(const mig_table_plan *table)
{
    size_t width = 0;
    char   name[SHOWN_SIZE];

    for (size_t i = 0; i < table->target->n_columns; i++) {
        size_t len = strlen(shown(table->target->columns[i].name, name));

        width = len > width ? len : width;
    }
    return width < 30 ? (int)width : 30;
}

static const char *
type_of(const mig_column *column, char out[SHOWN_SIZE])
{
    return column->type[0] != '\0' ? shown(column->type, out) : "(no type)";
}

static void
print_copied(mig_buf *out, const mig_column_plan *column, bool types_unknown)
{
    char from[SHOWN_SIZE], to[SHOWN_SIZE], name[SHOWN_SIZE];

    if (types_unknown)
        mig_buf_printf(out, "%s -> (known when the steps have run)", type_of(column->source, from));
    else
        mig_buf_printf(out, "%s -> %s -> %s (%s)", type_of(column->source, from),
                       mig_wire_name(column->wire), type_of(column->target, to),
                       mig__plan_conversion(column));
    print_rules(out, column);
    if (strcmp(column->source->name, column->target->name) != 0)
        mig_buf_printf(out, ", from %s", shown(column->source->name, name));
    if (column->secret)
        mig_buf_puts(out, ", secret");
}

/* A column of the target that gets nothing from the source. */
static const char *
filled_by(const mig_table_plan *table, const mig_column *target)
{
    for (size_t i = 0; target->generated && i < table->source->n_columns; i++)
        if (table->twins[i] == target)
            return table->source->columns[i].generated ? "computed by the target, as by the source"
                                                       : "not copied: computed by the target";
    if (target->generated)
        return "computed by the target";
    return target->has_default ? "not in the source: filled by its default"
                               : "not in the source: NULL";
}

static void
print_columns(mig_buf *out, const mig_table_plan *table, bool types_unknown)
{
    int  width = name_width(table);
    char name[SHOWN_SIZE];

    for (size_t i = 0; i < table->target->n_columns; i++) {
        const mig_column      *target = &table->target->columns[i];
        const mig_column_plan *column = plan_of_target(table, target);

        mig_buf_printf(out, "     %-*s  ", width, shown(target->name, name));
        if (column != NULL)
            print_copied(out, column, types_unknown);
        else
            mig_buf_puts(out, filled_by(table, target));
        mig_buf_puts(out, "\n");
    }
    for (size_t i = 0; i < table->source->n_columns; i++) {
        const mig_column *source = &table->source->columns[i];

        if (table->twins[i] == NULL)
            mig_buf_printf(out, "     %-*s  not copied: the target has no such column%s\n", width,
                           shown(source->name, name),
                           source->generated ? " (the source computes it)" : "");
    }
}

/* ---- tables ------------------------------------------------------------------------------- */

static const char *
plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* By which key the rows are read. */
static void
print_reading(mig_buf *out, const mig_table_plan *table, bool cut, bool dynamic)
{
    char name[SHOWN_SIZE];

    if (table->source->rowid_name != NULL)
        mig_buf_printf(out, "read %s %s", cut ? "in ranges of" : "in the order of",
                       table->source->rowid_name);
    else if (dynamic)
        mig_buf_puts(out, "read in the order of the primary key");
    else if (table->ordered_by != NULL)
        mig_buf_printf(out, "read in the order of %s", shown(table->ordered_by->name, name));
    else if (cut && table->source->kind == MIG_TABLE_PLAIN)
        mig_buf_puts(out, "read in ranges of ctid, or of its key before server 14");
    else if (cut)
        mig_buf_puts(out, "read in ranges of its key if that can be cut, else whole");
    else
        mig_buf_puts(out, "read whole");
}

static void
print_order(mig_buf *out, const mig_plan *plan, const mig_table_plan *table)
{
    char name[SHOWN_SIZE];

    for (size_t i = 0; i < table->n_parents; i++)
        mig_buf_printf(out, "%s%s", i == 0 ? "     waits for " : ", ",
                       shown(plan->tables[table->parents[i]].source->name, name));
    if (table->n_parents > 0)
        mig_buf_puts(out, "\n");
    if (table->refers_to_itself)
        mig_buf_puts(out, "     refers to itself: all its rows are one transaction\n");
    if (table->rebuilt)
        mig_buf_puts(out, "     indexes and keys are made behind the rows\n");
}

/* In the largest unit of which there is one at least, rounded up. */
static void
print_size(mig_buf *out, uint64_t n_bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    size_t                   unit = 0;

    if (n_bytes == UINT64_MAX)
        return;
    for (; n_bytes >= 10 * 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        n_bytes = n_bytes / 1024 + (n_bytes % 1024 > 0);
    mig_buf_printf(out, " in %" PRIu64 " %s", n_bytes, units[unit]);
}

static void
print_table(mig_buf *out, const mig_plan *plan, size_t i, const mig_plan_facts *facts)
{
    const mig_table_plan *table = &plan->tables[i];
    uint64_t              n_rows = facts->copy->tables[i].n_rows;
    char                  name[SHOWN_SIZE];

    mig_buf_printf(out, "\n%zu. %s", i + 1, shown(table->source->name, name));
    if (strcmp(table->source->name, table->target->name) != 0)
        mig_buf_printf(out, " into %s", shown(table->target->name, name));
    mig_buf_printf(out, ": %" PRIu64 " row%s", n_rows, plural(n_rows));
    print_size(out, facts->sizes[i]);
    if (facts->whole) {
        mig_buf_puts(out, "\n");
        return;
    }
    mig_buf_puts(out, ", ");
    print_reading(out, table, mig__copy_cuts(table, n_rows, facts->options->n_readers),
                  facts->source_catalog->dynamic);
    mig_buf_puts(out, "\n");
    print_order(out, plan, table);
    print_columns(out, table, facts->types_unknown);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void
print_steps(mig_buf *out, const mig_plan_facts *facts)
{
    if (facts->n_steps == 0)
        return;
    mig_buf_puts(out, "         first the target gets these migrations, in one transaction:\n");
    for (size_t i = 0; i < facts->n_steps; i++)
        mig_buf_printf(out, "           %s\n", facts->steps[i].name);
}

static void
print_options(mig_buf *out, const mig_copy_options *options)
{
    if (options->n_readers == 0)
        mig_buf_puts(out, "Threads  reading and writing in turn on one\n");
    else
        mig_buf_printf(out, "Threads  %u reading, %u writing\n", options->n_readers,
                       options->n_writers);
    mig_buf_printf(out, "Batches  at most %" PRIu32 " row%s and %zu KiB\n", options->batch_rows,
                   plural(options->batch_rows), options->batch_bytes / 1024);
    if (options->one_transaction) {
        mig_buf_puts(out,
                     "Atomic   one transaction from the first change to the end, in which the "
                     "tables are\n         locked; no journal, so that it cannot be resumed\n");
        return;
    }
    mig_buf_printf(out, "Chunks   %zu MiB, a transaction each", options->chunk_bytes >> 20);
    if (options->chunk_bytes_least > 0 && options->n_writers > 1)
        mig_buf_printf(out, "; down to %zu MiB towards the end of a table",
                       options->chunk_bytes_least >> 20);
    mig_buf_puts(out, "\n");
}

/* Lines, each indented. */
static void
print_lines(mig_buf *out, const char *title, const char *notes)
{
    if (*notes != '\0')
        mig_buf_printf(out, "\n%s\n", title);
    while (*notes != '\0') {
        size_t len = strcspn(notes, "\n");

        mig_buf_printf(out, "  %.*s\n", (int)len, notes);
        notes += len + (notes[len] == '\n');
    }
}

static const char *
fate_of_target(const mig_plan_facts *facts)
{
    if (facts->whole)
        return "; the target becomes a copy of the source";
    if (facts->decisions != NULL)
        return ", in this order; tables of these names in the target are replaced";
    return ", in this order; what the target holds in them is erased first";
}

void
mig_plan_print(mig_buf *out, const mig_plan *plan, const mig_plan_facts *facts)
{
    uint64_t n_rows = 0;

    for (size_t i = 0; i < plan->n_tables; i++)
        n_rows += facts->copy->tables[i].n_rows;
    mig_buf_printf(out, "Source   %s, %s\n", facts->source_kind, facts->source);
    if (facts->source_catalog->n_tables > 0 && facts->source_catalog->tables[0].home_schema != NULL)
        mig_buf_printf(out, "         of the schemas %s each table is called SCHEMA_TABLE\n",
                       facts->source_catalog->schema);
    mig_buf_printf(out, "Target   %s, %s\n", facts->target_kind, facts->target);
    mig_buf_printf(out, "Schema   %s\n", facts->schema);
    print_steps(out, facts);
    if (!facts->whole)
        print_options(out, facts->options);
    mig_buf_printf(out, "Tables   %zu with %" PRIu64 " row%s%s\n", plan->n_tables, n_rows,
                   plural(n_rows), fate_of_target(facts));
    for (size_t i = 0; i < plan->n_tables; i++)
        print_table(out, plan, i, facts);
    if (facts->decisions != NULL)
        print_lines(out, "Decided for the schema", facts->decisions);
    print_lines(out, "Notes", facts->notes);
}
