#include "outcome.h"

#include <stdarg.h>

#include "error.h"
#include "memory.h"
#include "utf8.h"

#define PRIORITY_MAX 100

static fermata_outcome *new_outcome(sdk_outcome_kind kind) {
    fermata_outcome *outcome = fermata_alloc(sizeof *outcome);
    outcome->kind = kind;
    return outcome;
}

static void misused(fermata_outcome *outcome, const char *how) {
    if (outcome->misuse == NULL) outcome->misuse = how;
}

static const fermata_json *object_or_none(fermata_outcome *outcome, const fermata_json *variables) {
    if (variables != NULL && !fermata_json_is(variables, FERMATA_JSON_OBJECT)) {
        misused(outcome, "its variables are not a JSON object");
        return NULL;
    }
    return variables;
}

fermata_outcome *fermata_completed(const fermata_json *variables) {
    fermata_outcome *outcome = new_outcome(SDK_COMPLETED);
    outcome->variables = object_or_none(outcome, variables);
    return outcome;
}

fermata_outcome *fermata_again(uint64_t after_ms) {
    fermata_outcome *outcome = new_outcome(SDK_AGAIN);
    outcome->wait_ms = after_ms;
    return outcome;
}

fermata_outcome *fermata_parked(uint64_t within_ms) {
    fermata_outcome *outcome = new_outcome(SDK_PARKED);
    outcome->wait_ms = within_ms;
    return outcome;
}

fermata_outcome *fermata_bpmn_error(const char *code, const char *message) {
    fermata_outcome *outcome = new_outcome(SDK_BPMN_ERROR);
    if (code == NULL || *code == '\0') misused(outcome, "its BPMN error has no code");
    outcome->code = sdk_utf8_text(code);
    outcome->message = message == NULL ? "" : sdk_utf8_text(message);
    return outcome;
}

fermata_outcome *fermata_failed(const char *format, ...) {
    fermata_outcome *outcome = new_outcome(SDK_FAILED);
    va_list arguments;
    va_start(arguments, format);
    outcome->message = sdk_utf8_text(sdk_format_list(format, arguments));
    va_end(arguments);
    return outcome;
}

fermata_outcome *fermata_failed_by(const fermata_error *error) {
    fermata_outcome *outcome = fermata_failed("%s", error->message);
    if (fermata_error_is_permanent(error)) fermata_with_retries(outcome, 0);
    outcome->backs_off = sdk_is_outage(error->kind);
    return outcome;
}

fermata_outcome *fermata_with_variables(fermata_outcome *outcome, const fermata_json *variables) {
    if (outcome->kind == SDK_AGAIN || outcome->kind == SDK_PARKED) misused(outcome, "a job that goes on has no variables");
    outcome->variables = object_or_none(outcome, variables);
    return outcome;
}

static bool is_failure(fermata_outcome *outcome, const char *misuse) {
    if (outcome->kind != SDK_FAILED) misused(outcome, misuse);
    return outcome->kind == SDK_FAILED;
}

fermata_outcome *fermata_with_code(fermata_outcome *outcome, const char *code) {
    if (is_failure(outcome, "a code is set, and it is no failure")) outcome->code = sdk_utf8_text(code);
    return outcome;
}

fermata_outcome *fermata_with_retries(fermata_outcome *outcome, uint32_t retries) {
    if (is_failure(outcome, "retries are set, and it is no failure")) {
        outcome->has_retries = true;
        outcome->retries = retries;
    }
    return outcome;
}

fermata_outcome *fermata_with_retry_after_ms(fermata_outcome *outcome, uint64_t wait_ms) {
    if (is_failure(outcome, "a wait before the next attempt is set, and it is no failure")) {
        outcome->has_retry_after = true;
        outcome->retry_after_ms = wait_ms;
    }
    return outcome;
}

