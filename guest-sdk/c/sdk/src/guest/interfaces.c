/* The small interfaces of the host: log, context, checkpoint, secrets, effects, settings. */
#include <inttypes.h>
#include <stdlib.h>

#include <fermata.h>

#include "../error.h"
#include "../log.h"
#include "../memory.h"
#include "text.h"

void sdk_log(fermata_level level, const char *message, const fermata_pair *fields, size_t field_count) {
    static const fermata_host_log_level_t levels[] = {
        [FERMATA_TRACE] = FERMATA_HOST_LOG_LEVEL_TRACE, [FERMATA_DEBUG] = FERMATA_HOST_LOG_LEVEL_DEBUG,
        [FERMATA_INFO] = FERMATA_HOST_LOG_LEVEL_INFO,   [FERMATA_WARN] = FERMATA_HOST_LOG_LEVEL_WARN,
        [FERMATA_ERROR] = FERMATA_HOST_LOG_LEVEL_ERROR,
    };
    connector_tuple2_string_string_t pairs[FERMATA_LOG_FIELDS_MAX];
    for (size_t index = 0; index < field_count; index++) {
        pairs[index].f0 = guest_lend(fields[index].name);
        pairs[index].f1 = guest_lend(fields[index].value);
    }
    connector_list_tuple2_string_string_t list = {.ptr = pairs, .len = field_count};
    connector_string_t text = guest_lend(message);
    fermata_host_log_write(levels[level], &text, &list);
}

_Noreturn void sdk_stop(const char *why) {
    sdk_log(FERMATA_ERROR, why, NULL, 0);
    abort();
}

uint32_t fermata_attempt(void) {
    return fermata_host_job_context_attempt();
}

uint32_t fermata_retries_left(void) {
    return fermata_host_job_context_retries_left();
}

uint64_t fermata_deadline_ms(void) {
    return fermata_host_job_context_deadline_ms();
}

uint32_t fermata_process_definition_version(void) {
    return fermata_host_job_context_process_definition_version();
}

static const char *ask(void (*import)(connector_string_t *)) {
    connector_string_t answer;
    import(&answer);
    return guest_take(&answer);
}

const char *fermata_process_instance_key(void) {
    return ask(fermata_host_job_context_process_instance_key);
}

const char *fermata_process_definition_key(void) {
    return ask(fermata_host_job_context_process_definition_key);
}

const char *fermata_process_definition_id(void) {
    return ask(fermata_host_job_context_process_definition_id);
}

const char *fermata_element_id(void) {
    return ask(fermata_host_job_context_element_id);
}

const char *fermata_element_instance_key(void) {
    return ask(fermata_host_job_context_element_instance_key);
}

const char *fermata_tenant_id(void) {
    return ask(fermata_host_job_context_tenant_id);
}

static bool checkpoint_failed(fermata_host_checkpoint_error_t *why, fermata_error *error) {
    switch (why->tag) {
    case FERMATA_HOST_CHECKPOINT_ERROR_SUPERSEDED:
        return sdk_fail(error, FERMATA_SUPERSEDED,
                        "the checkpoint is refused: a later attempt of this job has started");
    case FERMATA_HOST_CHECKPOINT_ERROR_TOO_LARGE:
        return sdk_fail(error, FERMATA_TOO_LARGE, "the checkpoint has more than %" PRIu64 " bytes", why->val.too_large);
    default:
        return sdk_fail(error, FERMATA_UNAVAILABLE, "the checkpoint store did not answer: %s",
                        guest_take(&why->val.unavailable));
    }
}

bool fermata_checkpoint_get(fermata_checkpoint *saved, fermata_error *error) {
    fermata_host_checkpoint_option_saved_t found;
    fermata_host_checkpoint_error_t why;
    *saved = (fermata_checkpoint){0};
    if (!fermata_host_checkpoint_get(&found, &why)) return checkpoint_failed(&why, error);
    if (!found.is_some) return true;
    saved->bytes = found.val.value.len;
    saved->value = guest_take_bytes(&found.val.value);
    saved->writer_version = guest_take(&found.val.writer_version);
    saved->attempt = found.val.attempt;
    return true;
}

bool fermata_checkpoint_put(const void *value, size_t bytes, fermata_error *error) {
    connector_list_u8_t list = guest_lend_bytes(value, bytes);
    fermata_host_checkpoint_error_t why;
    return fermata_host_checkpoint_put(&list, &why) || checkpoint_failed(&why, error);
}

