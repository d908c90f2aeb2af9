//! `cargo lab experiment`: every claim of the lessons, as an experiment that runs.
//!
//! The lessons say that TCP glues messages together, that UDP may send nothing, that a
//! restarted server finds its address in use. Each such sentence is listed in [`lessons`]
//! beside the experiment that shows, on this machine, whether it is so. An experiment is one
//! file: its socket calls are in view, its steps are printed as they are done, and what it
//! saw is a structure that tests can ask.
//!
//! | file | subject |
//! |---|---|
//! | [`lessons`] | the book: document → sentence → experiment |
//! | [`report`] | the report: steps, observations, verdict |
//! | `screen` | the reporter: a report for a person, in colour or plain |
//! | [`observation`] | bytes, errors and times as they are shown |
//! | `interpreter` | what the installed Python says |
//! | [`tcp`], [`udp`], [`sockets`], [`python`], [`socketserver`] | the experiments, one a file |

// `sends`, `sent`; `receives`, `received`: the calls and what came of them.
#![allow(clippy::similar_names)]

use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

mod interpreter;
pub mod lessons;
pub mod observation;
pub mod python;
pub mod report;
mod screen;
pub mod sockets;
pub mod socketserver;
pub mod tcp;
pub mod udp;

use crate::host::CannotBeSeen;
use crate::names;
use common::console;
use report::{Ending, Report, Steps, Verdict};
use screen::Screen;

/// All experiments, in the order in which `--all` runs them.
pub static EXPERIMENTS: &[Entry] = &[
    Entry::of::<tcp::tcp_sticks::TcpSticks>(),
    Entry::of::<tcp::framing_unsticks::FramingUnsticks>(),
    Entry::of::<tcp::recv_is_partial::RecvIsPartial>(),
    Entry::of::<tcp::send_is_partial::SendIsPartial>(),
    Entry::of::<tcp::sendall_loops::SendallLoops>(),
    Entry::of::<tcp::line_by_line::LineByLine>(),
    Entry::of::<tcp::nagle_and_delayed_ack::NagleAndDelayedAck>(),
    Entry::of::<python::endianness::Endianness>(),
    Entry::of::<tcp::tcp_needs_a_server::TcpNeedsAServer>(),
    Entry::of::<tcp::connect_before_accept::ConnectBeforeAccept>(),
    Entry::of::<tcp::backlog::Backlog>(),
    Entry::of::<tcp::one_at_a_time::OneAtATime>(),
    Entry::of::<tcp::handshake_and_farewell::HandshakeAndFarewell>(),
    Entry::of::<tcp::syn_flood::SynFlood>(),
    Entry::of::<tcp::half_close::HalfClose>(),
    Entry::of::<tcp::lost_farewell::LostFarewell>(),
    Entry::of::<tcp::time_wait::TimeWait>(),
    Entry::of::<tcp::many_time_waits::ManyTimeWaits>(),
    Entry::of::<tcp::tcp_peer_leaves::TcpPeerLeaves>(),
    Entry::of::<tcp::tcp_peer_leaves_on_windows::TcpPeerLeavesOnWindows>(),
    Entry::of::<tcp::close_is_optional::CloseIsOptional>(),
    Entry::of::<tcp::lossy_tcp::LossyTcp>(),
    Entry::of::<udp::udp_keeps_boundaries::UdpKeepsBoundaries>(),
    Entry::of::<udp::udp_sends_nothing::UdpSendsNothing>(),
    Entry::of::<udp::udp_truncates::UdpTruncates>(),
    Entry::of::<udp::udp_truncates_on_windows::UdpTruncatesOnWindows>(),
    Entry::of::<udp::udp_largest::UdpLargest>(),
    Entry::of::<udp::udp_header::UdpHeader>(),
    Entry::of::<udp::udp_needs_no_server::UdpNeedsNoServer>(),
    Entry::of::<udp::udp_connect::UdpConnect>(),
    Entry::of::<udp::udp_server_speaks_first::UdpServerSpeaksFirst>(),
    Entry::of::<udp::select_two::SelectTwo>(),
    Entry::of::<udp::udp_many_peers::UdpManyPeers>(),
    Entry::of::<udp::udp_forged_sender::UdpForgedSender>(),
    Entry::of::<udp::udp_overflows::UdpOverflows>(),
    Entry::of::<udp::udp_keeps_no_copy::UdpKeepsNoCopy>(),
    Entry::of::<udp::reuseaddr_on_udp::ReuseaddrOnUdp>(),
    Entry::of::<udp::udp_is_quicker::UdpIsQuicker>(),
    Entry::of::<udp::lossy_udp::LossyUdp>(),
    Entry::of::<sockets::ports::Ports>(),
    Entry::of::<sockets::privileged_ports::PrivilegedPorts>(),
    Entry::of::<sockets::default_ports::DefaultPorts>(),
    Entry::of::<sockets::no_network_card::NoNetworkCard>(),
    Entry::of::<sockets::socket_kinds::SocketKinds>(),
    Entry::of::<sockets::socket_addresses::SocketAddresses>(),
    Entry::of::<sockets::socket_options::SocketOptions>(),
    Entry::of::<sockets::socket_is_a_file::SocketIsAFile>(),
    Entry::of::<sockets::any_call_on_any_socket::AnyCallOnAnySocket>(),
    Entry::of::<sockets::connect_ex::ConnectEx>(),
    Entry::of::<sockets::timeouts_and_blocking::TimeoutsAndBlocking>(),
    Entry::of::<python::python_sockets::PythonSockets>(),
    Entry::of::<python::pickle_runs_code::PickleRunsCode>(),
    Entry::of::<python::import_star::ImportStar>(),
    Entry::of::<socketserver::socketserver_request::SocketserverRequest>(),
];

