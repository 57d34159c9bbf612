//! Which version of a process, decision, form or file is meant.

use crate::findings::Reported;
use crate::model::{Binding, Text};
use crate::reading::Reading;
use crate::xml::{Node, NodeExt, SourceText, describe};
use crate::{expression, rule};

/// `bindingType` and `versionTag` of what calls something, whose tag may be an expression.
pub(super) fn of_call(reading: &mut Reading<'_>, extension: Node<'_>) -> Result<Binding, Reported> {
    binding(reading, extension, |reading, tag| expression::text(reading, tag).map(Binding::VersionTag))
}

/// `bindingType` and `versionTag` of a form or file, whose tag is plain text.
pub(super) fn of_file(reading: &mut Reading<'_>, extension: Node<'_>) -> Result<Binding, Reported> {
    binding(reading, extension, |reading, tag| {
        if tag.as_str().starts_with('=') {
            let reason = "is by a version tag that is an expression: give plain text";
            return refuse(reading, extension, "versionTag", reason);
        }
        expression::plain(reading, tag).map(|tag| Binding::VersionTag(Text::Static(tag)))
    })
}

fn binding<'a>(
    reading: &mut Reading<'_>,
    extension: Node<'a>,
    by_tag: impl FnOnce(&mut Reading<'_>, SourceText<'a>) -> Result<Binding, Reported>,
) -> Result<Binding, Reported> {
    match extension.value("bindingType") {
        None | Some("latest") => Ok(Binding::Latest),
        Some("deployment") => Ok(Binding::Deployment),
        Some("versionTag") => match extension.text_of("versionTag") {
            Some(tag) => by_tag(reading, tag),
            None => {
                refuse(reading, extension, "bindingType", "is by version tag, and there is no `versionTag`")
            }
        },
        Some(other) => {
            let reason = format!("is `{other}`, which is none of `latest`, `deployment` and `versionTag`");
            refuse(reading, extension, "bindingType", &reason)
        }
    }
}

/// What was accepted in spite of its binding goes on with the latest version.
fn refuse(
    reading: &mut Reading<'_>,
    extension: Node<'_>,
    attribute: &str,
    reason: &str,
) -> Result<Binding, Reported> {
    let message = format!("the binding of {} {reason}", describe(extension));
    reading.findings.refuse(rule::BINDING, extension.attribute_place(attribute), message)?;
    Ok(Binding::Latest)
}
