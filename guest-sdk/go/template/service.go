package main

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"fermata"
)

// service is what this worker calls.
type service struct {
	ctx     context.Context
	baseURL string
	// token stands for a secret: the host puts the secret in its place.
	token string
}

// customer is what the service knows.
type customer struct {
	Name  string          `json:"name"`
	Score fermata.Integer `json:"score"`
}

func newService(ctx context.Context) (*service, error) {
	baseURL, err := fermata.Setting("base-url")
	if err != nil {
		return nil, err
	}
	token, err := fermata.Secret("CUSTOMER_API_KEY")
	if err != nil {
		return nil, err
	}
	// The setting may end with a slash.
	return &service{ctx: ctx, baseURL: strings.TrimRight(baseURL, "/"), token: token}, nil
}

// customer asks for a customer; there may be none.
func (service *service) customer(id string) (*customer, error) {
	response, err := service.request("GET", "/customers/"+url.PathEscape(id)).Send(service.ctx)
	if err != nil {
		return nil, err
	}
	switch response.Status {
	case 200:
		return readCustomer(response)
	case 404:
		return nil, nil
	}
	return nil, refused("the customer service", response)
}

func readCustomer(response *fermata.Response) (*customer, error) {
	var found struct {
		Name  *string
		Score *fermata.Integer
	}
	if err := response.JSON(&found); err != nil || found.Name == nil || found.Score == nil {
		return nil, fermata.Failed("the customer service answered something else than a customer").NoRetries()
	}
	return &customer{Name: *found.Name, Score: *found.Score}, nil
}

// check has a customer checked and returns the id of the check. The service recognises a repeated call by the job's
// idempotency key.
func (service *service) check(job *fermata.Job, id string, found *customer) (string, error) {
	request := service.request("POST", "/checks")
	request.AddHeader("idempotency-key", job.IdempotencyKey)
	request.SetJSON(map[string]any{"customer": id, "score": found.Score})
	response, err := request.Send(service.ctx)
	if err != nil {
		return "", err
	}
	if response.Status != 201 {
		return "", refused("the check service", response)
	}
	var created struct{ ID string }
	err = response.JSON(&created)
	if err == nil && created.ID == "" {
		err = errors.New("it names no id")
	}
	if err != nil {
		return "", fermata.Failed("the check service answered something else than a check: %w", err).NoRetries()
	}
	return created.ID, nil
}

func (service *service) request(method, path string) *fermata.Request {
	request := fermata.NewRequest(method, service.baseURL+path)
	request.SetBearer(service.token)
	return request
}

// refused is the failure that an answer without success means.
func refused(service string, response *fermata.Response) error {
	return response.Failure("%s answered %d", service, response.Status)
}
