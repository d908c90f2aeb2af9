//! Two network namespaces and a wire between them that can lose what it carries.
//!
//! A namespace here has no name: the kernel removes it, its end of the wire included, as soon
//! as the last descriptor and the last socket in it are closed, even after `kill -9`.
//!
//! Needs Linux, root, and `ip` and `tc` (Debian's package iproute2).

use std::net::{IpAddr, Ipv4Addr};

use super::cannot_be_seen;

/// What a wire needs where there is none.
const NEEDS: &str = "it needs Linux, root, and the commands ip and tc (Debian's iproute2), to make \
                     two network namespaces";

/// An end of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Where the client is.
    Client,
    /// Where the server is.
    Server,
}

impl End {
    /// The one across the wire.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// Its address; both are from the block that RFC 5737 sets aside for documentation.
    #[must_use]
    pub fn address(self) -> IpAddr {
        match self {
            Self::Client => Ipv4Addr::new(192, 0, 2, 1).into(),
            Self::Server => Ipv4Addr::new(192, 0, 2, 2).into(),
        }
    }
}

/// How a wire loses packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Loss {
    /// `tc qdisc … netem loss … delay …`
    #[serde(rename = "tc netem")]
    Netem,
    /// `tc filter … bpf`: the filter draws a random number for each packet. For kernels without
    /// netem; it cannot delay.
    #[serde(rename = "tc filter bpf, without delay, as this kernel has no netem")]
    Filter,
}

