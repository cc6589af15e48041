use anyhow::Context as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A flag that Ctrl-C and SIGTERM raise, for what goes on until somebody ends it.
///
/// # Errors
/// Where the system lets nobody listen to them.
pub(crate) fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("cannot listen to Ctrl-C")?;
    }
    Ok(stop)
}

/// Lets Ctrl-C and SIGTERM end the program again, after something that listened to them: what follows can be killed anywhere.
///
/// # Errors
/// Where the system lets nobody do that.
pub(crate) fn end_again() -> anyhow::Result<()> {
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        let always = Arc::new(AtomicBool::new(true));
        signal_hook::flag::register_conditional_default(signal, always).context("cannot let go of Ctrl-C")?;
    }
    Ok(())
}
