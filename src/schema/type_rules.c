/*
 * type_rules.c - the ladder of a column: the rule for its declared type, and
 * the steps that the rule names.
 *
 * A rule is looked for by the whole name first.  What no rule knows may be a
 * type of PostgreSQL by its own name, or tell that it counts time; at last its
 * affinity decides, which every text has.
 */
#include "type_rules.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "type_text.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What a ladder is made of, while it is made. */
typedef struct ladder {
    const mig__type_text *declared;
    mig_unit              unit; /* that the declared type tells */
    const char           *why;  /* of the first step */
    mig_type_choice      *choices;
    size_t                n;
} ladder;

/* ---- affinity ----------------------------------------------------------------------------- */

mig_affinity
mig_affinity_of(const char *declared)
{
    if (strcasestr(declared, "INT") != NULL)
        return MIG_AFFINITY_INTEGER;
    if (strcasestr(declared, "CHAR") != NULL || strcasestr(declared, "CLOB") != NULL ||
        strcasestr(declared, "TEXT") != NULL)
        return MIG_AFFINITY_TEXT;
    if (declared[0] == '\0' || strcasestr(declared, "BLOB") != NULL)
        return MIG_AFFINITY_BLOB;
    if (strcasestr(declared, "REAL") != NULL || strcasestr(declared, "FLOA") != NULL ||
        strcasestr(declared, "DOUB") != NULL)
        return MIG_AFFINITY_REAL;
    return MIG_AFFINITY_NUMERIC;
}

/* ---- steps -------------------------------------------------------------------------------- */

/* Why a step other than the first is there. */
static const char *
why_wider(const mig_type_choice *choice)
{
    static const struct {
        mig_wire_type wire;
        unsigned      rules;
        const char   *why;
    } reasons[] = {
        {MIG_WIRE_TEXT, MIG_RULE_NUMBER | MIG_RULE_UTF8,
         "holds texts, numbers in decimal form, and bytes that are texts"},
        {MIG_WIRE_TEXT, MIG_RULE_NUMBER, "holds texts, and numbers in decimal form"},
        {MIG_WIRE_TEXT, 0, "holds any text"},
        {MIG_WIRE_BYTEA, MIG_RULE_UTF8, "holds any bytes, also those of texts"},
        {MIG_WIRE_BYTEA, 0, "holds any bytes"},
        {MIG_WIRE_INT4, 0, "holds larger integers"},
        {MIG_WIRE_INT8, 0, "holds any integer"},
        {MIG_WIRE_NUMERIC, 0, "holds any decimal"},
        {MIG_WIRE_FLOAT8, 0, "holds any double"},
    };

    for (size_t i = 0; i < N_OF(reasons); i++)
        if (reasons[i].wire == choice->wire && reasons[i].rules == choice->rules)
            return reasons[i].why;
    return "holds more than the declared type says";
}

/* Whether an earlier step takes all that this one does. */
static bool
is_covered(const ladder *l, const mig_type_choice *choice)
{
    for (size_t i = 0; i < l->n; i++) {
        const mig_type_choice *earlier = &l->choices[i];
        const bool unlimited = earlier->limits.length < 0 && earlier->limits.precision < 0 &&
                               earlier->limits.scale < 0;

        if (earlier->wire == choice->wire && earlier->unit == choice->unit &&
            (choice->rules & ~earlier->rules) == 0 &&
            (unlimited || strcmp(earlier->type, choice->type) == 0) &&
            (choice->wire != MIG_WIRE_LITERAL || strcmp(earlier->base, choice->base) == 0))
            return true;
    }
    return false;
}

/* The words behind the colon of a step. */
static void
apply_word(const ladder *l, const char *word, mig_type_choice *choice)
{
    if (strstr(word, "number") != NULL)
        choice->rules |= MIG_RULE_NUMBER;
    if (strstr(word, "utf8") != NULL)
        choice->rules |= MIG_RULE_UTF8;
    if (strcmp(word, "day") == 0)
        choice->rules |= MIG_RULE_DAY;
    else if (strcmp(word, "ms") == 0)
        choice->unit = MIG_UNIT_MS;
    else if (strcmp(word, "unit") == 0)
        choice->unit = l->unit;
}

