// Package fermatatests tests the SDK from outside. Projects do not get it.
package fermatatests

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"fermata"
	"fermata/fermatatest"
)

func returning(result any, err error) fermata.Handler {
	return func(context.Context, *fermata.Job) (any, error) { return result, err }
}

func pointer[T any](value T) *T { return &value }

func TestResultsBecomeVariables(t *testing.T) {
	type order struct {
		ID int `json:"id"`
	}
	for want, result := range map[string]any{
		`{}`:        nil,
		`{"id":7}`:  order{ID: 7},
		`{"a":[1]}`: map[string]any{"a": []int{1}},
		`{"id":8}`:  &order{ID: 8},
	} {
		fermatatest.NewHost(t).Do(returning(result, nil), `{}`).ExpectCompleted(want)
	}
}

func TestResultsThatAreNoObjectsAreFinalFailures(t *testing.T) {
	for message, result := range map[string]any{
		"the worker's variables are not a JSON object but an array":                          []int{1},
		"the worker's variables are not a JSON object but a text":                            "done",
		"the worker's variables are not a JSON object but a number":                          7,
		"the worker's variables are not a JSON object but true or false":                     true,
		"the worker's variables cannot be written as JSON: json: unsupported type: chan int": make(chan int),
		"a priority is from 0 to 100, not 101":                                               fermata.Allow(fermata.Corrections{Priority: pointer(uint8(101))}),
	} {
		failure := fermatatest.NewHost(t).Do(returning(result, nil), `{}`).ExpectFailure(message)
		if failure.Retries == nil || *failure.Retries != 0 {
			t.Errorf("%s: the job is retried", message)
		}
	}
}

func TestErrorsAreFoundThroughWrapping(t *testing.T) {
	thrown := &fermata.BPMNError{Code: "LATE", Message: "too late", Variables: map[string]int{"days": 3}}
	run := fermatatest.NewHost(t).Do(returning(nil, fmt.Errorf("while shipping: %w", thrown)), `{}`)
	if got := run.ExpectBPMNError("LATE"); got.Message != "too late" || got.Variables != `{"days":3}` {
		t.Errorf("the error is %+v", got)
	}

	failed := fermata.Failed("no stock").WithRetries(2).WithCode("EMPTY").WithRetryAfter(time.Minute)
	failed.Variables = map[string]int{"left": 0}
	run = fermatatest.NewHost(t).Do(returning(nil, fmt.Errorf("while shipping: %w", failed)), `{}`)
	got := run.ExpectFailure("while shipping: no stock")
	if got.Code != "EMPTY" || *got.Retries != 2 || *got.RetryAfter != time.Minute || got.Variables != `{"left":0}` {
		t.Errorf("the failure is %+v", got)
	}

	cause := errors.New("the ledger is closed")
	if err := fermata.Failed("cannot book: %w", cause); !errors.Is(err, cause) {
		t.Error("the cause is not found")
	}
	run = fermatatest.NewHost(t).Do(returning(nil, &fermata.BPMNError{Message: "no code"}), `{}`)
	run.ExpectFailure("the worker's BPMN error has no code: no code")
}

func TestAnOutageWaitsLongerWithEachAttemptUnlessTheModelSaysHowLong(t *testing.T) {
	outage := returning(nil, &fermata.Error{Kind: fermata.Connect, Message: "nobody is there"})
	host := fermatatest.NewHost(t)
	for _, wait := range []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 30 * time.Second} {
		failure := host.Do(outage, `{}`).ExpectFailure("nobody is there")
		if failure.RetryAfter == nil || *failure.RetryAfter != wait || failure.Retries != nil {
			t.Errorf("the failure is %+v, want it to wait %v", failure, wait)
		}
	}
	host.Header("retryBackoff", "PT10S")
	if failure := host.Do(outage, `{}`).ExpectFailure("nobody is there"); failure.RetryAfter != nil {
		t.Errorf("it waits %v", *failure.RetryAfter)
	}
	refused := returning(nil, &fermata.Error{Kind: fermata.Refused, Message: "not granted"})
	failure := fermatatest.NewHost(t).Do(refused, `{}`).ExpectFailure("not granted")
	if failure.Retries == nil || *failure.Retries != 0 || failure.RetryAfter != nil {
		t.Errorf("the failure is %+v", failure)
	}
}

