// The worker {{name}} looks a customer up, remembers what was found, and has the customer checked.
package main

import (
	"context"
	"fmt"
	"log/slog"

	"fermata"
)

// approvedScoreMin is the score from which on a customer is approved.
const approvedScoreMin = 600

func init() { fermata.Serve(check) }

// The host calls check; a component's main function never runs.
func main() {}

func check(ctx context.Context, job *fermata.Job) (any, error) {
	id, err := fermata.Variable[string](job, "customer")
	if err != nil {
		return nil, err
	}
	service, err := newService(ctx)
	if err != nil {
		return nil, err
	}
	found, err := find(service, id)
	if err != nil {
		return nil, err
	}
	checkID, err := service.check(job, id, found)
	if err != nil {
		return nil, err
	}
	slog.Info("customer checked", "customer", id, "score", found.Score)
	return map[string]any{
		"customerName": found.Name,
		"checkId":      checkID,
		"approved":     found.Score >= approvedScoreMin,
	}, nil
}

// find takes the customer from the checkpoint of an earlier attempt, or else asks the service and notes the answer.
func find(service *service, id string) (*customer, error) {
	var noted customer
	if present, err := fermata.Checkpoint(&noted); present || err != nil {
		return &noted, err
	}
	found, err := service.customer(id)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, &fermata.BPMNError{
			Code:      "CUSTOMER_NOT_FOUND",
			Message:   fmt.Sprintf("there is no customer %s", id),
			Variables: map[string]any{"customer": id},
		}
	}
	return found, fermata.SaveCheckpoint(found)
}
