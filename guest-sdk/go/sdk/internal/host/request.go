package host

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Finish checks the request's parts, and adds what a host expects beside what a worker says.
func (request *Request) Finish(ctx context.Context, timeout time.Duration, bodyBytesMax int64) error {
	if request.Method == "" {
		request.Method = "GET"
	}
	switch {
	case request.Timeout < 0:
		return Fail(InvalidRequest, "the HTTP request cannot be built: its timeout is %v", request.Timeout)
	case request.Timeout == 0:
		request.Timeout = timeout
	}
	if deadline, present := ctx.Deadline(); present {
		request.Timeout = min(request.Timeout, max(time.Until(deadline), time.Millisecond))
	}
	if request.BodyBytesMax <= 0 {
		request.BodyBytesMax = bodyBytesMax
	}
	switch {
	case !isToken(request.Method):
		return Fail(InvalidRequest, "the HTTP request cannot be built: %q is no method", request.Method)
	case !utf8.ValidString(request.Authority) || !utf8.ValidString(request.PathAndQuery):
		return Fail(InvalidRequest, "the HTTP request cannot be built: its URL is not UTF-8; encode its parts")
	}
	hasLength := false
	for _, header := range request.Headers {
		if !isToken(header.Name) || strings.ContainsFunc(header.Value, isControl) {
			return Fail(InvalidRequest, "the HTTP request cannot be built: the header %q has no valid name or value",
				header.Name)
		}
		hasLength = hasLength || strings.EqualFold(header.Name, "content-length")
	}
	if len(request.Body) > 0 && !hasLength {
		request.Headers = append(request.Headers, Pair{Name: "content-length", Value: strconv.Itoa(len(request.Body))})
	}
	return nil
}

func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(char rune) bool {
		isAlphanumeric := char >= 'a' && char <= 'z' || char >= 'A' && char <= 'Z' || char >= '0' && char <= '9'
		return !isAlphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", char)
	})
}

func isControl(char rune) bool { return char < ' ' && char != '\t' || char == 0x7f }
