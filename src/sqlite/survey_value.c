/*
 * survey_value.c - trying the types of a column on one value.
 *
 * This runs once per value and has to cost little beside reading it.  So what
 * is sure of whole kinds of values (mig_certain) is put together over all trials
 * of a column: an integer between two bounds, or a valid text no longer than
 * that, is good for all of them and asks none.  Every other value goes through
 * the trials one by one, and through mig_encode where a trial's own bounds do
 * not tell.
 *
 * A trial is asked no more once it has had so many faults that they are not
 * counted further; but in a segment before that of its first fault it is, until
 * an earlier one is found.
 *
 * Threads: the reader's.
 */
#include "survey_value.h"

#include <stdlib.h>
#include <string.h>

#include "encode.h"

/* Beyond what mig_encode_need tells: the length and the fixed part of a field. */
#define FIELD_MAX 32

/* ---- before a turn ------------------------------------------------------------------------ */

/* Whether the keys of a come before those of b; segments do not overlap. */
static bool
precedes(const mig_segment *a, const mig_segment *b)
{
    if (!a->has_lower || !b->has_lower)
        return !a->has_lower && b->has_lower;
    return a->lower < b->lower;
}

static bool
is_over(const mig_trial *trial, const mig_segment *segment)
{
    return trial->n_faults >= MIG_SURVEY_FAULTS_MAX && !precedes(segment, &trial->segment);
}

static size_t
lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void
narrow(mig_certain *all, const mig_certain *one)
{
    all->null = all->null && one->null;
    all->least = all->least > one->least ? all->least : one->least;
    all->greatest = all->greatest < one->greatest ? all->greatest : one->greatest;
    all->real = all->real && one->real;
    all->text = all->text && one->text;
    all->unblank = all->unblank || one->unblank;
    all->text_bytes = lesser(all->text_bytes, one->text_bytes);
    /* Blobs of one length and of any: the one length, of two: none. */
    all->blob = all->blob && one->blob &&
                (all->blob_bytes == one->blob_bytes || all->blob_bytes == SIZE_MAX ||
                 one->blob_bytes == SIZE_MAX);
    all->blob_bytes = lesser(all->blob_bytes, one->blob_bytes);
}

static const mig_certain everything = {.null = true,
                                       .least = INT64_MIN,
                                       .greatest = INT64_MAX,
                                       .real = true,
                                       .text = true,
                                       .text_bytes = SIZE_MAX,
                                       .blob = true,
                                       .blob_bytes = SIZE_MAX};

static void
narrow_all(mig__watch *watch)
{
    watch->all = watch->plain = everything;
    watch->changed = false;
    watch->n_forms = 0;
    for (size_t i = 0; i < watch->n_probes; i++) {
        const mig__probe *probe = &watch->probes[i];

        if (probe->over)
            continue;
        narrow(&watch->all, &probe->certain);
        if (probe->certain.text)
            narrow(&watch->plain, &probe->certain);
        else
            watch->n_forms++;
    }
}

/* Every jsonb is a json. */
static bool
is_stricter(const mig_encoder *a, const mig_encoder *b)
{
    return a->wire == MIG_WIRE_JSONB && b->wire == MIG_WIRE_JSON && a->rules == 0 && b->rules == 0;
}

static bool
proves_utf8(const mig_encoder *encoder)
{
    return encoder->rules == 0 && encoder->wire != MIG_WIRE_BYTEA &&
           encoder->wire != MIG_WIRE_DYNAMIC;
}

void
mig__watch_init(mig__watch *watch, mig_survey_column *found, mig__probe *probes, mig__look *look)
{
    *watch = (mig__watch){.found = found, .probes = probes, .n_probes = found->n_trials};
    for (size_t i = 0; i < found->n_trials; i++) {
        mig__probe *probe = &probes[i];

        *probe = (mig__probe){.trial = &found->trials[i],
                              .encoder = found->trials[i].encoder,
                              .proves_utf8 = proves_utf8(&found->trials[i].encoder),
                              .over = is_over(&found->trials[i], look->segment)};
        probe->encoder.json = &look->json;
        probe->encoder.text = &look->text;
        mig_encoder_certain(&probe->encoder, &probe->certain);
        for (size_t k = 0; k < i && probe->stricter == NULL; k++)
            if (is_stricter(&probes[k].encoder, &probe->encoder))
                probe->stricter = &probes[k];
    }
    narrow_all(watch);
}

