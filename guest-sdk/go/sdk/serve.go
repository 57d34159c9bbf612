package fermata

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"fermata/internal/host"
	"fermata/internal/job"
)

// Handler does one job. The context ends when the attempt does.
type Handler func(ctx context.Context, job *Job) (any, error)

// backoffHeader is the task header by which a model says how long to wait before the next attempt. The host reads it.
const backoffHeader = "retryBackoff"

// backoffs are the waits after the first attempts; later ones wait as long as the last.
var backoffs = [...]time.Duration{time.Second, 5 * time.Second, 30 * time.Second}

// Serve makes a handler the one that does the component's jobs. Call it once, from an init function: the host calls no
// main function.
func Serve(handler Handler) {
	if handler == nil {
		panic("fermata: Serve needs a handler")
	}
	slog.SetDefault(slog.New(NewLogHandler(slog.LevelInfo)))
	job.Do = func(raw job.Raw) *job.Outcome {
		outcome := do(handler, raw)
		outcome.Texts(host.Text)
		return outcome
	}
}

func do(handler Handler, raw job.Raw) *job.Outcome {
	given := &Job{
		Key:            raw.Key,
		Type:           raw.Type,
		Kind:           Kind(raw.Kind),
		IdempotencyKey: raw.IdempotencyKey,
	}
	for _, header := range raw.Headers {
		given.Headers = append(given.Headers, Header{Name: header[0], Value: header[1]})
	}
	if err := json.Unmarshal([]byte(raw.Variables), &given.Variables); err != nil {
		return failedBy(Failed("the job's variables cannot be read: %w", err).NoRetries(), given)
	}
	ctx, cancel := context.WithDeadline(context.Background(), host.Current.Deadline())
	defer cancel()
	result, err := call(ctx, handler, given)
	if err != nil {
		return endedBy(err, given)
	}
	outcome, failure := outcomeOf(result)
	if failure != nil {
		return failedBy(failure, given)
	}
	return outcome
}

// call has a panic of the handler end the job and not the component, whose own report would say less.
func call(ctx context.Context, handler Handler, given *Job) (result any, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			host.Log(host.Error, fmt.Sprint(reason),
				[]host.Pair{{Name: "kind", Value: "panic"}, {Name: "stack", Value: string(debug.Stack())}})
			err = Failed("the worker panicked: %v", reason)
		}
	}()
	return handler(ctx, given)
}

func endedBy(err error, given *Job) *job.Outcome {
	thrown := (*BPMNError)(nil)
	if !errors.As(err, &thrown) {
		return failedBy(failureOf(err), given)
	}
	if thrown.Code == "" {
		return failedBy(Failed("the worker's BPMN error has no code: %s", thrown.Message).NoRetries(), given)
	}
	variables, failure := objectOf(thrown.Variables, "the variables of a BPMN error")
	if failure != nil {
		return failedBy(failure, given)
	}
	return &job.Outcome{Kind: job.ThrewBPMNError, Code: thrown.Code, Message: thrown.Message, Variables: variables}
}

func failedBy(failure *Failure, given *Job) *job.Outcome {
	outcome := &job.Outcome{
		Kind:       job.Failed,
		Code:       failure.Code,
		Message:    failure.Message,
		Retries:    failure.Retries,
		RetryAfter: failure.RetryAfter,
	}
	if failure.Variables != nil {
		variables, unwritable := objectOf(failure.Variables, "the variables of a failure")
		if unwritable != nil {
			outcome.Message += "; " + unwritable.Message
		}
		outcome.Variables = variables
	}
	modelSays, _ := given.Header(backoffHeader)
	isLast := failure.Retries != nil && *failure.Retries == 0
	if failure.BacksOff && failure.RetryAfter == nil && modelSays == "" && !isLast {
		last := len(backoffs) - 1
		wait := backoffs[min(int(max(host.Current.Attempt(), 1))-1, last)]
		outcome.RetryAfter = &wait
	}
	return outcome
}
