/*
 * How a job ends.
 *
 * A function of the kind `fermata_with_…` adds to an outcome and returns it. One that does not fit the outcome, such as
 * retries of a completed job, makes the job fail with a message that says so.
 */
#ifndef FERMATA_OUTCOME_H
#define FERMATA_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fermata/error.h>
#include <fermata/json.h>
#include <fermata/text.h>

/* How a job ends, as the functions below make it. */
typedef struct fermata_outcome fermata_outcome;

/* Done. The variables are a JSON object for the process; NULL means none. */
fermata_outcome *fermata_completed(const fermata_json *variables);

/* Not done yet: run the job again after this many milliseconds. The host bounds the wait on both sides.
 * No retry is spent, unless the job has asked for it thousands of times. */
fermata_outcome *fermata_again(uint64_t after_ms);

/* Somebody else completes this job, by webhook or API, within this many milliseconds. */
fermata_outcome *fermata_parked(uint64_t within_ms);

/* A business error: a boundary event of the model may catch it by its code. */
fermata_outcome *fermata_bpmn_error(const char *code, const char *message);

/* A technical failure: the job is retried, and raises an incident when no retries are left. The text is for the
 * operator, and made like printf's. */
fermata_outcome *fermata_failed(const char *format, ...) FERMATA_PRINTF(1, 2);

/* A failure with an error's message: without retries when a retry would meet the same error,
 * and otherwise, when it came from HTTP, backing off. */
fermata_outcome *fermata_failed_by(const fermata_error *error);

/* Variables of a BPMN error, for the event that catches it, or of a failure, for the element's scope. */
fermata_outcome *fermata_with_variables(fermata_outcome *outcome, const fermata_json *variables);

/* What kind of failure it is, for the error expressions of the model: their `error.code`. */
fermata_outcome *fermata_with_code(fermata_outcome *failure, const char *code);

/* How many retries are left from now on, at most one fewer than before; 0 raises an incident at once. */
fermata_outcome *fermata_with_retries(fermata_outcome *failure, uint32_t retries);

/* How long to wait before the next attempt. Without it: as the model's task header `retryBackoff` says. */
fermata_outcome *fermata_with_retry_after_ms(fermata_outcome *failure, uint64_t wait_ms);

/* Waits longer with each attempt (1 s, 5 s, then 30 s) where neither the failure nor the model says how long.
 * For outages, which retries that follow at once would all fall into. */
fermata_outcome *fermata_backing_off(fermata_outcome *failure);

/* ---- answers of task listeners ---- */

/* The user task may change, with the corrections that follow; `fermata_completed(NULL)` allows it as it is. */
fermata_outcome *fermata_allowed(void);

/* It does not change. The text says why, for people. */
fermata_outcome *fermata_denied(const char *reason);

/* Attributes put in place of the user task's. An empty text takes the attribute away.
 * Dates are dates and times as in ISO 8601; a priority is from 0 to 100. */
fermata_outcome *fermata_with_assignee(fermata_outcome *allowed, const char *user);
fermata_outcome *fermata_with_due_date(fermata_outcome *allowed, const char *date_time);
fermata_outcome *fermata_with_follow_up_date(fermata_outcome *allowed, const char *date_time);
fermata_outcome *fermata_with_candidate_users(fermata_outcome *allowed, const char *const *users, size_t count);
fermata_outcome *fermata_with_candidate_groups(fermata_outcome *allowed, const char *const *groups, size_t count);
fermata_outcome *fermata_with_priority(fermata_outcome *allowed, uint8_t priority);

/* ---- answers of ad-hoc sub-processes ---- */

typedef struct fermata_direction {
    /* The sub-process is done: nothing more will be activated. */
    bool completion_condition_fulfilled;
    /* What is still active in it is ended when it is done. */
    bool cancel_remaining_instances;
} fermata_direction;

/* What happens in the sub-process next; `fermata_completed(NULL)` activates nothing and lets it go on. */
fermata_outcome *fermata_directed(fermata_direction direction, const fermata_json *variables);

/* Activates an activity, by its id in the model, with variables of its own (NULL means none). */
fermata_outcome *fermata_with_activation(fermata_outcome *directed, const char *element_id,
                                         const fermata_json *variables);

#endif
