//! `interface mail`: what scripts send.

use ringfence_outside::http::MAX_BODY;
use ringfence_outside::mail::{Attachment, Message};
use ringfence_sandbox::State;
use ringfence_switch::outside;

use crate::{
    bindings::ringfence::call::{mail as interface, types::Failure},
    failure::bounded,
    host::{Host, tell},
    permission::{acting, answered},
};

/// The longest text of a mail, in bytes.
const MAX_MAIL: usize = 1 << 20;

impl interface::Host for State<Host> {
    async fn send(&mut self, message: interface::Message) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("mail.send");
        tell(self, || format!("freeswitch.email({:?}, {:?})", message.to, message.from));
        let message = match checked(message) {
            Ok(message) => message,
            Err(failure) => return Ok(Err(failure)),
        };
        let job = self.job();
        let who = format!("{} {}", job.call().unwrap_or_default(), job.script()).trim().to_owned();
        let switch = self.host.switch()?.clone();
        let sending = acting(self, async move { outside::mail(&switch, message, &who).await });
        let sent = sending.await.map_err(Failure::from);
        answered(self, sent)
    }
}

fn checked(message: interface::Message) -> Result<Message, Failure> {
    let texts = [
        ("the recipient", &message.to),
        ("the sender", &message.from),
        ("the headers", &message.headers),
    ];
    for (what, text) in texts {
        bounded(what, text)?;
    }
    if message.body.len() > MAX_MAIL {
        let length = message.body.len();
        return Err(Failure::Invalid(format!(
            "the body is {length} bytes long; at most {MAX_MAIL}"
        )));
    }
    let attachment = message.attachment.map(|attachment| {
        bounded("the name of the file", &attachment.name)?;
        if attachment.data.len() > MAX_BODY {
            let length = attachment.data.len();
            return Err(Failure::Invalid(format!(
                "the file is {length} bytes long; at most {MAX_BODY}"
            )));
        }
        Ok(Attachment { name: attachment.name, data: attachment.data })
    });
    Ok(Message {
        to: message.to,
        from: message.from,
        headers: message.headers,
        body: message.body,
        attachment: attachment.transpose()?,
    })
}
