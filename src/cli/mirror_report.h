/*
 * mirror_report.h - what was decided for a mirrored schema, told.
 */
#ifndef MIG_MIRROR_REPORT_H
#define MIG_MIRROR_REPORT_H

#include "mirroring.h"

/* All of them, with the SQL of what is not carried over: for the plan. */
void mig__mirror_report_list(const mig_mirror *mirror, mig_buf *out);

/* Before the question: what is not carried over is warned of, once for each reason; the rest is
 * told, in part. */
void mig__mirror_report_tell(const mig_mirror *mirror);

/* What is not carried over, once more and every part by name: for the summary. */
void mig__mirror_report_summary(const mig_mirror *mirror);

/*
 * Writes the schema to the file of --emit-schema ("-": standard output), which must not be there
 * unless it is a device or a pipe.
 */
mig_status mig__mirror_report_emit(const mig_mirroring *mirroring, const char *path,
                                   const mig_url *source, mig_error *err) MIG_CHECKED;

#endif
