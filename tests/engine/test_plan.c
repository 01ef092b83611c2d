/*
 * test_plan.c - matching the tables and columns of two catalogs.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "mig/migrate.h"

static const mig_plan_rules no_rules;

static mig_table *
table(mig_catalog *catalog, const char *name, mig_table_kind kind)
{
    mig_table *t = mig_catalog_add_table(catalog, name, kind);

    cr_assert_not_null(t);
    return t;
}

static mig_column *
column(mig_table *t, const char *name, mig_wire_type wire)
{
    mig_column *c = mig_table_add_column(t, name, mig_wire_name(wire));

    cr_assert_not_null(c);
    c->wire = wire;
    return c;
}

/* The table `hosts`, which moves when tables are added and when the catalog is finished. */
static mig_table *
hosts(const mig_catalog *catalog)
{
    size_t i = 0;

    while (strcmp(catalog->tables[i].name, "hosts") != 0)
        i++;
    return &catalog->tables[i];
}

/* Two catalogs with one table `hosts (id, name)` each; more is added before finish(). */
typedef struct pair {
    mig_catalog *source, *target;
} pair;

static pair
new_pair(void)
{
    pair p = {.source = mig_catalog_new("main"), .target = mig_catalog_new("public")};

    p.source->dynamic = true;
    table(p.source, "hosts", MIG_TABLE_PLAIN);
    table(p.target, "hosts", MIG_TABLE_PLAIN);
    column(hosts(p.source), "id", MIG_WIRE_NONE);
    column(hosts(p.source), "name", MIG_WIRE_NONE);
    column(hosts(p.target), "name", MIG_WIRE_TEXT);
    column(hosts(p.target), "id", MIG_WIRE_INT8);
    return p;
}

typedef struct made {
    mig_status st;
    mig_plan  *plan;
    mig_buf    notes;
    mig_error  err;
} made;

static made
make(pair *p, const mig_plan_rules *rules)
{
    made m = {.notes = MIG_BUF_INIT, .err = MIG_ERROR_INIT};

    mig_catalog_finish(p->source);
    mig_catalog_finish(p->target);
    m.st = mig_plan_make(p->source, p->target, rules, &m.plan, &m.notes, &m.err);
    return m;
}

static void
clear(pair *p, made *m)
{
    mig_plan_free(m->plan);
    mig_buf_fini(&m->notes);
    mig_error_fini(&m->err);
    mig_catalog_free(p->source);
    mig_catalog_free(p->target);
}

Test(plan, columns_are_matched_by_name_in_the_targets_order, .timeout = 20)
{
    pair p = new_pair();
    made m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK);
    cr_assert_eq(m.plan->n_tables, 1);
    cr_assert_eq(m.plan->tables[0].n_columns, 2);
    cr_assert_eq(m.plan->tables[0].columns[0].source, mig_table_find(hosts(p.source), "name"));
    cr_assert_eq(m.plan->tables[0].columns[0].target, mig_table_find(hosts(p.target), "name"));
    cr_assert_eq(m.plan->tables[0].columns[0].wire, MIG_WIRE_TEXT);
    cr_assert_eq(m.plan->tables[0].columns[1].source, mig_table_find(hosts(p.source), "id"));
    cr_assert_eq(m.plan->tables[0].columns[1].wire, MIG_WIRE_INT8);
    cr_assert_str_eq(m.plan->tables[0].label, "hosts");
    clear(&p, &m);
}

Test(plan, names_in_another_case_are_matched, .timeout = 20)
{
    pair p = new_pair();
    made m;

    column(hosts(p.source), "Port", MIG_WIRE_NONE);
    column(hosts(p.target), "port", MIG_WIRE_INT4);
    column(table(p.source, "Users", MIG_TABLE_PLAIN), "id", MIG_WIRE_NONE);
    column(table(p.target, "users", MIG_TABLE_PLAIN), "ID", MIG_WIRE_INT8);
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    cr_assert_eq(m.plan->n_tables, 2);
    cr_assert_str_eq(m.plan->tables[0].source->name, "Users");
    cr_assert_str_eq(m.plan->tables[0].target->name, "users");
    cr_assert_str_eq(m.plan->tables[0].label, "Users");
    cr_assert_str_eq(m.plan->tables[0].columns[0].target->name, "ID");
    cr_assert_eq(m.plan->tables[1].columns[2].source, mig_table_find(hosts(p.source), "Port"));
    clear(&p, &m);
}

