//! `for`, `some`, `every` and filters in boxes.

use feel::{Bindings, List, Value};

use super::{Run, Stop, snippets};
use crate::model::{Boxed, Loop, LoopKind};

impl<'a> Run<'a> {
    pub(super) fn iteration(&mut self, looped: &'a Loop, bindings: &Bindings<'a>) -> Result<Value<'a>, Stop> {
        let Some(list) = self.looped_over(&looped.over, bindings)? else { return Ok(Value::Null) };
        match looped.kind {
            LoopKind::For => self.collected(looped, &list, bindings),
            LoopKind::Some => self.quantified(looped, &list, true, bindings),
            LoopKind::Every => self.quantified(looped, &list, false, bindings),
        }
    }

    /// The items that a boxed expression gives, a range counted through; `None` when there is nothing to loop over.
    fn looped_over(&mut self, over: &'a Boxed, bindings: &Bindings<'a>) -> Result<Option<List<'a>>, Stop> {
        let value = self.boxed(over, bindings)?;
        match self.snippet(&snippets::ITEMS, [("items", value)])? {
            Value::List(list) => Ok(Some(list)),
            _ => Ok(None),
        }
    }

    fn collected(
        &mut self,
        looped: &'a Loop,
        list: &List<'a>,
        bindings: &Bindings<'a>,
    ) -> Result<Value<'a>, Stop> {
        let mut results = Vec::new();
        for item in list.iter() {
            let mut inner = bindings.clone();
            if looped.partial {
                let partial = self.list(results.clone())?;
                self.bind(&mut inner, "partial", partial)?;
            }
            self.bind(&mut inner, &*looped.variable, item)?;
            results.push(self.boxed(&looped.body, &inner)?);
        }
        self.list(results)
    }

    /// Whether the body is true for some item, or for every one; null where that is unknown.
    fn quantified(
        &mut self,
        looped: &'a Loop,
        list: &List<'a>,
        some: bool,
        bindings: &Bindings<'a>,
    ) -> Result<Value<'a>, Stop> {
        let mut all_known = true;
        for item in list.iter() {
            let mut inner = bindings.clone();
            self.bind(&mut inner, &*looped.variable, item)?;
            match self.boxed(&looped.body, &inner)?.as_bool() {
                Some(holds) if holds == some => return Ok(Value::Boolean(some)),
                Some(_) => {}
                None => all_known = false,
            }
        }
        Ok(if all_known { Value::Boolean(!some) } else { Value::Null })
    }

    /// The items for which the condition holds, or the one at the place that it gives.
    pub(super) fn filter(
        &mut self,
        [over, condition]: &'a [Boxed; 2],
        bindings: &Bindings<'a>,
    ) -> Result<Value<'a>, Stop> {
        let Some(list) = self.looped_over(over, bindings)? else { return Ok(Value::Null) };
        let mut kept = Vec::new();
        for item in list.iter() {
            let mut inner = bindings.clone();
            if let Value::Context(context) = &item {
                // The entries of an item have names of their own, as in FEEL's filters.
                for (name, value) in context.iter() {
                    self.bind(&mut inner, name, value)?;
                }
            }
            self.bind(&mut inner, "item", item.clone())?;
            match self.boxed(condition, &inner)? {
                Value::Boolean(true) => kept.push(item),
                place @ Value::Number(_) => {
                    let list = Value::List(list.clone());
                    return self.snippet(&snippets::AT, [("items", list), ("place", place)]);
                }
                Value::Boolean(false) | Value::Null => {}
                other => {
                    self.warn(|| format!("expected a boolean or a place as the condition, found {other}"));
                    return Ok(Value::Null);
                }
            }
        }
        self.list(kept)
    }
}
