package fermata

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// Integer is a whole number in JSON, however it is written: 712, 712.0 and 7.12e2 are the same. For answers of services
// and variables; encoding/json reads an int from the first alone.
type Integer int64

// UnmarshalJSON reads a whole number.
func (integer *Integer) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	digits, isWhole := wholeNumber(string(text))
	if !isWhole {
		return errors.New("not a whole number")
	}
	return json.Unmarshal([]byte(digits), (*int64)(integer))
}

// integerDigitsMax is how many digits a number of 64 bits has.
const integerDigitsMax = 20

// wholeNumber writes a JSON number without point and exponent, unless it is not whole or too large for 64 bits.
func wholeNumber(number string) (string, bool) {
	unsigned, isNegative := strings.CutPrefix(number, "-")
	if unsigned == "" || unsigned[0] < '0' || unsigned[0] > '9' {
		return "", false
	}
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(unsigned), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0", true
	}
	scale := -len(fraction)
	if hasExponent {
		power, err := strconv.Atoi(exponent)
		// Beyond these bounds no number that fits is whole, and an exponent that is added to unchecked wraps around.
		if err != nil || power > len(fraction)+integerDigitsMax || power < -(len(digits)+integerDigitsMax) {
			return "", false
		}
		scale += power
	}
	significant := strings.TrimRight(digits, "0")
	scale += len(digits) - len(significant)
	if scale < 0 || len(significant)+scale > integerDigitsMax {
		return "", false
	}
	written := significant + strings.Repeat("0", scale)
	if isNegative {
		written = "-" + written
	}
	return written, true
}
