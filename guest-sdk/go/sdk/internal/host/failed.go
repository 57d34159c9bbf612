package host

import (
	"errors"
	"fmt"
)

// Kind says what kind of thing did not come.
type Kind uint8

// The kinds; the package fermata explains them.
const (
	InvalidRequest Kind = iota
	Refused
	DNS
	Connect
	TLS
	Timeout
	Protocol
	TooLarge
	Superseded
	Unavailable
	NotGranted
	NotSet
	NotOffered
	DigestDiffers
	NotBegun
	UnexpectedBody
	InvalidName
)

// Failed is an error of the host.
type Failed struct {
	Kind    Kind
	Message string

	cause error
}

// Error returns the message.
func (failed *Failed) Error() string { return failed.Message }

// Unwrap returns what the message of [Fail] wraps.
func (failed *Failed) Unwrap() error { return failed.cause }

// Permanent reports whether a retry would meet the same error until somebody changes the worker or its grants.
func (failed *Failed) Permanent() bool {
	switch failed.Kind {
	case InvalidRequest, Refused, TooLarge, NotGranted, NotSet, NotOffered, DigestDiffers, NotBegun, InvalidName:
		return true
	}
	return false
}

// Outage reports whether it came from HTTP and may be gone later.
func (failed *Failed) Outage() bool {
	switch failed.Kind {
	case DNS, Connect, TLS, Timeout, Protocol, UnexpectedBody:
		return true
	}
	return false
}

// Timeout reports whether time ran out, as net.Error has it.
func (failed *Failed) Timeout() bool { return failed.Kind == Timeout }

// Fail makes an error, with a message like that of [fmt.Errorf].
func Fail(kind Kind, format string, arguments ...any) *Failed {
	err := fmt.Errorf(format, arguments...)
	return &Failed{Kind: kind, Message: err.Error(), cause: errors.Unwrap(err)}
}