// As README.md of the SDKs has it.
func TestEveryKindOfErrorIsFinalOrWaitedOutOrTriedAgain(t *testing.T) {
	final := []fermata.ErrorKind{
		fermata.InvalidRequest, fermata.Refused, fermata.TooLarge, fermata.NotGranted, fermata.NotSet,
		fermata.NotOffered, fermata.DigestDiffers, fermata.NotBegun, fermata.InvalidName,
	}
	outages := []fermata.ErrorKind{
		fermata.DNS, fermata.Connect, fermata.TLS, fermata.Timeout, fermata.Protocol, fermata.UnexpectedBody,
	}
	for kind := fermata.InvalidRequest; kind <= fermata.InvalidName; kind++ {
		run := fermatatest.NewHost(t).Do(returning(nil, &fermata.Error{Kind: kind, Message: "it"}), `{}`)
		failure := run.ExpectFailure("it")
		if (failure.Retries != nil) != slices.Contains(final, kind) ||
			(failure.RetryAfter != nil) != slices.Contains(outages, kind) {
			t.Errorf("the failure of kind %d is %+v", kind, failure)
		}
	}
}

func TestBytesThatAreNotUTF8AreReplacedInAllTexts(t *testing.T) {
	const latin, replaced = "gr\xfcn", "gr\uFFFDn"
	host := fermatatest.NewHost(t)
	run := host.Do(func(context.Context, *fermata.Job) (any, error) {
		slog.Info(latin, latin, latin)
		return nil, fermata.Failed(latin).WithCode(latin)
	}, `{}`)
	if failure := run.ExpectFailure(replaced); failure.Code != replaced {
		t.Errorf("the failure is %+v", failure)
	}
	if record := run.Records[0]; record.Message != replaced || record.Fields[replaced] != replaced {
		t.Errorf("the log has %+v", record)
	}
	thrown := host.Do(returning(nil, &fermata.BPMNError{Code: latin, Message: latin}), `{}`).ExpectBPMNError(replaced)
	if thrown.Message != replaced {
		t.Errorf("the error is %+v", thrown)
	}
	raw := map[string]any{latin: json.RawMessage(`"` + latin + `"`)}
	host.Do(returning(raw, nil), `{}`).ExpectCompleted(`{"` + replaced + `": "` + replaced + `"}`)
	if reason := host.Do(returning(fermata.Deny(latin), nil), `{}`).ExpectDenied(); reason != replaced {
		t.Errorf("it is denied: %s", reason)
	}
	users := []string{latin}
	allowed := host.Do(returning(fermata.Allow(fermata.Corrections{CandidateUsers: &users}), nil), `{}`).ExpectAllowed()
	if (*allowed.CandidateUsers)[0] != replaced {
		t.Errorf("the corrections are %+v", allowed)
	}
	activation := fermata.Activation{ElementID: latin}
	directed := host.Do(returning(fermata.Direct(fermata.Direction{Activate: []fermata.Activation{activation}}), nil), `{}`)
	if got := directed.ExpectDirected(); got.Activate[0].ElementID != replaced {
		t.Errorf("it is directed by %+v", got)
	}
}