#[cfg(not(target_os = "linux"))]
pub use elsewhere::Wire;
#[cfg(target_os = "linux")]
pub use linux::Wire;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io::{self, ErrorKind};
    use std::net::UdpSocket;
    use std::os::fd::{AsFd, AsRawFd};
    use std::process::Command;
    use std::thread;

    use anyhow::{Context, Result, bail, ensure};
    use rustix::io::Errno;
    use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

    use super::{End, Loss, NEEDS, cannot_be_seen};

    /// Two namespaces with a pair of virtual Ethernet cards between them.
    #[derive(Debug)]
    pub struct Wire {
        client: File,
        server: File,
    }

    impl Wire {
        /// Makes both namespaces and connects them.
        pub fn new() -> Result<Self> {
            let wire = Self {
                client: namespace()?,
                server: namespace()?,
            };
            // `ip` finds the other namespace through our own descriptor of it.
            let peer = format!(
                "/proc/{}/fd/{}",
                std::process::id(),
                wire.server.as_raw_fd()
            );
            wire.run(
                End::Client,
                &format!("ip link add wire type veth peer name wire netns {peer}"),
            )?;
            for end in [End::Client, End::Server] {
                wire.run(
                    end,
                    &format!("ip address add {}/24 dev wire", end.address()),
                )?;
                // Every segment by itself: no card of ours cuts a large one into many.
                wire.run(end, "ip link set wire gso_max_segs 1 up")?;
            }
            wire.introduce()?;
            Ok(wire)
        }

        /// Runs `work` inside a namespace. A socket that it makes stays there.
        pub fn at<T: Send>(&self, end: End, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
            let namespace = match end {
                End::Client => &self.client,
                End::Server => &self.server,
            };
            within(namespace, work).or_else(|error| match error.downcast_ref::<io::Error>() {
                // A container's root may lack what the real one may do.
                Some(denied) if denied.kind() == ErrorKind::PermissionDenied => {
                    cannot_be_seen(format!("{NEEDS} ({error})"))
                }
                _ => Err(error),
            })
        }

        /// From now on the wire loses `percent` of what leaves this end, and, with netem,
        /// delays the rest by `milliseconds`.
        pub fn lose(&self, end: End, percent: u32, milliseconds: u32) -> Result<Loss> {
            self.mend(end);
            let netem = format!("netem loss {percent}% delay {milliseconds}ms limit 100000");
            if self
                .run(end, &format!("tc qdisc add dev wire root {netem}"))
                .is_ok()
            {
                return Ok(Loss::Netem);
            }
            // Four instructions: load a random number; if it is above the limit, 0 (let the
            // packet pass), otherwise 2 (drop it). At the other end, as it arrives: of a packet
            // that is dropped on its way out, its sender is told.
            let limit = u64::from(u32::MAX) * u64::from(percent) / 100;
            let program = format!("4,32 0 0 4294963256,37 0 1 {limit},6 0 0 0,6 0 0 2");
            let there = end.other();
            let filter = "tc filter add dev wire ingress protocol ip bpf da bytecode";
            let filtered = self
                .run(there, "tc qdisc add dev wire clsact")
                .and_then(|()| self.run_with(there, filter, &program));
            match filtered {
                Ok(()) => Ok(Loss::Filter),
                Err(error) => cannot_be_seen(format!(
                    "it needs a kernel with the module sch_netem or cls_bpf ({error:#})"
                )),
            }
        }

        /// Nothing that leaves this end arrives, until it is mended.
        pub fn cut(&self, end: End) -> Result<()> {
            self.lose(end, 100, 0).map(drop)
        }

        /// What leaves this end arrives again.
        pub(crate) fn mend(&self, end: End) {
            // An error says that there was none to delete.
            let _ = self.run(end, "tc qdisc delete dev wire root");
            let _ = self.run(end.other(), "tc qdisc delete dev wire clsact");
        }

        /// Sends one datagram there and one back, so that both ends know each other's hardware
        /// address (ARP) before anything is lost.
        fn introduce(&self) -> Result<()> {
            let bind = |end: End| move || Ok(UdpSocket::bind((end.address(), 0))?);
            let client = self.at(End::Client, bind(End::Client))?;
            let server = self.at(End::Server, bind(End::Server))?;
            let patience = std::time::Duration::from_secs(5);
            for (from, to) in [(&client, &server), (&server, &client)] {
                from.send_to(b"", to.local_addr()?)?;
                to.set_read_timeout(Some(patience))?;
                to.recv_from(&mut []).context("nothing passes the wire")?;
            }
            Ok(())
        }

        fn run(&self, end: End, command: &str) -> Result<()> {
            self.run_with(end, command, "")
        }

        /// Runs a command in a namespace; `last` is one more argument, which may have spaces.
        fn run_with(&self, end: End, command: &str, last: &str) -> Result<()> {
            let mut words = command
                .split(' ')
                .chain(Some(last).filter(|last| !last.is_empty()));
            let program = words.next().unwrap_or_default();
            let arguments: Vec<&str> = words.collect();
            let output = self.at(end, || Ok(Command::new(program).args(&arguments).output()))?;
            match output {
                Ok(output) => {
                    let error = String::from_utf8_lossy(&output.stderr);
                    if error.contains("Operation not permitted") {
                        return cannot_be_seen(NEEDS);
                    }
                    ensure!(output.status.success(), "{command}: {}", error.trim());
                    Ok(())
                }
                Err(error) if error.kind() == ErrorKind::NotFound => cannot_be_seen(NEEDS),
                Err(error) => bail!("{command}: {error}"),
            }
        }
    }

    /// A new network namespace, without a way out and without a name.
    fn namespace() -> Result<File> {
        // A thread of its own leaves our namespace, so that nobody else does.
        let made = thread::spawn(|| {
            #[expect(
                deprecated,
                reason = "it is unsound for shared descriptor tables alone"
            )]
            rustix::thread::unshare(UnshareFlags::NEWNET)?;
            Ok(File::open("/proc/thread-self/ns/net"))
        });
        match made.join() {
            Ok(Ok(opened)) => Ok(opened?),
            Ok(Err(Errno::PERM | Errno::NOSYS | Errno::INVAL)) => cannot_be_seen(NEEDS),
            Ok(Err(error)) => bail!("no network namespace: {error}"),
            Err(_) => bail!("no network namespace: its thread panicked"),
        }
    }

    fn within<T: Send>(namespace: &File, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        thread::scope(|scope| {
            let done = scope.spawn(|| {
                let kind = Some(LinkNameSpaceType::Network);
                move_into_link_name_space(namespace.as_fd(), kind)?;
                work()
            });
            match done.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }
}

/// The same where there are no network namespaces: it can't be made.
#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use anyhow::Result;

    use super::{End, Loss, NEEDS, cannot_be_seen};

    /// See the version for Linux.
    #[derive(Debug)]
    pub enum Wire {}

    impl Wire {
        /// See the version for Linux.
        pub fn new() -> Result<Self> {
            cannot_be_seen(NEEDS)
        }

        /// See the version for Linux.
        pub fn at<T: Send>(&self, _: End, _: impl FnOnce() -> Result<T> + Send) -> Result<T> {
            match *self {}
        }

        /// See the version for Linux.
        pub fn lose(&self, _: End, _: u32, _: u32) -> Result<Loss> {
            match *self {}
        }

        /// See the version for Linux.
        pub fn cut(&self, _: End) -> Result<()> {
            match *self {}
        }

        /// See the version for Linux.
        pub(crate) fn mend(&self, _: End) {
            match *self {}
        }
    }
}
