//go:build wasip1

package guest

import (
	"time"

	"fermata/internal/bindings/wasi_clocks_monotonic_clock"
	"fermata/internal/bindings/wasi_http_outgoing_handler"
	http "fermata/internal/bindings/wasi_http_types"
	"fermata/internal/bindings/wasi_io_error"
	"fermata/internal/bindings/wasi_io_poll"
	"fermata/internal/bindings/wasi_io_streams"
	"fermata/internal/host"
	witTypes "fermata/internal/wit/types"
)

// readBytes is how much of a body is read at a time.
const readBytes = 64 << 10

// exchange is one request with its answer.
type exchange struct {
	request *host.Request
	// timer is ready when the request's time is over.
	timer *wasi_io_poll.Pollable
}

// Send sends a request and waits for the whole answer. The host's fibers make waiting here cheap.
func (Imports) Send(request *host.Request) (*host.Response, error) {
	timer := wasi_clocks_monotonic_clock.SubscribeDuration(uint64(request.Timeout))
	defer timer.Drop()
	exchange := &exchange{request: request, timer: timer}
	outgoing, err := exchange.build()
	if err != nil {
		return nil, err
	}
	// A request hands its body out once, and this is the first time.
	body := outgoing.Body().Ok()
	handled := wasi_http_outgoing_handler.Handle(outgoing, witTypes.Some(optionsOf(request.Timeout)))
	if handled.IsErr() {
		body.Drop()
		return nil, failedBy(handled.Err(), request)
	}
	future := handled.Ok()
	defer future.Drop()
	if err := exchange.write(body); err != nil {
		return nil, err
	}
	response, err := exchange.await(future)
	if err != nil {
		return nil, err
	}
	defer response.Drop()
	return exchange.read(response)
}

func (exchange *exchange) build() (*http.OutgoingRequest, error) {
	request := exchange.request
	fields := http.MakeFields()
	for _, header := range request.Headers {
		if appended := fields.Append(header.Name, []byte(header.Value)); appended.IsErr() {
			fields.Drop()
			return nil, host.Fail(host.InvalidRequest,
				"the HTTP request cannot be built: the host refuses the header `%s`", header.Name)
		}
	}
	outgoing := http.MakeOutgoingRequest(fields)
	scheme := http.MakeSchemeHttp()
	if request.Secure {
		scheme = http.MakeSchemeHttps()
	}
	if outgoing.SetMethod(methodOf(request.Method)).IsErr() ||
		outgoing.SetScheme(witTypes.Some(scheme)).IsErr() ||
		outgoing.SetAuthority(witTypes.Some(request.Authority)).IsErr() ||
		outgoing.SetPathWithQuery(witTypes.Some(request.PathAndQuery)).IsErr() {
		outgoing.Drop()
		return nil, host.Fail(host.InvalidRequest, "the HTTP request cannot be built: its method or URL is not valid")
	}
	return outgoing, nil
}

func methodOf(name string) http.Method {
	switch name {
	case "GET":
		return http.MakeMethodGet()
	case "HEAD":
		return http.MakeMethodHead()
	case "POST":
		return http.MakeMethodPost()
	case "PUT":
		return http.MakeMethodPut()
	case "DELETE":
		return http.MakeMethodDelete()
	case "OPTIONS":
		return http.MakeMethodOptions()
	case "PATCH":
		return http.MakeMethodPatch()
	}
	return http.MakeMethodOther(name)
}

// optionsOf has the host's own timeouts never end later than ours. A host that knows no timeouts is bounded by our timer
// alone.
func optionsOf(timeout time.Duration) *http.RequestOptions {
	options := http.MakeRequestOptions()
	nanoseconds := witTypes.Some(uint64(max(timeout, time.Millisecond)))
	options.SetConnectTimeout(nanoseconds)
	options.SetFirstByteTimeout(nanoseconds)
	options.SetBetweenBytesTimeout(nanoseconds)
	return options
}

func (exchange *exchange) write(body *http.OutgoingBody) error {
	if len(exchange.request.Body) > 0 {
		stream := body.Write().Ok()
		open, err := exchange.writeAll(stream)
		stream.Drop()
		// A host that answers before it has read everything closes the stream: the answer says why.
		if err != nil || !open {
			body.Drop()
			return err
		}
	}
	if finished := http.OutgoingBodyFinish(body, witTypes.None[*http.Fields]()); finished.IsErr() {
		return failedBy(finished.Err(), exchange.request)
	}
	return nil
}