/* The declared modifiers for "(#)"; false: they are none that PostgreSQL has. */
static bool
put_modifiers(const mig__type_text *declared, char *name, size_t size)
{
    char  *at = strstr(name, "(#)");
    size_t room;

    if (at == NULL)
        return true;
    *at = '\0';
    room = size - (size_t)(at - name);
    if (declared->n_modifiers == 1)
        snprintf(at, room, "(%d)", declared->modifiers[0]);
    else if (declared->n_modifiers == 2)
        snprintf(at, room, "(%d,%d)", declared->modifiers[0], declared->modifiers[1]);
    return declared->n_modifiers >= 0;
}

/* Scales outside of the precision are younger than server 15: only where such a server said so. */
static bool
is_usable(const ladder *l, const mig_type_choice *choice)
{
    return choice->wire != MIG_WIRE_NUMERIC || choice->limits.precision < 0 ||
           (choice->limits.scale >= 0 && choice->limits.scale <= choice->limits.precision) ||
           strcmp(l->declared->words, "numeric_text") == 0;
}

static void
add_step(ladder *l, const char *step, size_t len)
{
    char            name[MIG_TYPE_TEXT_MAX + 24];
    char           *colon;
    mig_type_choice choice;

    snprintf(name, sizeof name, "%.*s", (int)len, step);
    colon = strchr(name, ':');
    if (colon != NULL)
        *colon = '\0';
    if (!put_modifiers(l->declared, name, sizeof name - 16) || !mig_type_of_name(name, &choice) ||
        !is_usable(l, &choice))
        return;
    if (colon != NULL)
        apply_word(l, colon + 1, &choice);
    if (is_covered(l, &choice) || l->n == MIG_TYPE_LADDER_MAX)
        return;
    choice.why = l->n == 0 ? l->why : why_wider(&choice);
    l->choices[l->n++] = choice;
}

static size_t
add_steps(ladder *l, const char *steps)
{
    while (*steps != '\0') {
        size_t len = strcspn(steps, " ");

        add_step(l, steps, len);
        steps += len + strspn(steps + len, " ");
    }
    return l->n;
}

/* ---- the rule for a column ---------------------------------------------------------------- */

/* The declared type with its modifiers, as rules spell it. */
static void
spell(const mig__type_text *declared, char *out, size_t size)
{
    if (declared->n_modifiers == 1)
        snprintf(out, size, "%s(%d)", declared->words, declared->modifiers[0]);
    else
        snprintf(out, size, "%s", declared->words);
}

/* Whether json_valid() is asked of the column, behind its name; quotes or none around it. */
static bool
asks_for(const char *argument, const char *column)
{
    const size_t len = strlen(column);

    argument += strspn(argument, " \t\n(");
    argument += strspn(argument, "\"`[");
    if (strncasecmp(argument, column, len) != 0)
        return false;
    argument += len;
    argument += strspn(argument, "\"`] \t\n");
    return *argument == ')';
}

/* A CHECK that says the column is JSON, as Django and people write it. */
static bool
is_checked_json(const mig_schema_table *table, const mig_schema_column *column)
{
    static const char word[] = "json_valid";

    for (size_t i = 0; table != NULL && i < table->n_constraints; i++) {
        const mig_constraint *c = &table->constraints[i];
        const char           *at = c->kind == MIG_CONSTRAINT_CHECK ? c->expression : NULL;

        while (at != NULL && (at = strcasestr(at, word)) != NULL) {
            at += strlen(word);
            if (asks_for(at, column->name))
                return true;
        }
    }
    return false;
}

/* Types that a user's own word may be by chance ("path", "box") count with "_text" behind alone. */
static bool
is_common_word(const char *base)
{
    static const char words[] = "|point|line|lseg|box|path|polygon|circle|jsonpath|money|xml|";
    char              wanted[MIG_TYPE_TEXT_MAX + 2];

    snprintf(wanted, sizeof wanted, "|%s|", strchr(base, '.') + 1);
    return strstr(words, wanted) != NULL;
}