void
mig__watch_end(mig__watch *watch)
{
    for (size_t i = 0; i < watch->n_probes; i++) {
        uint32_t *n_losses = watch->probes[i].trial->n_losses;

        for (size_t k = 0; k < MIG_LOSS_COUNT; k++) {
            uint32_t more = watch->probes[i].rows.n_losses[k];

            n_losses[k] += (uint32_t)lesser(more, UINT32_MAX - n_losses[k]);
        }
    }
}

void
mig__look_fini(mig__look *look)
{
    mig_json_scratch_fini(&look->json);
    mig_buf_fini(&look->text);
    free(look->field);
    look->field = NULL;
}

/* ---- faults ------------------------------------------------------------------------------- */

/* Keeps the fault if it is the first in the order of the table, and counts it. */
static mig_status
add_fault(mig__watch *watch, mig__probe *probe, const mig__look *look, mig_fault_kind kind,
          const mig_value *value, mig_error *err)
{
    mig_trial *trial = probe->trial;
    mig_buf    words = MIG_BUF_INIT;

    if (trial->n_faults == 0 || precedes(look->segment, &trial->segment)) {
        mig_value_describe(value, watch->found->secret, &words);
        if (words.failed) {
            mig_buf_fini(&words);
            return mig_raise(err, MIG_E_NOMEM, "cannot allocate the description of a value");
        }
        free(trial->value);
        trial->value = words.data;
        trial->fault = kind;
        trial->segment = *look->segment;
        trial->nth = look->nth;
    }
    if (trial->n_faults < MIG_SURVEY_FAULTS_MAX)
        trial->n_faults++;
    if (is_over(trial, look->segment)) {
        probe->over = true;
        watch->changed = true;
    }
    return MIG_OK;
}

/* ---- one value, one trial ----------------------------------------------------------------- */

static mig_status
raise_memory(const mig__watch *watch, mig_error *err)
{
    return mig_raise(err, MIG_E_NOMEM, "cannot allocate a value of column %s",
                     watch->found->column->name);
}

static bool
make_room(mig__look *look, size_t need)
{
    if (need <= look->field_cap)
        return true;
    free(look->field);
    look->field_cap = 0;
    look->field = malloc(need * 2);
    if (look->field == NULL)
        return false;
    look->field_cap = need * 2;
    return true;
}

static mig_fault_kind
encode(mig__probe *probe, const mig_value *value, mig__look *look)
{
    size_t    need = mig_encode_need(&probe->encoder, value);
    mig_fault fault = {0};

    if (!make_room(look, need + FIELD_MAX))
        return MIG_FAULT_MEMORY;
    probe->rows.data = look->field;
    probe->rows.len = 0;
    return mig_encode(&probe->encoder, value, &probe->rows, &need, &fault);
}

typedef enum validity {
    UNKNOWN,
    VALID,
    INVALID,
} validity;

static bool
is_valid(const mig_value *value, validity *validp)
{
    size_t offset;

    if (*validp == UNKNOWN)
        *validp = mig_utf8_check(value->data, value->len, &offset) == MIG_UTF8_OK ? VALID : INVALID;
    return *validp == VALID;
}

static bool
ends_in_blank(const mig_value *value)
{
    return value->len > 0 && value->data[value->len - 1] == ' ';
}

static bool
takes_text(const mig_certain *certain, const mig_value *value, validity *validp)
{
    return certain->text && value->len <= certain->text_bytes &&
           !(certain->unblank && ends_in_blank(value)) && is_valid(value, validp);
}

