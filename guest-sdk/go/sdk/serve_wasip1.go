package fermata

// The component's imports and its exported function.
import _ "fermata/internal/guest"
