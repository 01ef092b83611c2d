/*
 * schema_choice.h - where the target's schema comes from.
 */
#ifndef MIG_SCHEMA_CHOICE_H
#define MIG_SCHEMA_CHOICE_H

#include "mig/migrate.h"
#include "options.h"

typedef struct mig_target_schema {
    mig_schema_choice mode;   /* never AUTO */
    bool              sqlite; /* the dialect of the steps */
    const char       *why;    /* for the person at the terminal */
    mig_step         *steps;  /* to be run in the target, in order; names and SQL are borrowed */
    size_t            n_steps;
    mig_catalog *expected; /* with steps: what they lead to, by names of tables and columns (the
                              types are those of the SQLite dialect); else NULL */
} mig_target_schema;

typedef struct mig_schema_question {
    mig_schema_choice     wanted;
    mig_source           *source;
    const mig_catalog    *source_catalog;
    mig_sink             *sink;
    const mig_catalog    *target_catalog;
    const mig_plan_rules *rules;
} mig_schema_question;

/*
 * Decides for question->wanted, by what source and target are.
 *
 * For an Uptrakit source: the steps that the source records and the target does not.  Steps that
 * are not built in, a target that is ahead of the source, and tables or columns of the source that
 * its steps do not explain and the rules do not leave out are MIG_E_SCHEMA, by name.
 *
 * For any other one, where nothing is asked for: EXISTING if the target has a table of those that
 * are wanted, MIRROR if it has none.  Changes nothing.
 */
mig_status mig__schema_choose(const mig_schema_question *question, mig_target_schema *choice,
                              mig_error *err) MIG_CHECKED;

void mig__schema_choice_fini(mig_target_schema *choice);

#endif
