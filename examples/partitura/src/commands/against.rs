//! `check --against`: what would become of what there is if this platform took the place of another one.

use std::path::Path;
use std::sync::Arc;

use futures_executor::block_on;
use score_engine::model::{Diagnostic, Diagnostics};
use score_engine::resolver::{Context, Effect, Impact, Platform};
use score_engine::{EngineError, Goal};
use serde_json::{Value, json};

use super::session::engine;
use crate::arguments::Options;
use crate::problem::Problem;
use crate::site::{self, Site, contexts, other_platform};

/// What would become of what there is, in each environment that the options leave open.
#[derive(Debug, Default)]
pub(super) struct Against {
    /// `None` where the new platform refuses what is asked for.
    environments: Vec<(Context, Option<Vec<Impact>>)>,
    /// What the new platform refuses.
    pub(super) problems: Diagnostics,
}

impl Against {
    /// Compares the platform with an `old` one, for the files given and what is recorded.
    pub(super) fn new(options: &Options, site: &Site, platform: Platform, old: &Path) -> Result<Self, Problem> {
        let old = other_platform(old)?;
        let contexts = contexts(&platform, options)?;
        let (platform, old) = (Arc::new(platform), Arc::new(old));
        let (workloads, problems) = site.workloads()?;
        let mut this = Self { environments: Vec::new(), problems };
        if this.problems.has_errors() {
            return Ok(this);
        }
        let engine = engine(options, site, Some(platform))?;
        let several = contexts.len() > 1;
        for context in contexts {
            let old_context = site::context_of(&old, options, &context.environment);
            let old = old_context.as_ref().map(|context| (old.clone(), context));
            match block_on(engine.impact(old, &context, Goal::up(workloads.clone()))) {
                Ok(impacts) => this.add(context, impacts, several),
                Err(EngineError::Rejected(found)) => {
                    let found = found.iter().cloned().map(|found| within(found, &context, several));
                    this.problems.extend(found);
                    this.environments.push((context, None));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(this)
    }

    fn add(&mut self, context: Context, impacts: Vec<Impact>, several: bool) {
        for impact in impacts.iter().filter(|impact| impact.effect == Effect::Refused) {
            let problem = Diagnostic::error("protected", impact.to_string());
            self.problems.push(within(problem, &context, several));
        }
        self.environments.push((context, Some(impacts)));
    }

    /// A list, with the environment of each.
    pub(super) fn to_json(&self) -> Value {
        let all = self.environments.iter().flat_map(|(context, impacts)| {
            impacts.iter().flatten().map(move |impact| {
                let mut json = json!(impact);
                json["environment"] = json!(context.environment);
                json
            })
        });
        all.collect()
    }
}

/// A problem, with the environment in which it is one where there are several.
fn within(mut problem: Diagnostic, context: &Context, several: bool) -> Diagnostic {
    if several {
        problem.message = format!("in environment `{}`: {}", context.environment, problem.message);
    }
    problem
}

/// For people: what changes in each environment.
impl std::fmt::Display for Against {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (context, impacts) in &self.environments {
            let what = match impacts {
                None => " what is asked for there is refused",
                Some(impacts) if impacts.is_empty() => " everything stays as it is",
                Some(_) => "",
            };
            writeln!(f, "environment `{}`:{what}", context.environment)?;
            for impact in impacts.iter().flatten() {
                writeln!(f, "  {impact}")?;
            }
        }
        Ok(())
    }
}
