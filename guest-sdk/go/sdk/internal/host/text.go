package host

import (
	"strings"
	"unicode/utf8"
)

// replacement stands for bytes that are not UTF-8, as in encoding/json.
const replacement = "\uFFFD"

// Text is a text as the host takes it: bytes that are not UTF-8 are replaced.
func Text(text string) string { return strings.ToValidUTF8(text, replacement) }

// Log writes a record to the current host.
func Log(level Level, message string, fields []Pair) {
	texts := make([]Pair, len(fields))
	for index, field := range fields {
		texts[index] = Pair{Name: Text(field.Name), Value: Text(field.Value)}
	}
	Current.Log(level, Text(message), texts)
}

// CheckName says when the host cannot look anything up by a name. Replacing bytes would ask for another one.
func CheckName(name string) error {
	if utf8.ValidString(name) {
		return nil
	}
	return Fail(InvalidName, "the name %q is not UTF-8", name)
}
