//! Files that import each other.

mod common;

use anyhow::{Context as _, Result, ensure};
use common::{Variables, context};
use fermata_dmn::{Files, IMPORTS_DEPTH_MAX, Parsed};

/// A model `urn:NAME` that decides one more than what it imports do.
fn model(name: &str, imports: &[&str]) -> String {
    let import = |other: &&str| {
        format!(
            "<import name='{other}' namespace='urn:{other}' importType='https://www.omg.org/spec/DMN/20230324/MODEL/'/>\n"
        )
    };
    let requires = |other: &&str| {
        format!(
            "<informationRequirement><requiredDecision href='urn:{other}#{other}'/></informationRequirement>"
        )
    };
    let sum: String = imports.iter().map(|other| format!(" + {other}.{other}")).collect();
    format!(
        "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' id='{name}' name='{name}' namespace='urn:{name}'>\n{}<decision id='{name}' name='{name}'><variable name='{name}'/>{}<literalExpression><text>1{sum}</text></literalExpression></decision></definitions>",
        imports.iter().map(import).collect::<String>(),
        imports.iter().map(requires).collect::<String>(),
    )
}

fn errors(parsed: &Parsed) -> Vec<(u32, u32, String)> {
    parsed.diagnostics.iter().map(|found| (found.line, found.column, found.message.clone())).collect()
}

#[test]
fn a_file_imports_those_beside_it_in_any_order() -> Result<()> {
    let texts = [model("a", &["b", "c"]), model("b", &["c"]), model("c", &[])];
    let files = Files::to_deploy([("a.dmn", &*texts[0]), ("b.dmn", &*texts[1]), ("c.dmn", &*texts[2])]);
    let parsed = files.read("a.dmn").context("a.dmn")?;
    let model = parsed.model.as_ref().with_context(|| format!("{:?}", parsed.diagnostics))?;
    let decided = model.evaluate("a", &Variables::of("{}")?, &context())?;
    // a = 1 + b + c, b = 1 + c, c = 1
    ensure!(decided.output == "4", "{}", decided.output);
    ensure!(files.read("d.dmn").is_none());
    Ok(())
}

#[test]
fn a_circle_is_refused_wherever_it_is_imported_and_in_any_order() -> Result<()> {
    let texts = [model("a", &["b"]), model("b", &["a"]), model("c", &["c"]), model("d", &["a"])];
    let names = ["a.dmn", "b.dmn", "c.dmn", "d.dmn"];
    for first in names {
        let files = Files::to_deploy(names.into_iter().zip(texts.iter().map(|text| &**text)));
        files.read(first).context("the file")?;
        for (name, imported) in names.into_iter().zip(["b.dmn", "a.dmn", "c.dmn", "a.dmn"]) {
            let found = errors(&*files.read(name).context("the file")?);
            let expected = format!("`{imported}`, which has it, is in a circle of imports or leads to one");
            ensure!(found[0].0 == 2 && found[0].2.contains(&expected), "{first}, {name}: {found:?}");
        }
    }
    Ok(())
}

#[test]
fn what_is_not_there_or_there_twice_is_refused_with_its_place() -> Result<()> {
    let texts = [model("a", &["gone"]), model("b", &["c"]), model("c", &[])];
    let files = Files::to_deploy([
        ("a.dmn", &*texts[0]),
        ("b.dmn", &*texts[1]),
        ("c.dmn", &*texts[2]),
        ("c2.dmn", &*texts[2]),
    ]);
    let found = |name| anyhow::Ok(errors(&*files.read(name).context("the file")?).remove(0));
    let (a, b) = (found("a.dmn")?, found("b.dmn")?);
    ensure!((a.0, a.1) == (2, 32) && a.2.contains("`urn:gone`: deploy it together with this one"), "{a:?}");
    ensure!(b.2.contains("`c.dmn` and `c2.dmn` have this namespace both"), "{b:?}");
    Ok(())
}

#[test]
fn a_row_of_imports_has_a_limit() -> Result<()> {
    let count = IMPORTS_DEPTH_MAX + 2;
    let name = |number: usize| format!("m{number}");
    let texts: Vec<(String, String)> = (0..count)
        .map(|number| {
            let next = name(number + 1);
            let imports: &[&str] = if number + 1 < count { &[&next] } else { &[] };
            (name(number), model(&name(number), imports))
        })
        .collect();
    // Whichever is read first.
    let orders: [Vec<usize>; 3] =
        [(0..count).collect(), (0..count).rev().collect(), vec![9, 0, 1, count - 1]];
    for order in orders {
        let files = Files::deployed(texts.iter().map(|(name, text)| (&**name, &**text)));
        for number in order {
            let parsed = files.read(&name(number)).context("the file")?;
            ensure!(parsed.model.is_some() == (number > 0), "{number}: {:?}", parsed.diagnostics);
            let too_deep = format!("more than {IMPORTS_DEPTH_MAX} models in a row");
            ensure!((number > 0) != errors(&parsed).iter().any(|(_, _, text)| text.contains(&too_deep)));
        }
    }
    Ok(())
}
