//! `hearsay models remove`.

use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use anyhow::Result;
use home::{Exit, Lock};
use speech::models;
use std::path::Path;
use store::{Store, StoreError};
use timeline::PassName;

/// Removes, unless it is needed.
pub(super) fn run(context: &Context, model: &str, force: bool) -> Result<Exit> {
    let folder = context.home.models();
    let path = models::locate(&folder, model)?;
    if !force && let Some(why) = needed(context, &folder, &path)? {
        let hint = "set another model first (`work.model`, see `hearsay config`), or `--force`";
        return Err(Failure::new(format!("{model} is needed: {why}")).hint(hint).into());
    }
    models::remove(&folder, &path)?;
    output::say(&format!("removed {}", path.display()));
    Ok(Exit::Done)
}

/// Who takes the model: the pass that a worker of this configuration extends, the words that are written as they are said, or a campaign.
fn needed(context: &Context, folder: &Path, path: &Path) -> Result<Option<String>> {
    let work = context.config()?.0.work;
    let same = |other: &Path| std::fs::canonicalize(other).ok() == std::fs::canonicalize(path).ok();
    let is = |name: &String| models::locate(folder, name).is_ok_and(|other| same(&other));
    let works = if Lock::is_held(&context.home.worker_lock()) { ", and a worker is at work" } else { "" };
    Ok(if work.model.as_ref().is_some_and(is) {
        Some(format!("`work.model` is set to it{works}"))
    } else if work.live_model.as_ref().is_some_and(is) {
        Some(format!("`work.live_model` is set to it{works}"))
    } else if work.model.is_none() && models::default_model(folder).is_ok_and(|other| same(&other)) {
        Some(format!("it is the largest one here, which `hearsay work` takes where `work.model` isn't set{works}"))
    } else {
        let why = |pass| format!("pass {pass} isn't done with it (`hearsay cancel {pass}`)");
        campaign_of(context, &is)?.map(why)
    })
}

/// The pass of a campaign that still needs it.
fn campaign_of(context: &Context, is: &dyn Fn(&String) -> bool) -> Result<Option<PassName>> {
    let store = match Store::open_read_only(&context.home.database()) {
        Err(StoreError::Missing { .. }) => return Ok(None),
        opened => opened?,
    };
    Ok(store.open_campaigns()?.into_iter().find(|campaign| is(&campaign.terms.model)).map(|campaign| campaign.name))
}
