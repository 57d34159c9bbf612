package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"fermata"
	"fermata/fermatatest"
)

const (
	baseURL   = "https://customers.example.com"
	variables = `{"customer": "C-1"}`
	ada       = `{"name": "Ada", "score": 712, "since": 2019}`
	checked   = `{"customerName": "Ada", "checkId": "chk-7", "approved": true}`
)

func newHost(t *testing.T, service http.HandlerFunc) *fermatatest.Host {
	host := fermatatest.NewHost(t)
	host.Set("base-url", baseURL)
	host.Grant("CUSTOMER_API_KEY")
	host.Serve(service)
	return host
}

// answering is a service whose customers and checks have these answers.
func answering(customerStatus int, customer string, checkStatus int) http.HandlerFunc {
	return func(answer http.ResponseWriter, request *http.Request) {
		if request.Method == http.MethodGet {
			answer.WriteHeader(customerStatus)
			fmt.Fprint(answer, customer)
			return
		}
		answer.WriteHeader(checkStatus)
		fmt.Fprint(answer, `{"id": "chk-7"}`)
	}
}

func TestACustomerIsChecked(t *testing.T) {
	run := newHost(t, answering(200, ada, 201)).Do(check, variables)
	run.ExpectCompleted(checked)

	lookup, post := run.Requests[0], run.Requests[1]
	if lookup.Method != "GET" || lookup.URL != baseURL+"/customers/C-1" {
		t.Errorf("the customer is looked up by %s %s", lookup.Method, lookup.URL)
	}
	if post.Method != "POST" || post.URL != baseURL+"/checks" || post.Body != `{"customer":"C-1","score":712}` {
		t.Errorf("the check is %s %s %s", post.Method, post.URL, post.Body)
	}
	for name, value := range map[string]string{
		"Authorization":   "Bearer {secret CUSTOMER_API_KEY}",
		"Content-Type":    "application/json",
		"Idempotency-Key": "test-idempotency-key",
	} {
		if got := post.Header.Get(name); got != value {
			t.Errorf("the header %s is %s, want %s", name, got, value)
		}
	}
	if run.Checkpoint != `{"name":"Ada","score":712}` {
		t.Errorf("the checkpoint is %s", run.Checkpoint)
	}
	if len(run.Records) != 1 || run.Records[0].Message != "customer checked" || run.Records[0].Fields["score"] != "712" {
		t.Errorf("the log has %v", run.Records)
	}
}

func TestALowScoreIsNotApproved(t *testing.T) {
	run := newHost(t, answering(200, `{"name": "Bob", "score": 599}`, 201)).Do(check, variables)
	run.ExpectCompleted(`{"customerName": "Bob", "checkId": "chk-7", "approved": false}`)
}

func TestTheSettingMayEndWithASlashAndTheScoreWithAZero(t *testing.T) {
	host := newHost(t, answering(200, `{"name": "Ada", "score": 712.0}`, 201))
	host.Set("base-url", baseURL+"/")
	run := host.Do(check, variables)
	run.ExpectCompleted(checked)
	if lookup, post := run.Requests[0], run.Requests[1]; lookup.URL != baseURL+"/customers/C-1" ||
		post.URL != baseURL+"/checks" || post.Body != `{"customer":"C-1","score":712}` {
		t.Errorf("the requests are %+v and %+v", lookup, post)
	}
}

func TestTheIDIsEncoded(t *testing.T) {
	run := newHost(t, answering(404, "", 500)).Do(check, `{"customer": "a/b ü"}`)
	run.ExpectBPMNError("CUSTOMER_NOT_FOUND")
	if want := baseURL + "/customers/a%2Fb%20%C3%BC"; run.Requests[0].URL != want {
		t.Errorf("the customer is looked up at %s, want %s", run.Requests[0].URL, want)
	}
}

func TestAnUnknownCustomerIsABusinessError(t *testing.T) {
	thrown := newHost(t, answering(404, "", 500)).Do(check, variables).ExpectBPMNError("CUSTOMER_NOT_FOUND")
	if thrown.Message != "there is no customer C-1" || thrown.Variables != `{"customer":"C-1"}` {
		t.Errorf("the error is %+v", thrown)
	}
}

func TestAnOutageIsAFailureWithTheWaitThatTheServiceAsksFor(t *testing.T) {
	host := newHost(t, func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("Retry-After", "7")
		answer.WriteHeader(http.StatusServiceUnavailable)
	})
	failure := host.Do(check, variables).ExpectFailure("the customer service answered 503")
	if failure.Code != "HTTP_503" || failure.Retries != nil {
		t.Errorf("the failure is %+v", failure)
	}
	if failure.RetryAfter == nil || *failure.RetryAfter != 7*time.Second {
		t.Errorf("the next attempt waits %v", failure.RetryAfter)
	}
}

func TestNoAnswerIsAFailureThatSaysWhy(t *testing.T) {
	host := newHost(t, nil)
	host.NoAnswer(fermata.Timeout, "the HTTP host did not answer in time")
	host.Do(check, variables).ExpectFailure("the HTTP host did not answer in time")
}

func TestAnotherAnswerThanACustomerIsFinal(t *testing.T) {
	for _, body := range []string{"<html>", "[]", `{"name": "Ada"}`, `{"name": "Ada", "score": 1.5}`} {
		failure := newHost(t, answering(200, body, 201)).Do(check, variables).
			ExpectFailure("the customer service answered something else than a customer")
		if failure.Retries == nil || *failure.Retries != 0 {
			t.Errorf("after %s the job is retried", body)
		}
	}
}

func TestALaterAttemptGoesOnAfterTheCheckpoint(t *testing.T) {
	host := newHost(t, answering(200, ada, 500))
	host.Do(check, variables).ExpectFailure("the check service answered 500")
	host.Serve(answering(500, "", 201))
	run := host.Do(check, variables)
	run.ExpectCompleted(checked)
	if len(run.Requests) != 1 {
		t.Errorf("the customer is looked up again: %d requests", len(run.Requests))
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	for given, message := range map[string]string{
		`{}`:              "variable `customer` is missing",
		`{"customer": 7}`: "variable `customer` is not a text",
	} {
		failure := newHost(t, nil).Do(check, given).ExpectFailure(message)
		if failure.Retries == nil || *failure.Retries != 0 {
			t.Errorf("with %s the job is retried", given)
		}
	}
	bare := fermatatest.NewHost(t)
	bare.Do(check, variables).ExpectFailure("setting `base-url` is missing")
	bare.Set("base-url", baseURL)
	bare.Do(check, variables).ExpectFailure("the secret `CUSTOMER_API_KEY` is not granted")
}
