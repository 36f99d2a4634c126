//! `mod_lua` comes and goes: its [`Lifecycle`].

use std::{sync::atomic::Ordering, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use ringfence_switch::{Lifecycle, config::Configuration};
use tokio::time::timeout;

use crate::{guests, scripts::Scripts};

/// What killed scripts are told.
const REASON: &str = "mod_lua is unloaded";

/// How long killed scripts may take to be gone. A kill takes milliseconds; more is a call to the host
/// that does not come back.
const LAST: Duration = Duration::from_secs(10);

/// How often what has started meanwhile is killed, too.
const AGAIN: Duration = Duration::from_millis(100);

impl Lifecycle for Scripts {
    fn load(&self) -> BoxFuture<'_, Result<(), String>> {
        async move {
            self.prepare().await.map_err(|error| error.to_string())?;
            self.0.gate.open();
            tracing::info!("mod_lua is loaded");
            self.startup().await;
            Ok(())
        }
        .boxed()
    }

    fn unload(&self, force: bool) -> BoxFuture<'_, Result<(), String>> {
        async move {
            let drain = if force { Duration::ZERO } else { self.configuration().drain_time() };
            let gate = &self.0.gate;
            gate.close();
            let running = gate.running();
            tracing::info!(
                running,
                ?drain,
                "mod_lua is being unloaded: no more scripts are started"
            );
            let mut killed = 0;
            if timeout(drain, gate.empty()).await.is_err() {
                let of_lua = |job: &ringfence_sandbox::Job| guests::is_interpreter(job.guest());
                let ended = async {
                    loop {
                        killed += self.sandbox().kill_where(of_lua, REASON);
                        // Runs that were let in before may still have been waiting for their slot.
                        if timeout(AGAIN, gate.empty()).await.is_ok() {
                            return;
                        }
                    }
                };
                if timeout(LAST, ended).await.is_err() {
                    gate.open();
                    let running = gate.running();
                    return Err(format!(
                        "{running} killed scripts are still there; it stays loaded"
                    ));
                }
            }
            self.give_back().await;
            tracing::info!(ended = running.saturating_sub(killed), killed, "mod_lua is unloaded");
            Ok(())
        }
        .boxed()
    }

    fn reload(&self) -> BoxFuture<'_, Result<Vec<String>, String>> {
        async move {
            let reloaded = self.versions().reload().await;
            let mut lines =
                vec![format!("{} scripts, {} changed", reloaded.scripts, reloaded.changed)];
            lines.extend(reloaded.faults.iter().map(|fault| format!("-ERR {fault}")));
            Ok(lines)
        }
        .boxed()
    }

    fn configure(&self, configuration: &Configuration) {
        let current = self.configuration();
        self.configure(current.reread(&configuration.lua, &configuration.sandbox));
        if self.0.watching.load(Ordering::Relaxed) {
            // Those that are watched already stay so.
            self.watch();
        }
    }
}

impl Scripts {
    /// Drops what is compiled, and with it the memory of all guests; off the threads that serve calls,
    /// for it takes milliseconds.
    async fn give_back(&self) {
        let scripts = self.clone();
        let giving = tokio::task::spawn_blocking(move || {
            scripts.0.versions.forget();
            scripts.0.guests.forget();
            if scripts.sandbox().release() {
                scripts.0.components.forget();
            } else {
                tracing::info!("components still run: the memory of their slots stays");
            }
        });
        if let Err(error) = giving.await {
            tracing::error!("the memory of scripts was not given back: {error}");
        }
    }
}
