/*
 * array.h - arrays of JSON as the text form of PostgreSQL's arrays.
 *
 * Pure; any thread.
 */
#ifndef MIG_WIRE_ARRAY_H
#define MIG_WIRE_ARRAY_H

#include "mig/buf.h"

/*
 * Appends the array ("Arrays", 8.15.2 of the PostgreSQL manual) of a JSON array: [1,null,"a"] is
 * {1,NULL,"a"}, inner arrays are inner dimensions, objects are their own text.  False for what is
 * no JSON array; the text must be valid UTF-8.
 */
bool mig__array_from_json(const char *text, size_t len, mig_buf *out);

/*
 * Whether the text is not JSON but begins with the bounds that the server writes before an array
 * whose subscripts do not begin with 1: [5:6]={1,2}, [0:0][-1:0]={{1,2}}.
 */
bool mig__array_has_bounds(const char *text, size_t len);

#endif
