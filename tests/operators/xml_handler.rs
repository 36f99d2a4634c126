use ringfence_tests::{Caller, Server};

fn server() -> Server {
    Server::start(|conf| {
        super::install(conf);
        conf.set("lua", "xml-handler-script", "xml_handler.lua");
        conf.replace(
            "autoload_configs/lua.conf.xml",
            "</settings>",
            "  <param name=\"xml-handler-bindings\" value=\"dialplan|directory\"/>\n  </settings>",
        );
    })
}

#[test]
fn the_dialplan_is_what_the_handler_says() {
    let server = server();
    let mut caller = Caller::new(server.port());
    caller.invite("7625");
    caller.answered();
    server.log.wait_for(&["handler made <25> in 3"]);
    caller.ended();
}

#[test]
fn what_it_does_not_know_is_in_the_files() {
    let mut server = server();
    server.assert_serves();
}

#[test]
fn users_are_where_the_handler_finds_them() {
    let server = server();
    assert_eq!(server.api("user_exists id ada example.com"), "true");
    assert_eq!(server.api("user_data ada@example.com var toll_allow"), "domestic");
    assert_eq!(server.api("user_exists id nobody example.com"), "false");
}
