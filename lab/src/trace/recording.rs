//! A session that is held and looked at: under strace, in a network namespace, or through a relay.

use std::env;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use super::event::{Event, What};
use super::{TraceArgs, cause, relay};
#[cfg(target_os = "linux")]
use super::{calls, packets, pcapng};
use crate::pairs::{Language, Pair, Session, Side};
use crate::run::executables;
use crate::run::interrupt::Folder;
use crate::run::session::{self, Typing};
#[cfg(target_os = "linux")]
use crate::steps;

/// A session that is about to be held, with everything that looks at it.
pub(super) struct Recording {
    program: &'static Pair,
    folder: Folder,
    commands: [Command; 2],
    through_relay: bool,
    /// Whether it is worth a word that a program did not end well.
    complains: bool,
    pcap: Option<PathBuf>,
    #[cfg(target_os = "linux")]
    watched: Option<[calls::Watched; 2]>,
}

impl Recording {
    /// Builds the programs, and finds out how to look at them.
    pub(super) fn prepare(
        program: &'static Pair,
        languages: [Option<Language>; 2],
        args: &TraceArgs,
        notes: &mut Vec<String>,
    ) -> Result<Self> {
        let command = |side: Side, language: Option<Language>| -> Result<Command> {
            match (language, args.case) {
                (Some(language), _) => executables::command(program, side, language),
                (None, case) => {
                    let mut command = Command::new(env::current_exe()?);
                    let name = case.and_then(|case| case.to_possible_value());
                    let name = name.context("nothing misbehaves")?;
                    command.arg("peer").arg(name.get_name());
                    Ok(command)
                }
            }
        };
        let commands = [
            command(Side::Server, languages[0])?,
            command(Side::Client, languages[1])?,
        ];
        #[cfg(not(target_os = "linux"))]
        {
            notes.push("not seen: packets, socket calls and steps; they need Linux".to_owned());
            Ok(Self {
                program,
                folder: Folder::new("trace-")?,
                commands,
                through_relay: true,
                complains: args.case.is_none(),
                pcap: None,
            })
        }
        #[cfg(target_os = "linux")]
        {
            let sides = [Side::Server, Side::Client];
            let traced = match calls::Strace::find() {
                Ok(strace) => {
                    notes.extend(strace.lacks().map(str::to_owned));
                    let command =
                        |at: usize| for_strace(program, sides[at], languages[at], &commands[at]);
                    Some((strace, [command(0)?, command(1)?]))
                }
                Err(lacks) => {
                    notes.push(lacks);
                    None
                }
            };
            // All is compiled: in the namespace there is no network. And there is no second thread yet, as
            // the folder brings one: to enter a user namespace, a process must have a single one.
            let mut through_relay = args.relay;
            if !args.relay
                && let Err(error) =
                    packets::try_namespace().and_then(|()| packets::enter_namespace())
            {
                through_relay = true;
                ensure!(
                    args.pcap.is_none(),
                    "no packets to save: a network namespace cannot be had here ({error:#})"
                );
                notes.push(format!(
                    "not seen: packets; a network namespace cannot be had here ({error:#}). A relay between the two shows what they send"
                ));
            }
            let folder = Folder::new("trace-")?;
            let watched = match traced {
                Some((strace, commands)) => {
                    let watch = |at: usize| {
                        let (side, command) = (sides[at], &commands[at]);
                        watch(strace, program, side, languages[at], command, &folder)
                    };
                    Some([watch(0)?, watch(1)?])
                }
                None => None,
            };
            Ok(Self {
                program,
                folder,
                commands,
                through_relay,
                complains: args.case.is_none(),
                pcap: args.pcap.clone(),
                watched,
            })
        }
    }

    /// How packets and calls are seen.
    pub(super) fn seen_by(&self) -> (&'static str, Option<&'static str>) {
        let packets = if self.through_relay {
            "relay"
        } else {
            "AF_PACKET"
        };
        #[cfg(target_os = "linux")]
        let calls = self.watched.as_ref().map(|_| "strace");
        #[cfg(not(target_os = "linux"))]
        let calls = None;
        (packets, calls)
    }