/* `hosts` has become `machines`; its `name` is `title` now, and `title` is `name`. */
static const char *
known_table(const void *arg, const char *source)
{
    (void)arg;
    return strcmp(source, "hosts") == 0 ? "machines" : NULL;
}

static const char *
known_column(const void *arg, const char *source_table, const char *column_name)
{
    (void)arg;
    if (strcmp(source_table, "hosts") != 0)
        return NULL;
    if (strcmp(column_name, "name") == 0)
        return "title";
    return strcmp(column_name, "title") == 0 ? "name" : column_name;
}

Test(plan, known_counterparts_decide_and_no_names, .timeout = 20)
{
    static const mig_counterparts known = {known_table, known_column, NULL};
    const mig_plan_rules          rules = {.counterparts = &known};
    pair                          p = new_pair();
    made                          m;

    column(hosts(p.source), "title", MIG_WIRE_NONE);
    column(table(p.target, "machines", MIG_TABLE_PLAIN), "id", MIG_WIRE_INT8);
    column(&p.target->tables[1], "name", MIG_WIRE_TEXT);
    column(&p.target->tables[1], "title", MIG_WIRE_BYTEA);
    m = make(&p, &rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    cr_assert_eq(m.plan->n_tables, 1);
    cr_expect_str_eq(m.plan->tables[0].source->name, "hosts");
    cr_expect_str_eq(m.plan->tables[0].target->name, "machines");
    cr_assert_eq(m.plan->tables[0].n_columns, 3);
    cr_expect_str_eq(m.plan->tables[0].columns[1].target->name, "name");
    cr_expect_str_eq(m.plan->tables[0].columns[1].source->name, "title");
    cr_expect_str_eq(m.plan->tables[0].columns[2].source->name, "name");
    clear(&p, &m);
}

Test(plan, what_has_no_known_counterpart_is_a_misfit, .timeout = 20)
{
    static const mig_counterparts known = {known_table, known_column, NULL};
    const mig_plan_rules          rules = {.counterparts = &known};
    pair                          p = new_pair();
    made                          m;

    column(table(p.source, "users", MIG_TABLE_PLAIN), "id", MIG_WIRE_NONE);
    column(table(p.target, "users", MIG_TABLE_PLAIN), "id", MIG_WIRE_INT8);
    m = make(&p, &rules);

    cr_assert_eq(m.st, MIG_E_SCHEMA);
    cr_expect_str_eq(m.err.detail, "hosts: the target has no such table\n"
                                   "users: the target has no such table");
    clear(&p, &m);
}

Test(plan, names_that_only_their_case_could_tell_apart_are_misfits, .timeout = 20)
{
    pair p = new_pair();
    made m;

    column(hosts(p.source), "port", MIG_WIRE_NONE);
    column(hosts(p.target), "Port", MIG_WIRE_INT4);
    column(hosts(p.target), "PORT", MIG_WIRE_INT4)->not_null = true;
    column(table(p.source, "users", MIG_TABLE_PLAIN), "id", MIG_WIRE_NONE);
    column(table(p.target, "Users", MIG_TABLE_PLAIN), "id", MIG_WIRE_INT8);
    column(table(p.target, "USERS", MIG_TABLE_PLAIN), "id", MIG_WIRE_INT8);
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_E_SCHEMA);
    cr_assert_str_eq(m.err.detail,
                     "hosts.port: several names in source or target differ from it in case alone\n"
                     "users: several names in source or target differ from it in case alone");
    clear(&p, &m);
}

