//! Whether values and what they are made of are the same: with keys in the same order, which equality leaves out and bytes show.

use score_model::Value;

use crate::{Expr, Recipe};

/// Whether two values are the same to every byte.
pub(crate) fn same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Map(one), Value::Map(other)) => {
            let same = |((a, one), (b, other))| a == b && same_value(one, other);
            one.len() == other.len() && one.iter().zip(other.iter()).all(same)
        }
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| same_value(one, other))
        }
        (Value::Secret(one), Value::Secret(other)) => same_value(one.expose(), other.expose()),
        _ => one == other,
    }
}

/// The same of two that may be there.
pub(crate) fn same_values(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => same_value(one, other),
        (None, None) => true,
        _ => false,
    }
}

/// Whether two expressions are the same to every byte.
pub(crate) fn same_expr(one: &Expr, other: &Expr) -> bool {
    let all = |one: &[Expr], other: &[Expr]| {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_expr(one, other))
    };
    match (one, other) {
        (Expr::Value(one), Expr::Value(other)) => same_value(one, other),
        (Expr::Text(one), Expr::Text(other)) | (Expr::List(one), Expr::List(other)) => all(one, other),
        (Expr::Map(one), Expr::Map(other)) => {
            let same = |((a, one), (b, other))| a == b && same_expr(one, other);
            one.len() == other.len() && one.iter().zip(other.iter()).all(same)
        }
        (Expr::Secret(one), Expr::Secret(other)) => same_expr(one, other),
        (Expr::At(one, path), Expr::At(other, at)) => path == at && same_expr(one, other),
        _ => one == other,
    }
}

/// The same of two that may be there.
pub(crate) fn same_exprs(one: Option<&Expr>, other: Option<&Expr>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => same_expr(one, other),
        (None, None) => true,
        _ => false,
    }
}

/// Whether two recipes make the same, to every byte.
pub(crate) fn same_recipe(one: &Recipe, other: &Recipe) -> bool {
    same_expr(&one.inputs, &other.inputs)
        && same_exprs(one.context.as_ref(), other.context.as_ref())
        && same_exprs(one.outputs.as_ref(), other.outputs.as_ref())
        && one == other
}

/// Whether what was found out about `old` by whoever reads it holds of `new`, too: nothing that it has is missing, and nothing secret or open is where it was not.
pub(crate) fn stands_in(new: &Expr, old: &Expr) -> bool {
    match (new, old) {
        (Expr::Value(new), Expr::Value(old)) => new == old || (is_plain(new) && has_as_much(new, old)),
        (Expr::Map(new), Expr::Map(old)) => {
            let entry = |(key, new): (_, &Expr)| match old.get(key) {
                Some(old) => stands_in(new, old),
                None => new.as_value().is_some_and(is_plain),
            };
            old.keys().all(|key| new.contains_key(key)) && new.iter().all(entry)
        }
        (Expr::List(new), Expr::List(old)) => {
            new.len() == old.len() && new.iter().zip(old.iter()).all(|(new, old)| stands_in(new, old))
        }
        (Expr::Text(new), Expr::Text(old)) => {
            let open = |part: &&Expr| part.as_value().is_none_or(|value| !is_plain(value));
            new.iter().filter(open).eq(old.iter().filter(open))
        }
        _ => new == old,
    }
}

fn is_plain(value: &Value) -> bool {
    !value.has_secret() && !value.has_unknown()
}

fn has_as_much(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Map(new), Value::Map(old)) => {
            old.iter().all(|(key, old)| new.get(key).is_some_and(|new| has_as_much(new, old)))
        }
        (Value::List(new), Value::List(old)) => {
            new.len() >= old.len() && new.iter().zip(old.iter()).all(|(new, old)| has_as_much(new, old))
        }
        (_, Value::Map(_) | Value::List(_) | Value::Secret(_) | Value::Unknown) => false,
        _ => true,
    }
}
