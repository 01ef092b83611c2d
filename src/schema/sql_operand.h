/*
 * sql_operand.h - what stands between operators: sql_parse_operand.c.
 */
#ifndef MIG__SQL_OPERAND_H
#define MIG__SQL_OPERAND_H

#include "sql_parser.h"

/* A literal, a name, a call, something in parentheses, with PostgreSQL's casts behind it. */
mig__node *mig__parse_operand(mig__parser *parser);

/* Behind IN. */
mig__node *mig__parse_in(mig__parser *parser, mig__node *left, bool negated);

#endif
