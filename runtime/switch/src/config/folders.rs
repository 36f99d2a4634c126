//! The global variables that are there before any file is read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

use crate::variable::Variables;

/// `conf_dir` and the folders beside it, the machine's name and addresses.
pub(super) fn globals(conf: &Path) -> Variables {
    let conf = std::path::absolute(conf).unwrap_or_else(|_| conf.to_path_buf());
    let base = conf.parent().unwrap_or(&conf);
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut globals = Variables::new();
    let pairs = [
        ("hostname", hostname()),
        ("base_dir", text(base)),
        ("conf_dir", text(&conf)),
        ("script_dir", text(&conf.join("scripts"))),
        ("sounds_dir", text(&conf.join("sounds"))),
        ("recordings_dir", text(&conf.join("recordings"))),
        ("storage_dir", text(&base.join("storage"))),
        ("grammar_dir", text(&conf.join("grammar"))),
        ("cache_dir", text(&cache())),
        ("db_dir", text(&base.join("db"))),
        ("log_dir", text(&base.join("log"))),
        ("temp_dir", text(&std::env::temp_dir())),
        ("local_ip_v4", local_address(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))).to_string()),
        (
            "local_ip_v6",
            local_address(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))).to_string(),
        ),
    ];
    for (name, value) in pairs {
        // Names are ours and not empty: this cannot be refused.
        let _ = globals.set(name, value);
    }
    globals
}

/// Where what can be made anew is kept: `$RINGFENCE_CACHE`, else `ringfence` in the user's cache folder,
/// else in the folder for temporary files.
#[must_use]
pub fn cache() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("RINGFENCE_CACHE").unwrap_or_else(|| {
        set("XDG_CACHE_HOME")
            .or_else(|| set("HOME").map(|home| home.join(".cache")))
            .unwrap_or_else(std::env::temp_dir)
            .join("ringfence")
    })
}

/// The machine's name.
fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}

/// The address that this machine uses to reach another one; loopback without a route. Sends nothing.
fn local_address(towards: IpAddr) -> IpAddr {
    let (any, loopback): (IpAddr, IpAddr) = match towards {
        IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(_) => (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::LOCALHOST.into()),
    };
    let reach = || {
        let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
        socket.connect(SocketAddr::new(towards, 9))?;
        socket.local_addr()
    };
    reach().map_or(loopback, |address| address.ip())
}
