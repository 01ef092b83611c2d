/*
 * type_rules.h - the table of rules, and what is in it.
 *
 * Pure data; any thread.
 */
#ifndef MIG_SCHEMA_TYPE_RULES_H
#define MIG_SCHEMA_TYPE_RULES_H

#include "type_frameworks.h"

/*
 * One rule: what these declared types become.
 *
 * A name with parentheses means that modifier alone, one without any.  A ladder is a list of steps,
 * best first: a type of PostgreSQL by its short name, then
 *
 *   (#)             the declared modifiers; a step that cannot have them is left out
 *   :number  :utf8  :number+utf8     by these rules
 *   :ms  :unit      numbers count milliseconds, or what the declared type says
 *
 * A step is also left out where an earlier one holds all that it would.  `~` stands for what holds
 * texts and, at last, nearly all.
 */
typedef struct mig__type_rule {
    mig__framework framework; /* NONE: whatever made the schema */
    enum { MIG__ANY_COLUMN, MIG__IDENTITY, MIG__NO_IDENTITY } column;
    const char *names; /* with | around each */
    const char *ladder;
    const char *why;
} mig__type_rule;

#define MIG__TAIL "text text:number text:number+utf8 bytea:utf8"

/* The names under which no declared type can stand. */
#define MIG__BY_VALUES    "(values)"
#define MIG__JSON_CHECKED "(json)"
#define MIG__EPOCH        "(epoch)"

/* The first rule that means the declared type (in either form, "char" and "char(32)"), or NULL. */
const mig__type_rule *mig__type_rule_find(mig__framework framework, bool identity,
                                          const char *words, const char *full);

#endif
