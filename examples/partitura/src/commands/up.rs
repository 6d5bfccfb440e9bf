//! `up`: makes it so.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use futures_executor::block_on;
use score_engine::resolver::{OnFailure, Plan, RunOptions, Summary};
use score_engine::{Interrupt, LockOptions, Session};

use super::plan::{Wanted, wanted};
use super::session::engine;
use super::{DONE, WRONG};
use crate::arguments::{Format, Options, PlanArguments, RunArguments};
use crate::events;
use crate::problem::{Problem, print_notes, print_text};
use crate::site::{Site, agrees};

pub(super) fn run(
    options: &Options,
    files: &[PathBuf],
    plan: PlanArguments,
    run: &RunArguments,
    saved: Option<&Path>,
) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    if let Some(saved) = saved {
        if plan.is_given() {
            return Err(Problem::usage("a saved plan has its options: give none beside `--plan`"));
        }
        let text = std::fs::read_to_string(saved)
            .map_err(|error| Problem::usage(format!("`{}` cannot be read: {error}", saved.display())))?;
        return deploy(options, &site, run, Purpose::Saved(text));
    }
    let wanted = wanted(options, &site, plan)?;
    deploy(options, &site, run, Purpose::Wanted(Box::new(wanted)))
}

/// What a deployment is for.
pub(super) enum Purpose {
    /// What the arguments want.
    Wanted(Box<Wanted>),
    /// What a saved plan says.
    Saved(String),
}

/// Plans, asks, and makes it so.
pub(super) fn deploy(options: &Options, site: &Site, run: &RunArguments, mut purpose: Purpose) -> Result<u8, Problem> {
    let interrupt = Interrupt::new();
    let handler = interrupt.clone();
    ctrlc::set_handler(move || handler.interrupt())
        .map_err(|error| Problem::wrong("signal", format!("Ctrl-C cannot be listened to: {error}")))?;
    let platform = match &mut purpose {
        Purpose::Wanted(wanted) => wanted.platform.take(),
        Purpose::Saved(_) => None,
    };
    let engine = engine(options, site, platform)?.interrupt(interrupt);
    let summary = block_on(async {
        let (scope, purpose) = match purpose {
            Purpose::Wanted(wanted) => (wanted.context.scope(), Ok(wanted)),
            Purpose::Saved(text) => {
                let plan = engine.load(&text)?;
                agrees(options, plan.context())?;
                (plan.context().scope(), Err(plan))
            }
        };
        let mut session = engine.open(&scope, LockOptions::wait(options.lock_timeout)).await?;
        let done = async {
            let plan = match purpose {
                Ok(wanted) => session.plan(&wanted.context, wanted.goal, wanted.options).await?,
                Err(plan) => {
                    let planned = &plan.options().sources;
                    // What destroys comes of no file, so that none can have moved.
                    let sources = if planned.is_empty() { Vec::new() } else { site.sources(planned)? };
                    session.holds(&plan, &sources)?;
                    plan
                }
            };
            apply(options, run, plan, &mut session).await
        }
        .await;
        let closed = session.close().await;
        let summary = done?;
        closed?;
        Ok::<_, Problem>(summary)
    })?;
    if options.format == Format::Json {
        events::print_finished(&summary);
    } else {
        print_text(&summary.to_string());
    }
    Ok(if summary.is_success() { DONE } else { WRONG })
}

async fn apply(options: &Options, run: &RunArguments, plan: Plan, session: &mut Session) -> Result<Summary, Problem> {
    if options.format == Format::Json {
        events::print_diagnostics(plan.warnings());
    } else if plan.has_changes() {
        print_text(&plan.to_string());
    } else {
        print_notes(plan.warnings());
    }
    if plan.has_changes() {
        agreed(run, &plan)?;
    }
    let on_failure = if run.keep_going { OnFailure::Continue } else { OnFailure::Stop };
    let run = RunOptions::default().parallelism(run.parallelism).on_failure(on_failure);
    Ok(session.apply(plan, run, &mut |event| events::print(event, options.format)).await?)
}

/// Asks, unless that was answered beforehand.
fn agreed(run: &RunArguments, plan: &Plan) -> Result<(), Problem> {
    if run.yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Problem::usage_with_help(
            "there are changes to make and no terminal to ask at",
            "look at the plan, then give `--yes`",
        ));
    }
    let scope = plan.context().scope();
    // A closed terminal answers nothing, which is no.
    let _ = write!(std::io::stderr(), "Do this in `{scope}`? Only `yes` will do: ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    match std::io::stdin().read_line(&mut answer) {
        Ok(_) if answer.trim() == "yes" => Ok(()),
        _ => Err(Problem::wrong("declined", "nothing was done")),
    }
}
