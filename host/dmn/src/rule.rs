//! Every rule that a decision model is checked against, with its stable id.

fermata_xml::rules! {
    // The file.
    NOT_DMN = "not-dmn": "the outermost element is `definitions` of DMN 1.1 or later, for instance of https://www.omg.org/spec/DMN/20191111/MODEL/";
    NO_DECISION = "no-decision": "a model has at least one decision, knowledge model, decision service or type";
    MISSING_ID = "missing-id": "decisions, knowledge models, decision services and input data have an id";
    ID_LENGTH = "id-length": "an id takes at most 255 bytes: it is a key in the database";
    DUPLICATE_ID = "duplicate-id": "an id names one thing in a file";
    MISSING_NAME = "missing-name": "what expressions refer to has a name";
    DUPLICATE_NAME = "duplicate-name": "entries, parameters, outputs and columns have names of their own";
    UNSUPPORTED_ELEMENT = "unsupported-element": "an element that would change a decision is either evaluated as DMN says, or refused";
    IMPORT = "import": "a model that is imported is there, and has no errors";

    // The requirement graph.
    REFERENCE = "reference": "a requirement refers to an element of the right kind, of this model or of an imported one";
    REQUIREMENT_CYCLE = "requirement-cycle": "nothing requires itself, directly or through others";

    // Logic.
    MISSING_LOGIC = "missing-logic": "a decision, a knowledge model, an entry or a binding has an expression";
    DUPLICATE_LOGIC = "duplicate-logic": "there is one expression where one is expected";
    EXPRESSION_LANGUAGE = "expression-language": "expressions are written in FEEL";
    FEEL_SYNTAX = "feel-syntax": "an expression is FEEL, such as `amount > 100 and customer.vip`";
    FEEL_UNKNOWN_FUNCTION = "feel-unknown-function": "a function that does not exist gives null";
    FUNCTION_KIND = "function-kind": "functions are defined in FEEL: code in Java or PMML is not run";
    INVOCATION = "invocation": "an invocation names its parameters, and calls what exists";
    CONTEXT_SIZE = "context-size": "a boxed context has at most 1,000 entries, because each is a variable of those after it";

    // Decision tables.
    HIT_POLICY = "hit-policy": "a hit policy is one of UNIQUE, ANY, PRIORITY, FIRST, RULE ORDER, OUTPUT ORDER and COLLECT";
    AGGREGATION = "aggregation": "only a COLLECT table with a single output aggregates: SUM, COUNT, MIN or MAX";
    PRIORITY_VALUES = "priority-values": "a table that decides by priority lists the output values in their order";
    TABLE_SHAPE = "table-shape": "a table has an output, and each rule has as many entries as there are inputs and outputs";

    // Types.
    UNKNOWN_TYPE = "unknown-type": "a type is one of FEEL's or an item definition";
    TYPE_CYCLE = "type-cycle": "an item definition is not defined by itself";
}
