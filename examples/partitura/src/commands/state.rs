//! `state`: looks at and mends what is recorded.

use futures_executor::block_on;
use score_engine::model::{Diagnostic, ResourceUid};
use score_engine::resolver::{Listed, Record, RecordError, Snapshot};
use score_engine::{EngineError, KeySource, LockOptions};
use serde_json::{Value as Json, json};

use super::DONE;
use super::session::{engine, snapshot};
use crate::arguments::{Files, Format, Options, StateCommand};
use crate::problem::{Problem, print_json, print_notes, print_text};
use crate::site::Site;

pub(super) fn run(options: &Options, command: StateCommand) -> Result<u8, Problem> {
    match command {
        StateCommand::List(files) => list(options, &files),
        StateCommand::Show { uid, files } => show(options, &uid, &files),
        StateCommand::Forget { uid, files } => change(options, &files, |snapshot| snapshot.forgetting(&uid)),
        StateCommand::Move { from, to, files } => {
            change(options, &files, |snapshot| snapshot.moving(&from, &to).map(|record| vec![record]))
        }
        StateCommand::Unlock(files) => unlock(options, &files),
        StateCommand::Export(files) => export(options, &files),
        StateCommand::RotateKey { forget_old, files } => rotate_key(options, &files, forget_old),
    }
}

fn list(options: &Options, files: &Files) -> Result<u8, Problem> {
    let site = Site::find(options, &files.files)?;
    let (snapshot, context) = snapshot(options, &site)?;
    // What was only attempted may not exist: `state show` tells of it, and the next `up` settles it.
    let (listed, attempted): (Vec<_>, Vec<_>) = snapshot.list().into_iter().partition(|entry| entry.object.is_some());
    let holder = match attempted.is_empty() {
        true => None,
        false => block_on(engine(options, &site, None)?.holder(&context.scope())),
    };
    for entry in attempted {
        let note = match &holder {
            Some(holder) => {
                Diagnostic::warning("under-way", format!("a call for `{}` is under way, by {holder}", entry.uid))
            }
            None => {
                let message = format!("a call for `{}` was interrupted, and nobody knows what came of it", entry.uid);
                Diagnostic::warning("interrupted", message).help("the next `up` settles it")
            }
        };
        print_notes(&note.into());
    }
    if options.format == Format::Json {
        print_json(&listed.iter().map(Listed::redacted).collect::<Json>());
    } else {
        let width = listed.iter().map(|entry| entry.uid.as_str().len()).max().unwrap_or_default();
        for entry in &listed {
            print_text(&format!("{:width$}  {:12}  {}", entry.uid, entry.status, entry.module));
        }
    }
    Ok(DONE)
}

fn show(options: &Options, uid: &ResourceUid, files: &Files) -> Result<u8, Problem> {
    let (snapshot, _) = snapshot(options, &Site::find(options, &files.files)?)?;
    let listed = snapshot.list();
    let Some(entry) = listed.iter().find(|entry| entry.uid == uid) else {
        return Err(refused(&RecordError::Unknown(uid.clone())));
    };
    let shown = entry.redacted_in_full();
    if options.format == Format::Json {
        print_json(&shown);
    } else {
        print_text(&score_engine::model::yaml::write(&shown.into()));
    }
    Ok(DONE)
}

/// Adds the records that `make` wants, as the one writer.
fn change(
    options: &Options,
    files: &Files,
    make: impl FnOnce(&Snapshot) -> Result<Vec<Record>, RecordError>,
) -> Result<u8, Problem> {
    let site = Site::find(options, &files.files)?;
    let scope = site.context(options)?.scope();
    let engine = engine(options, &site, None)?;
    block_on(async {
        let mut session = engine.open(&scope, LockOptions::wait(options.lock_timeout)).await?;
        let done = match make(session.snapshot()) {
            Ok(records) => session.append(records).await.map_err(Problem::from),
            Err(error) => Err(refused(&error)),
        };
        let closed = session.close().await;
        done?;
        closed?;
        Ok(DONE)
    })
}

fn refused(error: &RecordError) -> Problem {
    let code = match error {
        RecordError::Unknown(_) => "unknown-uid",
        _ => "taken-uid",
    };
    Problem::wrong(code, error.to_string())
}

fn unlock(options: &Options, files: &Files) -> Result<u8, Problem> {
    let site = Site::find(options, &files.files)?;
    let scope = site.context(options)?.scope();
    let holder = block_on(engine(options, &site, None)?.unlock(&scope))?.map(|holder| holder.to_string());
    if options.format == Format::Json {
        print_json(&json!({"unlocked": holder}));
    } else {
        print_text(&match holder {
            Some(holder) => format!("the lock of {holder} was taken away"),
            None => format!("nobody holds a lock on `{scope}`"),
        });
    }
    Ok(DONE)
}

fn rotate_key(options: &Options, files: &Files, forget_old: bool) -> Result<u8, Problem> {
    let site = Site::find(options, &files.files)?;
    let scope = site.context(options)?.scope();
    let engine = engine(options, &site, None)?;
    let key = block_on(async {
        let mut session = engine.open(&scope, LockOptions::wait(options.lock_timeout)).await?;
        let done = session.rotate_key().await;
        let closed = session.close().await;
        let key = done?;
        closed?;
        Ok::<_, EngineError>(key)
    })?;
    if forget_old && let KeySource::File(file) = engine.keys() {
        file.forget_old().map_err(EngineError::from)?;
    }
    if options.format == Format::Json {
        print_json(&json!({"key": key, "forgot_old": forget_old}));
    } else {
        let old = if forget_old { "older keys are forgotten" } else { "older keys still open what they sealed" };
        print_text(&format!("secrets of `{scope}` are sealed with the key `{key}` now; {old}"));
    }
    Ok(DONE)
}

fn export(options: &Options, files: &Files) -> Result<u8, Problem> {
    let site = Site::find(options, &files.files)?;
    let scope = site.context(options)?.scope();
    let export = block_on(engine(options, &site, None)?.export(&scope))?;
    print_json(&serde_json::to_value(&export).unwrap_or_default());
    Ok(DONE)
}
