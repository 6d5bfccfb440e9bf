//! Texts that Compose must take as they are.

use score_model::Value;

/// The same tree with every `$` doubled in its texts, so that Compose takes them as they are. Keys are not interpolated by Compose. Marks stay.
pub(crate) fn literal(value: &Value) -> Value {
    match value {
        Value::String(text) if text.contains('$') => Value::from(text.replace('$', "$$")),
        Value::List(items) => Value::list(items.iter().map(literal)),
        Value::Map(map) => Value::map(map.iter().map(|(key, value)| (key.clone(), literal(value)))),
        Value::Secret(secret) => Value::secret(literal(secret.expose())),
        other => other.clone(),
    }
}

/// An item of a command with every `$` doubled after which a variable could begin, as `score-compose` does (there not after exactly one character).
///
/// A text that went through this already stays as it is.
pub fn escape_command(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut before = None;
    while let Some(c) = rest.next() {
        escaped.push(c);
        let begins = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '|' | '{' | '?');
        if c == '$' && before != Some('$') && rest.peek().is_some_and(begins) {
            escaped.push('$');
        }
        before = Some(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(escape_command(text), want);
        assert_eq!(escape_command(want), want);
    }

    #[test]
    fn commands() {
        check("$A", "$$A");
        check("PREFIX-${VARIABLE}", "PREFIX-$${VARIABLE}");
        check("-$X", "-$$X");
        check("a$(cmd) b$ $.", "a$(cmd) b$ $.");
        check("$$HOME", "$$HOME");
        check("${A}.${B}", "$${A}.$${B}");
    }
}
