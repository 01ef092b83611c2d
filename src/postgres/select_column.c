/*
 * select_column.c - in which form the server is asked for a column.
 *
 * Mostly as it is: the server's bytes are the wire type's.  A type without
 * codec is asked for in its text form, by its output function: a cast to text
 * may be anything (inet's adds a mask, char's drops blanks, an extension's may
 * be its own idea of a text).
 *
 * char(n) comes without its padding, money as a number, for what lc_monetary
 * makes of it means nothing elsewhere.
 */
#include "pg_source.h"

void
mig__pg_select(mig_buf *sql, const mig_column_plan *column)
{
    const char   *name = column->source->name;
    mig_wire_type arrival = column->read;
    bool          is_money = column->source->wire == MIG_WIRE_MONEY;

    if (arrival == MIG_WIRE_LITERAL && !is_money) {
        /* IS NOT NULL says no to a row of NULLs. */
        mig_buf_puts(sql, "CASE WHEN ");
        mig_buf_identifier(sql, name);
        mig_buf_puts(sql, " IS DISTINCT FROM NULL THEN pg_catalog.format('%s', ");
        mig_buf_identifier(sql, name);
        mig_buf_puts(sql, ") END");
        return;
    }
    mig_buf_identifier(sql, name);
    if (arrival == MIG_WIRE_LITERAL)
        mig_buf_puts(sql, "::pg_catalog.numeric::pg_catalog.text");
    else if (arrival == MIG_WIRE_NUMERIC && is_money)
        mig_buf_puts(sql, "::pg_catalog.numeric");
    else if (arrival == MIG_WIRE_BPCHAR)
        mig_buf_puts(sql, "::pg_catalog.text");
}