static const char *secret_failed(fermata_host_secrets_error_t *why, fermata_error *error) {
    bool is_granted = why->tag == FERMATA_HOST_SECRETS_ERROR_NOT_SET;
    connector_string_t *text = is_granted ? &why->val.not_set : &why->val.not_granted;
    sdk_fail(error, is_granted ? FERMATA_NOT_SET : FERMATA_NOT_GRANTED, "%s", guest_take(text));
    return NULL;
}

const char *fermata_secret(const char *name, fermata_error *error) {
    if (!sdk_is_name(name, error)) return NULL;
    connector_string_t text = guest_lend(name), token;
    fermata_host_secrets_error_t why;
    return fermata_host_secrets_placeholder(&text, &token, &why) ? guest_take(&token) : secret_failed(&why, error);
}

const char *fermata_reveal_secret(const char *name, fermata_error *error) {
    if (!sdk_is_name(name, error)) return NULL;
    connector_string_t text = guest_lend(name), value;
    fermata_host_secrets_error_t why;
    return fermata_host_secrets_reveal(&text, &value, &why) ? guest_take(&value) : secret_failed(&why, error);
}

bool fermata_config(const char *key, const char **value, fermata_error *error) {
    *value = NULL;
    if (!sdk_is_name(key, error)) return false;
    connector_string_t text = guest_lend(key);
    connector_option_string_t found;
    wasi_config_store_error_t why;
    if (!wasi_config_store_get(&text, &found, &why)) {
        bool is_upstream = why.tag == WASI_CONFIG_STORE_ERROR_UPSTREAM;
        return sdk_fail(error, FERMATA_UNAVAILABLE, "the settings cannot be read: %s",
                        guest_take(is_upstream ? &why.val.upstream : &why.val.io));
    }
    if (found.is_some) *value = guest_take(&found.val);
    return true;
}

static bool effect_failed(fermata_host_effects_error_t *why, fermata_error *error) {
    switch (why->tag) {
    case FERMATA_HOST_EFFECTS_ERROR_NOT_OFFERED:
        return sdk_fail(error, FERMATA_NOT_OFFERED, "%s", guest_take(&why->val.not_offered));
    case FERMATA_HOST_EFFECTS_ERROR_DIGEST_DIFFERS:
        return sdk_fail(error, FERMATA_DIGEST_DIFFERS, "the call was begun before with another content");
    case FERMATA_HOST_EFFECTS_ERROR_NOT_BEGUN:
        return sdk_fail(error, FERMATA_NOT_BEGUN, "the call was not begun in this job");
    case FERMATA_HOST_EFFECTS_ERROR_SUPERSEDED:
        return sdk_fail(error, FERMATA_SUPERSEDED, "the effect is refused: a later attempt of this job has started");
    case FERMATA_HOST_EFFECTS_ERROR_TOO_LARGE:
        return sdk_fail(error, FERMATA_TOO_LARGE, "the answer has more than %" PRIu64 " bytes", why->val.too_large);
    default:
        return sdk_fail(error, FERMATA_UNAVAILABLE, "the effect store did not answer: %s",
                        guest_take(&why->val.unavailable));
    }
}

bool fermata_effect_begin(const char *name, const void *digest, size_t digest_bytes, fermata_effect *effect,
                          fermata_error *error) {
    *effect = (fermata_effect){0};
    if (!sdk_is_name(name, error)) return false;
    connector_string_t text = guest_lend(name);
    connector_list_u8_t list = guest_lend_bytes(digest, digest_bytes);
    fermata_host_effects_begun_t begun;
    fermata_host_effects_error_t why;
    if (!fermata_host_effects_begin(&text, &list, &begun, &why)) return effect_failed(&why, error);
    switch (begun.tag) {
    case FERMATA_HOST_EFFECTS_BEGUN_FRESH:
        effect->state = FERMATA_EFFECT_FRESH;
        effect->vendor_key = guest_take(&begun.val.fresh);
        return true;
    case FERMATA_HOST_EFFECTS_BEGUN_UNKNOWN:
        effect->state = FERMATA_EFFECT_UNKNOWN;
        effect->vendor_key = guest_take(&begun.val.unknown);
        return true;
    default:
        effect->state = FERMATA_EFFECT_ANSWERED;
        effect->answer_bytes = begun.val.answered.len;
        effect->answer = guest_take_bytes(&begun.val.answered);
        return true;
    }
}

bool fermata_effect_finish(const char *name, const void *answer, size_t answer_bytes, fermata_error *error) {
    if (!sdk_is_name(name, error)) return false;
    connector_string_t text = guest_lend(name);
    connector_list_u8_t list = guest_lend_bytes(answer, answer_bytes);
    fermata_host_effects_error_t why;
    return fermata_host_effects_finish(&text, &list, &why) || effect_failed(&why, error);
}