/// A claim, a way to see whether it is true, and what follows from what was seen.
pub trait Experiment {
    /// As it is typed: `tcp-sticks`.
    const NAME: &'static str;
    /// The sentence that is tried, in our own words.
    const CLAIM: &'static str;
    /// What of the kernel's it waits for, if it may take longer than five seconds.
    const WAITS_FOR: Option<&'static str> = None;
    /// What it sees.
    type Seen: Serialize + Send + 'static;

    /// Tries the claim. The error is a [`CannotBeSeen`] where this machine lacks something, and any
    /// other where the experiment broke off.
    fn observe(log: &mut Steps) -> Result<Self::Seen>;

    /// What the observation says about the claim.
    fn verdict(seen: &Self::Seen) -> Verdict;
}

/// However badly an experiment goes wrong, its observer waits no longer than this.
const DEADLINE: Duration = Duration::from_mins(1);

/// Does an experiment and returns its steps and what it saw, within a minute.
///
/// The steps come back empty if the experiment never did; it is then an error as well.
pub fn observe<E: Experiment>(mut log: Steps) -> (Steps, Result<E::Seen>) {
    let (sender, receiver) = mpsc::channel();
    // A thread of its own, so that a call that never returns can be given up.
    let spawned = thread::Builder::new()
        .name(E::NAME.to_owned())
        .spawn(move || {
            let seen = E::observe(&mut log);
            // Nobody listens any more after the deadline.
            let _ = sender.send((log, seen));
        });
    let done = spawned
        .context("no thread for the experiment")
        .and_then(|_| {
            receiver.recv_timeout(DEADLINE).with_context(|| {
                format!(
                    "{} panicked, or did not end in {} s",
                    E::NAME,
                    DEADLINE.as_secs()
                )
            })
        });
    done.unwrap_or_else(|error| (Steps::default(), Err(error)))
}

/// An experiment in the list.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// [`Experiment::NAME`].
    pub name: &'static str,
    /// [`Experiment::CLAIM`].
    pub claim: &'static str,
    /// [`Experiment::WAITS_FOR`].
    pub waits_for: Option<&'static str>,
    run: fn(Steps) -> Report,
}

