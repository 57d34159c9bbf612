// Package nethttp has net/http send its requests through the host, which lets out what the operator granted:
//
//	import _ "fermata/nethttp"
//
// It is for libraries that bring net/http along, which adds 7 MB to a component; [fermata.Request] does without it.
package nethttp

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strings"

	"fermata"
	"fermata/internal/host"
)

func init() { http.DefaultTransport = &Transport{} }

// Transport sends requests through the host. Importing the package makes one the default of net/http. It waits for whole
// answers: nothing is streamed.
type Transport struct {
	// BodyBytesMax is how many bytes an answer's body may have; 0 means [fermata.HTTPBodyBytesMax].
	BodyBytesMax int64
}

// RoundTrip sends one request. It ends when the request's context does, and after [fermata.HTTPTimeout] at the latest.
func (transport *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := readBody(request)
	if err != nil {
		return nil, host.Fail(host.InvalidRequest, "the HTTP request cannot be built: %v", err)
	}
	if scheme := request.URL.Scheme; scheme != "http" && scheme != "https" {
		return nil, host.Fail(host.InvalidRequest, "the HTTP request cannot be built: `%s` is neither http nor https", scheme)
	}
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	outgoing := &host.Request{
		Method:       request.Method,
		Secure:       request.URL.Scheme == "https",
		Authority:    request.URL.Host,
		PathAndQuery: request.URL.RequestURI(),
		Headers:      headersOf(request.Header),
		Body:         body,
		BodyBytesMax: transport.BodyBytesMax,
	}
	if err := outgoing.Finish(request.Context(), fermata.HTTPTimeout, fermata.HTTPBodyBytesMax); err != nil {
		return nil, err
	}
	response, err := host.Current.Send(outgoing)
	if err != nil {
		return nil, err
	}
	return responseOf(request, response), nil
}

func readBody(request *http.Request) ([]byte, error) {
	if request.Body == nil {
		return nil, nil
	}
	defer request.Body.Close()
	return io.ReadAll(request.Body)
}

// headersOf gives the headers in one order, whatever the map's.
func headersOf(header http.Header) []host.Pair {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	sort.Strings(names)
	var headers []host.Pair
	for _, name := range names {
		for _, value := range header[name] {
			headers = append(headers, host.Pair{Name: strings.ToLower(name), Value: value})
		}
	}
	return headers
}

func responseOf(request *http.Request, from *host.Response) *http.Response {
	header := http.Header{}
	for _, pair := range from.Headers {
		header.Add(pair.Name, pair.Value)
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", from.Status, http.StatusText(from.Status)),
		StatusCode:    from.Status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          io.NopCloser(bytes.NewReader(from.Body)),
		ContentLength: int64(len(from.Body)),
		Request:       request,
	}
}
