//! Who may bind the low ports.

use std::net::TcpListener;

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::Failure;
use crate::experiment::report::{Steps, Verdict};
use crate::host::cannot_be_seen;

/// The system keeps the ports below 1024 for itself; 1024 is free.
pub struct PrivilegedPorts;

/// A port, and whether a program without privileges could bind it.
#[derive(Debug, Serialize)]
pub struct Attempt {
    /// The port.
    pub port: u16,
    /// The error of `bind`.
    pub error: Option<Failure>,
}

/// Who got which port.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The first port that needs no privilege (`net.ipv4.ip_unprivileged_port_start`).
    pub free_from: u16,
    /// Binds by a thread without root's rights.
    pub without_privilege: Vec<Attempt>,
}

impl Experiment for PrivilegedPorts {
    const NAME: &'static str = "privileged-ports";
    const CLAIM: &'static str = "the ports 0 to 1024 belong to the operating system";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("read where the system says that the free ports begin");
        let setting = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
        let Ok(text) = std::fs::read_to_string(setting) else {
            return cannot_be_seen("it needs Linux, which says where the free ports begin");
        };
        let free_from = text.trim().parse()?;

        log.step("without root's rights, bind 0, 1, 80, 1023, 1024 and 1025");
        let without_privilege = std::thread::spawn(|| {
            give_up_root()?;
            let attempt = |port| Attempt {
                port,
                error: Failure::of(&TcpListener::bind(("127.0.0.1", port))),
            };
            anyhow::Ok([0, 1, 80, 1023, 1024, 1025].map(attempt).into())
        });
        match without_privilege.join() {
            Ok(attempts) => Ok(Seen {
                free_from,
                without_privilege: attempts?,
            }),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    fn verdict(seen: &Seen) -> Verdict {
        let refused = |port| {
            let attempts = seen.without_privilege.iter();
            let mut errors = attempts.filter(|attempt| attempt.port == port);
            errors.any(|attempt| {
                attempt
                    .error
                    .is_some_and(|error| error.kind == std::io::ErrorKind::PermissionDenied)
            })
        };
        let setting = "as this system is set (net.ipv4.ip_unprivileged_port_start)";
        let fails = match seen.free_from.checked_sub(1) {
            Some(last) if refused(1) => {
                format!("they end at {last}, {setting}; and 0 is no port: it asks for any free one")
            }
            _ => format!("{setting}, whoever wants one may have it"),
        };
        Verdict::decide(
            refused(0) && refused(1023) && refused(1024),
            "none of them could be bound without privilege",
            &fails,
        )
    }
}

/// Makes the calling thread, and it alone, nobody's: with root's user number its rights go.
#[cfg(target_os = "linux")]
fn give_up_root() -> Result<()> {
    use rustix::thread::set_thread_res_uid;
    if rustix::process::geteuid().is_root() {
        let nobody = rustix::process::Uid::from_raw(65_534);
        set_thread_res_uid(nobody, nobody, nobody)?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn give_up_root() -> Result<()> {
    cannot_be_seen("it needs Linux")
}
