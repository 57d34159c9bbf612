package fermata

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fermata/internal/host"
)

const (
	// HTTPTimeout is how long a request may take where neither it nor its context sets an earlier end. A job may take
	// 30 s unless its grant says otherwise: so the worker hears of it, and not only its operator.
	HTTPTimeout = 20 * time.Second
	// HTTPBodyBytesMax is how many bytes an answer's body may have unless the request says otherwise.
	HTTPBodyBytesMax = 4 << 20
)

// Request is an HTTP request through the host, which lets out what the operator granted.
//
//	request := fermata.NewRequest("POST", "https://api.example.org/v1/orders")
//	request.AddHeader("idempotency-key", job.IdempotencyKey)
//	request.SetJSON(order)
//	response, err := request.Send(ctx)
//
// Any status is an answer, not an error: what it means is the worker's business. Redirects are answers too.
//
// It costs a component less than net/http, which takes 7 MB; who needs that imports the package fermata/nethttp.
type Request struct {
	Method  string
	URL     string
	Headers []Header
	Body    []byte
	// Timeout is how long the request may take, to the last byte of the answer; 0 means [HTTPTimeout], which is 20 s. A
	// negative one is refused.
	Timeout time.Duration
	// BodyBytesMax is how many bytes the answer's body may have; 0 means [HTTPBodyBytesMax].
	BodyBytesMax int64

	unwritable error
}

// NewRequest starts a request to an absolute http or https URL. Mistakes in it come out of [Request.Send].
func NewRequest(method, url string) *Request { return &Request{Method: method, URL: url} }

// AddHeader adds a header; repeated names are sent repeatedly. The value may hold a secret's placeholder.
func (request *Request) AddHeader(name, value string) {
	request.Headers = append(request.Headers, Header{Name: name, Value: value})
}

// SetBearer adds the header Authorization: Bearer. The token may be a secret's placeholder.
func (request *Request) SetBearer(token string) { request.AddHeader("authorization", "Bearer "+token) }

// SetJSON sets the body to a value written as JSON, and its content type.
func (request *Request) SetJSON(value any) {
	request.Body, request.unwritable = json.Marshal(value)
	request.AddHeader("content-type", "application/json")
}

// Send sends the request and waits for the whole answer. It ends when the context's deadline does, which is that of the
// attempt in the context that a handler gets.
func (request *Request) Send(ctx context.Context) (*Response, error) {
	outgoing, err := request.outgoing(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := host.Current.Send(outgoing)
	if err != nil {
		return nil, err
	}
	response := &Response{Status: answer.Status, Body: answer.Body}
	for _, header := range answer.Headers {
		response.Headers = append(response.Headers, Header(header))
	}
	return response, nil
}

func (request *Request) outgoing(ctx context.Context) (*host.Request, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if request.unwritable != nil {
		return nil, unbuildable("its body cannot be written as JSON: %v", request.unwritable)
	}
	target, err := url.Parse(request.URL)
	switch {
	case err != nil:
		return nil, unbuildable("%v", err)
	case target.Scheme != "http" && target.Scheme != "https":
		return nil, unbuildable("`%s` is no absolute http or https URL", request.URL)
	case target.Host == "":
		return nil, unbuildable("`%s` names no host", request.URL)
	case target.User != nil:
		return nil, unbuildable("its URL carries credentials; send them in a header")
	}
	outgoing := &host.Request{
		Method:       request.Method,
		Secure:       target.Scheme == "https",
		Authority:    target.Host,
		PathAndQuery: target.RequestURI(),
		Body:         request.Body,
		Timeout:      request.Timeout,
		BodyBytesMax: request.BodyBytesMax,
	}
	for _, header := range request.Headers {
		outgoing.Headers = append(outgoing.Headers, host.Pair(header))
	}
	if err := outgoing.Finish(ctx, HTTPTimeout, HTTPBodyBytesMax); err != nil {
		return nil, err
	}
	return outgoing, nil
}

func unbuildable(format string, arguments ...any) error {
	return host.Fail(host.InvalidRequest, "the HTTP request cannot be built: %s", fmt.Sprintf(format, arguments...))
}

// Response is an answer with its whole body.
type Response struct {
	Status  int
	Headers []Header
	Body    []byte
}

// Header returns the first header of this name, in any casing, and whether there is one.
func (response *Response) Header(name string) (string, bool) {
	for _, header := range response.Headers {
		if strings.EqualFold(header.Name, name) {
			return header.Value, true
		}
	}
	return "", false
}

// JSON reads the body into a value.
func (response *Response) JSON(value any) error {
	if err := json.Unmarshal(response.Body, value); err != nil {
		return host.Fail(host.UnexpectedBody, "the HTTP answer cannot be read: %w; its status is %d", err, response.Status)
	}
	return nil
}

// RetryAfter returns how long the answer asks to wait: Retry-After in whole seconds, and whether there is one. A date in
// it is not read.
func (response *Response) RetryAfter() (time.Duration, bool) {
	text, _ := response.Header("retry-after")
	// Over a hundred years are as good as for ever, and fit a duration.
	const bits = 32
	seconds, err := strconv.ParseUint(strings.TrimSpace(text), 10, bits)
	return time.Duration(seconds) * time.Second, err == nil
}

// Failure is the failure that an unwelcome answer means, with a message like that of [fmt.Errorf]: its code is HTTP_ and
// the status, and the next attempt waits as long as the answer asks for.
func (response *Response) Failure(format string, arguments ...any) *Failure {
	failure := Failed(format, arguments...).WithCode(fmt.Sprintf("HTTP_%d", response.Status))
	if wait, asked := response.RetryAfter(); asked {
		failure.WithRetryAfter(wait)
	}
	return failure
}
