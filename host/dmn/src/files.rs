//! Files that are deployed together, and import each other by the namespaces of their models.
//!
//! What a file imports is a model of the same files and nothing else, so that what it decides never changes behind it.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use fermata_xml::{Findings, Occasion};

use crate::import::{IMPORTS_DEPTH_MAX, ImportError};
use crate::model::Model;
use crate::parse::{Options, Parsed, read_model};
use crate::read::imported_namespaces;

/// Files, each read once, when it or what imports it is asked for.
///
/// What a file says, and what is wrong with it, is the same whichever of them is read first.
pub struct Files<'f> {
    files: Vec<SourceFile<'f>>,
    occasion: Occasion,
    /// Known when something is imported.
    imports: OnceCell<Imports>,
}

struct SourceFile<'f> {
    resource: &'f str,
    xml: &'f str,
    parsed: OnceCell<Rc<Parsed>>,
}

/// Who imports whom, by the places of files.
struct Imports {
    /// Files by the namespaces of the models in them.
    namespaces: BTreeMap<String, Vec<usize>>,
    /// How many models import each other in a row below each file; `None` where that comes to no end.
    depths: Vec<Option<usize>>,
}

impl<'f> Files<'f> {
    /// Files that are to be deployed, each a name and its text.
    pub fn to_deploy(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        Self::of(files, Occasion::Deployment)
    }

    /// Files that were deployed before: see [`load`](crate::load).
    pub fn deployed(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        Self::of(files, Occasion::Loading)
    }

    fn of(files: impl IntoIterator<Item = (&'f str, &'f str)>, occasion: Occasion) -> Self {
        let file = |(resource, xml)| SourceFile { resource, xml, parsed: OnceCell::new() };
        Self { files: files.into_iter().map(file).collect(), occasion, imports: OnceCell::new() }
    }

    /// What the file with a name says, and what is wrong with it; `None` when there is no such file.
    pub fn read(&self, resource: &str) -> Option<Rc<Parsed>> {
        let at = self.files.iter().position(|file| file.resource == resource)?;
        Some(self.read_at(at))
    }

    /// Reads what it imports on the way, which is at most [`IMPORTS_DEPTH_MAX`] models deep.
    fn read_at(&self, at: usize) -> Rc<Parsed> {
        let SourceFile { resource, xml, parsed } = &self.files[at];
        if let Some(parsed) = parsed.get() {
            return Rc::clone(parsed);
        }
        let imports = |namespace: &str| self.import(namespace);
        let options = Options { resource, imports: Some(&imports) };
        let read = Rc::new(read_model(xml, &options, self.occasion));
        Rc::clone(parsed.get_or_init(|| read))
    }

    fn import(&self, namespace: &str) -> Result<Arc<Model>, ImportError> {
        let imports = self.imports.get_or_init(|| Imports::of(&self.files, self.occasion));
        let at = match imports.namespaces.get(namespace).map_or(&[][..], Vec::as_slice) {
            [] => return Err(ImportError::Missing),
            [only] => *only,
            [first, second, ..] => {
                let name = |at: &usize| self.files[*at].resource.to_owned();
                return Err(ImportError::Ambiguous { first: name(first), second: name(second) });
            }
        };
        let resource = self.files[at].resource.to_owned();
        match imports.depths[at] {
            None => Err(ImportError::Circle { resource }),
            Some(depth) if depth >= IMPORTS_DEPTH_MAX => Err(ImportError::TooDeep),
            Some(_) => self.read_at(at).model.clone().ok_or(ImportError::Invalid { resource }),
        }
    }
}

impl Imports {
    fn of(files: &[SourceFile<'_>], occasion: Occasion) -> Self {
        let mut namespaces: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut imported: Vec<Vec<String>> = Vec::with_capacity(files.len());
        for (at, file) in files.iter().enumerate() {
            // One that cannot be read says so when its turn comes.
            let Ok(document) = fermata_xml::read(file.xml, &mut Findings::new(occasion)) else {
                imported.push(Vec::new());
                continue;
            };
            let root = document.root_element();
            if let Some(namespace) = root.attribute("namespace") {
                namespaces.entry(namespace.to_owned()).or_default().push(at);
            }
            imported.push(imported_namespaces(root).map(str::to_owned).collect());
        }
        let target = |namespace: &String| match namespaces.get(namespace).map(Vec::as_slice) {
            Some([only]) => Some(*only),
            _ => None,
        };
        let targets: Vec<BTreeSet<usize>> =
            imported.iter().map(|imported| imported.iter().filter_map(target).collect()).collect();
        let depths = depths(&targets);
        Self { namespaces, depths }
    }
}

/// How long the longest way from each place is, where all its ways come to an end.
fn depths(targets: &[BTreeSet<usize>]) -> Vec<Option<usize>> {
    let mut sources: Vec<Vec<usize>> = vec![Vec::new(); targets.len()];
    for (at, targets) in targets.iter().enumerate() {
        targets.iter().for_each(|target| sources[*target].push(at));
    }
    let mut open: Vec<usize> = targets.iter().map(BTreeSet::len).collect();
    let mut longest = vec![0; targets.len()];
    let mut depths = vec![None; targets.len()];
    let mut ready: Vec<usize> = (0..targets.len()).filter(|at| open[*at] == 0).collect();
    while let Some(at) = ready.pop() {
        depths[at] = Some(longest[at]);
        for source in &sources[at] {
            longest[*source] = longest[*source].max(longest[at] + 1);
            open[*source] -= 1;
            if open[*source] == 0 {
                ready.push(*source);
            }
        }
    }
    depths
}

/// Whether a file may import models: without the word it does not.
pub fn may_import(xml: &str) -> bool {
    xml.contains("import")
}