func TestANameThatIsNotUTF8NamesNothing(t *testing.T) {
	const name = "\xfc"
	for what, ask := range map[string]func() error{
		"a secret":          func() error { _, err := fermata.Secret(name); return err },
		"a revealed secret": func() error { _, err := fermata.RevealSecret(name); return err },
		"a setting":         func() error { _, err := fermata.Setting(name); return err },
		"a call":            func() error { _, err := fermata.BeginEffect(name, nil); return err },
		"an answer":         func() error { return fermata.FinishEffect(name, nil) },
	} {
		run := fermatatest.NewHost(t).Do(func(context.Context, *fermata.Job) (any, error) { return nil, ask() }, `{}`)
		if failure := run.ExpectFailure(`the name "\xfc" is not UTF-8`); failure.Retries == nil || *failure.Retries != 0 {
			t.Errorf("for %s the job is retried", what)
		}
	}
}

func TestAPanicIsAFailureWithItsStackInTheLog(t *testing.T) {
	run := fermatatest.NewHost(t).Do(func(context.Context, *fermata.Job) (any, error) {
		var list []int
		return list[0], nil
	}, `{}`)
	failure := run.ExpectFailure("the worker panicked: runtime error: index out of range [0] with length 0")
	if failure.Retries != nil {
		t.Error("it is not retried")
	}
	record := run.Records[0]
	if record.Level != slog.LevelError || !strings.Contains(record.Fields["stack"], "sdk_test.go") {
		t.Errorf("the log has %+v", record)
	}
}

func TestVariablesAreReadOrNamed(t *testing.T) {
	read := func(read func(job *fermata.Job) (any, error)) fermata.Handler {
		return func(_ context.Context, job *fermata.Job) (any, error) {
			value, err := read(job)
			return map[string]any{"value": value}, err
		}
	}
	amount := read(func(job *fermata.Job) (any, error) { return fermata.Variable[int](job, "a") })
	flag := read(func(job *fermata.Job) (any, error) { return fermata.Variable[bool](job, "a") })
	price := read(func(job *fermata.Job) (any, error) { return fermata.Variable[float64](job, "a") })
	maybe := read(func(job *fermata.Job) (any, error) { return fermata.Variable[*string](job, "a") })
	whole := read(func(job *fermata.Job) (any, error) {
		var order struct{ A []string }
		return &order.A, job.Decode(&order)
	})
	fermatatest.NewHost(t).Do(amount, `{"a": 7}`).ExpectCompleted(`{"value": 7}`)
	for written, read := range map[string]string{
		"7.0": "7", "7e0": "7", "70e-1": "7", "0.07E+2": "7", "-0.0": "0", "0e999999999999": "0",
		"9223372036854775807.0": "9223372036854775807", "-9223372036854775808": "-9223372036854775808",
	} {
		fermatatest.NewHost(t).Do(amount, `{"a": `+written+`}`).ExpectCompleted(`{"value": ` + read + `}`)
		var integer fermata.Integer
		if err := json.Unmarshal([]byte(written), &integer); err != nil || fmt.Sprint(int64(integer)) != read {
			t.Errorf("%s is read as %d: %v", written, integer, err)
		}
	}
	for _, written := range []string{
		"7.5", "1e99", "1e999999999999", "1e-999999999999", "1.5e9223372036854775807", "1.5e-9223372036854775808",
		"9223372036854775808.0", `"7"`, "[7]",
	} {
		var integer fermata.Integer
		if err := json.Unmarshal([]byte(written), &integer); err == nil {
			t.Errorf("%s is read as %d", written, integer)
		}
	}
	fermatatest.NewHost(t).Do(maybe, `{"a": null}`).ExpectCompleted(`{"value": null}`)
	fermatatest.NewHost(t).Do(whole, `{"a": ["b"], "c": 1}`).ExpectCompleted(`{"value": ["b"]}`)
	for _, test := range []struct {
		handler   fermata.Handler
		variables string
		message   string
	}{
		{amount, `{"a": null}`, "variable `a` is missing"},
		{amount, `{}`, "variable `a` is missing"},
		{amount, `{"a": 7.5}`, "variable `a` is not a whole number"},
		{amount, `{"a": "7"}`, "variable `a` is not a whole number"},
		{flag, `{"a": 1}`, "variable `a` is not true or false"},
		{price, `{"a": []}`, "variable `a` is not a number"},
		{maybe, `{}`, "variable `a` is missing"},
		{whole, `{"a": 1}`, "the job's variables do not fit this worker: " +
			"json: cannot unmarshal number into Go struct field .a of type []string"},
	} {
		failure := fermatatest.NewHost(t).Do(test.handler, test.variables).ExpectFailure(test.message)
		if failure.Retries == nil || *failure.Retries != 0 {
			t.Errorf("%s: the job is retried", test.message)
		}
	}
}