    /// Holds the session and tells what happened, in its order.
    pub(super) fn hold(
        &mut self,
        session: &Session,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Event>> {
        let [server, client] = &self.commands;
        let (mut server, mut client) = (copy(server), copy(client));
        #[cfg(target_os = "linux")]
        if let Some([watched_server, watched_client]) = &self.watched {
            (server, client) = (copy(&watched_server.command), copy(&watched_client.command));
        }
        for command in [&mut server, &mut client] {
            command.current_dir(self.folder.path());
        }
        #[cfg(target_os = "linux")]
        let sniffer = (!self.through_relay)
            .then(packets::Sniffer::start)
            .transpose()?;
        let mut relay = None;
        let outcome = session::hold_as(session, server, client, Typing::AtPrompts, |port| {
            if !self.through_relay {
                return Ok(port);
            }
            let to = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let started =
                relay::start(self.program.transport, (Ipv4Addr::LOCALHOST, 0).into(), to)?;
            Ok(relay.insert(started).address.port())
        })?;
        if self.complains {
            notes.extend(outcome.complaints);
        }

        let mut events = Vec::new();
        if let Some(relay) = relay {
            // Both sides have ended, and what they sent has passed.
            let packet = |(nanoseconds, side, packet)| Event {
                nanoseconds,
                side,
                step: None,
                what: What::Packet(packet),
            };
            events.extend(relay.relayed.try_iter().map(packet));
        }
        #[cfg(target_os = "linux")]
        {
            if let Some(sniffer) = sniffer {
                let frames = sniffer.stop()?;
                if let Some(path) = &self.pcap {
                    pcapng::write(path, &frames)?;
                }
                events.extend(packet_events(&frames));
            }
            if let Some(watched) = &self.watched {
                for (side, watched) in [Side::Server, Side::Client].into_iter().zip(watched) {
                    let seen = watched.seen()?.into_iter();
                    events.extend(seen.map(|seen| Event {
                        nanoseconds: seen.time,
                        side,
                        step: seen.step,
                        what: seen.what,
                    }));
                }
            }
        }
        Ok(cause::order(events, self.program.transport))
    }
}

fn copy(command: &Command) -> Command {
    let mut copy = Command::new(command.get_program());
    copy.args(command.get_args());
    copy
}

/// The command of one side for strace, which wants other executables where they are Rust's.
#[cfg(target_os = "linux")]
fn for_strace(
    program: &'static Pair,
    side: Side,
    language: Option<Language>,
    command: &Command,
) -> Result<Command> {
    if language != Some(Language::Rust) {
        return Ok(copy(command));
    }
    let executable = program.side(side);
    let mut traced = Command::new(executables::for_stacks(program.package, executable.binary)?);
    traced.args(command.get_args());
    Ok(traced)
}

/// One side under strace.
#[cfg(target_os = "linux")]
fn watch(
    strace: calls::Strace,
    program: &'static Pair,
    side: Side,
    language: Option<Language>,
    command: &Command,
    folder: &Folder,
) -> Result<calls::Watched> {
    let sources = match language {
        Some(language) => steps::sources(program, side, language)?,
        None => Vec::new(),
    };
    strace.watch(
        command,
        language.unwrap_or(Language::Rust),
        sources,
        folder.path(),
        side.name(),
    )
}

/// The packets of the frames; the first one comes from the client.
#[cfg(target_os = "linux")]
fn packet_events(frames: &[packets::Frame]) -> Vec<Event> {
    let mut firsts = packets::Firsts::new();
    let mut server = None;
    let mut events = Vec::new();
    for frame in frames {
        let Some(packet) = packets::parse(&frame.bytes, &mut firsts) else {
            continue;
        };
        let server = *server.get_or_insert(packet.to.port());
        let side = if packet.from.port() == server {
            Side::Server
        } else {
            Side::Client
        };
        events.push(Event {
            nanoseconds: frame.time,
            side,
            step: None,
            what: What::Packet(packet),
        });
    }
    events
}
