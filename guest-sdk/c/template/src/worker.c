/* Looks a customer up, remembers what was found, and has the customer checked. */
#include <fermata.h>

#include <inttypes.h>
#include <string.h>

/* From this score on a customer is approved. */
#define APPROVED_SCORE_MIN 600

typedef struct customer_service {
    const char *base_url;
    const char *token;
} customer_service;

typedef struct customer {
    const char *name;
    int64_t score;
} customer;

/* What a failure says about an answer that is no success. */
static fermata_outcome *refused(const char *service, const fermata_response *response) {
    return fermata_failed_response(response, "%s answered %d", service, response->status);
}

static bool read_customer(const fermata_json *json, customer *customer) {
    customer->name = fermata_json_as_text(fermata_json_get(json, "name"));
    return customer->name != NULL && fermata_json_as_int64(fermata_json_get(json, "score"), &customer->score);
}

static fermata_outcome *not_a_customer(void) {
    return fermata_with_retries(fermata_failed("the customer service answered something else than a customer"), 0);
}

/* The setting may end with a slash. */
static char *url_of(const customer_service *service, const char *path) {
    size_t length = strlen(service->base_url);
    while (length > 0 && service->base_url[length - 1] == '/') length--;
    return fermata_format("%.*s%s", (int)length, service->base_url, path);
}

static const fermata_response *get_customer(const customer_service *service, const char *id, fermata_error *error) {
    char *path = fermata_format("/customers/%s", fermata_url_encode(id));
    fermata_request *request = fermata_request_new("GET", url_of(service, path));
    fermata_request_bearer(request, service->token);
    return fermata_send(request, error);
}

/* Finds the customer in the checkpoint of an earlier attempt, or else at the service, and notes it.
 * NULL when it was found; the job's outcome when it was not. */
static fermata_outcome *find_customer(const customer_service *service, const char *id, customer *customer) {
    fermata_error error;
    const fermata_json *found;
    if (!fermata_checkpoint_get_json(&found, &error)) return fermata_failed_by(&error);
    if (found != NULL) return read_customer(found, customer) ? NULL : not_a_customer();

    const fermata_response *response = get_customer(service, id, &error);
    if (response == NULL) return fermata_failed_by(&error);
    if (response->status == 404) {
        fermata_outcome *unknown =
            fermata_bpmn_error("CUSTOMER_NOT_FOUND", fermata_format("there is no customer %s", id));
        return fermata_with_variables(unknown, fermata_json_set_text(fermata_json_object(), "customer", id));
    }
    if (response->status != 200) return refused("the customer service", response);
    if (!read_customer(fermata_response_json(response, NULL), customer)) return not_a_customer();

    fermata_json *note = fermata_json_set_text(fermata_json_object(), "name", customer->name);
    fermata_json_set_int64(note, "score", customer->score);
    return fermata_checkpoint_put_json(note, &error) ? NULL : fermata_failed_by(&error);
}

/* Has the customer checked. The service recognises a repeated call by the job's idempotency key. */
static fermata_outcome *check_customer(const customer_service *service, const fermata_job *job, const char *id,
                                       const customer *customer) {
    fermata_error error;
    fermata_json *body = fermata_json_set_text(fermata_json_object(), "customer", id);
    fermata_json_set_int64(body, "score", customer->score);
    fermata_request *request = fermata_request_new("POST", url_of(service, "/checks"));
    fermata_request_bearer(request, service->token);
    fermata_request_header(request, "idempotency-key", job->idempotency_key);
    fermata_request_json(request, body);
    const fermata_response *response = fermata_send(request, &error);
    if (response == NULL) return fermata_failed_by(&error);
    if (response->status != 201) return refused("the check service", response);
    const char *check_id = fermata_json_as_text(fermata_json_get(fermata_response_json(response, NULL), "id"));
    if (check_id == NULL)
        return fermata_with_retries(fermata_failed("the check service answered something else than a check"), 0);

    fermata_log(FERMATA_INFO, "customer checked", "customer", id, "score",
                fermata_format("%" PRId64, customer->score), NULL);
    fermata_json *variables = fermata_json_set_text(fermata_json_object(), "customerName", customer->name);
    fermata_json_set_text(variables, "checkId", check_id);
    fermata_json_set_bool(variables, "approved", customer->score >= APPROVED_SCORE_MIN);
    return fermata_completed(variables);
}

fermata_outcome *handle(const fermata_job *job) {
    fermata_error error;
    customer_service service;
    customer customer;
    const fermata_json *variable = fermata_json_get(job->variables, "customer");
    const char *id = fermata_json_as_text(variable);
    if (variable == NULL || fermata_json_is(variable, FERMATA_JSON_NULL))
        return fermata_with_retries(fermata_failed("variable `customer` is missing"), 0);
    if (id == NULL) return fermata_with_retries(fermata_failed("variable `customer` is not a text"), 0);

    if (!fermata_config("base-url", &service.base_url, &error)) return fermata_failed_by(&error);
    if (service.base_url == NULL)
        return fermata_with_retries(fermata_failed("setting `base-url` is missing"), 0);
    service.token = fermata_secret("CUSTOMER_API_KEY", &error);
    if (service.token == NULL) return fermata_failed_by(&error);

    fermata_outcome *not_found = find_customer(&service, id, &customer);
    return not_found != NULL ? not_found : check_customer(&service, job, id, &customer);
}
