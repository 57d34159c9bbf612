// Package fermatatest stands in for the host, so that plain go test tests a worker.
//
//	func TestAnOrderIsStored(t *testing.T) {
//		host := fermatatest.NewHost(t)
//		host.Set("base-url", "https://orders.example")
//		host.Serve(func(answer http.ResponseWriter, request *http.Request) {
//			answer.WriteHeader(http.StatusCreated)
//			fmt.Fprint(answer, `{"id": 7}`)
//		})
//		run := host.Do(store, `{"amount": 120}`)
//		run.ExpectCompleted(`{"order": 7}`)
//	}
//
// Tests of one package that use it must not run in parallel: a component has one host.
package fermatatest

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"fermata"
	"fermata/internal/host"
	"fermata/internal/job"
)

const (
	jobKey         = "2251799813685249"
	idempotencyKey = "test-idempotency-key"
)

// Host grants and answers what a test says.
type Host struct {
	t      testing.TB
	job    job.Raw
	double *double
}

// NewHost makes a host that grants nothing, before the first attempt of a task's job.
func NewHost(t testing.TB) *Host {
	return &Host{
		t:      t,
		job:    job.Raw{Key: jobKey, Type: "test", IdempotencyKey: idempotencyKey},
		double: newDouble(t),
	}
}

// Job sets the type of the job, and what in the model asks for it.
func (test *Host) Job(jobType string, kind fermata.Kind) {
	test.job.Type, test.job.Kind = jobType, uint8(kind)
}

// Header adds a task header.
func (test *Host) Header(name, value string) {
	test.job.Headers = append(test.job.Headers, [2]string{name, value})
}

// Attempt sets the number of the next attempt, and how many are left after it.
func (test *Host) Attempt(attempt, retriesLeft uint32) {
	test.double.attempt, test.double.retriesLeft = attempt, retriesLeft
}

// TimeLeft sets how long an attempt may take from its start; 5 minutes unless a test says otherwise. The context of the
// worker ends with it.
func (test *Host) TimeLeft(left time.Duration) { test.double.timeLeft = left }

// Set sets a setting.
func (test *Host) Set(key, value string) { test.double.settings[key] = value }

// Grant grants a secret as a placeholder, which reads {secret NAME} in sent requests.
func (test *Host) Grant(secret string) { test.double.secrets[secret] = nil }

// GrantRevealed grants a secret as a placeholder and as its value.
func (test *Host) GrantRevealed(secret, value string) { test.double.secrets[secret] = &value }

// Checkpoint sets what an earlier attempt has stored, as JSON.
func (test *Host) Checkpoint(text string) {
	test.double.checkpoint = &savedCheckpoint{value: []byte(text), attempt: 1}
}

// Serve lets a handler answer the worker's requests. Without one a request fails the test.
func (test *Host) Serve(handler http.HandlerFunc) { test.double.serve = handler }

// NoAnswer lets the worker's requests have no answer but an error.
func (test *Host) NoAnswer(kind fermata.ErrorKind, message string) {
	test.double.serve = func(http.ResponseWriter, *http.Request) { panic(&fermata.Error{Kind: kind, Message: message}) }
}

// Do has a worker do the job, with the text of a JSON object as variables. Another call on the same host is the next
// attempt: it finds the checkpoint.
func (test *Host) Do(handler fermata.Handler, variables string) *Run {
	test.t.Helper()
	if !strings.HasPrefix(strings.TrimSpace(variables), "{") {
		test.t.Fatalf("the variables of a job are a JSON object, not %s", variables)
	}
	logger := slog.Default()
	host.Current = test.double
	fermata.Serve(handler)
	defer func() {
		host.Current, job.Do = nil, nil
		slog.SetDefault(logger)
	}()

	test.double.requests, test.double.records = nil, nil
	test.double.deadline = time.Now().Add(test.double.timeLeft)
	raw := test.job
	raw.Variables = variables
	outcome := job.Do(raw)
	run := &Run{
		t:        test.t,
		outcome:  outcome,
		Requests: test.double.requests,
		Records:  test.double.records,
	}
	if saved := test.double.checkpoint; saved != nil {
		run.Checkpoint = string(saved.value)
	}
	test.double.attempt++
	if test.double.retriesLeft > 0 {
		test.double.retriesLeft--
	}
	return run
}
