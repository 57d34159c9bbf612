/* Where the running job stands: its attempt, its time and its place in the process. */
#ifndef FERMATA_CONTEXT_H
#define FERMATA_CONTEXT_H

#include <stdint.h>

/* The number of this attempt, from 1. */
uint32_t fermata_attempt(void);

/* How many attempts are left if this one fails; 0 means that a failure raises an incident. */
uint32_t fermata_retries_left(void);

/* When this attempt is over at the latest, in milliseconds since 1970-01-01T00:00:00Z.
 * The host may stop it earlier, for computing too long. */
uint64_t fermata_deadline_ms(void);

/* Keys are decimal numbers. */
const char *fermata_process_instance_key(void);
const char *fermata_process_definition_key(void);

/* The id of the process in its model, and its version, from 1. */
const char *fermata_process_definition_id(void);
uint32_t fermata_process_definition_version(void);

/* The id of the task in its model, and the key of this run through it. */
const char *fermata_element_id(void);
const char *fermata_element_instance_key(void);

/* The tenant that owns the process instance; `<default>` without multi-tenancy. */
const char *fermata_tenant_id(void);

#endif