// writeAll reports whether the stream stayed open.
func (exchange *exchange) writeAll(stream *wasi_io_streams.OutputStream) (bool, error) {
	ready := stream.Subscribe()
	defer ready.Drop()
	for rest := exchange.request.Body; len(rest) > 0; {
		room := stream.CheckWrite()
		if room.IsErr() {
			return false, dropStreamError(room.Err())
		}
		if room.Ok() == 0 {
			if err := exchange.wait(ready); err != nil {
				return true, err
			}
			continue
		}
		count := min(room.Ok(), uint64(len(rest)))
		if written := stream.Write(rest[:count]); written.IsErr() {
			return false, dropStreamError(written.Err())
		}
		rest = rest[count:]
	}
	if flushed := stream.Flush(); flushed.IsErr() {
		return false, dropStreamError(flushed.Err())
	}
	if err := exchange.wait(ready); err != nil {
		return true, err
	}
	if room := stream.CheckWrite(); room.IsErr() {
		return false, dropStreamError(room.Err())
	}
	return true, nil
}

func dropStreamError(why wasi_io_streams.StreamError) error {
	if why.Tag() == wasi_io_streams.StreamErrorLastOperationFailed {
		why.LastOperationFailed().Drop()
	}
	return nil
}

func (exchange *exchange) await(future *http.FutureIncomingResponse) (*http.IncomingResponse, error) {
	ready := future.Subscribe()
	defer ready.Drop()
	for {
		answer := future.Get()
		if answer.IsNone() {
			if err := exchange.wait(ready); err != nil {
				return nil, err
			}
			continue
		}
		once := answer.Some()
		if once.IsErr() {
			return nil, host.Fail(host.Protocol, "the HTTP exchange failed: the host answered twice")
		}
		if response := once.Ok(); response.IsErr() {
			return nil, failedBy(response.Err(), exchange.request)
		}
		return once.Ok().Ok(), nil
	}
}

func (exchange *exchange) read(from *http.IncomingResponse) (*host.Response, error) {
	response := &host.Response{Status: int(from.Status())}
	fields := from.Headers()
	for _, entry := range fields.Entries() {
		response.Headers = append(response.Headers, host.Pair{Name: entry.F0, Value: string(entry.F1)})
	}
	fields.Drop()
	consumed := from.Consume()
	if consumed.IsErr() {
		return nil, host.Fail(host.Protocol, "the HTTP exchange failed: the answer has no body")
	}
	body := consumed.Ok()
	defer body.Drop()
	stream := body.Stream().Ok()
	defer stream.Drop()
	ready := stream.Subscribe()
	defer ready.Drop()
	for {
		read := stream.Read(readBytes)
		if read.IsErr() {
			why := read.Err()
			if why.Tag() == wasi_io_streams.StreamErrorClosed {
				return response, nil
			}
			return nil, broken(why.LastOperationFailed(), exchange.request)
		}
		chunk := read.Ok()
		if len(chunk) == 0 {
			if err := exchange.wait(ready); err != nil {
				return nil, err
			}
			continue
		}
		if int64(len(response.Body)+len(chunk)) > exchange.request.BodyBytesMax {
			return nil, tooLarge(uint64(exchange.request.BodyBytesMax))
		}
		response.Body = append(response.Body, chunk...)
	}
}

// broken says why a body broke off.
func broken(why *wasi_io_error.Error, request *host.Request) error {
	defer why.Drop()
	if code := http.HttpErrorCode(why); code.IsSome() {
		return failedBy(code.Some(), request)
	}
	return host.Fail(host.Protocol, "the HTTP exchange failed: %s", why.ToDebugString())
}

// wait waits for an event, or for the request's end.
func (exchange *exchange) wait(event *wasi_io_poll.Pollable) error {
	const first = 0
	for _, ready := range wasi_io_poll.Poll([]*wasi_io_poll.Pollable{event, exchange.timer}) {
		if ready == first {
			return nil
		}
	}
	return host.Fail(host.Timeout, "the HTTP host did not answer in time")
}

func tooLarge(bytesMax uint64) error {
	return host.Fail(host.TooLarge, "the HTTP answer has more than %d bytes", bytesMax)
}
