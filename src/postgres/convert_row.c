/*
 * convert_row.c - fields decoded and encoded again, on their way into a batch.
 *
 * Between two PostgreSQL databases most columns pass as they are.  Where the
 * types differ, or the target's modifiers would let its server change a value
 * silently, each value is made into what SQLite would hold (convert.h) and from
 * that into a field of the target's type, so that one table of conversions
 * holds for all directions.
 *
 * Threads: one reader's.
 */
#include "convert_row.h"

#include <stdlib.h>

#include "aside_fields.h"
#include "mig/codec.h"
#include "query.h"

typedef struct step {
    bool              passes;
    mig_decoder       decoder;
    mig_encoder       encoder;
    mig__aside_field *field; /* of the row in hand */
} step;

struct mig__row_converter {
    const mig_table_plan *plan;
    mig_json_scratch      json;
    mig_buf               decoded, encoded; /* scratch */
    size_t                fixed_len;
    mig__aside_field     *fields; /* of the row in hand; the steps point to them */
    step                  steps[];
};

static bool
all_pass(const mig_table_plan *plan)
{
    for (size_t i = 0; i < plan->n_columns; i++)
        if (!mig_column_passes(&plan->columns[i]))
            return false;
    return true;
}

mig_status
mig__row_converter_new(const mig_table_plan *plan, mig__row_converter **converterp, mig_error *err)
{
    mig__row_converter *c;

    *converterp = NULL;
    if (all_pass(plan))
        return MIG_OK;
    c = calloc(1, sizeof *c + plan->n_columns * sizeof c->steps[0]);
    if (c == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a conversion of rows");
    c->fields = calloc(plan->n_columns + 1, sizeof *c->fields);
    if (c->fields == NULL) {
        free(c);
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a conversion of rows");
    }
    c->plan = plan;
    c->fixed_len = sizeof(int16_t);
    for (size_t i = 0; i < plan->n_columns; i++) {
        const mig_column_plan *column = &plan->columns[i];
        step                  *s = &c->steps[i];

        s->field = &c->fields[i];
        s->passes = mig_column_passes(column);
        s->decoder = (mig_decoder){.wire = column->read,
                                   .affinity = MIG_AFFINITY_BLOB,
                                   .rules = column->rules,
                                   .keeps_all = true,
                                   .text = &c->decoded};
        s->encoder = mig_column_encoder(column);
        s->encoder.json = &c->json;
        s->encoder.text = &c->encoded;
        c->fixed_len += sizeof(int32_t) + mig_wire_fixed_len(column->wire);
    }
    *converterp = c;
    return MIG_OK;
}

void
mig__row_converter_free(mig__row_converter *c)
{
    if (c == NULL)
        return;
    mig_json_scratch_fini(&c->json);
    mig_buf_fini(&c->decoded);
    mig_buf_fini(&c->encoded);
    free(c->fields);
    free(c);
}

static void
take_fields(mig__row_converter *c, const char *row)
{
    const unsigned char *p = (const unsigned char *)row + sizeof(int16_t);

    for (size_t i = 0; i < c->plan->n_columns; i++) {
        uint32_t len;

        memcpy(&len, p, sizeof len);
        p += sizeof len;
        c->fields[i] = (mig__aside_field){.data = p, .len = (int32_t)be32toh(len)};
        if (c->fields[i].len > 0)
            p += c->fields[i].len;
    }
}

/* What a field that passes takes beyond the fixed part of its column. */
static size_t
extra_len(const step *s)
{
    size_t fixed = mig_wire_fixed_len(s->encoder.wire);

    return s->field->len > 0 && (size_t)s->field->len > fixed ? (size_t)s->field->len - fixed : 0;
}

static mig_fault_kind
pass_field(const step *s, mig_rows *rows, size_t *sparep)
{
    size_t extra = extra_len(s);

    if (extra > *sparep)
        return MIG_FAULT_NO_ROOM;
    *sparep -= extra;
    mig_rows_put_int32(rows, s->field->len);
    if (s->field->len > 0)
        mig_rows_put_bytes(rows, s->field->data, (size_t)s->field->len);
    return MIG_FAULT_NONE;
}

static mig_fault_kind
convert_field(const step *s, mig_rows *rows, size_t *sparep, mig_fault *fault)
{
    mig_value      value;
    mig_fault_kind kind;

    if (s->passes)
        return pass_field(s, rows, sparep);
    kind = mig_decode(&s->decoder, s->field->data, s->field->len, &value, rows->n_losses);
    return kind != MIG_FAULT_NONE ? kind : mig_encode(&s->encoder, &value, rows, sparep, fault);
}

/* Room for the whole row.  A field that cannot be decoded needs none: it will be a fault. */
static size_t
needed_len(const mig__row_converter *c)
{
    size_t   len = c->fixed_len;
    uint32_t n_losses[MIG_LOSS_COUNT] = {0};

    for (size_t i = 0; i < c->plan->n_columns; i++) {
        const step *s = &c->steps[i];
        mig_value   value;

        if (s->passes)
            len += extra_len(s);
        else if (mig_decode(&s->decoder, s->field->data, s->field->len, &value, n_losses) ==
                 MIG_FAULT_NONE)
            len += mig_encode_need(&s->encoder, &value);
    }
    return len;
}

mig_fault_kind
mig__row_convert(mig__row_converter *c, const char *row, mig_rows *rows, size_t *neededp,
                 mig_fault *fault)
{
    const size_t   len = rows->len;
    uint32_t       n_losses[MIG_LOSS_COUNT];
    size_t         spare;
    mig_fault_kind kind = MIG_FAULT_NO_ROOM;

    take_fields(c, row);
    memcpy(n_losses, rows->n_losses, sizeof n_losses);
    if (mig_rows_room(rows) >= c->fixed_len) {
        spare = mig_rows_room(rows) - c->fixed_len;
        kind = MIG_FAULT_NONE;
        mig_rows_put_int16(rows, (int16_t)c->plan->n_columns);
        for (size_t i = 0; kind == MIG_FAULT_NONE && i < c->plan->n_columns; i++) {
            kind = convert_field(&c->steps[i], rows, &spare, fault);
            fault->column = i;
        }
    }
    if (kind == MIG_FAULT_NONE) {
        rows->n_rows++;
        return kind;
    }
    rows->len = len;
    memcpy(rows->n_losses, n_losses, sizeof n_losses);
    fault->kind = kind;
    if (kind == MIG_FAULT_NO_ROOM)
        *neededp = needed_len(c);
    return kind;
}

/* The fields of the primary key, as far as they are copied. */
static void
name_key(const mig__row_converter *c, mig_buf *name)
{
    const char *separator = " (";

    for (size_t i = 0; i < c->plan->n_columns; i++) {
        const mig_column_plan  *column = &c->plan->columns[i];
        const mig__aside_field *f = &c->fields[i];

        if (column->source->pk_position == 0)
            continue;
        mig_buf_printf(name, "%s%s = ", separator, column->source->name);
        mig_field_describe(column->read, f->data, f->len, column->secret, name);
        separator = ", ";
    }
    mig_buf_puts(name, separator[0] == ',' ? ")" : "");
}

mig_status
mig__row_put_aside(mig__row_converter *c, const mig_fault *fault, mig_aside *aside, mig_error *err)
{
    return mig__pg_put_aside(aside, c->plan, c->fields, fault, err);
}

mig_status
mig__row_raise(mig__row_converter *c, const mig_fault *fault, const char *where, mig_error *err)
{
    const mig_column_plan *column = &c->plan->columns[fault->column];
    const step            *s = &c->steps[fault->column];
    uint32_t               n_losses[MIG_LOSS_COUNT] = {0};
    mig_value              value = {.class = MIG_VALUE_NULL};
    mig_buf                held = MIG_BUF_INIT, key = MIG_BUF_INIT, cast = MIG_BUF_INIT;
    const char            *rule;

    if (fault->kind == MIG_FAULT_MEMORY)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate a value of %s.%s",
                         c->plan->source->name, column->source->name);
    mig_field_describe(column->read, s->field->data, s->field->len, column->secret, &held);
    name_key(c, &key);
    if (mig_decode(&s->decoder, s->field->data, s->field->len, &value, n_losses) != MIG_FAULT_NONE)
        value = (mig_value){.class = MIG_VALUE_NULL};
    mig_raise(err, MIG_E_DATA, "cannot store a value in %s.%s", c->plan->source->name,
              column->source->name);
    mig_error_detail(err, "the source holds %s at %s%s; the target column is %s%s",
                     mig_buf_text(&held), where, mig_buf_text(&key), column->target->type,
                     fault->kind == MIG_FAULT_NOT_NULL ? " NOT NULL" : "");
    mig_fault_explain(fault, &value, column->secret, err);
    rule = mig_column_rule(column, fault, &value);
    if (rule != NULL)
        mig_fault_cast(c->plan->target->name, column->target->name, mig_column_cast_type(column),
                       rule, &cast);
    mig_error_hint(err, "correct the value in the source and run this again%s",
                   mig_buf_text(&cast));
    mig_buf_fini(&cast);
    mig_buf_fini(&held);
    mig_buf_fini(&key);
    return MIG_E_DATA;
}
