//! `ringfence call`: a phone on the real network.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use anyhow::{Context as _, bail};
use ringfence_media::Media;
use ringfence_sim::in_order::InOrder;
use ringfence_sim::phone::{self, Dial, DialError, Finished, How, Phone};
use ringfence_sim::timeline::Moment;
use ringfence_sim::transcript::{Outcome, Transcript};
use ringfence_sip::wire::Uri;
use ringfence_sip::{Listen, Stack, Transport};
use ringfence_switch::Cause;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::arguments;
use crate::exit::Exit;
use crate::log::{self, Form};
use crate::{place, print};

/// The SIP port when none is written.
const SIP_PORT: u16 = 5060;
/// How often moments that are due are printed.
const REFRESH: Duration = Duration::from_millis(50);
/// The profile of the phone's own listener.
const PROFILE: &str = "phone";

pub(crate) fn run(arguments: arguments::Call) -> Exit {
    call(arguments).unwrap_or_else(|error| {
        print::error(format_args!("{error:#}"));
        failure(&error)
    })
}

/// A caller that no URI can hold is a wrong argument; all else could not be done.
fn failure(error: &anyhow::Error) -> Exit {
    match error.downcast_ref::<DialError>() {
        Some(DialError::Target(_)) => Exit::Usage,
        _ => Exit::Failed,
    }
}

fn call(arguments: arguments::Call) -> anyhow::Result<Exit> {
    let filter = arguments.log.as_deref();
    let _writing = filter.map(|filter| log::start(filter, Form::Text, &[])).transpose()?;
    let target = match phone::uri(&arguments.target, &arguments.server) {
        Ok(target) => target,
        Err(error) => {
            print::error(error);
            return Ok(Exit::Usage);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the phone")?;
    runtime.block_on(make(arguments, &target))
}

/// Makes the call and prints what happens.
async fn make(arguments: arguments::Call, target: &Uri) -> anyhow::Result<Exit> {
    let far = resolve(target).await?;
    let local = local_address(far)?;
    let json = arguments.json;
    let (phone, stack) = phone_at(local, target)?;
    let dial = Dial {
        target: target.to_string(),
        caller: arguments.caller,
        presses: arguments.phone.press,
        info: arguments.info,
        play: arguments.phone.play.as_deref().map(place::absolute),
        record: arguments.record.as_deref().map(place::absolute),
        hangup_after: arguments.phone.hangup_after,
        timeout: arguments.timeout,
    };
    let (sender, moments) = mpsc::unbounded_channel();
    let mut tell = move |moment| {
        // The other end of this channel lives until the call is over.
        let _ = sender.send(moment);
    };
    let printed = tokio::spawn(print_moments(moments, json));
    let finished = tokio::select! {
        finished = phone.call(dial, &mut tell) => Some(finished?),
        // Dropping the call hangs it up.
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.context("cannot listen to signals")?;
            None
        }
    };
    drop(tell);
    let moments = printed.await.context("the printer of moments failed")?;
    stack.shutdown().await;
    let (exit, result) = outcome(finished.as_ref());
    if json {
        print::line(Transcript { moments, result, ..Transcript::default() }.json());
    } else {
        print::line(format_args!("\n{result}"));
    }
    Ok(exit)
}

/// Prints each moment as soon as no earlier one can come; answers all of them.
async fn print_moments(mut moments: mpsc::UnboundedReceiver<Moment>, json: bool) -> Vec<Moment> {
    let began = Instant::now();
    let mut order = InOrder::default();
    let mut all = Vec::new();
    let mut show = |ready: Vec<Moment>| {
        for moment in ready {
            if !json {
                print::line(&moment);
            }
            all.push(moment);
        }
    };
    let mut refresh = interval(REFRESH);
    refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            moment = moments.recv() => match moment {
                Some(moment) => order.push(moment),
                None => break,
            },
            _ = refresh.tick() => show(order.ready(began.elapsed())),
        }
    }
    show(order.finish());
    all
}

