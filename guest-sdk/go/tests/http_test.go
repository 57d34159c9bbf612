package fermatatests

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"fermata"
	"fermata/fermatatest"
	_ "fermata/nethttp"
)

func sending(build func() *fermata.Request) fermata.Handler {
	return func(ctx context.Context, _ *fermata.Job) (any, error) {
		response, err := build().Send(ctx)
		if err != nil {
			return nil, err
		}
		return map[string]string{"body": string(response.Body)}, nil
	}
}

func answering(status int, body string) http.HandlerFunc {
	return func(answer http.ResponseWriter, _ *http.Request) {
		answer.WriteHeader(status)
		fmt.Fprint(answer, body)
	}
}

func TestURLsAreSplitWithoutTheirFragment(t *testing.T) {
	for given, sent := range map[string]string{
		"https://api.example.org/v1/a?b=c#d": "https://api.example.org/v1/a?b=c",
		"HTTPS://api.example.org":            "https://api.example.org/",
		"http://[::1]:8080?x=1":              "http://[::1]:8080/?x=1",
	} {
		host := fermatatest.NewHost(t)
		host.Serve(answering(200, "good"))
		run := host.Do(sending(func() *fermata.Request { return fermata.NewRequest("GET", given) }), `{}`)
		run.ExpectCompleted(`{"body": "good"}`)
		if run.Requests[0].URL != sent {
			t.Errorf("%s is sent to %s", given, run.Requests[0].URL)
		}
	}
}

func TestWhatCannotBeSentIsNamedAndNotRetried(t *testing.T) {
	for message, build := range map[string]func() *fermata.Request{
		"`/a` is no absolute http or https URL":              func() *fermata.Request { return fermata.NewRequest("GET", "/a") },
		"`ftp://a/` is no absolute http or https URL":        func() *fermata.Request { return fermata.NewRequest("GET", "ftp://a/") },
		"`https:///b` names no host":                         func() *fermata.Request { return fermata.NewRequest("GET", "https:///b") },
		"its URL carries credentials; send them in a header": func() *fermata.Request { return fermata.NewRequest("GET", "https://me:pw@a/") },
		`the header "x-test" has no valid name or value`:     func() *fermata.Request { return withHeader("x-test", "a\r\nb: c") },
		"its URL is not UTF-8; encode its parts":             func() *fermata.Request { return fermata.NewRequest("GET", "https://a/?\xfc") },
		`"G T" is no method`:                                 func() *fermata.Request { return fermata.NewRequest("G T", "https://a/") },
		`the header "" has no valid name or value`:           func() *fermata.Request { return withHeader("", "a") },
		"its timeout is -1ns": func() *fermata.Request {
			return &fermata.Request{URL: "https://a/", Timeout: -1}
		},
		"its body cannot be written as JSON: json: unsupported type: chan int": func() *fermata.Request {
			request := fermata.NewRequest("POST", "https://a/")
			request.SetJSON(make(chan int))
			return request
		},
	} {
		run := fermatatest.NewHost(t).Do(sending(build), `{}`)
		failure := run.ExpectFailure("the HTTP request cannot be built: " + message)
		if failure.Retries == nil || *failure.Retries != 0 || len(run.Requests) != 0 {
			t.Errorf("%s: %+v", message, failure)
		}
	}
}

func withHeader(name, value string) *fermata.Request {
	request := fermata.NewRequest("GET", "https://a/")
	request.AddHeader(name, value)
	return request
}

func TestAnAnswerOverTheLimitIsNoAnswer(t *testing.T) {
	host := fermatatest.NewHost(t)
	host.Serve(answering(200, "12345"))
	host.Do(sending(func() *fermata.Request {
		return &fermata.Request{URL: "https://a/", BodyBytesMax: 4}
	}), `{}`).ExpectFailure("the HTTP answer has more than 4 bytes")
}

func TestAWaitIsReadInWholeSeconds(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"7": 7 * time.Second, " 0 ": 0, "4294967295": 4294967295 * time.Second, "4294967296": -1,
		"-1": -1, "1.5": -1, "": -1, "Wed, 21 Oct 2026 07:28:00 GMT": -1,
	} {
		response := fermata.Response{Headers: []fermata.Header{{Name: "Retry-After", Value: text}}}
		wait, asked := response.RetryAfter()
		if asked != (want >= 0) || asked && wait != want {
			t.Errorf("%q is read as %v, %v", text, wait, asked)
		}
	}
}

func TestNetHTTPGoesThroughTheHost(t *testing.T) {
	host := fermatatest.NewHost(t)
	host.Serve(func(answer http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/old" {
			http.Redirect(answer, request, "/new", http.StatusTemporaryRedirect)
			return
		}
		body, _ := io.ReadAll(request.Body)
		fmt.Fprintf(answer, "%s %s", request.Method, body)
	})
	run := host.Do(func(ctx context.Context, _ *fermata.Job) (any, error) {
		response, err := http.Post("https://a.example/old", "text/plain", strings.NewReader("hello"))
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		return map[string]string{"body": string(body)}, err
	}, `{}`)
	run.ExpectCompleted(`{"body": "POST hello"}`)
	if len(run.Requests) != 2 || run.Requests[1].URL != "https://a.example/new" || run.Requests[1].Timeout > fermata.HTTPTimeout {
		t.Errorf("the requests are %+v", run.Requests)
	}
}

func TestErrorsOfNetHTTPNameNoQuery(t *testing.T) {
	host := fermatatest.NewHost(t)
	host.NoAnswer(fermata.Refused, "the host does not send this request: GET a.example")
	run := host.Do(func(context.Context, *fermata.Job) (any, error) {
		response, err := http.Get("https://a.example/?key=confidential")
		if failed := (*fermata.Error)(nil); !errors.As(err, &failed) {
			return response, fermata.Failed("another error: %w", err)
		}
		return nil, err
	}, `{}`)
	failure := run.ExpectFailure("the host does not send this request: GET a.example")
	if failure.Retries == nil || *failure.Retries != 0 {
		t.Error("the job is retried")
	}
}
