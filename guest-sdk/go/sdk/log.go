package fermata

import (
	"context"
	"log/slog"

	"fermata/internal/host"
)

// NewLogHandler makes a handler for log/slog that writes the job's log records from a level on. [Serve] makes one the
// default, from the level Info on.
func NewLogHandler(from slog.Leveler) slog.Handler { return &logHandler{from: from} }

type logHandler struct {
	from   slog.Leveler
	prefix string
	fields []host.Pair
}

func (handler *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= handler.from.Level()
}

func (handler *logHandler) Handle(_ context.Context, record slog.Record) error {
	fields := handler.fields[:len(handler.fields):len(handler.fields)]
	record.Attrs(func(attr slog.Attr) bool {
		fields = appendAttr(fields, handler.prefix, attr)
		return true
	})
	host.Log(levelOf(record.Level), record.Message, fields)
	return nil
}

func (handler *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	extended := *handler
	extended.fields = handler.fields[:len(handler.fields):len(handler.fields)]
	for _, attr := range attrs {
		extended.fields = appendAttr(extended.fields, handler.prefix, attr)
	}
	return &extended
}

func (handler *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return handler
	}
	extended := *handler
	extended.prefix += name + "."
	return &extended
}

// appendAttr names the members of groups by their paths.
func appendAttr(fields []host.Pair, prefix string, attr slog.Attr) []host.Pair {
	value := attr.Value.Resolve()
	if value.Kind() != slog.KindGroup {
		if attr.Equal(slog.Attr{}) {
			return fields
		}
		return append(fields, host.Pair{Name: prefix + attr.Key, Value: value.String()})
	}
	if attr.Key != "" {
		prefix += attr.Key + "."
	}
	for _, member := range value.Group() {
		fields = appendAttr(fields, prefix, member)
	}
	return fields
}

func levelOf(level slog.Level) host.Level {
	switch {
	case level < slog.LevelDebug:
		return host.Trace
	case level < slog.LevelInfo:
		return host.Debug
	case level < slog.LevelWarn:
		return host.Info
	case level < slog.LevelError:
		return host.Warn
	}
	return host.Error
}
