//! docs/configuration.md is made from the tables of parameters. After a change of a table:
//! `BLESS=1 cargo test -p ringfence-switch --test configuration`.

use std::fmt::Write as _;
use std::path::Path;

use ringfence_switch::config::TABLES;

const BEFORE: &str = "# Configuration

Made from the tables in `runtime/switch/src/config`; do not edit the parameters here.

The files are FreeSWITCH's: `freeswitch.xml` is the root, and the preprocessor puts the others into it
(`<X-PRE-PROCESS cmd=\"include\" data=\"…\"/>`). What FreeSWITCH knows and Ringfence does not need is
accepted with a warning. `ringfence check` names every fault with file and line; a parameter that cannot
be used leaves its default in force, and nothing else is lost. `reloadxml` and SIGHUP read dialplan and
variables again; with an error (not a warning) in any file nothing of them is used and the old ones stay.
Addresses, ports, threads and what scripts may do need a restart.

| file | what |
| --- | --- |
| `freeswitch.xml` | the root: includes the others |
| `vars.xml` | variables of the whole server; **`listen_ip` opens it to the network** |
| `autoload_configs/switch.conf.xml` | limits, RTP ports, threads |
| `autoload_configs/lua.conf.xml` | Lua versions; handlers, hooks and startup scripts: [entry-points.md](entry-points.md) |
| `autoload_configs/sandbox.conf.xml` | what scripts may do, and how much of it: [sandbox.md](sandbox.md) |
| `autoload_configs/event_socket.conf.xml` | control over TCP: [event-socket.md](event-socket.md) |
| `autoload_configs/logfile.conf.xml` | log files: [logging.md](logging.md) |
| `autoload_configs/acl.conf.xml` | lists of networks by name, for `apply-inbound-acl` |
| `sip_profiles/*.xml` | where SIP is listened for |
| `dialplan/` | [dialplan.md](dialplan.md) |

There before any file is read: `conf_dir`, `base_dir` (its parent), `script_dir`, `sounds_dir`,
`recordings_dir` (all below `conf_dir`), `log_dir` (below `base_dir`), `temp_dir`, `hostname`, `local_ip_v4`, `local_ip_v6`. Preprocessor:
`set`, `include`, `env-set` (`data=\"name=$VARIABLE\"`).
";

#[test]
fn the_manual_is_made_from_the_tables() {
    let mut text = BEFORE.to_owned();
    for (file, parameters) in TABLES {
        let _ =
            write!(text, "\n## {file}\n\n| parameter | default | unit | |\n|---|---|---|---|\n");
        for parameter in *parameters {
            let name = parameter.name;
            let many = if parameter.many { " May stand more than once." } else { "" };
            let default = match parameter.default {
                "" => String::new(),
                default => format!("`{default}`"),
            };
            let _ = writeln!(
                text,
                "| `{name}` | {default} | {} | {}{many} |",
                parameter.unit, parameter.doc
            );
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &text).expect("docs/ can be written");
    }
    let written = std::fs::read_to_string(&path).expect("docs/configuration.md");
    assert_eq!(written, text, "BLESS=1 cargo test -p ringfence-switch --test configuration");
}