/* A type of PostgreSQL by its own name, or as this program declares it (type_sqlite.c). */
static bool
is_of_postgres(const mig__type_text *declared, char *step, size_t size)
{
    const char     *behind = strstr(declared->words, "_text");
    const bool      stored = behind != NULL && behind[5] == '\0';
    mig_type_choice choice;

    snprintf(step, size, "%.*s%s",
             stored ? (int)(behind - declared->words) : (int)strlen(declared->words),
             declared->words, declared->array ? "[]" : "");
    return mig_type_of_name(step, &choice) && (stored || !is_common_word(choice.base)) &&
           !(declared->array && choice.limits.length >= 0); /* its server would cut silently */
}

/* A number that counts from an epoch, not a length of time: the declared type says so. */
static bool
counts_from_epoch(const char *declared)
{
    static const char *const words[] = {"epoch", "unix", "julian", "date", "timestamp"};

    if (mig_unit_of_type(declared) == MIG_UNIT_NONE)
        return false;
    for (size_t i = 0; i < N_OF(words); i++)
        if (strcasestr(declared, words[i]) != NULL)
            return true;
    return false;
}

static const mig__type_rule *
rule_of_affinity(mig__framework framework, const char *declared, const char **whyp)
{
    static const struct {
        const char *words;
        const char *why;
    } of[] = {
        [MIG_AFFINITY_BLOB] = {"blob", "a type that is not known: BLOB affinity"},
        [MIG_AFFINITY_TEXT] = {"text", "a type that is not known: TEXT affinity"},
        [MIG_AFFINITY_NUMERIC] = {MIG__BY_VALUES, "a type that is not known"},
        [MIG_AFFINITY_INTEGER] = {"bigint", "a type that is not known: INTEGER affinity"},
        [MIG_AFFINITY_REAL] = {"double", "a type that is not known: REAL affinity"},
    };
    mig_affinity affinity = mig_affinity_of(declared);

    *whyp = of[affinity].why;
    return mig__type_rule_find(framework, false, of[affinity].words, of[affinity].words);
}

static const mig__type_rule *
rule_of(mig__framework framework, const mig_schema_table *table, const mig_schema_column *column,
        mig__type_text *declared)
{
    const bool identity =
        column->identity == MIG_IDENTITY_ROWID || column->identity == MIG_IDENTITY_AUTOINCREMENT;
    char full[MIG_TYPE_TEXT_MAX + 16];

    if (strcmp(declared->words, "bit") == 0 && declared->n_modifiers == 1 &&
        declared->modifiers[0] > 1)
        return mig__type_rule_find(framework, false, "bit_text", "bit_text");
    if (strcmp(declared->words, "text") == 0 && is_checked_json(table, column))
        return mig__type_rule_find(framework, false, MIG__JSON_CHECKED, MIG__JSON_CHECKED);
    spell(declared, full, sizeof full);
    return mig__type_rule_find(framework, identity, declared->words, full);
}

size_t
mig_type_ladder(const mig_frameworks *frameworks, const mig_schema_table *table,
                const mig_schema_column *column, mig_type_choice choices[MIG_TYPE_LADDER_MAX])
{
    const mig__framework  framework = mig__framework_of(frameworks);
    const mig__type_rule *rule = NULL;
    const char           *why = NULL;
    mig__type_text        declared;
    ladder                l = {&declared, mig_unit_of_type(column->type), NULL, choices, 0};
    char                  step[MIG_TYPE_TEXT_MAX];

    if (!mig__type_read(column->type, &declared))
        declared = (mig__type_text){.words = "?"};
    if (!declared.array)
        rule = rule_of(framework, table, column, &declared);
    if (rule == NULL && is_of_postgres(&declared, step, sizeof step)) {
        l.why = "declared by PostgreSQL's name";
        add_step(&l, step, strlen(step));
        return add_steps(&l, MIG__TAIL);
    }
    if (rule == NULL && counts_from_epoch(column->type))
        rule = mig__type_rule_find(framework, false, MIG__EPOCH, MIG__EPOCH);
    if (rule == NULL)
        rule = rule_of_affinity(framework, column->type, &why);
    l.why = why != NULL ? why : rule->why;
    return add_steps(&l, rule->ladder);
}