func TestTaskListenersCorrectAndDeny(t *testing.T) {
	host := fermatatest.NewHost(t)
	host.Job("check-task", fermata.TaskListener)
	corrections := fermata.Corrections{
		Assignee:       pointer(""),
		CandidateUsers: &[]string{"ada", "bob"},
		Priority:       pointer(uint8(100)),
	}
	run := host.Do(func(_ context.Context, job *fermata.Job) (any, error) {
		if job.Kind != fermata.TaskListener || job.Type != "check-task" {
			return nil, fermata.Failed("another job")
		}
		return fermata.Allow(corrections), nil
	}, `{}`)
	if got := run.ExpectAllowed(); !reflect.DeepEqual(got, fermatatest.Corrections(corrections)) {
		t.Errorf("the corrections are %+v", got)
	}
	run = host.Do(returning(fermata.Deny("not on Sundays"), nil), `{}`)
	if reason := run.ExpectDenied(); reason != "not on Sundays" {
		t.Errorf("it is denied: %s", reason)
	}
}

func TestAdHocSubProcessesAreDirected(t *testing.T) {
	run := fermatatest.NewHost(t).Do(returning(fermata.Direct(fermata.Direction{
		Activate: []fermata.Activation{
			{ElementID: "first", Variables: map[string]int{"a": 1}},
			{ElementID: "second"},
		},
		CancelRemainingInstances: true,
		Variables:                map[string]int{"x": 1},
	}), nil), `{}`)
	run.ExpectCompleted(`{"x": 1}`)
	got := run.ExpectDirected()
	if len(got.Activate) != 2 || got.Activate[0].Variables != `{"a":1}` || got.Activate[1].Variables != `{}` ||
		got.CompletionConditionFulfilled || !got.CancelRemainingInstances {
		t.Errorf("it is directed by %+v", got)
	}
}

func TestAJobCanGoOn(t *testing.T) {
	host := fermatatest.NewHost(t)
	if wait := host.Do(returning(fermata.Again(time.Second), nil), `{}`).ExpectAgain(); wait != time.Second {
		t.Errorf("it waits %v", wait)
	}
	if wait := host.Do(returning(fermata.Parked(time.Hour), nil), `{}`).ExpectParked(); wait != time.Hour {
		t.Errorf("it waits %v", wait)
	}
}

func TestACallIsRecordedBeforeAndAfter(t *testing.T) {
	charge := func(_ context.Context, job *fermata.Job) (any, error) {
		digest, err := json.Marshal(job.Variables)
		if err != nil {
			return nil, err
		}
		effect, err := fermata.BeginEffect("charge", digest)
		switch {
		case err != nil:
			return nil, err
		case effect.State == fermata.EffectFresh:
			return nil, fermata.Failed("%s: no answer", effect.VendorKey)
		case effect.State == fermata.EffectUnknown:
			return nil, fermata.FinishEffect("charge", []byte("ch-1"))
		}
		return map[string]string{"charge": string(effect.Answer)}, nil
	}
	host := fermatatest.NewHost(t)
	host.Do(charge, `{}`).ExpectFailure("effect charge: no answer")
	host.Do(charge, `{"a": 1}`).ExpectFailure("the call was begun before with another content")
	host.Do(charge, `{}`).ExpectCompleted(`{}`)
	host.Do(charge, `{}`).ExpectCompleted(`{"charge": "ch-1"}`)
}

