//! The list of all functions, and how a call finds its own.

use std::fmt;
use std::sync::LazyLock;

use super::Call;
use crate::evaluate::Outcome;
use crate::parse::lexer;
use crate::value::Value;

/// A function that FEEL brings.
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    /// The parameters of each of its forms.
    signatures: &'static [&'static [&'static str]],
    /// Whether the last parameter takes any number of arguments.
    variadic: bool,
    pub(crate) call: Body,
}

/// One of the forms of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form(&'static &'static [&'static str]);

/// What a function does.
pub(super) type Body = for<'a> fn(&mut Call<'a, '_>) -> Outcome<Value<'a>>;

/// A form in which a function can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// What the function is about.
    pub kind: FunctionKind,
    /// The function's name.
    pub name: &'static str,
    /// The names of its parameters in order.
    pub parameters: &'static [&'static str],
    /// Whether the last parameter takes any number of arguments.
    pub takes_more: bool,
}

/// What functions are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionKind {
    /// Truth, and what is there at all.
    Boolean,
    /// From one type to another.
    Conversion,
    /// Numbers.
    Numeric,
    /// Text and patterns.
    String,
    /// Many values: as a list, or reduced to one.
    List,
    /// Named entries.
    Context,
    /// The calendar and the clock.
    Temporal,
    /// How points and ranges lie to each other.
    Range,
    /// What a connector's error expression answers with.
    Connector,
}

const TABLES: [(FunctionKind, &[Builtin]); 16] = [
    (FunctionKind::Boolean, super::boolean::TABLE),
    (FunctionKind::Conversion, super::conversion::TABLE),
    (FunctionKind::Conversion, super::temporal::CONVERSIONS),
    (FunctionKind::Numeric, super::numeric::TABLE),
    (FunctionKind::Numeric, super::random::NUMBERS),
    (FunctionKind::String, super::string::TABLE),
    (FunctionKind::String, super::pattern::TABLE),
    (FunctionKind::String, super::random::STRINGS),
    (FunctionKind::List, super::list::TABLE),
    (FunctionKind::List, super::aggregate::TABLE),
    (FunctionKind::List, super::sort::TABLE),
    (FunctionKind::Context, super::context::TABLE),
    (FunctionKind::Temporal, super::temporal::TABLE),
    (FunctionKind::Range, super::ranges::TABLE),
    (FunctionKind::Range, super::range_text::TABLE),
    (FunctionKind::Connector, super::connector::TABLE),
];

/// All functions by name.
static BUILTINS: LazyLock<Box<[&'static Builtin]>> = LazyLock::new(|| {
    let mut builtins: Vec<&Builtin> = TABLES.iter().flat_map(|(_, table)| *table).collect();
    builtins.sort_by_key(|builtin| builtin.name);
    builtins.into()
});

/// Every form of every function, by kind and then by name.
pub fn builtin_signatures() -> impl Iterator<Item = Signature> {
    let mut builtins: Vec<(FunctionKind, &Builtin)> =
        TABLES.iter().flat_map(|(kind, table)| table.iter().map(|builtin| (*kind, builtin))).collect();
    builtins.sort_by_key(|(kind, builtin)| (*kind, builtin.name));
    builtins.into_iter().flat_map(|(kind, builtin)| {
        let forms = builtin.signatures.iter();
        forms.map(move |parameters| Signature {
            kind,
            name: builtin.name,
            parameters,
            takes_more: builtin.variadic,
        })
    })
}

/// The function called `name`.
pub(crate) fn find(name: &str) -> Option<&'static Builtin> {
    let at = BUILTINS.binary_search_by_key(&name, |builtin| builtin.name).ok()?;
    Some(BUILTINS[at])
}

/// The function with a name of several words that is called at a position of a text, and where its name ends.
/// `first_word` is the word that stands there.
pub(crate) fn find_of_several_words(
    text: &str,
    at: usize,
    first_word: &str,
) -> Option<(&'static Builtin, u32)> {
    let from = BUILTINS.partition_point(|builtin| builtin.name < first_word);
    let same_word = BUILTINS[from..].iter().take_while(|builtin| builtin.name.starts_with(first_word));
    let called = same_word.filter_map(|builtin| {
        let end = builtin.name.contains(' ').then(|| lexer::match_name(text, at, builtin.name))??;
        text[end..].trim_start().starts_with('(').then_some((*builtin, end as u32))
    });
    called.max_by_key(|(_, end)| *end)
}

impl Builtin {
    /// A function with the given forms.
    pub(super) const fn new(
        name: &'static str,
        signatures: &'static [&'static [&'static str]],
        call: Body,
    ) -> Builtin {
        Builtin { name, signatures, variadic: false, call }
    }

    /// A function whose last parameter takes any number of arguments.
    pub(super) const fn variadic(
        name: &'static str,
        signatures: &'static [&'static [&'static str]],
        call: Body,
    ) -> Builtin {
        Builtin { name, signatures, variadic: true, call }
    }

    /// Whether the function can be called with so many arguments.
    pub(crate) fn takes(&self, arguments: usize) -> bool {
        let mut forms = self.signatures.iter();
        forms.any(|form| arguments == form.len() || (self.variadic && arguments >= form.len()))
    }

    /// The shortest form that has all the names as parameters; of equal ones that with the names in the given order.
    pub(crate) fn form_with(&self, names: &[&str]) -> Option<Form> {
        let forms = self.signatures.iter();
        let matching = forms.filter(|form| names.iter().all(|name| form.contains(name)));
        matching.min_by_key(|form| (form.len(), !form.starts_with(names))).map(Form)
    }

    /// The form of a call with so many arguments by position.
    pub(crate) fn form_of(&self, arguments: usize) -> Option<Form> {
        let form = self.signatures.iter().find(|form| form.len() == arguments);
        form.or(self.signatures.first()).map(Form)
    }
}

/// The forms in which the function can be called.
impl fmt::Display for Builtin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, form) in self.signatures.iter().enumerate() {
            let before = if index == 0 { "" } else { " or " };
            let more = if self.variadic { ", …" } else { "" };
            write!(formatter, "{before}{}({}{more})", self.name, form.join(", "))?;
        }
        Ok(())
    }
}

impl Form {
    /// The names of the parameters in order.
    pub(crate) fn parameters(self) -> &'static [&'static str] {
        self.0
    }

    /// The name of the parameter at a position; the last one may take any number of arguments.
    pub(crate) fn parameter(self, at: usize) -> &'static str {
        self.0.get(at).or(self.0.last()).copied().unwrap_or("value")
    }
}
