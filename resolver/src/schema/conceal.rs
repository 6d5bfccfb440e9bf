//! Marking what a schema calls secret.

use score_model::Value;

use super::Subschema;
use crate::Expr;

pub(super) fn value(value: Value, schema: &Subschema<'_>) -> Value {
    if schema.is_secret() {
        return Value::secret(value);
    }
    if !schema.may_contain_secret() {
        return value;
    }
    match value {
        Value::Map(map) => Value::map(map.iter().map(|(key, below)| {
            let schema = schema.child(key).unwrap_or_default();
            (key.clone(), self::value(below.clone(), &schema))
        })),
        Value::List(items) => Value::list(items.iter().enumerate().map(|(index, item)| {
            let schema = schema.child(&index.to_string()).unwrap_or_default();
            self::value(item.clone(), &schema)
        })),
        other => other,
    }
}

/// The expression with what the schema calls secret marked as such.
pub(crate) fn expr(expr: Expr, schema: &Subschema<'_>) -> Expr {
    if schema.is_secret() {
        return expr.secret();
    }
    if !schema.may_contain_secret() {
        return expr;
    }
    match expr {
        Expr::Value(value) => Expr::Value(self::value(value, schema)),
        Expr::Map(map) => Expr::map(map.iter().map(|(key, below)| {
            let schema = schema.child(key).unwrap_or_default();
            (key.clone(), self::expr(below.clone(), &schema))
        })),
        Expr::List(items) => Expr::list(items.iter().enumerate().map(|(index, item)| {
            let schema = schema.child(&index.to_string()).unwrap_or_default();
            self::expr(item.clone(), &schema)
        })),
        other => other,
    }
}