impl Entry {
    const fn of<E: Experiment>() -> Self {
        Self {
            name: E::NAME,
            claim: E::CLAIM,
            waits_for: E::WAITS_FOR,
            run: run_one::<E>,
        }
    }

    /// Runs it; `log` says whether somebody watches.
    #[must_use]
    pub fn run(&self, log: Steps) -> Report {
        (self.run)(log)
    }
}

fn run_one<E: Experiment>(log: Steps) -> Report {
    let begun = Instant::now();
    let (log, seen) = observe::<E>(log);
    let mut report = Report {
        name: E::NAME,
        claim: E::CLAIM,
        lessons: lessons::checked_by(E::NAME),
        steps: log.into_taken(),
        seen: Value::Null,
        ending: Ending::BrokeOff {
            error: String::new(),
        },
        seconds: begun.elapsed().as_secs_f64(),
        waits_for: E::WAITS_FOR,
    };
    let judged = seen.and_then(|seen| {
        report.seen = serde_json::to_value(&seen)?;
        Ok(E::verdict(&seen))
    });
    report.ending = match judged {
        Ok(verdict) => Ending::Judged(verdict),
        Err(error) => match error.downcast::<CannotBeSeen>() {
            Ok(CannotBeSeen(needs)) => Ending::Judged(Verdict::CannotBeSeenHere(needs)),
            Err(error) => Ending::BrokeOff {
                error: format!("{error:#}"),
            },
        },
    };
    report
}

/// Flags of `cargo lab experiment`.
#[derive(Clone, Debug, clap::Args)]
pub struct ExperimentArgs {
    /// Which experiments to run; without a name they are listed
    #[arg(value_name = "EXPERIMENT", conflicts_with = "all")]
    names: Vec<String>,
    /// Run all of them and end in a table
    #[arg(long)]
    all: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How the reporter prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person
    Text,
    /// For a program: a list of reports
    Json,
}

/// Lists the experiments, or runs those that were asked for.
///
/// The exit status is a success if each of them ended in a verdict, whichever.
pub fn run(args: &ExperimentArgs) -> Result<ExitCode> {
    let screen = Screen::stdout();
    if args.names.is_empty() && !args.all {
        return list(args.format, screen);
    }
    // With `--all` there are no names, which is all of them.
    let chosen = names::select(
        "experiment",
        "cargo lab experiment",
        &args.names,
        EXPERIMENTS,
        |entry| vec![entry.name.to_owned()],
    )?;
    let mut reports = Vec::new();
    for entry in chosen {
        if args.format == Format::Text {
            let lessons = lessons::checked_by(entry.name);
            console::print_line(screen.heading(entry.name, entry.claim, &lessons))?;
            let report = entry.run(Steps::on(screen));
            console::print_line(screen.ending(&report))?;
            reports.push(report);
        } else {
            reports.push(entry.run(Steps::default()));
        }
    }
    match args.format {
        Format::Json => console::print_line(serde_json::to_string_pretty(&reports)?)?,
        Format::Text if args.all => console::print_line(screen.table(&reports))?,
        Format::Text => {}
    }
    let broke_off = reports
        .iter()
        .any(|report| matches!(report.ending, Ending::BrokeOff { .. }));
    Ok(if broke_off {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn list(format: Format, screen: Screen) -> Result<ExitCode> {
    if format == Format::Json {
        let entries: Vec<Value> = EXPERIMENTS
            .iter()
            .map(|entry| serde_json::json!({ "name": entry.name, "claim": entry.claim }))
            .collect();
        console::print_line(serde_json::to_string_pretty(&entries)?)?;
    } else {
        for entry in EXPERIMENTS {
            console::print_line(screen.entry(entry.name, entry.claim))?;
        }
        console::print_line(
            "
cargo lab experiment NAME runs one, cargo lab experiment --all runs them all",
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
