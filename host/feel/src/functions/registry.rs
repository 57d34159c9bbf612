//! The list of all functions, and how a call finds its own.

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

/// What a function does.
pub(super) type Body = for<'a> fn(&mut Call<'a, '_>) -> Outcome<Value<'a>>;

/// A form in which a function can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The function's name.
    pub name: &'static str,
    /// The names of its parameters in order.
    pub parameters: &'static [&'static str],
}

/// All functions by name.
static BUILTINS: LazyLock<Box<[&'static Builtin]>> = LazyLock::new(|| {
    let tables = [
        super::aggregate::TABLE,
        super::boolean::TABLE,
        super::connector::TABLE,
        super::context::TABLE,
        super::conversion::TABLE,
        super::list::TABLE,
        super::numeric::TABLE,
        super::pattern::TABLE,
        super::random::TABLE,
        super::range_text::TABLE,
        super::ranges::TABLE,
        super::sort::TABLE,
        super::string::TABLE,
        super::temporal::TABLE,
    ];
    let mut builtins: Vec<&Builtin> = tables.into_iter().flatten().collect();
    builtins.sort_by_key(|builtin| builtin.name);
    builtins.into()
});

/// Every form of every function, by name.
pub fn builtin_signatures() -> impl Iterator<Item = Signature> {
    BUILTINS.iter().flat_map(|builtin| {
        let forms = builtin.signatures.iter();
        forms.map(|parameters| Signature { name: builtin.name, parameters })
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
    pub(crate) fn signature_with(&self, names: &[&str]) -> Option<&'static [&'static str]> {
        let forms = self.signatures.iter().copied();
        let matching = forms.filter(|form| names.iter().all(|name| form.contains(name)));
        matching.min_by_key(|form| (form.len(), !form.starts_with(names)))
    }

    /// The name of the parameter at a position in a call with so many arguments.
    pub(crate) fn parameter(&self, at: usize, arguments: usize) -> &'static str {
        let form = self.signatures.iter().find(|form| form.len() == arguments);
        let form = form.or(self.signatures.first());
        form.and_then(|form| form.get(at).or(form.last())).copied().unwrap_or("value")
    }
}
