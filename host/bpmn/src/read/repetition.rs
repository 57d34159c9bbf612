//! Markers of an activity that is done several times.

use std::sync::Arc;

use fermata_xml::Rule;

use crate::findings::Reported;
use crate::model::{Loop, MultiInstance, StandardLoop};
use crate::reading::Reading;
use crate::xml::{Node, NodeExt, SourceText, describe, is_true};
use crate::{expression, rule, variable};

/// Whether, and how, the activity `owner` is done several times.
pub(super) fn repetition(reading: &mut Reading<'_>, owner: Node<'_>) -> Result<Option<Loop>, Reported> {
    let mut markers = owner.bpmn_children().filter(|(name, _)| {
        matches!(*name, "multiInstanceLoopCharacteristics" | "standardLoopCharacteristics")
    });
    let Some((name, marker)) = markers.next() else { return Ok(None) };
    if let Some((_, second)) = markers.next() {
        let message = format!("{} is marked twice as done several times: remove one", describe(owner));
        return Err(reading.findings.error(rule::LOOP, second.place(), message));
    }
    match name {
        "standardLoopCharacteristics" => standard(reading, marker, owner).map(Loop::Standard),
        _ => multi_instance(reading, marker, owner).map(Loop::MultiInstance),
    }
    .map(Some)
}

fn multi_instance(
    reading: &mut Reading<'_>,
    marker: Node<'_>,
    owner: Node<'_>,
) -> Result<MultiInstance, Reported> {
    if let Some((_, cardinality)) = marker.bpmn_children().find(|(name, _)| *name == "loopCardinality") {
        let message = format!(
            "the `loopCardinality` of {} has no effect: the items of its input collection are counted",
            describe(owner)
        );
        reading.findings.warning(rule::MULTI_INSTANCE, cardinality.place(), message);
    }
    let extension = marker.extension("loopCharacteristics");
    let attribute = |name| extension.and_then(|extension| extension.text_of(name));
    let input_collection = match attribute("inputCollection") {
        Some(text) => expression::required(reading, text, "the input collection"),
        None => {
            let message = format!(
                "{} has no items: add `zeebe:loopCharacteristics` with an `inputCollection`",
                describe(owner)
            );
            let place = extension.unwrap_or(marker).place();
            Err(reading.findings.error(rule::MULTI_INSTANCE, place, message))
        }
    };
    let input_element = attribute("inputElement").map(|text| name(reading, &text)).transpose();
    let output = Output::read(reading, extension, owner, rule::MULTI_INSTANCE);
    let completion_condition =
        expression::content(reading, marker, "completionCondition", "the completion condition");
    let Output { collection, element } = output?;
    Ok(MultiInstance {
        is_sequential: is_true(marker, "isSequential"),
        input_collection: input_collection?,
        input_element: input_element?,
        output_collection: collection,
        output_element: element,
        completion_condition: completion_condition?,
    })
}

fn standard(reading: &mut Reading<'_>, marker: Node<'_>, owner: Node<'_>) -> Result<StandardLoop, Reported> {
    let condition = expression::content(reading, marker, "loopCondition", "the loop condition");
    let maximum = match marker.value("loopMaximum") {
        None => Ok(None),
        Some(text) => match text.trim().parse::<u32>() {
            Ok(maximum) if maximum > 0 => Ok(Some(maximum)),
            _ => {
                let message = format!(
                    "the loop of {} has no maximum in `{text}`: give a whole number from 1",
                    describe(owner)
                );
                Err(reading.findings.error(rule::LOOP, marker.attribute_place("loopMaximum"), message))
            }
        },
    };
    let (condition, maximum) = (condition?, maximum?);
    if condition.is_none() && maximum.is_none() {
        let message =
            format!("the loop of {} never ends: add a `loopCondition` or a `loopMaximum`", describe(owner));
        return Err(reading.findings.error(rule::LOOP, marker.place(), message));
    }
    Ok(StandardLoop { tests_before: is_true(marker, "testBefore"), condition, maximum })
}

/// What the results of several activities become.
pub(super) struct Output {
    pub(super) collection: Option<Arc<str>>,
    pub(super) element: Option<feel::Expression>,
}

impl Output {
    /// `outputCollection` and `outputElement` of `extension`, which go together.
    pub(super) fn read(
        reading: &mut Reading<'_>,
        extension: Option<Node<'_>>,
        owner: Node<'_>,
        rule: Rule,
    ) -> Result<Self, Reported> {
        let Some(extension) = extension else { return Ok(Self { collection: None, element: None }) };
        let collection = extension.text_of("outputCollection");
        let element = extension.text_of("outputElement");
        let missing = match (&collection, &element) {
            (Some(_), None) => Some(("outputCollection", "outputElement")),
            (None, Some(_)) => Some(("outputElement", "outputCollection")),
            _ => None,
        };
        if let Some((given, missing)) = missing {
            let message = format!("{} has an `{given}` and no `{missing}`: give both", describe(owner));
            reading.findings.refuse(rule, extension.attribute_place(given), message)?;
        }
        let collection = collection.map(|text| name(reading, &text)).transpose();
        let element =
            element.map(|text| expression::required(reading, text, "the output element")).transpose();
        Ok(Self { collection: collection?, element: element? })
    }
}

/// The name of a variable.
fn name(reading: &mut Reading<'_>, text: &SourceText<'_>) -> Result<Arc<str>, Reported> {
    if let Err(reason) = variable::name(text.as_str()) {
        let message = format!("{} names no variable: {reason}", describe(text.node));
        reading.findings.refuse(rule::VARIABLE_NAME, text.place(), message)?;
    }
    Ok(text.as_str().into())
}
