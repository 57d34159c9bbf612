/* Secrets that the operator granted to this component, by name. */
#ifndef FERMATA_SECRETS_H
#define FERMATA_SECRETS_H

#include <fermata/error.h>

/* A token that the host replaces by the secret in outgoing requests: only towards the hosts that the secret is bound
 * to, and only in the headers of its grant. It means nothing anywhere else. */
const char *fermata_secret(const char *name, fermata_error *error);

/* The secret itself, for uses that a header cannot serve, such as signing. It needs a grant of its own. */
const char *fermata_reveal_secret(const char *name, fermata_error *error);

#endif
