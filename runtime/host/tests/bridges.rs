//! `freeswitch.bridge`: input callbacks get the keys of both calls, and may part them.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::time::Duration;

use ringfence_host::LuaVersion;
use support::Server;

/// Bridges with a call that rests; the callback ends it with `0`.
const BRIDGES: &str = "
session:answer()
local other = freeswitch.Session('loopback/raw_rest/public')
P('called', other:ready())
function heard(s, kind, object, which)
    P(which, kind, object.digit, s:bridged())
    if object.digit == '0' then return 'break' end
end
own, theirs = 'own', 'theirs'
session:setInputCallback('heard', 'own')
OTHER
freeswitch.bridge(session, other)
P('over', session:ready(), session:bridged(), other:ready())
";

fn press(at: u64, keys: &str) -> (Duration, String) {
    (Duration::from_millis(at), format!("uuid_recv_dtmf $UUID {keys}"))
}

#[tokio::test(start_paused = true)]
async fn the_callback_gets_keys_and_may_break_the_bridge_off() {
    for version in [LuaVersion::V51, LuaVersion::default()] {
        let server = Server::start(version).await;
        // The keys go through: they would end a sleep.
        server.snippet("rest", "session:answer() session:getDigits(9, '', 60000)");
        server.snippet("bridges", &BRIDGES.replace("OTHER", ""));
        server.call("bridges", false, vec![press(3000, "12"), press(4000, "0")]).await;
        assert_eq!(
            server.printed("bridges"),
            [
                "\"called\", true",
                "\"own\", \"dtmf\", \"1\", true",
                "\"own\", \"dtmf\", \"2\", true",
                "\"own\", \"dtmf\", \"0\", true",
                "\"over\", true, false, false",
            ],
            "{version:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn each_call_has_its_own_callback_and_keys_go_through() {
    let server = Server::start(LuaVersion::default()).await;
    // What rests presses a key itself, and is pressed one.
    server.snippet(
        "rest",
        "session:answer() session:sleep(1500) session:execute('send_dtmf', '7')\n\
         local got = session:getDigits(1, '', 10000)\n\
         freeswitch.setGlobalVariable('got', got) session:sleep(500)",
    );
    let other = "other:setInputCallback('heard', 'theirs')";
    server.snippet("bridges", &BRIDGES.replace("OTHER", other));
    server.call("bridges", false, vec![press(5000, "5")]).await;
    let printed = server.printed("bridges");
    assert!(printed.contains(&"\"theirs\", \"dtmf\", \"7\", true".to_owned()), "{printed:?}");
    assert!(printed.contains(&"\"own\", \"dtmf\", \"5\", true".to_owned()), "{printed:?}");
    assert_eq!(printed.last().map(String::as_str), Some("\"over\", true, false, false"));
    assert_eq!(server.command("global_getvar got").await, "5", "it went through");
}