func TestLogRecordsHaveTheirFieldsByPath(t *testing.T) {
	run := fermatatest.NewHost(t).Do(func(context.Context, *fermata.Job) (any, error) {
		slog.Debug("below the level")
		slog.With("order", 7).WithGroup("customer").Warn("late", "name", "Ada", slog.Group("address", "city", "Bonn"))
		return nil, nil
	}, `{}`)
	want := []fermatatest.Record{{
		Level:   slog.LevelWarn,
		Message: "late",
		Fields:  map[string]string{"order": "7", "customer.name": "Ada", "customer.address.city": "Bonn"},
	}}
	if !reflect.DeepEqual(run.Records, want) {
		t.Errorf("the log has %+v", run.Records)
	}
}

func TestTheCheckpointSaysWhoStoredIt(t *testing.T) {
	host := fermatatest.NewHost(t)
	steps := func(context.Context, *fermata.Job) (any, error) {
		var step int
		saved, err := fermata.SavedCheckpoint(&step)
		if err == nil {
			err = fermata.SaveCheckpoint(step + 1)
		}
		if saved == nil {
			return map[string]any{"step": step}, err
		}
		return map[string]any{"step": step, "by": saved.WriterVersion, "in": saved.Attempt}, err
	}
	host.Do(steps, `{}`).ExpectCompleted(`{"step": 0}`)
	host.Do(steps, `{}`).ExpectCompleted(`{"step": 1, "by": "0.0.0", "in": 1}`)
	host.Do(steps, `{}`).ExpectCompleted(`{"step": 2, "by": "0.0.0", "in": 2}`)
	host.Checkpoint(`"two"`)
	host.Do(steps, `{}`).ExpectFailure("version 0.0.0 stored another kind of checkpoint: " +
		"json: cannot unmarshal string into Go value of type int")
}

func TestUnwelcomeAnswersAreFailuresThatWaitAsLongAsTheySay(t *testing.T) {
	host := fermatatest.NewHost(t)
	host.Serve(func(answer http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/later" {
			answer.Header().Set("Retry-After", "20")
		}
		answer.WriteHeader(http.StatusServiceUnavailable)
	})
	call := func(path string) fermatatest.Failure {
		return host.Do(func(ctx context.Context, _ *fermata.Job) (any, error) {
			response, err := fermata.NewRequest("GET", "https://a.example/"+path).Send(ctx)
			if err != nil {
				return nil, err
			}
			return nil, response.Failure("it answered %d", response.Status)
		}, `{}`).ExpectFailure("it answered 503")
	}
	later, now := call("later"), call("now")
	if later.Code != "HTTP_503" || later.RetryAfter == nil || *later.RetryAfter != 20*time.Second || later.Retries != nil {
		t.Errorf("the failure is %+v", later)
	}
	if now.Code != "HTTP_503" || now.RetryAfter != nil || now.Retries != nil {
		t.Errorf("the failure is %+v", now)
	}
}

func TestATestSaysHowLongAnAttemptMayTake(t *testing.T) {
	host := fermatatest.NewHost(t)
	host.TimeLeft(-time.Second)
	over := func(ctx context.Context, _ *fermata.Job) (any, error) {
		constant := fermata.Deadline().Equal(fermata.Deadline())
		return map[string]any{"over": ctx.Err() != nil, "constant": constant}, nil
	}
	host.Do(over, `{}`).ExpectCompleted(`{"over": true, "constant": true}`)
	host.TimeLeft(time.Minute)
	host.Do(over, `{}`).ExpectCompleted(`{"over": false, "constant": true}`)
}

func TestTheContextEndsWithTheAttempt(t *testing.T) {
	fermatatest.NewHost(t).Do(func(ctx context.Context, _ *fermata.Job) (any, error) {
		deadline, present := ctx.Deadline()
		if !present || time.Until(deadline) > time.Until(fermata.Deadline())+time.Second {
			return nil, fermata.Failed("the deadline is %v", deadline)
		}
		return nil, nil
	}, `{}`).ExpectCompleted(`{}`)
}
