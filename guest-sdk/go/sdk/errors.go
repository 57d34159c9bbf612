package fermata

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"fermata/internal/host"
)

// BPMNError is a business error: a boundary event of the model may catch it by its code.
type BPMNError struct {
	// Code is what error events match.
	Code string
	// Message says what happened, for people.
	Message string
	// Variables is nil, or an object for the event that catches the error.
	Variables any
}

// Error returns the code with the message.
func (err *BPMNError) Error() string { return err.Code + ": " + err.Message }

// Failure is a technical failure: the job is retried, and raises an incident when no retries are left.
type Failure struct {
	// Message says what happened and what to do about it, for the operator.
	Message string
	// Code says what kind of failure it is, for the error expressions of the model: their error.code. It may be empty.
	Code string
	// Variables is nil, or an object that is set in the scope of the element.
	Variables any
	// Retries is how many are left from now on, at most one fewer than before; nil means just that many.
	Retries *uint32
	// RetryAfter is how long to wait before the next attempt; nil means as the model's task header retryBackoff says.
	RetryAfter *time.Duration
	// BacksOff waits longer with each attempt (1 s, 5 s, then 30 s) where neither RetryAfter nor the model says how
	// long. For outages, which retries that follow at once would all fall into.
	BacksOff bool

	cause error
}

// Failed makes a failure with a message like that of [fmt.Errorf].
func Failed(format string, arguments ...any) *Failure {
	err := fmt.Errorf(format, arguments...)
	return &Failure{Message: err.Error(), cause: errors.Unwrap(err)}
}

// Error returns the message.
func (failure *Failure) Error() string { return failure.Message }

// Unwrap returns what the message of [Failed] wraps.
func (failure *Failure) Unwrap() error { return failure.cause }

// NoRetries raises an incident at once, and returns the failure.
func (failure *Failure) NoRetries() *Failure { return failure.WithRetries(0) }

// WithRetries sets how many retries are left, and returns the failure.
func (failure *Failure) WithRetries(retries uint32) *Failure {
	failure.Retries = &retries
	return failure
}

// WithCode sets the code, and returns the failure.
func (failure *Failure) WithCode(code string) *Failure {
	failure.Code = code
	return failure
}

// WithRetryAfter sets how long to wait, and returns the failure.
func (failure *Failure) WithRetryAfter(wait time.Duration) *Failure {
	failure.RetryAfter = &wait
	return failure
}

// Error is what a host answers instead of what it was asked for. Find it with [errors.As].
type Error = host.Failed

// ErrorKind says what kind of thing did not come.
type ErrorKind = host.Kind

const (
	// InvalidRequest: the HTTP request cannot be built, for a bad URL, header or body.
	InvalidRequest = host.InvalidRequest
	// Refused: the host does not send this request; a grant is missing, or something about it is never sent.
	Refused = host.Refused
	// DNS: the HTTP host's name has no address.
	DNS = host.DNS
	// Connect: nobody accepted the connection, or it broke before the answer began.
	Connect = host.Connect
	// TLS: the HTTP host's certificate or TLS version is not acceptable.
	TLS = host.TLS
	// Timeout: no answer, or not all of it, within the request's time. The request may have had its effect.
	Timeout = host.Timeout
	// Protocol: the answer is not valid HTTP, or it ended too early. The request may have had its effect.
	Protocol = host.Protocol
	// TooLarge: more bytes than a limit, which the message names.
	TooLarge = host.TooLarge
	// Superseded: a later attempt of this job has started; this one no longer counts.
	Superseded = host.Superseded
	// Unavailable: the host's store, or its settings, did not answer.
	Unavailable = host.Unavailable
	// NotGranted: the operator has not granted this use of the secret.
	NotGranted = host.NotGranted
	// NotSet: the secret is granted and has no value.
	NotSet = host.NotSet
	// NotOffered: the host does not record effects.
	NotOffered = host.NotOffered
	// DigestDiffers: the call was begun before with another content.
	DigestDiffers = host.DigestDiffers
	// NotBegun: the call was not begun in this job.
	NotBegun = host.NotBegun
	// UnexpectedBody: the body of an HTTP answer is not the expected JSON.
	UnexpectedBody = host.UnexpectedBody
	// InvalidName: what was asked for has a name that is not UTF-8.
	InvalidName = host.InvalidName
)

// failureOf is the failure that an error means.
func failureOf(err error) *Failure {
	if failure := (*Failure)(nil); errors.As(err, &failure) {
		// What was wrapped around it belongs to its message.
		wrapped := *failure
		wrapped.Message = err.Error()
		return &wrapped
	}
	failure := &Failure{Message: err.Error(), cause: err}
	// net/http's own wrapping names the whole URL, whose query may hold what nobody else should read.
	if outer := (*url.Error)(nil); errors.As(err, &outer) && err == error(outer) {
		failure.Message = outer.Err.Error()
	}
	if failed := (*host.Failed)(nil); errors.As(err, &failed) {
		failure.BacksOff = failed.Outage()
		if failed.Permanent() {
			failure.NoRetries()
		}
	}
	return failure
}
