//! SIGINT and SIGTERM: a flag that a run looks at, so that it ends cleanly when asked to.
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use std::{
    io,
    sync::{Arc, atomic::AtomicBool},
};

/// Exit code of a run that is told twice: what a shell gives for a program ended by SIGINT.
const IMPATIENT: i32 = 130;

/// Set by the first SIGINT or SIGTERM; the second ends the program at once.
pub(crate) fn stop_flag() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, IMPATIENT, Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}