static bool
takes_blob(const mig_certain *certain, size_t len)
{
    return certain->blob && (certain->blob_bytes == SIZE_MAX || certain->blob_bytes == len);
}

static bool
takes_real(const mig_certain *certain, double real)
{
    return certain->real && (real < 0 || real > 0);
}

static bool
takes(const mig_certain *certain, const mig_value *value, validity *validp)
{
    switch (value->class) {
    case MIG_VALUE_NULL:
        return certain->null;
    case MIG_VALUE_INTEGER:
        return value->integer >= certain->least && value->integer <= certain->greatest;
    case MIG_VALUE_REAL:
        return takes_real(certain, value->real);
    case MIG_VALUE_TEXT:
        return takes_text(certain, value, validp);
    case MIG_VALUE_BLOB:
        return takes_blob(certain, value->len);
    }
    return false;
}

/* The value for one trial; `valid` is what is known of a text. */
static mig_status
try_one(mig__watch *watch, mig__probe *probe, mig__look *look, const mig_value *value,
        validity *validp, mig_error *err)
{
    mig_fault_kind kind;

    if (probe->stricter != NULL && !probe->stricter->over && probe->stricter->taken) {
        probe->taken = true;
        return MIG_OK;
    }
    if (takes(&probe->certain, value, validp)) {
        probe->taken = true;
        return MIG_OK;
    }
    kind = encode(probe, value, look);
    probe->taken = kind == MIG_FAULT_NONE;
    if (kind == MIG_FAULT_MEMORY)
        return raise_memory(watch, err);
    if (kind != MIG_FAULT_NONE)
        return add_fault(watch, probe, look, kind, value, err);
    if (value->class == MIG_VALUE_TEXT && probe->proves_utf8)
        *validp = VALID;
    return MIG_OK;
}

/* The value for all trials that are not over. */
static mig_status
try_all(mig__watch *watch, mig__look *look, const mig_value *value, mig_error *err)
{
    mig_status st = MIG_OK;
    validity   valid = UNKNOWN;

    for (size_t i = 0; i < watch->n_probes; i++)
        if (!watch->probes[i].over)
            MIG_TRY(try_one(watch, &watch->probes[i], look, value, &valid, err));
    if (watch->changed)
        narrow_all(watch);
done:
    return st;
}

/* The same of a text: first the forms, which mostly tell that it is UTF-8; then all that want no
 * more than that at once. */
static mig_status
try_text(mig__watch *watch, mig__look *look, const mig_value *value, mig_error *err)
{
    mig_status st = MIG_OK;
    validity   valid = UNKNOWN;

    /* Forms stand before plain texts in most ladders, so this seldom goes to the end. */
    for (size_t i = 0, n = watch->n_forms; n > 0; i++) {
        if (watch->probes[i].certain.text || watch->probes[i].over)
            continue;
        n--;
        MIG_TRY(try_one(watch, &watch->probes[i], look, value, &valid, err));
    }
    if (!takes_text(&watch->plain, value, &valid))
        for (size_t i = 0; i < watch->n_probes; i++)
            if (!watch->probes[i].over && watch->probes[i].certain.text)
                MIG_TRY(try_one(watch, &watch->probes[i], look, value, &valid, err));
    if (watch->changed)
        narrow_all(watch);
done:
    return st;
}

/* A text that cannot even be converted to UTF-8 fits nowhere. */
static mig_status
fault_all(mig__watch *watch, mig__look *look, const mig_value *value, mig_error *err)
{
    for (size_t i = 0; i < watch->n_probes; i++) {
        mig_status st;

        if (watch->probes[i].over)
            continue;
        st = add_fault(watch, &watch->probes[i], look, MIG_FAULT_UTF16, value, err);
        if (st != MIG_OK)
            return st;
    }
    if (watch->changed)
        narrow_all(watch);
    return MIG_OK;
}

/* ---- one value ---------------------------------------------------------------------------- */