Test(plan, every_misfit_is_listed, .timeout = 20)
{
    pair p = new_pair();
    made m;

    table(p.source, "orphans", MIG_TABLE_PLAIN);
    table(p.source, "views", MIG_TABLE_PLAIN);
    table(p.target, "views", MIG_TABLE_VIEW);
    column(hosts(p.source), "gone", MIG_WIRE_NONE);
    column(hosts(p.source), "shape", MIG_WIRE_NONE);
    cr_assert_not_null(mig_table_add_column(hosts(p.target), "shape", "polygon"));
    column(hosts(p.target), "required", MIG_WIRE_TEXT)->not_null = true;
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_E_SCHEMA);
    cr_assert_null(m.plan);
    cr_assert_str_eq(
        m.err.detail,
        "hosts.shape: values of type none cannot become polygon: the target's type is not known "
        "here\n"
        "hosts.required: the target requires a value and the source has no such column\n"
        "hosts.gone: the target has no such column\n"
        "orphans: the target has no such table\n"
        "views: in the target this is not a table");
    clear(&p, &m);
}

Test(plan, a_target_column_that_fills_itself_may_be_missing_in_the_source, .timeout = 20)
{
    pair        p = new_pair();
    mig_column *c;
    made        m;

    column(hosts(p.target), "nullable", MIG_WIRE_TEXT);
    c = column(hosts(p.target), "defaulted", MIG_WIRE_TEXT);
    c->not_null = c->has_default = true;
    c = column(hosts(p.target), "computed", MIG_WIRE_TEXT);
    c->not_null = c->generated = true;
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    cr_assert_eq(m.plan->tables[0].n_columns, 2);
    clear(&p, &m);
}

Test(plan, a_generated_column_of_the_target_is_not_written, .timeout = 20)
{
    pair        p = new_pair();
    mig_column *c;
    made        m;

    column(hosts(p.source), "both", MIG_WIRE_NONE)->generated = true;
    c = column(hosts(p.target), "both", MIG_WIRE_NONE); /* Its type does not matter then. */
    c->generated = true;
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    for (size_t i = 0; i < m.plan->tables[0].n_columns; i++)
        cr_assert_str_neq(m.plan->tables[0].columns[i].target->name, "both");
    clear(&p, &m);
}

Test(plan, values_that_the_target_computes_instead_are_told, .timeout = 20)
{
    pair p = new_pair();
    made m;

    column(hosts(p.source), "total", MIG_WIRE_NONE);
    column(hosts(p.target), "total", MIG_WIRE_INT8)->generated = true;
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    cr_assert_eq(m.plan->tables[0].n_columns, 2);
    cr_assert_str_eq(mig_buf_text(&m.notes), "not copied: hosts.total (the target computes it)\n");
    clear(&p, &m);
}

Test(plan, tables_without_a_column_in_common_are_a_misfit, .timeout = 20)
{
    pair p = new_pair();
    made m;

    column(table(p.source, "a", MIG_TABLE_PLAIN), "x", MIG_WIRE_NONE)->generated = true;
    column(table(p.target, "a", MIG_TABLE_PLAIN), "y", MIG_WIRE_INT8);
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_E_SCHEMA);
    cr_assert_str_eq(m.err.detail, "a: source and target have no column in common");
    clear(&p, &m);
}

Test(plan, a_generated_column_of_the_source_fills_a_plain_one, .timeout = 20)
{
    pair p = new_pair();
    made m;

    column(hosts(p.source), "total", MIG_WIRE_NONE)->generated = true;
    column(hosts(p.target), "total", MIG_WIRE_INT8);
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    cr_assert_eq(m.plan->tables[0].n_columns, 3);
    cr_assert_eq(m.plan->tables[0].columns[2].source, mig_table_find(hosts(p.source), "total"));
    clear(&p, &m);
}

Test(plan, a_generated_column_that_only_the_source_has_is_no_loss, .timeout = 20)
{
    pair p = new_pair();
    made m;

    column(hosts(p.source), "computed", MIG_WIRE_NONE)->generated = true;
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    cr_assert_eq(m.plan->tables[0].n_columns, 2);
    clear(&p, &m);
}

