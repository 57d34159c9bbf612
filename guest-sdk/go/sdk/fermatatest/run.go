package fermatatest

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"fermata/internal/host"
	"fermata/internal/job"
)

var levels = map[host.Level]slog.Level{
	host.Trace: slog.LevelDebug - 4,
	host.Debug: slog.LevelDebug,
	host.Info:  slog.LevelInfo,
	host.Warn:  slog.LevelWarn,
	host.Error: slog.LevelError,
}

// Request is a request as the worker sent it.
type Request struct {
	Method, URL string
	Header      http.Header
	Body        string
	// Timeout is how long it might have taken.
	Timeout time.Duration
}

// Record is a log record that the worker wrote.
type Record struct {
	Level   slog.Level
	Message string
	Fields  map[string]string
}

// Run is what a worker did in one attempt.
type Run struct {
	t       testing.TB
	outcome *job.Outcome

	Requests []*Request
	Records  []Record
	// Checkpoint is what is stored now; empty where nothing is.
	Checkpoint string
}

// BPMNError is a business error as the host gets it.
type BPMNError struct {
	Code, Message string
	// Variables are the text of a JSON object.
	Variables string
}

// Failure is a technical failure as the host gets it.
type Failure struct {
	Message, Code string
	// Variables are the text of a JSON object, or empty.
	Variables  string
	Retries    *uint32
	RetryAfter *time.Duration
}

// ExpectCompleted fails the test when the job is not completed with these variables, the text of a JSON object.
func (run *Run) ExpectCompleted(variables string) {
	run.t.Helper()
	run.expect(job.Completed)
	var got, want any
	if err := json.Unmarshal([]byte(variables), &want); err != nil {
		run.t.Fatalf("the expectation is no JSON: %v", err)
	}
	if err := json.Unmarshal([]byte(run.outcome.Variables), &got); err != nil || !reflect.DeepEqual(got, want) {
		run.t.Fatalf("the job is completed with\n     %s\nwant %s", run.outcome.Variables, variables)
	}
}

// ExpectBPMNError fails the test when the job threw no BPMN error of this code, and returns it.
func (run *Run) ExpectBPMNError(code string) BPMNError {
	run.t.Helper()
	run.expect(job.ThrewBPMNError)
	if run.outcome.Code != code {
		run.t.Fatalf("the job threw the BPMN error %s, want %s", run.outcome.Code, code)
	}
	return BPMNError{Code: code, Message: run.outcome.Message, Variables: run.outcome.Variables}
}

// ExpectFailure fails the test when the job did not fail with this message, and returns the failure.
func (run *Run) ExpectFailure(message string) Failure {
	run.t.Helper()
	run.expect(job.Failed)
	if run.outcome.Message != message {
		run.t.Fatalf("the job failed with\n     %s\nwant %s", run.outcome.Message, message)
	}
	return Failure{
		Message:    message,
		Code:       run.outcome.Code,
		Variables:  run.outcome.Variables,
		Retries:    run.outcome.Retries,
		RetryAfter: run.outcome.RetryAfter,
	}
}

// ExpectAgain fails the test when the job does not ask to be run again, and returns after how long.
func (run *Run) ExpectAgain() time.Duration {
	run.t.Helper()
	run.expect(job.Again)
	return run.outcome.Wait
}

// ExpectParked fails the test when the job does not wait for somebody else, and returns for how long.
func (run *Run) ExpectParked() time.Duration {
	run.t.Helper()
	run.expect(job.Parked)
	return run.outcome.Wait
}

// ExpectDenied fails the test when a task listener did not deny the change, and returns why it did.
func (run *Run) ExpectDenied() string {
	run.t.Helper()
	run.expect(job.Completed)
	if run.outcome.Denied == nil {
		run.t.Fatalf("the change of the user task is not denied")
	}
	return *run.outcome.Denied
}

// Corrections are what a task listener put in place of a user task's attributes.
type Corrections = job.Corrections

// ExpectAllowed fails the test when a task listener did not answer with fermata.Allow, and returns the corrections.
func (run *Run) ExpectAllowed() Corrections {
	run.t.Helper()
	run.expect(job.Completed)
	if run.outcome.Allowed == nil {
		run.t.Fatalf("the change of the user task is not answered")
	}
	return *run.outcome.Allowed
}

// Direction is what an ad-hoc sub-process was told. Variables of activations are the text of JSON objects.
type Direction = job.Direction

// ExpectDirected fails the test when the job did not answer with fermata.Direct, and returns the answer.
func (run *Run) ExpectDirected() Direction {
	run.t.Helper()
	run.expect(job.Completed)
	if run.outcome.Directed == nil {
		run.t.Fatalf("the ad-hoc sub-process is not answered")
	}
	return *run.outcome.Directed
}

func (run *Run) expect(kind job.Kind) {
	run.t.Helper()
	if run.outcome.Kind == kind {
		return
	}
	switch run.outcome.Kind {
	case job.Completed:
		run.t.Fatalf("the job is completed with %s", run.outcome.Variables)
	case job.Again:
		run.t.Fatalf("the job asks to be run again after %v", run.outcome.Wait)
	case job.Parked:
		run.t.Fatalf("the job waits %v for somebody else", run.outcome.Wait)
	case job.ThrewBPMNError:
		run.t.Fatalf("the job threw the BPMN error %s: %s", run.outcome.Code, run.outcome.Message)
	default:
		run.t.Fatalf("the job failed: %s", run.outcome.Message)
	}
}

func requestOf(sent *host.Request) *Request {
	scheme := "http"
	if sent.Secure {
		scheme = "https"
	}
	request := &Request{
		Method:  sent.Method,
		URL:     scheme + "://" + sent.Authority + sent.PathAndQuery,
		Header:  http.Header{},
		Body:    string(sent.Body),
		Timeout: sent.Timeout,
	}
	for _, header := range sent.Headers {
		request.Header.Add(header.Name, header.Value)
	}
	return request
}

// incoming is the request as the service gets it.
func (request *Request) incoming() *http.Request {
	incoming := httptest.NewRequest(request.Method, request.URL, bytes.NewReader([]byte(request.Body)))
	incoming.Header = request.Header.Clone()
	return incoming
}
