//! The loop of one SIP thread.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use bytes::Bytes;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::Steer;
use super::tcp::{self, Connection};
use crate::core::{Action, Command, Core, Flow, Settings, Token};
use crate::statistics::count;
use crate::wire::Unreadable;

/// Inputs that wait for a thread; more are lost (from other threads) or wait in the kernel.
pub(crate) const INPUTS: usize = 8192;
/// Inputs and orders that are served before the timers get their turn.
const BATCH: usize = 64;

/// What a thread hears.
#[derive(Debug)]
pub(crate) enum Input {
    Message {
        data: Bytes,
        flow: Flow,
    },
    /// What a connection could not cut into messages.
    Broken {
        data: Bytes,
        flow: Flow,
        fault: Unreadable,
    },
    /// A message of ours that did not arrive.
    Unreachable {
        data: Bytes,
        why: String,
    },
    Resolved {
        token: Token,
        result: Result<Vec<IpAddr>, String>,
    },
}

/// Where a listener's messages leave.
#[derive(Clone, Debug)]
pub(crate) enum Outlet {
    Udp(Arc<UdpSocket>),
    Simulated(Arc<ringfence_rim::Socket>),
    Tcp,
}

/// One SIP thread, or the task that stands for it in a simulation.
pub(crate) struct Shard {
    pub(crate) core: Core,
    pub(crate) settings: Arc<Settings>,
    pub(crate) inputs: mpsc::Receiver<Input>,
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    /// One for each listener.
    pub(crate) outlets: Vec<Outlet>,
    pub(crate) steer: Steer,
    /// TCP connections that we opened, by peer.
    pub(crate) connections: HashMap<SocketAddr, Connection>,
}

impl Shard {
    /// Serves until the stack stops it.
    pub(crate) async fn run(mut self) {
        let (mut inputs, mut commands) = (Vec::new(), Vec::new());
        loop {
            let due = self.core.next();
            let timer = async {
                match due {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                some = self.inputs.recv_many(&mut inputs, BATCH) => {
                    if some == 0 { return }
                }
                some = self.commands.recv_many(&mut commands, BATCH) => {
                    if some == 0 { return }
                }
                () = timer => {}
            }
            let now = Instant::now();
            for input in inputs.drain(..) {
                self.input(now, input);
            }
            for command in commands.drain(..) {
                if !self.core.command(now, command) {
                    self.act();
                    return;
                }
            }
            self.core.poll(now);
            self.act();
        }
    }

    fn input(&mut self, now: Instant, input: Input) {
        match input {
            Input::Message { data, flow } => self.core.receive(now, data, flow),
            Input::Broken { data, flow, fault } => self.core.broken(now, &data, &fault, flow),
            Input::Unreachable { data, why } => self.core.unreachable(now, &data, &why),
            Input::Resolved { token, result } => self.core.resolved(now, token, result),
        }
    }

    fn act(&mut self) {
        // What cannot be sent is told to the core, which may want to send something else.
        while !self.core.actions.is_empty() {
            for action in std::mem::take(&mut self.core.actions) {
                match action {
                    Action::Send { flow, data } => self.send(flow, data),
                    Action::Resolve { name, port, token } => self.resolve(name, port, token),
                }
            }
        }
    }

    fn send(&mut self, flow: Flow, data: Bytes) {
        match self.outlets.get(usize::from(flow.listener)) {
            Some(Outlet::Udp(socket)) => {
                // A pending ICMP error of another peer comes out of the first try (the reader tells
                // whom it is about); the second sends.
                let mut sent = socket.try_send_to(&data, flow.peer);
                if sent.as_ref().is_err_and(|error| error.kind() != std::io::ErrorKind::WouldBlock)
                {
                    sent = socket.try_send_to(&data, flow.peer);
                }
                match sent {
                    Ok(_) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                        count(&self.steer.counters.dropped);
                    }
                    Err(error) => {
                        self.core.unreachable(Instant::now(), &data, &error.to_string());
                    }
                }
            }
            Some(Outlet::Simulated(socket)) => socket.send_to(data, flow.peer),
            Some(Outlet::Tcp) => self.send_tcp(flow, data),
            None => {}
        }
    }

    fn send_tcp(&mut self, flow: Flow, data: Bytes) {
        let connection = match flow.connection {
            Some(ref connection) => Some(connection.clone()),
            None => self.connections.get(&flow.peer).filter(|known| known.is_open()).cloned(),
        };
        let connection = match connection {
            Some(connection) => connection,
            None => {
                let limit = self.settings.config.connections;
                self.connections.retain(|_, connection| connection.is_open());
                if self.connections.len() >= limit {
                    let why = "too many TCP connections";
                    return self.core.unreachable(Instant::now(), &data, why);
                }
                let connection = tcp::connect(&flow, &self.settings, &self.steer);
                self.connections.insert(flow.peer, connection.clone());
                connection
            }
        };
        if let Err(data) = connection.send(data) {
            self.core.unreachable(Instant::now(), &data, "the TCP connection is closed or stuck");
        }
    }

    /// Looks a name up on the blocking pool.
    fn resolve(&self, name: String, port: u16, token: Token) {
        let steer = self.steer.clone();
        tokio::spawn(async move {
            let host = name.clone();
            let found =
                tokio::task::spawn_blocking(move || (host.as_str(), port).to_socket_addrs());
            let result = match found.await {
                Ok(Ok(addresses)) => Ok(addresses.map(|address| address.ip()).collect()),
                Ok(Err(error)) => Err(format!("host {name:?} has no address: {error}")),
                Err(error) => Err(format!("host {name:?} was not looked up: {error}")),
            };
            steer.tell(Input::Resolved { token, result }).await;
        });
    }
}
