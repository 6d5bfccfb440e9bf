//! Selectors: resources found along the edges of the graph.

use std::sync::Arc;

use score_model::{Path, ResourceUid};

/// `select.STEP.STEP….outputs.PATH`: resources found from the current one along the edges of the graph, and a part of each.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    /// At least one.
    pub(crate) steps: Vec<Step>,
    /// What is taken of each resource found.
    pub(crate) part: Part,
    /// Where in that.
    pub(crate) path: Path,
}

/// What a selector takes of each resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Outputs,
    Params,
}

/// One step: an axis and which resources on it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) axis: Axis,
    pub(crate) ty: Arc<str>,
    /// `None`: any.
    pub(crate) class: Option<Arc<str>>,
    /// `None`: any.
    pub(crate) id: Option<Arc<str>>,
}

/// Which way a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    Dependencies,
    Consumers,
    AllDependencies,
    AllConsumers,
}

impl Axis {
    pub(crate) const NAMES: [(&'static str, Self); 4] = [
        ("dependencies", Self::Dependencies),
        ("consumers", Self::Consumers),
        ("all_dependencies", Self::AllDependencies),
        ("all_consumers", Self::AllConsumers),
    ];

    /// Whether it leads to what depends on the current resource.
    pub(crate) fn is_upward(self) -> bool {
        matches!(self, Self::Consumers | Self::AllConsumers)
    }

    /// Whether it leads on through others.
    pub(crate) fn is_transitive(self) -> bool {
        matches!(self, Self::AllDependencies | Self::AllConsumers)
    }
}

impl Step {
    /// Whether a resource is meant; `@` stands for class and id of `current`.
    pub(crate) fn holds(&self, uid: &ResourceUid, current: &ResourceUid) -> bool {
        let same = |wanted: &Option<Arc<str>>, own: &str, got: &str| match wanted.as_deref() {
            None => true,
            Some("@") => own == got,
            Some(wanted) => wanted == got,
        };
        *self.ty == *uid.ty()
            && same(&self.class, current.class(), uid.class())
            && same(&self.id, current.id(), uid.id())
    }
}

impl Selector {
    /// Takes `STEP.STEP….outputs.PATH` apart.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut rest = text;
        loop {
            if let Some((part, path)) = part(rest) {
                if steps.is_empty() {
                    return Err("a selector has at least one step".to_owned());
                }
                let Ok(path) = path.parse();
                return Ok(Self { steps, part, path });
            }
            let (name, after) = rest.split_once('(').ok_or("a step or `outputs` or `params` is expected")?;
            let axis = Axis::NAMES.iter().find(|(known, _)| *known == name).map(|(_, axis)| *axis);
            let axis = axis.ok_or_else(|| format!("`{name}` is no step"))?;
            let quote = after.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
            let quote = quote.ok_or("a quoted `TYPE.CLASS#ID` is expected in the brackets")?;
            let (pattern, after) = after[1..].split_once(quote).ok_or("the quote is not closed")?;
            let after = after.strip_prefix(").").ok_or("`).` is expected after a step")?;
            steps.push(step(axis, pattern)?);
            rest = after;
        }
    }
}

fn part(rest: &str) -> Option<(Part, &str)> {
    [("outputs", Part::Outputs), ("params", Part::Params)].into_iter().find_map(|(name, part)| {
        let after = rest.strip_prefix(name)?;
        if after.is_empty() { Some((part, "")) } else { Some((part, after.strip_prefix('.')?)) }
    })
}

fn step(axis: Axis, pattern: &str) -> Result<Step, String> {
    let (rest, id) = match pattern.split_once('#') {
        Some((rest, id)) => (rest, Some(id)),
        None => (pattern, None),
    };
    let (ty, class) = match rest.split_once('.') {
        Some((ty, class)) => (ty, Some(class)),
        None => (rest, None),
    };
    if ty.is_empty() || class.is_some_and(str::is_empty) || id.is_some_and(str::is_empty) {
        return Err(format!("`{pattern}` is not `TYPE`, `TYPE.CLASS`, `TYPE#ID` or `TYPE.CLASS#ID`"));
    }
    Ok(Step { axis, ty: ty.into(), class: class.map(Into::into), id: id.map(Into::into) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Result<&str, &str>) {
        let got = Selector::parse(text).map(|selector| {
            let steps = selector.steps.iter().map(|step| {
                let any = |part: &Option<Arc<str>>| part.as_deref().unwrap_or("*").to_owned();
                format!("{:?} {} {} {}", step.axis, step.ty, any(&step.class), any(&step.id))
            });
            format!("{} / {:?} {}", steps.collect::<Vec<_>>().join(", "), selector.part, selector.path)
        });
        assert_eq!(got.as_deref(), want.map_err(str::to_owned).as_deref());
    }

    #[test]
    fn steps_and_parts() {
        check("dependencies('dns').outputs.host", Ok("Dependencies dns * * / Outputs host"));
        check(
            "dependencies('dns').consumers(\"route.@#a.b\").params",
            Ok("Dependencies dns * *, Consumers route @ a.b / Params "),
        );
        check("all_consumers('a#@').outputs.x.y", Ok("AllConsumers a * @ / Outputs x.y"));
        check("outputs.x", Err("a selector has at least one step"));
        check("parents('dns').outputs", Err("`parents` is no step"));
        check("consumers(dns).outputs", Err("a quoted `TYPE.CLASS#ID` is expected in the brackets"));
        check("consumers('dns').inputs", Err("a step or `outputs` or `params` is expected"));
        check("consumers('.x').outputs", Err("`.x` is not `TYPE`, `TYPE.CLASS`, `TYPE#ID` or `TYPE.CLASS#ID`"));
    }
}
