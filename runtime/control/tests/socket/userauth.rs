//! Users that an XML handler answers.

use std::pin::Pin;
use std::sync::Arc;

use ringfence_switch::Authority;
use ringfence_switch::config::{Names, ProfileSettings};
use ringfence_switch::lookup::{Answer, Binding, Request, Section, Unanswered};

use crate::support::Rig;

/// Knows one user, who may do everything.
struct Handler(Option<Arc<Authority>>);

impl Binding for Handler {
    fn name(&self) -> &str {
        "users.lua"
    }

    fn fetch<'b>(
        &'b self,
        _: &'b Request,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Answer>, Unanswered>> + Send + 'b>> {
        let xml = "<document><section name=\"directory\"><domain name=\"d\"><user id=\"1\"><params>\
                   <param name=\"esl-password\" value=\"secret\"/></params></user></domain>\
                   </section></document>";
        let answer = Answer { xml: xml.to_owned(), authority: self.0.clone() };
        Box::pin(async { Ok(Some(answer)) })
    }
}

/// What the server says to that user when a script with these rights has answered it.
async fn logs_in(application: &str, api: &str) -> String {
    let mut permissions = ProfileSettings::third_party().permissions;
    permissions.application = Names(vec![application.to_owned()]);
    permissions.api = Names(vec![api.to_owned()]);
    let rig = Rig::new(&[], "").await;
    let handler = Handler(Authority::new("users.lua", "narrow", &permissions));
    let handler: Arc<dyn Binding> = Arc::new(handler);
    rig.switch.bind("mod_test", [(vec![Section::Directory], handler)]);
    let mut client = rig.stranger().await;
    client.ask("userauth 1@d:secret").await
}

#[tokio::test]
async fn a_script_with_few_rights_lets_nobody_log_in() {
    assert!(logs_in("*", "*").await.contains("+OK accepted"));
    assert!(logs_in("*", "echo").await.contains("-ERR invalid"));
    assert!(logs_in("playback", "*").await.contains("-ERR invalid"));
}