fermata_outcome *fermata_backing_off(fermata_outcome *outcome) {
    if (is_failure(outcome, "a wait before the next attempt is set, and it is no failure")) outcome->backs_off = true;
    return outcome;
}

fermata_outcome *fermata_allowed(void) {
    fermata_outcome *outcome = new_outcome(SDK_COMPLETED);
    outcome->answer = SDK_ALLOWED;
    return outcome;
}

fermata_outcome *fermata_denied(const char *reason) {
    fermata_outcome *outcome = new_outcome(SDK_COMPLETED);
    outcome->answer = SDK_DENIED;
    outcome->reason = reason == NULL ? "" : sdk_utf8_text(reason);
    return outcome;
}

static bool is_allowed(fermata_outcome *outcome) {
    if (outcome->answer != SDK_ALLOWED) misused(outcome, "an attribute of a user task is set without `fermata_allowed`");
    return outcome->answer == SDK_ALLOWED;
}

fermata_outcome *fermata_with_assignee(fermata_outcome *outcome, const char *user) {
    if (is_allowed(outcome)) outcome->assignee = sdk_utf8_text(user);
    return outcome;
}

fermata_outcome *fermata_with_due_date(fermata_outcome *outcome, const char *date_time) {
    if (is_allowed(outcome)) outcome->due_date = sdk_utf8_text(date_time);
    return outcome;
}

fermata_outcome *fermata_with_follow_up_date(fermata_outcome *outcome, const char *date_time) {
    if (is_allowed(outcome)) outcome->follow_up_date = sdk_utf8_text(date_time);
    return outcome;
}

static sdk_texts copy_texts(fermata_outcome *outcome, const char *const *texts, size_t count) {
    sdk_texts copies = {.is_set = true, .texts = fermata_alloc(count * sizeof *texts), .count = count};
    for (size_t index = 0; index < count; index++) {
        copies.texts[index] = texts == NULL ? NULL : sdk_utf8_text(texts[index]);
        if (copies.texts[index] == NULL) misused(outcome, "a user or group in a list of candidates is NULL");
    }
    return copies;
}

fermata_outcome *fermata_with_candidate_users(fermata_outcome *outcome, const char *const *users, size_t count) {
    if (is_allowed(outcome)) outcome->candidate_users = copy_texts(outcome, users, count);
    return outcome;
}

fermata_outcome *fermata_with_candidate_groups(fermata_outcome *outcome, const char *const *groups, size_t count) {
    if (is_allowed(outcome)) outcome->candidate_groups = copy_texts(outcome, groups, count);
    return outcome;
}

fermata_outcome *fermata_with_priority(fermata_outcome *outcome, uint8_t priority) {
    if (priority > PRIORITY_MAX) misused(outcome, "a priority is over 100");
    if (is_allowed(outcome)) {
        outcome->has_priority = true;
        outcome->priority = priority;
    }
    return outcome;
}

fermata_outcome *fermata_directed(fermata_direction direction, const fermata_json *variables) {
    fermata_outcome *outcome = fermata_completed(variables);
    outcome->answer = SDK_DIRECTED;
    outcome->direction = direction;
    return outcome;
}

fermata_outcome *fermata_with_activation(fermata_outcome *outcome, const char *element_id,
                                         const fermata_json *variables) {
    if (outcome->answer != SDK_DIRECTED) {
        misused(outcome, "an activity is activated without `fermata_directed`");
        return outcome;
    }
    if (element_id == NULL) misused(outcome, "an activity to activate has no id");
    const fermata_json *object = object_or_none(outcome, variables);
    sdk_activation *activation = fermata_alloc(sizeof *activation);
    activation->element_id = sdk_utf8_text(element_id);
    activation->variables = object == NULL ? "{}" : fermata_json_write(object);
    if (outcome->last_activation == NULL) outcome->first_activation = activation;
    else outcome->last_activation->next = activation;
    outcome->last_activation = activation;
    outcome->activation_count++;
    return outcome;
}
