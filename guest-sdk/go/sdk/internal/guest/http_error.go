//go:build wasip1

package guest

import (
	http "fermata/internal/bindings/wasi_http_types"
	"fermata/internal/host"
)

// failedBy says an error of wasi:http in a worker's words.
func failedBy(code http.ErrorCode, request *host.Request) error {
	authority := request.Authority
	switch code.Tag() {
	case http.ErrorCodeHttpRequestDenied:
		// The host tells the operator why; queries may hold what nobody else should read.
		return host.Fail(host.Refused, "the host does not send this request: %s %s", request.Method, authority)
	case http.ErrorCodeDestinationIpProhibited:
		return host.Fail(host.Refused, "the address behind %s is not granted", authority)
	case http.ErrorCodeDnsTimeout, http.ErrorCodeDnsError, http.ErrorCodeDestinationNotFound:
		return host.Fail(host.DNS, "the name of the HTTP host cannot be resolved: %s", authority)
	case http.ErrorCodeDestinationUnavailable, http.ErrorCodeDestinationIpUnroutable,
		http.ErrorCodeConnectionRefused, http.ErrorCodeConnectionTerminated, http.ErrorCodeConnectionLimitReached:
		return host.Fail(host.Connect, "the HTTP host cannot be reached: %s: %s", authority, nameOf(code))
	case http.ErrorCodeConnectionTimeout:
		return host.Fail(host.Connect, "the HTTP host cannot be reached: %s accepts no connection in time", authority)
	case http.ErrorCodeConnectionReadTimeout, http.ErrorCodeConnectionWriteTimeout, http.ErrorCodeHttpResponseTimeout:
		return host.Fail(host.Timeout, "the HTTP host did not answer in time")
	case http.ErrorCodeTlsProtocolError, http.ErrorCodeTlsCertificateError, http.ErrorCodeTlsAlertReceived:
		return host.Fail(host.TLS, "no secure connection to the HTTP host: %s: %s", authority, nameOf(code))
	case http.ErrorCodeHttpResponseBodySize:
		return tooLarge(code.HttpResponseBodySize().SomeOr(uint64(request.BodyBytesMax)))
	case http.ErrorCodeHttpRequestLengthRequired, http.ErrorCodeHttpRequestBodySize,
		http.ErrorCodeHttpRequestMethodInvalid, http.ErrorCodeHttpRequestUriInvalid,
		http.ErrorCodeHttpRequestUriTooLong, http.ErrorCodeHttpRequestHeaderSectionSize,
		http.ErrorCodeHttpRequestHeaderSize, http.ErrorCodeHttpRequestTrailerSectionSize,
		http.ErrorCodeHttpRequestTrailerSize:
		return host.Fail(host.InvalidRequest, "the HTTP request cannot be built: %s", nameOf(code))
	case http.ErrorCodeInternalError:
		return host.Fail(host.Protocol, "the HTTP exchange failed: %s",
			code.InternalError().SomeOr("the host does not say why"))
	}
	return host.Fail(host.Protocol, "the HTTP exchange failed: %s", nameOf(code))
}

// nameOf says a code that has nothing to tell but itself.
func nameOf(code http.ErrorCode) string {
	switch code.Tag() {
	case http.ErrorCodeConnectionRefused:
		return "it refuses connections"
	case http.ErrorCodeConnectionTerminated:
		return "it closed the connection"
	case http.ErrorCodeDestinationUnavailable:
		return "it is not available"
	case http.ErrorCodeDestinationIpUnroutable:
		return "no route leads to it"
	case http.ErrorCodeConnectionLimitReached:
		return "there are too many connections"
	case http.ErrorCodeTlsProtocolError:
		return "its TLS is not acceptable"
	case http.ErrorCodeTlsCertificateError:
		return "its certificate is not valid"
	case http.ErrorCodeTlsAlertReceived:
		return "it sent a TLS alert"
	case http.ErrorCodeHttpRequestLengthRequired:
		return "its length is missing"
	case http.ErrorCodeHttpRequestBodySize:
		return "its body has not the length that its headers say"
	case http.ErrorCodeHttpRequestMethodInvalid:
		return "its method is not valid"
	case http.ErrorCodeHttpRequestUriInvalid:
		return "its URL is not valid"
	case http.ErrorCodeHttpRequestUriTooLong:
		return "its URL is too long"
	case http.ErrorCodeHttpRequestHeaderSectionSize, http.ErrorCodeHttpRequestHeaderSize:
		return "its headers are too large"
	case http.ErrorCodeHttpRequestTrailerSectionSize, http.ErrorCodeHttpRequestTrailerSize:
		return "its trailers are too large"
	case http.ErrorCodeHttpResponseIncomplete:
		return "the answer ended too early"
	case http.ErrorCodeHttpResponseHeaderSectionSize, http.ErrorCodeHttpResponseHeaderSize:
		return "the answer's headers are too large"
	case http.ErrorCodeHttpResponseTrailerSectionSize, http.ErrorCodeHttpResponseTrailerSize:
		return "the answer's trailers are too large"
	case http.ErrorCodeHttpResponseTransferCoding, http.ErrorCodeHttpResponseContentCoding:
		return "the answer's coding is unknown"
	case http.ErrorCodeHttpUpgradeFailed:
		return "the upgrade failed"
	case http.ErrorCodeLoopDetected:
		return "the request went in a circle"
	case http.ErrorCodeConfigurationError:
		return "the host's settings do not allow it"
	}
	return "it is no valid HTTP"
}
