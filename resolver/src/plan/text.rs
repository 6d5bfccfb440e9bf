//! A plan as people read it: a text for a terminal, Markdown for a pull request.

use std::fmt::{self, Write as _};

use score_model::{Path, Value};

use super::compare::differences;
use super::{Action, Change, Plan, PlanSummary};
use crate::ReplaceOrder;

/// How many differences of one resource are shown.
const SHOWN: usize = 12;
/// How many characters of a value are shown.
const WIDTH: usize = 60;

/// What a person reads at a glance: one line for each resource to which something happens, what changes of it below, then the sum.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Plan for {}: {}", self.context().scope(), Sum(&self.summary()))?;
        let shown = || self.changes().iter().filter(|change| change.action != Action::None);
        let width = shown().map(|change| change.uid.as_str().chars().count()).max().unwrap_or_default();
        if width > 0 {
            writeln!(f)?;
        }
        for change in shown() {
            write!(f, "{:>4} {:<8} {:<width$}", symbol(change), change.action, change.uid)?;
            if !change.module.is_empty() {
                write!(f, "  [{}]", change.module)?;
            }
            let reasons: Vec<String> = change.reasons.iter().map(ToString::to_string).collect();
            writeln!(f, "  {}", reasons.join("; "))?;
            for difference in change.differences() {
                writeln!(f, "                {difference}")?;
            }
        }
        for warning in self.warnings().iter() {
            write!(f, "\n{warning}\n")?;
        }
        Ok(())
    }
}

impl Plan {
    /// The plan for a pull request: a table of what happens, and what changes of each resource folded away below.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Not an error: writing to a string never fails.
        let _ = self.write_markdown(&mut text);
        text
    }

    fn write_markdown(&self, to: &mut String) -> fmt::Result {
        writeln!(to, "### Plan for `{}`: {}", self.context().scope(), Sum(&self.summary()))?;
        let shown: Vec<&Change> = self.changes().iter().filter(|change| change.action != Action::None).collect();
        if !shown.is_empty() {
            writeln!(to, "\n| | Resource | Module | Why |\n|---|---|---|---|")?;
        }
        for change in &shown {
            let reasons: Vec<String> = change.reasons.iter().map(ToString::to_string).collect();
            let (module, reasons) = (cell(&change.module), cell(&reasons.join("; ")));
            let uid = cell(change.uid.as_str());
            writeln!(to, "| `{}` {} | `{uid}` | `{module}` | {reasons} |", symbol(change), change.action)?;
        }
        for change in shown {
            let differences = change.differences();
            if differences.is_empty() {
                continue;
            }
            writeln!(to, "\n<details><summary><code>{}</code></summary>\n\n```diff", escaped(change.uid.as_str()))?;
            for difference in differences {
                if let Some(before) = &difference.before {
                    writeln!(to, "- {}: {before}", difference.path)?;
                }
                if let Some(after) = &difference.after {
                    writeln!(to, "+ {}: {after}", difference.path)?;
                }
                if difference.more > 0 {
                    writeln!(to, "  and {} more", difference.more)?;
                }
            }
            writeln!(to, "```\n\n</details>")?;
        }
        for warning in self.warnings().iter() {
            writeln!(to, "\n> **Warning**: {}", warning.message)?;
            if let Some(help) = &warning.help {
                writeln!(to, "> {help}")?;
            }
        }
        Ok(())
    }
}

/// What stands for an action.
fn symbol(change: &Change) -> &'static str {
    match (change.action, change.order) {
        (Action::Create, _) => "+",
        (Action::Update, _) => "~",
        (Action::Replace, ReplaceOrder::DestroyFirst) => "-/+",
        (Action::Replace, ReplaceOrder::CreateBeforeDestroy) => "+/-",
        (Action::Delete, _) => "-",
        (Action::Forget, _) => "x",
        (Action::Move, _) => ">",
        (Action::None, _) => "=",
        (Action::Deferred, _) => "?",
    }
}

struct Sum<'a>(&'a PlanSummary);

impl fmt::Display for Sum<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut any = false;
        for action in Action::ALL {
            let count = self.0.count(action);
            let what = match action {
                _ if count == 0 => continue,
                Action::None => "unchanged",
                Action::Deferred => "deferred",
                _ => action.as_str(),
            };
            let to = if action.is_change() { "to " } else { "" };
            write!(f, "{}{count} {to}{what}", if any { ", " } else { "" })?;
            any = true;
        }
        if any { Ok(()) } else { f.write_str("nothing there, nothing to do") }
    }
}

/// An input that changes, shown without secrets.
struct Difference {
    path: Path,
    before: Option<String>,
    after: Option<String>,
    /// How many further ones are not shown, after this one.
    more: usize,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
        write!(f, "{}: {} → {}", visible(&self.path.to_string()), of(&self.before), of(&self.after))?;
        if self.more > 0 { write!(f, " (and {} more)", self.more) } else { Ok(()) }
    }
}

impl Change {
    fn differences(&self) -> Vec<Difference> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return Vec::new() };
        if !matches!(self.action, Action::Update | Action::Replace) {
            return Vec::new();
        }
        let (changed, unknown) = differences(before, after);
        let mut paths: Vec<Path> = changed.into_iter().chain(unknown).collect();
        paths.sort();
        let more = paths.len().saturating_sub(SHOWN);
        let mut shown: Vec<Difference> = paths
            .into_iter()
            .take(SHOWN)
            .map(|path| Difference {
                before: before.get(&path).map(|value| brief(&value)),
                after: after.get(&path).map(|value| brief(&value)),
                path,
                more: 0,
            })
            .collect();
        if let Some(last) = shown.last_mut() {
            last.more = more;
        }
        shown
    }
}

/// A value in a few characters: `(secret)`, `(not known yet)`, else compact JSON.
fn brief(value: &Value) -> String {
    match value {
        Value::Secret(_) => "(secret)".to_owned(),
        Value::Unknown => "(not known yet)".to_owned(),
        value => {
            let text = visible(&value.redacted().to_string());
            if text.chars().count() <= WIDTH {
                return text;
            }
            text.chars().take(WIDTH - 1).chain(['…']).collect()
        }
    }
}

/// JSON in which what is not seen, but changes how the rest is seen, is written as an escape: whoever says yes to a plan is to read what it says.
fn visible(json: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if is_hidden(character) {
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        } else {
            text.push(character);
        }
    }
    text
}

/// Safe in a table of Markdown.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// Safe in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::brief;
    use score_model::Value;

    #[track_caller]
    fn check(text: &str, shown: &str) {
        assert_eq!(brief(&Value::from(text)), shown);
    }

    #[test]
    fn what_is_hidden_shows() {
        check("é \t ok", r#""é \t ok""#);
        check("user\u{202e}nimda", r#""user\u202enimda""#);
        check("\u{9b}2J", r#""\u009b2J""#);
    }
}
