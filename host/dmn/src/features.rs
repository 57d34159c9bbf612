//! What of DMN is evaluated, as data that documentation is generated from.

pub use fermata_xml::Support;

/// A part of DMN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// What it is called in the standard.
    pub name: &'static str,
    /// Whether it is evaluated.
    pub support: Support,
    /// What is worth knowing; may be empty.
    pub note: &'static str,
    /// The file of `tests/models/dmn` that shows it.
    pub shown_in: &'static str,
}

/// Every part of DMN, in the order of the standard.
pub fn features() -> &'static [Feature] {
    FEATURES
}

/// The features as a table of a Markdown page.
pub fn markdown() -> String {
    let mut page = String::from("| DMN | here | note |\n|---|---|---|\n");
    for Feature { name, support, note, .. } in FEATURES {
        page += &format!("| {name} | {support} | {note} |\n");
    }
    page
}

macro_rules! features {
    ($($name:literal: $support:ident in $shown_in:literal $(, $note:literal)?;)*) => {
        const FEATURES: &[Feature] = &[$(Feature {
            name: $name,
            support: Support::$support,
            note: concat!($($note)?),
            shown_in: $shown_in,
        }),*];
    };
}

features! {
    // The file.
    "versions 1.1 to 1.6": Supported in "accept/version-1.6.dmn", "the namespace of the outermost element decides; Camunda writes 1.3";
    "imports of models": BeyondCamunda in "accept/services-and-imports.dmn", "the imported model is deployed together with the importing one; its inputs are variables of their own names";
    "imports of models of another deployment": Refused in "reject/import.dmn", "Camunda knows no imports; what a file decides does not change behind it, so deploy the files together";
    "imports of XML schemas and PMML": Ignored in "accept/services-and-imports.dmn", "types of theirs are unknown, and count as any";
    "diagrams, text annotations, knowledge sources, authority requirements": Ignored in "accept/camunda.dmn";
    "extension attributes": Ignored in "accept/camunda.dmn", "`zeebe:versionTag` is read";

    // The requirement graph.
    "decisions and information requirements": Supported in "accept/camunda.dmn", "each decision is made once; a decision is known by its variable, its name and its id";
    "input data": Supported in "accept/camunda.dmn", "variables that are no input data can be read as well";
    "business knowledge models": Supported in "accept/boxed.dmn", "may call themselves";
    "decision services": BeyondCamunda in "accept/services-and-imports.dmn", "called from FEEL like a function";
    "circular requirements": Refused in "reject/cycles.dmn";

    // Decision tables.
    "hit policy UNIQUE": Supported in "accept/hit-policies.dmn", "several matching rules are an error";
    "hit policy ANY": Supported in "accept/hit-policies.dmn", "matching rules with different outputs are an error";
    "hit policy PRIORITY": Supported in "accept/hit-policies.dmn", "by the order of the output values, or else of the values that the type allows";
    "hit policy FIRST": Supported in "accept/hit-policies.dmn";
    "hit policy RULE ORDER": Supported in "accept/hit-policies.dmn";
    "hit policy OUTPUT ORDER": Supported in "accept/hit-policies.dmn", "as PRIORITY";
    "hit policy COLLECT": Supported in "accept/hit-policies.dmn", "no matching rule gives null, as in Camunda, with every hit policy";
    "aggregation SUM, COUNT, MIN, MAX": Supported in "accept/hit-policies.dmn", "of a single output";
    "several outputs": Supported in "accept/hit-policies.dmn", "a context with the outputs by name";
    "default output entries": Supported in "accept/hit-policies.dmn";
    "unary tests with `?`": Supported in "accept/hit-policies.dmn";
    "input values": BeyondCamunda in "accept/types.dmn", "another value gives null; in models of Camunda they are remarks";
    "orientation, annotations, labels": Ignored in "accept/camunda.dmn", "a label names an input or output in records";

    // Boxed expressions.
    "literal expressions": Supported in "accept/camunda.dmn", "in FEEL";
    "other expression languages": Refused in "reject/logic.dmn";
    "imported values": Refused in "reject/logic.dmn";
    "boxed contexts": Supported in "accept/boxed.dmn", "up to 1,000 entries";
    "invocations": Supported in "accept/boxed.dmn", "of anything that is a function";
    "relations": Supported in "accept/boxed.dmn";
    "boxed lists": Supported in "accept/boxed.dmn";
    "function definitions": Supported in "accept/boxed.dmn", "see what is known around them, and can be handed on";
    "functions in Java and PMML": Refused in "reject/functions.dmn";
    "boxed conditionals": BeyondCamunda in "accept/boxed.dmn";
    "boxed `for` with `partial`": BeyondCamunda in "accept/boxed.dmn";
    "boxed `some` and `every`": BeyondCamunda in "accept/boxed.dmn";
    "boxed filters": BeyondCamunda in "accept/boxed.dmn";

    // Types.
    "item definitions": BeyondCamunda in "accept/types.dmn", "values are checked where a type is promised, and null when they are something else; in models of Camunda types are remarks";
    "collections and components": BeyondCamunda in "accept/types.dmn", "a component that is missing is null";
    "allowed values and type constraints": BeyondCamunda in "accept/types.dmn";
    "implicit conversions": BeyondCamunda in "accept/types.dmn", "a list of one and its item, a date and its midnight in UTC; inputs with a type are read from strings";
    "function items": BeyondCamunda in "accept/types.dmn", "the number of parameters is checked";
    "types defined by themselves": Refused in "reject/types.dmn";
}