Test(plan, what_is_no_table_is_left_out_with_a_note, .timeout = 20)
{
    pair p = new_pair();
    made m;

    table(p.source, "a_view", MIG_TABLE_VIEW);
    table(p.source, "b_fts", MIG_TABLE_VIRTUAL);
    table(p.source, "c_foreign", MIG_TABLE_FOREIGN);
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    cr_assert_eq(m.plan->n_tables, 1);
    cr_assert_str_eq(mig_buf_text(&m.notes), "not copied: a_view (a view)\n"
                                             "not copied: b_fts (a virtual table or part of one)\n"
                                             "not copied: c_foreign (a foreign table)\n");
    clear(&p, &m);
}

Test(plan, a_partitioned_table_is_copied_by_its_root, .timeout = 20)
{
    pair p = new_pair();
    made m;

    column(table(p.source, "events", MIG_TABLE_PARTITIONED), "at", MIG_WIRE_INT8);
    column(table(p.target, "events", MIG_TABLE_PARTITIONED), "at", MIG_WIRE_INT8);
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    cr_assert_eq(m.plan->n_tables, 2);
    clear(&p, &m);
}

Test(plan, a_table_that_only_the_target_has_is_left_alone, .timeout = 20)
{
    pair p = new_pair();
    made m;

    column(table(p.target, "extra", MIG_TABLE_PLAIN), "id", MIG_WIRE_INT8)->not_null = true;
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    cr_assert_eq(m.plan->n_tables, 1);
    clear(&p, &m);
}

Test(plan, a_source_without_tables_is_refused, .timeout = 20)
{
    pair p = {.source = mig_catalog_new("main"), .target = mig_catalog_new("public")};

    p.source->dynamic = true;
    made m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_E_SCHEMA);
    cr_assert_str_eq(m.err.message, "the source has no tables to copy");
    clear(&p, &m);
}

static bool
is_log(const char *name)
{
    return strcmp(name, "log") == 0;
}

static const char *
upper_hosts(const char *name)
{
    return strcmp(name, "hosts") == 0 ? "the hosts" : name;
}

static bool
name_is_secret(const char *table_name, const char *column_name)
{
    return strcmp(table_name, "hosts") == 0 && strcmp(column_name, "name") == 0;
}

