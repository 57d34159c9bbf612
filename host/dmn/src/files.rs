//! Files that are deployed together, and import each other by the namespaces of their models.
//!
//! What a file imports is a model of the same files and nothing else, so that what it decides never changes behind it.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use fermata_xml::{Findings, Occasion};

use crate::model::Model;
use crate::parse::{Options, Parsed, read_model};

/// Models that import each other in a row at most: each is read while the one before it is.
pub const IMPORTS_DEPTH_MAX: usize = 16;

/// Why the model with a namespace cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// No file has it.
    #[error("deploy it together with this one")]
    Missing,
    /// Several files have it.
    #[error("`{first}` and `{second}` have this namespace both: give one of them another")]
    Ambiguous {
        /// One of them.
        first: String,
        /// Another.
        second: String,
    },
    /// It imports, perhaps through others, the file that imports it.
    #[error(
        "`{resource}`, which has it, is being read: models that import each other in a circle cannot be read"
    )]
    Circle {
        /// The file.
        resource: String,
    },
    /// It has errors of its own.
    #[error("`{resource}`, which has it, has errors")]
    Invalid {
        /// The file.
        resource: String,
    },
    /// Too many import each other in a row.
    #[error("more than {IMPORTS_DEPTH_MAX} models import each other in a row")]
    TooDeep,
}

/// Files, each read once, when it or what imports it is asked for.
pub struct Files<'f> {
    files: Vec<SourceFile<'f>>,
    occasion: Occasion,
    /// Files by the namespaces of the models in them: known when something is imported.
    namespaces: OnceCell<BTreeMap<String, Vec<usize>>>,
    depth: RefCell<usize>,
}

struct SourceFile<'f> {
    resource: &'f str,
    xml: &'f str,
    state: RefCell<State>,
}

enum State {
    Unread,
    BeingRead,
    Read(Rc<Parsed>),
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
        let file = |(resource, xml)| SourceFile { resource, xml, state: RefCell::new(State::Unread) };
        let files = files.into_iter().map(file).collect();
        Self { files, occasion, namespaces: OnceCell::new(), depth: RefCell::default() }
    }

    /// What the file with a name says, and what is wrong with it; `None` when there is no such file.
    pub fn read(&self, resource: &str) -> Option<Rc<Parsed>> {
        let at = self.files.iter().position(|file| file.resource == resource)?;
        self.read_at(at)
    }

    /// `None` while it is being read.
    fn read_at(&self, at: usize) -> Option<Rc<Parsed>> {
        let SourceFile { resource, xml, state } = &self.files[at];
        match &*state.borrow() {
            State::Unread => {}
            State::BeingRead => return None,
            State::Read(parsed) => return Some(Rc::clone(parsed)),
        }
        *state.borrow_mut() = State::BeingRead;
        *self.depth.borrow_mut() += 1;
        let imports = |namespace: &str| self.import(namespace);
        let options = Options { resource, imports: Some(&imports) };
        let parsed = Rc::new(read_model(xml, &options, self.occasion));
        *self.depth.borrow_mut() -= 1;
        *state.borrow_mut() = State::Read(Rc::clone(&parsed));
        Some(parsed)
    }

    fn import(&self, namespace: &str) -> Result<Arc<Model>, ImportError> {
        let at = match self.namespaces().get(namespace).map_or(&[][..], Vec::as_slice) {
            [] => return Err(ImportError::Missing),
            [only] => *only,
            [first, second, ..] => {
                let name = |at: &usize| self.files[*at].resource.to_owned();
                return Err(ImportError::Ambiguous { first: name(first), second: name(second) });
            }
        };
        if *self.depth.borrow() > IMPORTS_DEPTH_MAX {
            return Err(ImportError::TooDeep);
        }
        let resource = self.files[at].resource.to_owned();
        match self.read_at(at) {
            None => Err(ImportError::Circle { resource }),
            Some(parsed) => parsed.model.clone().ok_or(ImportError::Invalid { resource }),
        }
    }

    fn namespaces(&self) -> &BTreeMap<String, Vec<usize>> {
        self.namespaces.get_or_init(|| {
            let mut namespaces: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for (at, file) in self.files.iter().enumerate() {
                // One that cannot be read says so when its turn comes.
                let Ok(document) = fermata_xml::read(file.xml, &mut Findings::new(self.occasion)) else {
                    continue;
                };
                if let Some(namespace) = document.root_element().attribute("namespace") {
                    namespaces.entry(namespace.to_owned()).or_default().push(at);
                }
            }
            namespaces
        })
    }
}

/// Whether a file may import models: without the word it does not.
pub fn may_import(xml: &str) -> bool {
    xml.contains("import")
}
