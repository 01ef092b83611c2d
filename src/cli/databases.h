/*
 * databases.h - from a URL to a source or a target.
 */
#ifndef MIG_DATABASES_H
#define MIG_DATABASES_H

#include "mig/buf.h"
#include "mig/glob.h"
#include "mig/sink.h"
#include "mig/source.h"
#include "url.h"

/* Appends the backends that are compiled in, with the versions of their libraries. */
void mig__databases_versions(mig_buf *out);

/* MIG_E_USAGE if the URL, the value of `option`, needs a backend that is not compiled in. */
mig_status mig__databases_compiled_in(const mig_url *url, const char *option,
                                      mig_error *err) MIG_CHECKED;

/*
 * What can be said of two URLs before anything is opened for good: MIG_E_USAGE for the same
 * database twice and for parameters that would go unheard.
 */
mig_status mig__databases_check(const mig_url *source, const mig_url *target,
                                mig_error *err) MIG_CHECKED;

/* The parameters alone, where both are only read. */
mig_status mig__databases_check_parameters(const mig_url *source, const mig_url *target,
                                           mig_error *err) MIG_CHECKED;

/* MIG_E_USAGE if the option is given of a database without schemas. */
mig_status mig__databases_check_schema(const mig_url *url, const char *option, bool given,
                                       mig_error *err) MIG_CHECKED;

/* Without schemas the database says which.  Prints what a person should know about the
 * source. */
mig_status mig__databases_open_source(const mig_url *url, const mig_patterns *schemas,
                                      mig_source **sourcep, mig_error *err) MIG_CHECKED;

/* Prints what the source holds beside the rows of its tables; of a schema that is mirrored the
 * decisions tell more. */
void mig__databases_tell_beside(const mig_url *url, const mig_source *source, bool mirrored);

mig_status mig__databases_open_sink(const mig_url *url, const char *schema, mig_sink **sinkp,
                                    mig_error *err) MIG_CHECKED;

/* --atomic; a SQLite target is all or nothing in any case. */
void mig__databases_make_atomic(const mig_url *url, mig_sink *sink);

/* PostgreSQL: what statements that make a schema depend on (mig_postgres_sink_facts).  Other
 * targets leave both as they are. */
void mig__databases_sink_facts(const mig_url *url, const mig_sink *sink, int *versionp, bool *icup);

#endif
