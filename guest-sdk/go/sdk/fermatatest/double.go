package fermatatest

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"fermata"
	"fermata/internal/host"
)

// attemptTime is how long an attempt may take unless a test says otherwise.
const attemptTime = 5 * time.Minute

// double answers the functions of the host from a test's settings.
type double struct {
	t           testing.TB
	attempt     uint32
	retriesLeft uint32
	timeLeft    time.Duration
	deadline    time.Time
	settings    map[string]string
	// secrets have a value where they are revealed.
	secrets    map[string]*string
	checkpoint *savedCheckpoint
	effects    map[string]*effect
	serve      http.HandlerFunc
	requests   []*Request
	records    []Record
}

type savedCheckpoint struct {
	value   []byte
	attempt uint32
}

type effect struct {
	digest     []byte
	answer     []byte
	isAnswered bool
}

func newDouble(t testing.TB) *double {
	return &double{
		t:           t,
		attempt:     1,
		retriesLeft: 2,
		timeLeft:    attemptTime,
		settings:    map[string]string{},
		secrets:     map[string]*string{},
		effects:     map[string]*effect{},
	}
}

func (double *double) Log(level host.Level, message string, fields []host.Pair) {
	record := Record{Level: levels[level], Message: message, Fields: map[string]string{}}
	for _, field := range fields {
		record.Fields[field.Name] = field.Value
	}
	double.records = append(double.records, record)
}

func (double *double) Attempt() uint32                  { return double.attempt }
func (double *double) RetriesLeft() uint32              { return double.retriesLeft }
func (double *double) Deadline() time.Time              { return double.deadline }
func (double *double) ProcessInstanceKey() string       { return "2251799813685250" }
func (double *double) ProcessDefinitionKey() string     { return "2251799813685251" }
func (double *double) ProcessDefinitionID() string      { return "test-process" }
func (double *double) ProcessDefinitionVersion() uint32 { return 1 }
func (double *double) ElementID() string                { return "test-task" }
func (double *double) ElementInstanceKey() string       { return "2251799813685252" }
func (double *double) TenantID() string                 { return "<default>" }

func (double *double) Config(key string) (string, bool, error) {
	value, present := double.settings[key]
	return value, present, nil
}

func (double *double) SecretPlaceholder(name string) (string, error) {
	if _, granted := double.secrets[name]; !granted {
		return "", host.Fail(host.NotGranted, "the secret `%s` is not granted", name)
	}
	return "{secret " + name + "}", nil
}

func (double *double) RevealSecret(name string) (string, error) {
	if value := double.secrets[name]; value != nil {
		return *value, nil
	}
	return "", host.Fail(host.NotGranted, "revealing the secret `%s` is not granted", name)
}

func (double *double) Checkpoint() (*host.Saved, error) {
	if double.checkpoint == nil {
		return nil, nil
	}
	return &host.Saved{
		Value:         double.checkpoint.value,
		WriterVersion: "0.0.0",
		Attempt:       double.checkpoint.attempt,
	}, nil
}

func (double *double) SaveCheckpoint(value []byte) error {
	double.checkpoint = &savedCheckpoint{value: slices.Clone(value), attempt: double.attempt}
	return nil
}

func (double *double) BeginEffect(name string, digest []byte) (host.Effect, error) {
	vendorKey := "effect " + name
	known, begun := double.effects[name]
	switch {
	case !begun:
		double.effects[name] = &effect{digest: slices.Clone(digest)}
		return host.Effect{State: host.EffectFresh, VendorKey: vendorKey}, nil
	case !bytes.Equal(known.digest, digest):
		return host.Effect{}, host.Fail(host.DigestDiffers, "the call was begun before with another content")
	case known.isAnswered:
		return host.Effect{State: host.EffectAnswered, Answer: known.answer}, nil
	}
	return host.Effect{State: host.EffectUnknown, VendorKey: vendorKey}, nil
}

func (double *double) FinishEffect(name string, answer []byte) error {
	known, begun := double.effects[name]
	if !begun {
		return host.Fail(host.NotBegun, "the call was not begun in this job")
	}
	known.answer, known.isAnswered = slices.Clone(answer), true
	return nil
}

func (double *double) Send(sent *host.Request) (response *host.Response, err error) {
	request := requestOf(sent)
	double.requests = append(double.requests, request)
	if double.serve == nil {
		double.t.Fatalf("the worker sent %s %s, and the test answers no requests", request.Method, request.URL)
	}
	defer func() {
		reason := recover()
		if reason == nil {
			return
		}
		thrown, isError := reason.(error)
		failed := (*fermata.Error)(nil)
		switch {
		case isError && errors.As(thrown, &failed):
			response, err = nil, failed
		case isError && errors.Is(thrown, http.ErrAbortHandler):
			response, err = nil, host.Fail(host.Protocol, "the HTTP exchange failed: the answer ended too early")
		default:
			panic(reason)
		}
	}()
	recorder := httptest.NewRecorder()
	double.serve(recorder, request.incoming())
	return double.answer(recorder.Result(), recorder.Body.Bytes(), sent)
}

func (double *double) answer(from *http.Response, body []byte, sent *host.Request) (*host.Response, error) {
	if int64(len(body)) > sent.BodyBytesMax {
		return nil, host.Fail(host.TooLarge, "the HTTP answer has more than %d bytes", sent.BodyBytesMax)
	}
	response := &host.Response{Status: from.StatusCode, Body: body}
	for name, values := range from.Header {
		for _, value := range values {
			response.Headers = append(response.Headers, host.Pair{Name: strings.ToLower(name), Value: value})
		}
	}
	return response, nil
}
