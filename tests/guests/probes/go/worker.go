// The worker meets the errors that it is asked to meet, and leaves them to the SDK.
package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"fermata"
)

const (
	// patience is how long a request may take where it is to be late.
	patience = 200 * time.Millisecond
	// checkpointBytes is more than a host stores.
	checkpointBytes = 1<<20 + 1
	// text is Latin-1, and no UTF-8.
	text = "gr\xfcn"
)

func init() { fermata.Serve(probe) }

func main() {}

func probe(ctx context.Context, job *fermata.Job) (any, error) {
	var input struct{ Case, URL string }
	if err := job.Decode(&input); err != nil {
		return nil, err
	}
	request := fermata.NewRequest("GET", input.URL)
	switch input.Case {
	case "late":
		request.Timeout = patience
		fallthrough
	case "get":
		response, err := request.Send(ctx)
		if err != nil {
			return nil, err
		}
		return map[string]int{"status": response.Status}, nil
	case "json":
		response, err := request.Send(ctx)
		if err != nil {
			return nil, err
		}
		var body any
		return map[string]any{"body": &body}, response.JSON(&body)
	case "effect":
		_, err := fermata.BeginEffect("charge", []byte("10 EUR"))
		return nil, err
	case "secret":
		token, err := fermata.Secret("NOT_GRANTED")
		return map[string]string{"token": token}, err
	case "checkpoint":
		var found any
		_, err := fermata.Checkpoint(&found)
		return map[string]any{"found": found}, err
	case "large-checkpoint":
		return nil, fermata.SaveCheckpoint(strings.Repeat("x", checkpointBytes))
	case "mistake":
		return nil, errors.New("it broke")
	case "list":
		return []int{1}, nil
	case "log":
		slog.Info(text, "field", text)
		return nil, nil
	case "message":
		return nil, fermata.Failed(text).WithCode(text)
	case "error":
		return nil, &fermata.BPMNError{Code: text, Message: text}
	case "result":
		return map[string]string{"text": text}, nil
	}
	return nil, fermata.Failed("there is no case `%s`", input.Case).NoRetries()
}
