//! Ctrl-C and its kin: the broker is told goodbye first.

/// Waits until somebody asks the program to end.
#[cfg(unix)]
pub(super) async fn stop_asked() {
    use tokio::signal::unix::{SignalKind, signal};

    // Without a handler the signal ends the program at once: the last will then speaks for it.
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

/// Waits until somebody asks the program to end.
#[cfg(not(unix))]
pub(super) async fn stop_asked() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
