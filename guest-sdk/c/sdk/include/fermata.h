/*
 * Fermata workers in C.
 *
 * A worker defines one function, `handle`, which does one job:
 *
 *     #include <fermata.h>
 *
 *     fermata_outcome *handle(const fermata_job *job) {
 *         int64_t amount;
 *         if (!fermata_json_as_int64(fermata_json_get(job->variables, "amount"), &amount))
 *             return fermata_with_retries(fermata_failed("variable `amount` is not a whole number"), 0);
 *         return fermata_completed(fermata_json_set_bool(fermata_json_object(), "approved", amount < 1000));
 *     }
 *
 * Memory: everything that these functions hand out lives until the job ends, and nothing has to be freed.
 * Texts are UTF-8 and end with a zero byte.
 *
 * Errors: a function that can fail takes a `fermata_error *`, which may be NULL, fills it and returns false or NULL.
 * `fermata_failed_by` makes the job's failure of it.
 */
#ifndef FERMATA_H
#define FERMATA_H

#include <fermata/job.h>

#include <fermata/error.h>
#include <fermata/outcome.h>

#include <fermata/json.h>
#include <fermata/text.h>

#include <fermata/checkpoint.h>
#include <fermata/config.h>
#include <fermata/context.h>
#include <fermata/effects.h>
#include <fermata/http.h>
#include <fermata/log.h>
#include <fermata/secrets.h>

#endif