static __attribute__((noinline)) mig_status
watch_text(mig__watch *watch, mig__look *look, sqlite3_value *value, uint64_t *weightp,
           mig_error *err)
{
    mig_survey_column *found = watch->found;
    mig_value          v = {.class = MIG_VALUE_TEXT};
    size_t             offset;
    /* Before the conversion, which mends what is wrong without a word. */
    mig_fault_kind kind = look->utf16 ? mig__check_utf16(value, &offset) : MIG_FAULT_NONE;

    v.data = (const char *)sqlite3_value_text(value);
    v.len = (size_t)sqlite3_value_bytes(value);
    if (v.data == NULL || kind == MIG_FAULT_MEMORY)
        return raise_memory(watch, err);
    if (v.len > found->longest_text)
        found->longest_text = v.len;
    *weightp += v.len;
    if (watch->n_probes == 0)
        return MIG_OK;
    if (kind != MIG_FAULT_NONE)
        return fault_all(watch, look, &v, err);
    return try_text(watch, look, &v, err);
}

static __attribute__((noinline)) mig_status
watch_blob(mig__watch *watch, mig__look *look, sqlite3_value *value, uint64_t *weightp,
           mig_error *err)
{
    mig_survey_column *found = watch->found;
    mig_value          v = {.class = MIG_VALUE_BLOB, .len = (size_t)sqlite3_value_bytes(value)};

    if (v.len > found->longest_blob)
        found->longest_blob = v.len;
    *weightp += v.len;
    if (takes_blob(&watch->all, v.len))
        return MIG_OK;
    v.data = sqlite3_value_blob(value);
    if (v.data == NULL && v.len > 0)
        return raise_memory(watch, err);
    return try_all(watch, look, &v, err);
}

/* Out of the way of values that fit everywhere, which are nearly all. */
static __attribute__((noinline)) mig_status
try_integer(mig__watch *watch, mig__look *look, int64_t integer, mig_error *err)
{
    const mig_value v = {.class = MIG_VALUE_INTEGER, .integer = integer};

    return try_all(watch, look, &v, err);
}

static __attribute__((noinline)) mig_status
try_real(mig__watch *watch, mig__look *look, double real, mig_error *err)
{
    const mig_value v = {.class = MIG_VALUE_REAL, .real = real};

    return try_all(watch, look, &v, err);
}

static __attribute__((noinline)) mig_status
try_null(mig__watch *watch, mig__look *look, mig_error *err)
{
    const mig_value v = {.class = MIG_VALUE_NULL};

    return try_all(watch, look, &v, err);
}

static mig_status
watch_integer(mig__watch *watch, mig__look *look, int64_t integer, mig_error *err)
{
    mig_survey_column *found = watch->found;

    found->n_values[MIG_VALUE_INTEGER]++;
    if (integer < found->least)
        found->least = integer;
    if (integer > found->greatest)
        found->greatest = integer;
    if (integer >= watch->all.least && integer <= watch->all.greatest)
        return MIG_OK;
    return try_integer(watch, look, integer, err);
}

mig_status
mig__watch_value(mig__watch *watch, mig__look *look, sqlite3_value *value, uint64_t *weightp,
                 mig_error *err)
{
    mig_survey_column *found = watch->found;
    double             real;

    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        return watch_integer(watch, look, sqlite3_value_int64(value), err);
    case SQLITE_FLOAT:
        real = sqlite3_value_double(value);
        found->n_values[MIG_VALUE_REAL]++;
        return takes_real(&watch->all, real) ? MIG_OK : try_real(watch, look, real, err);
    case SQLITE_TEXT:
        found->n_values[MIG_VALUE_TEXT]++;
        return watch_text(watch, look, value, weightp, err);
    case SQLITE_BLOB:
        found->n_values[MIG_VALUE_BLOB]++;
        return watch_blob(watch, look, value, weightp, err);
    default:
        found->n_values[MIG_VALUE_NULL]++;
        return watch->all.null ? MIG_OK : try_null(watch, look, err);
    }
}
