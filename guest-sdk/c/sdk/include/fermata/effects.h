/* Calls to the outside that must not happen twice, recorded before they leave and after they are answered. */
#ifndef FERMATA_EFFECTS_H
#define FERMATA_EFFECTS_H

#include <stdbool.h>
#include <stddef.h>

#include <fermata/error.h>

/* What is known about a call. */
typedef enum fermata_effect_state {
    /* It was never made. Send the vendor key to the vendor. */
    FERMATA_EFFECT_FRESH,
    /* It was begun under the vendor key and no answer was recorded: repeat it with the key, or ask the vendor. */
    FERMATA_EFFECT_UNKNOWN,
    /* It was answered; do not call again. */
    FERMATA_EFFECT_ANSWERED,
} fermata_effect_state;

/* A call that was begun. */
typedef struct fermata_effect {
    fermata_effect_state state;
    /* NULL when it was answered. */
    const char *vendor_key;
    /* NULL until it was answered; with a zero byte after it that does not count. */
    const char *answer;
    size_t answer_bytes;
} fermata_effect;

/* Records the intent to make the call `name`, which is unique within the job. `digest` identifies the call's content,
 * so that a changed call under an old name is noticed. */
bool fermata_effect_begin(const char *name, const void *digest, size_t digest_bytes, fermata_effect *effect,
                          fermata_error *error);

/* Records the answer to the call `name`. */
bool fermata_effect_finish(const char *name, const void *answer, size_t answer_bytes, fermata_error *error);

#endif