Test(plan, rules_leave_out_label_and_mark_secrets, .timeout = 20)
{
    static const mig_plan_rules rules = {
        .not_copied = is_log, .label = upper_hosts, .secret = name_is_secret};
    pair p = new_pair();
    made m;

    table(p.source, "log", MIG_TABLE_PLAIN);
    m = make(&p, &rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    cr_assert_eq(m.plan->n_tables, 1);
    cr_assert_str_eq(mig_buf_text(&m.notes), "", "what the application leaves out needs no note");
    cr_assert_str_eq(m.plan->tables[0].label, "the hosts");
    cr_assert(m.plan->tables[0].columns[0].secret);
    cr_assert_not(m.plan->tables[0].columns[1].secret);
    clear(&p, &m);
}

Test(plan, secrets_go_by_the_names_of_the_source, .timeout = 20)
{
    static const mig_plan_rules rules = {.secret = name_is_secret};
    pair p = {.source = mig_catalog_new("main"), .target = mig_catalog_new("public")};
    made m;

    p.source->dynamic = true;
    column(table(p.source, "hosts", MIG_TABLE_PLAIN), "name", MIG_WIRE_NONE);
    column(table(p.target, "HOSTS", MIG_TABLE_PLAIN), "Name", MIG_WIRE_TEXT);
    m = make(&p, &rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    cr_assert(m.plan->tables[0].columns[0].secret);
    clear(&p, &m);
}

static const char *
keeps_record(const mig_table *source, const mig_table *target)
{
    return strcmp(source->name, "record") == 0 && strcmp(target->name, "record") == 0 ? "a record"
                                                                                      : NULL;
}

Test(plan, what_the_target_keeps_is_not_planned_but_told, .timeout = 20)
{
    static const mig_plan_rules rules = {.kept = keeps_record};
    pair                        p = new_pair();
    made                        m;

    column(table(p.source, "record", MIG_TABLE_PLAIN), "only_here", MIG_WIRE_NONE);
    column(table(p.target, "record", MIG_TABLE_PLAIN), "only_there", MIG_WIRE_TEXT);
    m = make(&p, &rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    cr_assert_eq(m.plan->n_tables, 1);
    cr_assert_str_eq(mig_buf_text(&m.notes),
                     "not copied: record (a record; the target keeps its own)\n");
    clear(&p, &m);
}

/* A pair in which both sides have types, or only the source has. */
static pair
typed_pair(mig_wire_type from, mig_wire_type to, bool target_dynamic)
{
    pair p = {.source = mig_catalog_new("public"), .target = mig_catalog_new("main")};

    p.target->dynamic = target_dynamic;
    table(p.source, "hosts", MIG_TABLE_PLAIN);
    table(p.target, "hosts", MIG_TABLE_PLAIN);
    column(hosts(p.source), "id", from);
    column(hosts(p.target), "id", to);
    return p;
}

Test(plan, a_target_that_takes_any_type_gets_the_sources, .timeout = 20)
{
    pair p = typed_pair(MIG_WIRE_UUID, MIG_WIRE_NONE, true);
    made m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK);
    cr_assert_eq(m.plan->tables[0].columns[0].wire, MIG_WIRE_UUID);
    clear(&p, &m);
}

Test(plan, equal_types_on_both_sides_pass_through, .timeout = 20)
{
    pair p = typed_pair(MIG_WIRE_JSONB, MIG_WIRE_JSONB, false);
    made m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK);
    cr_assert_eq(m.plan->tables[0].columns[0].wire, MIG_WIRE_JSONB);
    clear(&p, &m);
}

Test(plan, types_of_which_no_value_can_become_the_other_are_a_misfit, .timeout = 20)
{
    pair p = typed_pair(MIG_WIRE_BYTEA, MIG_WIRE_INT8, false);
    made m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_E_SCHEMA);
    cr_assert_not_null(strstr(m.err.detail, "hosts.id: values of type bytea cannot become bigint"));
    clear(&p, &m);
}

Test(plan, unequal_types_on_both_sides_are_decoded_and_encoded, .timeout = 20)
{
    pair p = typed_pair(MIG_WIRE_INT8, MIG_WIRE_INT4, false);
    made m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK);
    cr_assert_eq(m.plan->tables[0].columns[0].read, MIG_WIRE_INT8);
    cr_assert_eq(m.plan->tables[0].columns[0].wire, MIG_WIRE_INT4);
    cr_assert_not(mig_column_passes(&m.plan->tables[0].columns[0]));
    clear(&p, &m);
}

Test(plan, a_source_type_without_codec_is_a_misfit, .timeout = 20)
{
    pair p = typed_pair(MIG_WIRE_NONE, MIG_WIRE_NONE, true);
    made m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_E_SCHEMA);
    cr_assert_not_null(strstr(m.err.detail, "hosts.id: values of type none cannot become none"));
    clear(&p, &m);
}

Test(plan, two_sides_without_types_pass_values_as_they_are, .timeout = 20)
{
    pair p = typed_pair(MIG_WIRE_NONE, MIG_WIRE_NONE, true);
    made m;

    p.source->dynamic = true;
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK);
    cr_assert_eq(m.plan->tables[0].columns[0].wire, MIG_WIRE_DYNAMIC);
    clear(&p, &m);
}

