//! `up`: makes it so.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use futures_executor::block_on;
use score_engine::resolver::{OnFailure, Plan, RunOptions, Summary};
use score_engine::{EngineError, Interrupt, LockOptions, Session};

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
    let engine = engine(options, site, platform)?.interrupt(interrupt.clone());
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
            apply(options, run, plan, &mut session, &interrupt).await
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

async fn apply(
    options: &Options,
    run: &RunArguments,
    plan: Plan,
    session: &mut Session,
    interrupt: &Interrupt,
) -> Result<Summary, Problem> {
    if options.format == Format::Json {
        events::print_diagnostics(plan.warnings());
    } else if plan.has_changes() {
        print_text(&plan.to_string());
    } else {
        print_notes(plan.warnings());
    }
    if plan.has_changes() {
        agreed(run, &plan, interrupt)?;
    }
    let on_failure = if run.keep_going { OnFailure::Continue } else { OnFailure::Stop };
    let run = RunOptions::default().parallelism(run.parallelism).on_failure(on_failure);
    let mut tell = events::teller(&plan, options.format);
    Ok(session.apply(plan, run, &mut tell).await?)
}

/// Asks, unless that was answered beforehand.
fn agreed(run: &RunArguments, plan: &Plan, interrupt: &Interrupt) -> Result<(), Problem> {
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
    let _ = write!(std::io::stderr(), "Do this in `{scope}`? Only `yes` will do: ");
    let _ = std::io::stderr().flush();
    if is_yes(std::io::stdin(), interrupt) {
        Ok(())
    } else if interrupt.is_draining() {
        // Below the question, not behind it.
        let _ = writeln!(std::io::stderr());
        Err(EngineError::Interrupted.into())
    } else {
        Err(Problem::wrong("declined", "nothing was done"))
    }
}

/// Whether the answer is yes. A closed terminal answers nothing, which is no, and so is an interrupt.
fn is_yes(terminal: impl Read + Send + 'static, interrupt: &Interrupt) -> bool {
    let (answers, answer) = mpsc::channel();
    // Nothing ends a read that has begun: it is left behind.
    std::thread::spawn(move || {
        let mut line = String::new();
        if BufReader::new(terminal).read_line(&mut line).is_ok() {
            let _ = answers.send(line);
        }
    });
    loop {
        match answer.recv_timeout(Duration::from_millis(50)) {
            Err(RecvTimeoutError::Timeout) if !interrupt.is_draining() => {}
            answer => return answer.is_ok_and(|line| line.trim() == "yes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, interrupted: bool, want: bool) {
        let (terminal, mut keyboard) = std::io::pipe().unwrap();
        keyboard.write_all(typed.as_bytes()).unwrap();
        let interrupt = Interrupt::new();
        if interrupted {
            interrupt.interrupt();
        }
        // Whoever types does not hang up.
        assert_eq!(is_yes(terminal, &interrupt), want);
        drop(keyboard);
    }

    #[test]
    fn only_yes_is_yes() {
        check("yes\n", false, true);
        check(" yes \n", false, true);
        check("y\n", false, false);
        check("\n", false, false);
    }

    #[test]
    fn an_interrupt_is_no() {
        check("", true, false);
        check("ye", true, false);
    }
}
