//! `import`: adopts what exists.

use std::path::PathBuf;

use futures_executor::block_on;
use score_engine::LockOptions;
use score_engine::model::ResourceUid;
use serde_json::json;

use super::DONE;
use super::session::{Given, engine, given};
use crate::arguments::{Format, Options};
use crate::problem::{Problem, print_json, print_text};
use crate::site::Site;

pub(super) fn run(options: &Options, uid: &ResourceUid, files: &[PathBuf]) -> Result<u8, Problem> {
    let site = Site::find(options, files)?;
    let Given { platform, context, workloads } = given(options, &site)?;
    let engine = engine(options, &site, Some(platform))?;
    block_on(async {
        let mut session = engine.open(&context.scope(), LockOptions::wait(options.lock_timeout)).await?;
        let imported = session.import(&context, workloads, uid).await;
        let closed = session.close().await;
        imported?;
        closed?;
        Ok::<_, Problem>(())
    })?;
    if options.format == Format::Json {
        print_json(&json!({"imported": uid}));
    } else {
        print_text(&format!("`{uid}` is adopted"));
    }
    Ok(DONE)
}
