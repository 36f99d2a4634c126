use std::fs;

use ringfence_tests::{Caller, Postgres, Server, eventually};

/// Opens `name` and writes what becomes of `statement` to whoever ran the script.
fn ask(name: &str, statement: &str) -> String {
    format!(
        r#"local dbh = freeswitch.Dbh("{name}")
        if not dbh:connected() then
            stream:write("not connected: " .. tostring(dbh:last_error()))
            return
        end
        local done, rows, problem = dbh:query_rows([[{statement}]])
        stream:write(tostring(done) .. " " .. #rows .. " " .. tostring(problem))"#
    )
}

/// A statement of SQLite that never ends.
const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

#[test]
fn a_killed_script_leaves_no_statement_and_no_lock() {
    let postgres = Postgres::start();
    let mut server = Server::start(|conf| {
        let file = conf.file("killed.db");
        let file = format!("sqlite://{}", file.display());
        conf.script(
            "sqlite.lua",
            &format!(
                r#"local dbh = freeswitch.Dbh("{file}")
            dbh:query("CREATE TABLE t(a)")
            dbh:query("BEGIN IMMEDIATE")
            dbh:query("INSERT INTO t VALUES (1)")
            freeswitch.consoleLog("notice", "it holds the lock\n")
            dbh:query("{ENDLESS}")"#
            ),
        );
        conf.script("next.lua", &ask(&file, "INSERT INTO t VALUES (2)"));
        conf.script("count.lua", &ask(&file, "SELECT * FROM t"));
        conf.script(
            "postgres.lua",
            &format!(
                r#"local dbh = freeswitch.Dbh("{}")
            dbh:query("CREATE TABLE t(a int)")
            dbh:query("BEGIN")
            dbh:query("LOCK TABLE t")
            dbh:query("SELECT pg_sleep(3600)")"#,
                postgres.dsn()
            ),
        );
    });
    for (script, begun) in [
        ("sqlite.lua", &(|| !server.log.with("it holds the lock").is_empty()) as &dyn Fn() -> bool),
        ("postgres.lua", &|| postgres.running().contains("3600")),
    ] {
        server.api(&format!("luarun {script}"));
        eventually(&format!("the statement of {script}"), || begun().then_some(()));
        let job = server.job(script).id().to_owned();
        assert!(server.api(&format!("script kill {job}")).starts_with("+OK"));
        server.no_job();
    }
    eventually("the statement to end", || postgres.running().is_empty().then_some(()));
    assert_eq!(postgres.query("SELECT count(*) FROM t"), "0", "its lock is gone");
    assert_eq!(server.api("lua next.lua").trim(), "true 0 nil");
    assert_eq!(server.api("lua count.lua").trim(), "true 1 nil", "what it wrote was rolled back");
    server.assert_serves();
}

#[test]
fn a_database_that_is_down_or_slow_or_locked_is_an_error_of_the_script() {
    let mut postgres = Postgres::start();
    let mut server = Server::start(|conf| {
        let file = conf.file("locked.db");
        let file = format!("sqlite://{}", file.display());
        conf.script("slow.lua", &ask(&postgres.dsn(), "SELECT pg_sleep(3600)"));
        conf.script("endless.lua", &ask(&file, ENDLESS));
        conf.profile("quick", "*.lua", &[("statement-limit", "1")]);
        conf.script(
            "holder.lua",
            &format!(
                r#"local dbh = freeswitch.Dbh("{file}")
            dbh:query("CREATE TABLE t(a)")
            dbh:query("BEGIN EXCLUSIVE")
            freeswitch.consoleLog("notice", "it is locked\n")
            freeswitch.msleep(600000)"#
            ),
        );
        conf.script("locked.lua", &ask(&file, "INSERT INTO t VALUES (1)"));
        conf.script("alive.lua", &ask(&postgres.dsn(), "SELECT 1"));
    });
    for script in ["slow.lua", "endless.lua"] {
        let said = server.api(&format!("lua {script}"));
        assert!(said.starts_with("false 0 ") && said.contains("statement-limit"), "{said}");
    }
    server.api("luarun holder.lua");
    server.log.wait_for(&["it is locked"]);
    let said = server.api("lua locked.lua");
    assert!(said.contains("database is locked"), "{said}");
    assert!(server.api("script kill holder.lua").starts_with("+OK"));

    assert_eq!(server.api("lua alive.lua").trim(), "true 1 nil");
    postgres.stop();
    // A connection of the pool is found dead once; then none can be had.
    eventually("it to be told", || {
        let said = server.api("lua alive.lua");
        (said.starts_with("not connected") && said.contains("refused")).then_some(())
    });
    postgres.restart();
    assert_eq!(server.api("lua alive.lua").trim(), "true 1 nil");
    server.assert_serves();
}

#[test]
fn a_million_rows_are_never_in_memory() {
    let postgres = Postgres::start();
    let mut server = Server::start(|conf| {
        let file = conf.file("million.db");
        let million = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                       WHERE i < 1000000) SELECT i, hex(zeroblob(50)) AS text FROM n";
        let series = "SELECT i, repeat('0', 100) AS text FROM generate_series(1, 1000000) i";
        conf.profile("small", "rows_*.lua", &[("memory", "8")]);
        for (name, dsn, sql) in [
            ("rows_sqlite.lua", format!("sqlite://{}", file.display()), million),
            ("rows_postgres.lua", postgres.dsn(), series),
        ] {
            conf.script(
                name,
                &format!(
                    r#"local dbh, count = freeswitch.Dbh("{dsn}"), 0
                local done = dbh:query("{sql}", function(row) count = count + #row.text / 100 end)
                stream:write(("%s %d"):format(tostring(done), count))"#
                ),
            );
            conf.script(&name.replace("rows", "all"), &ask(&dsn, sql));
            conf.profile("tiny", "all_*.lua", &[("memory", "8")]);
        }
    });
    for script in ["sqlite", "postgres"] {
        let before = server.resident();
        assert_eq!(server.api(&format!("lua rows_{script}.lua")).trim(), "true 1000000");
        let more = server.resident().saturating_sub(before);
        assert!(more < 64 << 10, "{script}: {more} kB more");
        // Who wants them all at once runs out of its own memory, and of nobody else's.
        server.api(&format!("lua all_{script}.lua"));
        server.log.wait_for(&["not enough memory", &format!("all_{script}.lua")]);
    }
    server.assert_serves();
}

#[test]
fn only_what_is_permitted_can_be_reached() {
    let mut server = Server::start(|conf| {
        let folder = conf.file("granted");
        fs::create_dir(&folder).unwrap();
        let (folder, secret) = (folder.display().to_string(), conf.file("secret.db"));
        let secret = secret.display().to_string();
        std::os::unix::fs::symlink(&secret, format!("{folder}/link.db")).unwrap();
        conf.profile(
            "guest",
            "guest_*.lua",
            &[("database", &format!("sqlite://{folder}/*")), ("databases", "2")],
        );
        conf.script("secret.lua", &ask(&secret, "CREATE TABLE t(a)"));
        conf.script("guest_own.lua", &ask(&format!("{folder}/own.db"), "CREATE TABLE t(a)"));
        for (name, dsn) in [
            ("guest_file.lua", secret.clone()),
            ("guest_up.lua", format!("sqlite://{folder}/../secret.db")),
            ("guest_link.lua", format!("{folder}/link.db")),
            ("guest_memory.lua", ":memory:".to_owned()),
            ("guest_postgres.lua", "pgsql://host=127.0.0.1 dbname=x user=y".to_owned()),
            ("guest_odbc.lua", "odbc://x:me:secret".to_owned()),
        ] {
            conf.script(
                name,
                &format!(
                    r#"local done, why = pcall(freeswitch.Dbh, "{dsn}")
                stream:write(tostring(done) .. " " .. tostring(why))"#
                ),
            );
        }
        conf.script(
            "guest_attach.lua",
            &ask(&format!("{folder}/own.db"), &format!("ATTACH '{secret}' AS other")),
        );
        conf.script(
            "guest_many.lua",
            &format!(
                r#"local open = {{}}
            for index = 1, 3 do open[index] = freeswitch.Dbh("{folder}/own.db") end
            stream:write(tostring(open[2]:connected()) .. " " .. open[3]:last_error())
            while true do open[3] = freeswitch.Dbh("{folder}/own.db") end"#
            ),
        );
    });
    assert_eq!(server.api("lua secret.lua").trim(), "true 0 nil");
    assert_eq!(server.api("lua guest_own.lua").trim(), "true 0 nil");
    for script in ["file", "up", "link", "memory", "postgres", "odbc"] {
        let said = server.api(&format!("lua guest_{script}.lua"));
        assert!(said.starts_with("false "), "{script}: {said}");
        let wanted = format!("script guest_{script}.lua may not use the database ");
        assert!(said.contains(&wanted), "{script}: {said}");
        assert!(said.contains("is missing in profile guest"), "{script}: {said}");
        assert!(!said.contains("secret\""), "{script}: {said}");
    }
    let said = server.api("lua guest_attach.lua");
    assert!(said.starts_with("false 0 ") && said.contains("not authorized"), "{said}");
    server.api("lua guest_many.lua");
    server.log.wait_for(&["handle-limit", "databases"]);
    server.assert_serves();
}

#[test]
fn who_waits_for_a_connection_holds_nobody_up() {
    let postgres = Postgres::start();
    let mut server = Server::start(|conf| {
        conf.setting("max-db-handles", "2").setting("db-handle-timeout", "1");
        let slow = format!(
            r#"session:answer()
            local dbh = freeswitch.Dbh("{}")
            dbh:query("SELECT pg_sleep(3600)")"#,
            postgres.dsn()
        );
        conf.lua("6100", &slow);
        conf.script("waits.lua", &ask(&postgres.dsn(), "SELECT 1"));
        conf.script("other.lua", &ask(&conf.file("other.db").display().to_string(), "SELECT 1"));
    });
    let mut callers: Vec<Caller> = (0..2)
        .map(|_| {
            let mut caller = Caller::new(server.port());
            caller.invite("6100");
            caller.answered();
            caller
        })
        .collect();
    eventually("two slow statements", || (postgres.running().lines().count() == 2).then_some(()));
    let said = server.api("lua waits.lua");
    assert!(said.starts_with("not connected: all 2 connections to pgsql://"), "{said}");
    assert_eq!(server.api("lua other.lua").trim(), "true 1 nil");
    server.assert_serves();
    // A hangup lets a statement go on, as in FreeSWITCH: a record of the call may follow. A kill ends it.
    for caller in &mut callers {
        caller.bye();
    }
    assert!(server.api("script kill all").starts_with("+OK"));
    server.no_job();
    eventually("the statements to end", || postgres.running().is_empty().then_some(()));
    assert_eq!(server.api("lua waits.lua").trim(), "true 1 nil");
}