/// The exit code and the last line.
fn outcome(finished: Option<&Finished>) -> (Exit, Outcome) {
    let Some(finished) = finished else {
        let error = Some("interrupted".to_owned());
        return (Exit::Failed, Outcome { error, ..Outcome::default() });
    };
    let told = |error: &str| Some(error.to_owned());
    let (exit, error) = match finished.how {
        How::Cut => (Exit::Lost, told("cut by --timeout")),
        How::Ended => match &finished.not_recorded {
            Some(why) => (Exit::Failed, Some(why.clone())),
            None => (Exit::Ok, None),
        },
        How::Lost => (Exit::Lost, told("the call was lost")),
        How::NoAnswer if finished.cause == Cause::ORIGINATOR_CANCEL.name() => {
            (Exit::NoAnswer, told("nobody answered within --timeout"))
        }
        How::NoAnswer => (Exit::NoAnswer, told("nobody answered; does a server listen there?")),
        How::Refused => (Exit::Refused, told("the far end refused")),
    };
    let result = Outcome {
        ok: exit == Exit::Ok,
        answered: finished.answered,
        length: finished.length,
        cause: finished.cause.clone(),
        error,
    };
    (exit, result)
}

/// A phone at a local address that can call the target.
fn phone_at(local: IpAddr, target: &Uri) -> anyhow::Result<(Phone, Stack)> {
    let tcp = target.parameter("transport").is_some_and(|name| name.eq_ignore_ascii_case("tcp"));
    let transport = if tcp { Transport::Tcp } else { Transport::Udp };
    let listen =
        Listen { transport, profile: PROFILE.into(), ..Listen::udp(SocketAddr::new(local, 0)) };
    let config = ringfence_sip::Config {
        listen: vec![listen],
        threads: 1,
        user_agent: format!("Ringfence phone/{}", env!("CARGO_PKG_VERSION")),
        ..ringfence_sip::Config::default()
    };
    // Nobody calls this phone: its invitations are dropped, which refuses them.
    let (stack, _) = Stack::start(config).context("cannot open the phone's line")?;
    let media = ringfence_media::Config { threads: 1, realtime: false, ..Default::default() };
    let media = Media::start(media).context("cannot open the phone's audio")?;
    Ok((Phone::new(stack.clone(), media, PROFILE, local), stack))
}

/// An address of the host that is called.
async fn resolve(target: &Uri) -> anyhow::Result<SocketAddr> {
    let port = target.port().unwrap_or(SIP_PORT);
    if let Some(ip) = target.ip() {
        return Ok(SocketAddr::new(ip, port));
    }
    let host = target.host().unwrap_or_default();
    let found = tokio::net::lookup_host((host.as_str(), port)).await;
    match found.with_context(|| format!("cannot find {host}"))?.next() {
        Some(address) => Ok(address),
        None => bail!("{host} has no address"),
    }
}

/// The address of this machine that reaches a far one.
fn local_address(far: SocketAddr) -> anyhow::Result<IpAddr> {
    let any = if far.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    // Nothing is sent: connecting only asks the routing table.
    let socket = UdpSocket::bind(any).context("cannot open a socket")?;
    socket.connect(far).with_context(|| format!("cannot reach {far}"))?;
    Ok(socket.local_addr().context("cannot tell the own address")?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_has_its_exit_code() {
        let exit = |how| {
            let cause = "NORMAL_CLEARING".to_owned();
            let finished =
                Finished { how, cause, answered: true, length: Duration::ZERO, not_recorded: None };
            let (exit, outcome) = outcome(Some(&finished));
            assert_eq!(outcome.ok, exit == Exit::Ok);
            exit as u8
        };
        let codes = [How::Ended, How::Refused, How::NoAnswer, How::Lost, How::Cut].map(exit);
        assert_eq!(codes, [0, 3, 4, 5, 5]);
        assert_eq!(outcome(None).0, Exit::Failed);
    }

    #[test]
    fn a_recording_that_is_not_there_is_no_success() {
        let finished = Finished {
            how: How::Ended,
            cause: "NORMAL_CLEARING".to_owned(),
            answered: true,
            length: Duration::ZERO,
            not_recorded: Some("cannot record: disk full".to_owned()),
        };
        let (exit, outcome) = outcome(Some(&finished));
        assert_eq!((exit, outcome.ok), (Exit::Failed, false));
        assert_eq!(outcome.error.as_deref(), Some("cannot record: disk full"));
    }

    #[test]
    fn a_caller_that_cannot_be_is_a_wrong_argument() {
        let caller = phone::TargetError::Caller("a b".to_owned());
        assert_eq!(failure(&DialError::from(caller).into()), Exit::Usage);
        assert_eq!(failure(&anyhow::anyhow!("no socket")), Exit::Failed);
    }

    #[test]
    fn loopback_is_reached_from_loopback() {
        let far = SocketAddr::from(([127, 0, 0, 1], 5060));
        assert_eq!(local_address(far).unwrap(), IpAddr::from([127, 0, 0, 1]));
    }
}