Test(plan, tables_come_parents_first, .timeout = 20)
{
    pair       p = new_pair();
    mig_table *agents;
    made       m;

    column(table(p.source, "agents", MIG_TABLE_PLAIN), "id", MIG_WIRE_NONE);
    agents = table(p.target, "agents", MIG_TABLE_PLAIN);
    column(agents, "id", MIG_WIRE_INT8);
    mig_table_add_foreign_key(agents, "agents_host", "hosts");
    m = make(&p, &no_rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.detail);
    cr_assert_str_eq(m.plan->tables[0].source->name, "hosts");
    cr_assert_str_eq(m.plan->tables[1].source->name, "agents");
    cr_assert_eq(m.plan->tables[1].n_parents, 1);
    cr_assert_eq(m.plan->tables[1].parents[0], 0);
    clear(&p, &m);
}

Test(plan, a_target_that_takes_any_order_has_no_parents_and_no_cycles, .timeout = 20)
{
    pair                 p = new_pair();
    const mig_plan_rules rules = {.order_free = true};
    made                 m;
    mig_table           *agents;

    column(table(p.source, "agents", MIG_TABLE_PLAIN), "id", MIG_WIRE_NONE);
    agents = table(p.target, "agents", MIG_TABLE_PLAIN);
    column(agents, "id", MIG_WIRE_INT8);
    mig_table_add_foreign_key(agents, "one", "hosts");
    mig_table_add_foreign_key(hosts(p.target), "two", "agents");
    mig_table_add_foreign_key(hosts(p.target), "self", "hosts");
    m = make(&p, &rules);

    cr_assert_eq(m.st, MIG_OK);
    for (size_t i = 0; i < m.plan->n_tables; i++) {
        cr_assert_eq(m.plan->tables[i].n_parents, 0);
        cr_assert_eq(m.plan->tables[i].n_suspended, 0);
        cr_assert_not(m.plan->tables[i].refers_to_itself);
    }
    cr_assert_str_eq(m.plan->tables[0].target->name, "agents");
    clear(&p, &m);
}

/* The pair with keys, from a server. */
static pair
keyed_pair(mig_wire_type wire)
{
    pair p = new_pair();

    p.source->dynamic = false;
    hosts(p.source)->columns[0].wire = wire;
    hosts(p.source)->columns[1].wire = MIG_WIRE_TEXT;
    hosts(p.source)->columns[0].pk_position = 1;
    hosts(p.target)->columns[1].pk_position = 1;
    return p;
}

Test(plan, rows_are_read_in_the_order_of_an_integer_key_where_the_sink_wants_it)
{
    const mig_plan_rules rules = {.key_order = true};
    pair                 p = keyed_pair(MIG_WIRE_INT8);
    made                 m = make(&p, &rules);

    cr_assert_eq(m.st, MIG_OK);
    cr_assert_not_null(m.plan->tables[0].ordered_by);
    cr_expect_str_eq(m.plan->tables[0].ordered_by->name, "id");
    clear(&p, &m);

    p = keyed_pair(MIG_WIRE_INT8);
    m = make(&p, &no_rules);
    cr_expect_null(m.plan->tables[0].ordered_by);
    clear(&p, &m);
}

static void
expect_no_order(pair *p)
{
    const mig_plan_rules rules = {.key_order = true};
    made                 m = make(p, &rules);

    cr_assert_eq(m.st, MIG_OK, "%s", m.err.message);
    cr_expect_null(m.plan->tables[0].ordered_by);
    clear(p, &m);
}

Test(plan, no_other_key_gives_an_order)
{
    pair p = keyed_pair(MIG_WIRE_INT8);

    hosts(p.source)->columns[1].pk_position = 2;
    expect_no_order(&p);

    p = keyed_pair(MIG_WIRE_INT8);
    hosts(p.target)->columns[0].pk_position = 2;
    expect_no_order(&p);

    p = keyed_pair(MIG_WIRE_INT8);
    hosts(p.source)->columns[0].pk_position = 0;
    expect_no_order(&p);

    p = keyed_pair(MIG_WIRE_NUMERIC);
    hosts(p.target)->columns[1].wire = MIG_WIRE_NUMERIC;
    expect_no_order(&p);

    p = keyed_pair(MIG_WIRE_INT8);
    p.source->dynamic = true; /* its rows have an order of their own */
    expect_no_order(&p);
}
