//! Ctrl-C: the first ends the work after the current user or invite, the second ends the program. Both are safe at any moment.

use tokio::sync::watch;

/// Whether the operator has pressed ctrl-c.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens from now on.
    pub(crate) fn on_ctrl_c() -> Self {
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_err() {
                // Nothing to listen to; ctrl-c then ends the program as it always does.
                std::future::pending::<()>().await;
            }
            sender.send_replace(true);
            anstream::eprintln!("tenantctl: stopping after the current step; ctrl-c again stops at once");
            if tokio::signal::ctrl_c().await.is_ok() {
                // As `Found::Interrupted`.
                std::process::exit(130);
            }
        });
        Self(receiver)
    }

    /// Never: ctrl-c ends the program as it always does, which is right where nothing is written.
    pub(crate) fn never() -> Self {
        Self(watch::channel(false).1)
    }

    /// Whether it was pressed.
    pub(crate) fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is pressed.
    pub(crate) async fn requested(&self) {
        if self.0.clone().wait_for(|pressed| *pressed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
